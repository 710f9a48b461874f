// INFO's counters of commands and errors.

#include <gmock/gmock.h>

#include "tests/server/parse_all.h"
#include "tests/server/server_fixture.h"

namespace nacre::server {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::MatchesRegex;
using ::testing::Not;
using CommandStats = ServerTest;

// "calls=1,...,rejected_calls=0,failed_calls=0" without the times, which differ.
std::string Counted(WireClient& client, const std::string& command) {
  const std::string report = client.Do("INFO commandstats");
  const std::string name = "\ncmdstat_" + command + ":";
  const size_t at = report.find(name);
  if (at == std::string::npos) return "";
  const size_t begin = at + name.size();
  const std::string line = report.substr(begin, report.find("\r\n", begin) - begin);
  return line.substr(0, line.find(",usec=")) + line.substr(line.find(",rejected_calls="));
}

TEST_F(CommandStats, CallsFailuresAndRejectionsAreCounted) {
  WireClient client = Connect();
  EXPECT_EQ(Counted(client, "set"), "");
  Converse(client, {{"SET k v", "+OK"},
                    {"SET k w", "+OK"},
                    {"SET", "-ERR wrong number of arguments for 'set' command"},
                    {"INCR k", "-ERR value is not an integer or out of range"},
                    {"CLIENT SETNAME me", "+OK"}});
  EXPECT_EQ(Counted(client, "set"), "calls=2,rejected_calls=1,failed_calls=0");
  EXPECT_EQ(Counted(client, "incr"), "calls=1,rejected_calls=0,failed_calls=1");
  EXPECT_EQ(Counted(client, "client|setname"), "calls=1,rejected_calls=0,failed_calls=0");
  EXPECT_EQ(Counted(client, "client"), "");
  EXPECT_THAT(
      client.Do("INFO commandstats"),
      MatchesRegex("\"# Commandstats(.|\r|\n)*cmdstat_set:calls=2,usec=[0-9]+,usec_per_call="
                   "[0-9]+\\.[0-9][0-9],rejected_calls=1,failed_calls=0(.|\r|\n)*"));
}

TEST_F(CommandStats, PipelinesAreCountedCommandByCommand) {
  WireClient client = Connect();
  std::string pipeline;
  for (int i = 0; i < 100; ++i) {
    pipeline += Encode({"SET", "k" + std::to_string(i), "v"}) + Encode({"GET", "k"}) +
                Encode({"INCR", "k" + std::to_string(i)});
  }
  client.SendRaw(pipeline);
  for (int i = 0; i < 300; ++i) client.Read();
  EXPECT_EQ(Counted(client, "set"), "calls=100,rejected_calls=0,failed_calls=0");
  EXPECT_EQ(Counted(client, "get"), "calls=100,rejected_calls=0,failed_calls=0");
  EXPECT_EQ(Counted(client, "incr"), "calls=100,rejected_calls=0,failed_calls=100");
  EXPECT_THAT(client.Do("INFO errorstats"), HasSubstr("errorstat_ERR:count=100\r\n"));
}

TEST_F(CommandStats, WhatExecRunsIsCountedNotWhatIsQueued) {
  WireClient client = Connect();
  Converse(client, {{"MULTI", "+OK"}, {"SET k v", "+QUEUED"}});
  WireClient other = Connect();
  EXPECT_EQ(Counted(other, "set"), "");
  Converse(client, {{"INCR k", "+QUEUED"},
                    {"EXEC", "[+OK, -ERR value is not an integer or out of range]"}});
  EXPECT_EQ(Counted(client, "set"), "calls=1,rejected_calls=0,failed_calls=0");
  EXPECT_EQ(Counted(client, "incr"), "calls=1,rejected_calls=0,failed_calls=1");
  EXPECT_EQ(Counted(client, "multi"), "calls=1,rejected_calls=0,failed_calls=0");
}

TEST_F(CommandStats, SlowCommandsAreCountedToo) {
  WireClient client = Connect();
  EXPECT_EQ(client.Do("KEYS *"), "[]");
  EXPECT_EQ(Counted(client, "keys"), "calls=1,rejected_calls=0,failed_calls=0");
}

TEST_F(CommandStats, ErrorsAreCountedByTheirFirstWordAlsoWhenNobodyReadsThem) {
  WireClient client = Connect();
  client.Do("nonsense");
  client.Do("AUTH someone x");
  client.SendRaw(Encode({"CLIENT", "REPLY", "SKIP"}) + Encode({"nonsense"}));
  const std::string errors = client.Do("INFO errorstats");
  EXPECT_THAT(errors, AllOf(HasSubstr("errorstat_ERR:count=2\r\n"),
                            HasSubstr("errorstat_WRONGPASS:count=1\r\n")));
  EXPECT_EQ(Info("total_error_replies"), 3u);
}

TEST_F(CommandStats, AnErrorThatEndsTheConversationIsCounted) {
  WireClient client = Connect();
  client.SendRaw("*x\r\n");
  EXPECT_EQ(client.Read(), "-ERR Protocol error: invalid multibulk length");
  EXPECT_EQ(Info("total_error_replies"), 1u);
}

TEST_F(CommandStats, ResetStatForgetsThem) {
  WireClient client = Connect();
  Converse(client, {{"SET k v", "+OK"},
                    {"AUTH someone x",
                     "-WRONGPASS invalid username-password pair or user is "
                     "disabled."}});
  EXPECT_THAT(client.Do("INFO errorstats"), HasSubstr("errorstat_WRONGPASS:count=1\r\n"));
  EXPECT_EQ(client.Do("CONFIG RESETSTAT"), "+OK");
  EXPECT_THAT(client.Do("INFO errorstats"), Not(HasSubstr("errorstat_")));
  EXPECT_EQ(Counted(client, "set"), "");
  EXPECT_EQ(client.Do("SET k v"), "+OK");
  EXPECT_EQ(Counted(client, "set"), "calls=1,rejected_calls=0,failed_calls=0");
}

TEST_F(CommandStats, SectionsAreChosenAsInRedis) {
  WireClient client = Connect();
  for (const char* request : {"INFO", "INFO default", "INFO cpu default"}) {
    EXPECT_THAT(client.Do(request),
                AllOf(HasSubstr("redis_version"), HasSubstr("master_repl_offset:0"),
                      HasSubstr("# Errorstats"), HasSubstr("cluster_enabled:0"),
                      Not(HasSubstr("rejected_calls")), Not(HasSubstr("# Modules"))));
  }
  EXPECT_THAT(client.Do("INFO all"), AllOf(HasSubstr("rejected_calls"), HasSubstr("used_memory:"),
                                           Not(HasSubstr("# Modules"))));
  EXPECT_THAT(client.Do("INFO everything"),
              AllOf(HasSubstr("rejected_calls"), HasSubstr("# Modules")));
  EXPECT_THAT(client.Do("INFO commandSTATS"),
              AllOf(HasSubstr("rejected_calls"), Not(HasSubstr("used_memory"))));
  EXPECT_THAT(client.Do("INFO cpu sentinel"),
              AllOf(HasSubstr("used_cpu_user_children"), Not(HasSubstr("used_memory"))));
}

}  // namespace
}  // namespace nacre::server
