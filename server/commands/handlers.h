#ifndef NACRE_SERVER_COMMANDS_HANDLERS_H_
#define NACRE_SERVER_COMMANDS_HANDLERS_H_

// The functions behind the commands, for the table. Each group has a file of its own.

#include "server/command/spec.h"

namespace nacre::server {

// strings.cc
absl::Status RunGet(DataContext& context);
absl::Status RunGetAlone(AloneContext& context);
absl::Status RunMget(DataContext& context);
absl::Status RunGetDel(DataContext& context);
absl::Status RunGetSet(DataContext& context);
absl::Status RunMset(DataContext& context);
absl::Status RunMsetNx(DataContext& context);
absl::Status RunStrlen(DataContext& context);
absl::Status RunStrlenAlone(AloneContext& context);

// substrings.cc
absl::Status RunAppend(DataContext& context);
absl::Status RunGetRange(DataContext& context);
absl::Status RunGetRangeAlone(AloneContext& context);
absl::Status RunSetRange(DataContext& context);

// set.cc
absl::Status RunGetEx(DataContext& context);
absl::Status RunPsetEx(DataContext& context);
absl::Status RunSet(DataContext& context);
absl::Status RunSetEx(DataContext& context);
absl::Status RunSetNx(DataContext& context);

// counters.cc
absl::Status RunIncr(DataContext& context);
absl::Status RunDecr(DataContext& context);
absl::Status RunIncrBy(DataContext& context);
absl::Status RunDecrBy(DataContext& context);
absl::Status RunIncrByFloat(DataContext& context);

// lcs.cc
absl::Status RunLcs(DataContext& context);

// keys.cc
absl::Status RunDel(DataContext& context);
absl::Status RunExists(DataContext& context);
absl::Status RunExistsAlone(AloneContext& context);
absl::Status RunDbsize(DataContext& context);
absl::Status RunDbsizeAlone(AloneContext& context);
bool CountingIsSlow(const ServerState& server);
absl::Status RunRandomKey(DataContext& context);
absl::Status RunSwapDb(DataContext& context);
absl::Status RunSwapDbAlone(AloneContext& context);
absl::Status RunFlushDb(DataContext& context);
absl::Status RunFlushDbAlone(AloneContext& context);
absl::Status RunFlushAll(DataContext& context);
absl::Status RunFlushAllAlone(AloneContext& context);

// expiry.cc
absl::Status RunExpire(DataContext& context);
absl::Status RunExpireAt(DataContext& context);
absl::Status RunPExpire(DataContext& context);
absl::Status RunPExpireAt(DataContext& context);
absl::Status RunTtl(DataContext& context);
absl::Status RunTtlAlone(AloneContext& context);
absl::Status RunPTtl(DataContext& context);
absl::Status RunPTtlAlone(AloneContext& context);
absl::Status RunExpireTime(DataContext& context);
absl::Status RunExpireTimeAlone(AloneContext& context);
absl::Status RunPExpireTime(DataContext& context);
absl::Status RunPExpireTimeAlone(AloneContext& context);
absl::Status RunPersist(DataContext& context);

// moves.cc
absl::Status RunRename(DataContext& context);
absl::Status RunRenameNx(DataContext& context);
absl::Status RunCopy(DataContext& context);
void FindCopyKeys(Args args, int selected,
                  absl::FunctionRef<void(int database, std::string_view key)> visit);
absl::Status RunMove(DataContext& context);
void FindMoveKeys(Args args, int selected,
                  absl::FunctionRef<void(int database, std::string_view key)> visit);

// object.cc
absl::Status RunType(DataContext& context);
absl::Status RunTypeAlone(AloneContext& context);
absl::Status RunObjectEncoding(DataContext& context);
absl::Status RunObjectFreq(DataContext& context);
absl::Status RunObjectIdleTime(DataContext& context);
absl::Status RunObjectRefCount(DataContext& context);

// memory.cc
absl::Status RunMemoryUsage(DataContext& context);
void RunMemoryDoctor(Session& session, Args args);
void RunMemoryMallocStats(Session& session, Args args);
void RunMemoryPurge(Session& session, Args args);
void RunMemoryStats(Session& session, Args args);

// time.cc
void RunTime(Session& session, Args args);

// range.cc
absl::Status RunKeys(DataContext& context);
absl::Status RunRange(DataContext& context);
bool AlwaysSlow(Args args);
bool SetRangeIsSlow(Args args);
bool ListingIsSlow(const ServerState& server);
bool LongWordsAreSlow(Args args);
bool RangeIsSlow(Args args);

// scan.cc
absl::Status RunScan(DataContext& context);
bool ScanIsSlow(Args args);

// connection.cc
void RunPing(Session& session, Args args);
void RunEcho(Session& session, Args args);
void RunQuit(Session& session, Args args);
void RunSelect(Session& session, Args args);
void RunAuth(Session& session, Args args);
void RunHello(Session& session, Args args);
void RunReset(Session& session, Args args);

// client.cc
void RunClientGetName(Session& session, Args args);
void RunClientGetRedir(Session& session, Args args);
void RunClientId(Session& session, Args args);
void RunClientNoEvict(Session& session, Args args);
void RunClientNoTouch(Session& session, Args args);
void RunClientReply(Session& session, Args args);
void RunClientSetInfo(Session& session, Args args);
void RunClientSetName(Session& session, Args args);
void RunClientTrackingInfo(Session& session, Args args);

// clients.cc
void RunClientInfo(Session& session, Args args);
void RunClientKill(Session& session, Args args);
void RunClientList(Session& session, Args args);
void RunClientUnblock(Session& session, Args args);

// waiting.cc
void RunDebugSleep(Session& session, Args args);
void RunWait(Session& session, Args args);

// lolwut.cc
void RunLolwut(Session& session, Args args);

// shutdown.cc
void RunShutdown(Session& session, Args args);

// transactions.cc
void RunMulti(Session& session, Args args);
void RunExec(Session& session, Args args);
void RunDiscard(Session& session, Args args);
void RunWatch(Session& session, Args args);
void RunUnwatch(Session& session, Args args);
void RunBegin(Session& session, Args args);
void RunCommit(Session& session, Args args);
void RunRollback(Session& session, Args args);

// command_info.cc
void RunCommand(Session& session, Args args);
void RunCommandInfo(Session& session, Args args);

// command_docs.cc
void RunCommandDocs(Session& session, Args args);

// command_list.cc
void RunCommandCount(Session& session, Args args);
void RunCommandGetKeys(Session& session, Args args);
void RunCommandGetKeysAndFlags(Session& session, Args args);
void RunCommandList(Session& session, Args args);

// info.cc
void RunInfo(Session& session, Args args);

// config.cc
void RunConfigGet(Session& session, Args args);
void RunConfigResetStat(Session& session, Args args);
void RunConfigRewrite(Session& session, Args args);
void RunConfigSet(Session& session, Args args);

// function.cc
void RunFunctionFlush(Session& session, Args args);

// help.cc
void RunHelp(Session& session, Args args);

}  // namespace nacre::server

#endif  // NACRE_SERVER_COMMANDS_HANDLERS_H_
