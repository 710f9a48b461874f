#ifndef NACRE_SERVER_SESSION_SESSION_H_
#define NACRE_SERVER_SESSION_SESSION_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "nacre/database.h"
#include "server/clients/client_record.h"
#include "server/command/spec.h"
#include "server/resp/request_batch.h"
#include "server/resp/writer.h"
#include "server/server_state.h"
#include "server/session/command_queue.h"
#include "server/session/watch_list.h"

namespace nacre::server {

// What a client has set on its connection. RESET makes it new; an EXEC that fails restores it.
struct ClientState {
  int database = 0;
  std::string name;
  std::string library_name;
  std::string library_version;
};

// One connection's side of the conversation: runs its commands against the database and writes the
// replies. Knows nothing of sockets or threads.
//
// Modes, and what moves between them:
//
//            MULTI              EXEC, DISCARD
//   kAlone ---------> kQueueing -------------> kAlone
//            BEGIN              COMMIT, ROLLBACK
//   kAlone ---------> kOpen -----------------> kAlone
//                       | idle for too long, or too old
//                       v       COMMIT (an error), ROLLBACK
//                     kLost -----------------> kAlone
//
// In kLost the transaction is rolled back already, but the client does not know: what it sends
// until its COMMIT or ROLLBACK was meant for inside the transaction, so no data command runs.
//
// Thread-compatible: one thread at a time, not always the same one.
class Session {
 public:
  enum class Mode : uint8_t { kAlone, kQueueing, kOpen, kLost };
  enum class Lane : uint8_t { kQuick, kSlow };
  enum class Outcome : uint8_t {
    kReplied,
    kSlow,   // Nothing has happened: run it again with Lane::kSlow, where it may take its time.
    kClose,  // Replied; close once the reply is sent.
    // Not replied: EndWait() does, at wait_until() or earlier. No other request runs before it.
    kWaiting,
  };
  enum class WaitEnd : uint8_t { kTimeout, kError };
  // What CLIENT REPLY has chosen.
  enum class Replies : uint8_t {
    kOn,
    kOff,
    kSkipNext,  // Not to the next command,
    kSkipping,  // which is this one.
  };

  // Replies go to `out`, which must outlive the session, as `record` must.
  // `counters` are those of its I/O thread.
  Session(ServerState& server, ByteBuffer& out, ClientRecord& record, CommandCounters& counters);
  ~Session();
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  // Runs one request. `args` is not empty.
  Outcome Execute(Args args, Lane lane) {
    return replies_ == Replies::kOn ? Run(args, lane) : RunSilently(args, lane);
  }

  // --- Waiting ---
  absl::Time wait_until() const { return wait_until_; }
  // Answers the command that waits. Precondition: the last outcome was kWaiting.
  void EndWait(WaitEnd how);

  // Counts the error replies since the last call by their kind. Commands do so by themselves.
  void CountMistakes();

  // The end of a session may have to let go of very much. This takes it out, for another thread to
  // drop; nullptr if there is little. The session is used no more.
  std::shared_ptr<void> TakeWhatTakesLongToFree();

  // Tells the record what other threads may see of this session.
  void Publish();

  // Starts loading the data that the requests of a batch name.
  void LoadAhead(const RequestBatch& batch);
  // Runs the first requests of a batch in one transaction, if they are of the kind for which nobody
  // can tell the difference. Returns how many; 0: the first is not of that kind. nullopt: they are,
  // but have to run one by one.
  std::optional<size_t> ExecuteTogether(const RequestBatch& batch);

  // --- Time limits ---
  // Whether CheckTimeLimits() has anything to look at.
  bool has_time_limits() const { return mode_ == Mode::kOpen || watches_.holds_snapshots(); }
  // A command has just ended, or begun to wait.
  void Touch(absl::Time now) { last_active_ = now; }
  // Rolls back an open transaction, and lets go of watches, that are past their limit.
  void CheckTimeLimits(absl::Time now);

  // --- For the command handlers ---
  ServerState& server() { return server_; }
  ReplyWriter& out() { return out_; }
  ClientState& client() { return client_; }
  ClientRecord& record() { return record_; }
  void set_replies(Replies replies) { replies_ = replies; }
  Replies replies() const { return replies_; }
  void ClientNamesChanged() { names_changed_ = true; }
  uint64_t id() const { return id_; }
  // Whether a command may answer later: not inside of a transaction, which others would wait for.
  bool may_wait() const { return mode_ == Mode::kAlone && !running_queue_; }
  // The command answers at this time of SteadyNow(), by calling `answer`. Precondition: may_wait().
  void WaitUntil(absl::Time until, std::function<void(ReplyWriter&)> answer);
  Mode mode() const { return mode_; }
  // Whether only AUTH and its like are allowed.
  bool needs_password() const { return !authenticated_ && server_.settings().has_password(); }
  // Whether it is the right one, from which on it is not needed any more.
  bool Authenticate(std::string_view password);
  void CloseAfterReply() { closing_ = true; }
  // Back to a new connection's state; an open transaction is rolled back.
  void Reset();

  void Multi();
  void Exec();
  void Discard();
  void Watch(Args keys);
  void Unwatch();
  // `tells_timestamp`: the answer is the read timestamp.
  void Begin(Isolation isolation, bool read_only, bool tells_timestamp);
  void Commit();
  void Rollback();

 private:
  friend class ExecRun;

  Outcome Run(Args args, Lane lane);
  // Without its reply, as CLIENT REPLY has asked for.
  Outcome RunSilently(Args args, Lane lane);
  Outcome Dispatch(const CommandSpec& spec, Args args, Lane lane);
  void RunNow(const CommandSpec& spec, Args args);
  // The same, counted.
  void RunCounted(const CommandSpec& spec, Args args, Lane lane);
  Outcome Reject(std::string_view error);
  // The same for a command that is known.
  Outcome Reject(const CommandSpec& spec, std::string_view error);
  Outcome RejectWords(const CommandSpec& spec);
  // Ends MULTI without running anything.
  void AbandonQueue();
  bool IsSlow(const CommandSpec& spec, Args args) const;
  // Whether the command is slow by itself, whatever state this session is in.
  bool TakesLong(const CommandSpec& spec, Args args) const;

  // Each runs one data command in one of the modes, and writes its reply or its error.
  void RunAlone(const CommandSpec& spec, Args args);
  void RunOpen(const CommandSpec& spec, Args args);
  void Queue(const CommandSpec& spec, Args args);
  // Whether memory is used up before a command adds to it. O(threads) if there is a bound.
  bool IsOverMemory() const;

  // How many requests, from the first on, may share a transaction. Fills together_ and locked_.
  size_t CollectTogether(const RequestBatch& batch);
  absl::Status RunLocked(const CommandSpec& spec, Args args, absl::Time now);
  absl::Status RunOptimistic(const CommandSpec& spec, Args args, absl::Time now);
  absl::Status RunOnSnapshot(const CommandSpec& spec, Args args, absl::Time now);

  // Replaces what was written since `mark` by an error for the client.
  void ReplaceByError(size_t mark, const absl::Status& status);
  void CloseTransaction(Mode next);
  void Lose(std::string_view why);
  absl::Time NowFor(const CommandSpec& spec);

  ServerState& server_;
  ReplyWriter out_;
  ClientRecord& record_;
  CommandCounters& counters_;
  CommandCounters* lane_counters_;  // Of the lane that runs it now: in the quick one, counters_.
  const uint64_t id_;
  Mode mode_ = Mode::kAlone;
  Replies replies_ = Replies::kOn;
  bool closing_ = false;
  bool running_queue_ = false;       // EXEC is at work.
  bool names_changed_ = false;       // Since Publish().
  bool authenticated_;               // Or came when there was no password.
  bool queue_rejected_ = false;      // A command could not be queued: EXEC will refuse.
  bool queue_needs_memory_ = false;  // A queued command is refused past maxmemory.
  bool queue_slow_ = false;          // A queued command makes EXEC slow.
  bool turned_out_slow_ = false;     // Nothing has happened: it has to run in the slow lane.
  const CommandSpec* last_command_ = nullptr;
  ClientState client_;
  absl::Time wait_until_;
  std::function<void(ReplyWriter&)> wait_answer_;  // Set while a command waits.
  CommandQueue queue_;
  WatchList watches_;
  std::optional<Transaction> transaction_;
  // Words of its commands: about what its end has to work through.
  uint64_t transaction_words_ = 0;
  size_t transaction_argument_bytes_ = 0;
  absl::Time transaction_began_;
  absl::Time last_active_;
  std::string lost_why_;
  // Kept for their memory.
  std::vector<Database::LockedKey> locked_;
  std::vector<std::string_view> load_ahead_;
  std::vector<const CommandSpec*> together_;
  std::vector<bool> failed_together_;  // Of these, in the last attempt.
};

// Keys that a command may hold the latches of: committers of the same stripes wait that long.
inline constexpr size_t kLockedWordsMax = 1024;
// Conflicts after which a command may keep everybody else from committing.
inline constexpr int kOptimisticAttempts = 8;

// What Database::TransactLocked() has to lock for a command that is sent with database `selected`.
// The keys are views into `args`.
void AppendLockedKeys(const ServerState& server, const CommandSpec& spec, Args args, int selected,
                      std::vector<Database::LockedKey>& locked);

// Runs one data command inside a transaction that may hold others, so that its writes are all taken
// back if it fails. Looks keys up in `keyspace`.
absl::Status RunInside(const CommandSpec& spec, Keyspace keyspace, DataContext& context);

// The error that a client gets for a status of the engine.
void WriteStatus(const absl::Status& status, ReplyWriter& out);
inline constexpr char kOutOfMemory[] = "OOM command not allowed when used memory > 'maxmemory'.";

}  // namespace nacre::server

#endif  // NACRE_SERVER_SESSION_SESSION_H_
