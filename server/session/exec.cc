// MULTI ... EXEC, and WATCH.
//
// The queue is known as a whole before it runs, so its keys are too: they are locked, the watched
// ones are compared with what was seen, and everything runs without a possible conflict. Only a
// queue that reads ranges, asks the engine for its state, computes for long or names very many keys
// runs optimistically, with the watched keys in its read set.

#include <memory>

#include "absl/strings/str_cat.h"
#include "server/base/clock.h"
#include "server/base/numbers.h"
#include "server/commands/values.h"
#include "server/session/session.h"

namespace nacre::server {

namespace {

// Replies beyond this are made in the slow lane.
constexpr size_t kQuickReplyBytesMax = 256 << 10;

}  // namespace

// One EXEC.
class ExecRun {
 public:
  enum class Result {
    kDone,
    kWatchChanged,
    kSlow,  // Nothing has happened: it should run in the slow lane.
  };

  ExecRun(Session& session, WatchList& watches)
      : session_(session),
        watches_(watches),
        queue_(session.queue_),
        mark_(session.out_.Mark()),
        quick_(session.lane_counters_ == &session.counters_),
        client_before_(session.client_),
        protocol_before_(session.out_.protocol()) {}

  absl::StatusOr<Result> Run() {
    Collect();
    const bool needs_transaction = has_data_ || !watches_.empty();
    const absl::Status status = Finish(!needs_transaction ? RunCommands(nullptr)
                                       : optimistic_      ? RunOptimistic()
                                                          : RunLocked());
    if (turned_out_slow_) return Result::kSlow;
    if (watch_changed_) return Result::kWatchChanged;
    if (!status.ok()) return status;
    return Result::kDone;
  }

 private:
  // What counts is the run that counts.
  void CountCommands() {
    for (size_t i = 0; i < queue_.size(); ++i) {
      session_.lane_counters_->CountCall(queue_.spec(i).index, failed_[i]);
    }
  }

  // Finds out which keys the queue names, in which database each.
  void Collect() {
    int database = session_.client_.database;
    for (size_t i = 0; i < queue_.size(); ++i) {
      const CommandSpec& spec = queue_.spec(i);
      const Args args = queue_.args(i, scratch_);
      if (spec.name == "select") database = SelectedBy(args).value_or(database);
      if (spec.Has(kUsesClock)) now_ = session_.server_.db().now();
      optimistic_ = optimistic_ || spec.Has(kRange) || spec.Has(kAsksEngine) || spec.Has(kComputes);
      has_data_ = has_data_ || spec.run != nullptr;
      has_effects_ = has_effects_ || (spec.session != nullptr && spec.Has(kAdmin));
      AppendLockedKeys(session_.server_, spec, args, database, locked_);
    }
    watches_.AppendMortal(locked_);
    watches_.AppendWatched(watched_);
    optimistic_ = optimistic_ || locked_.size() + watched_.size() > kLockedWordsMax ||
                  queue_.words() > kLockedWordsMax;
  }

  std::optional<int> SelectedBy(Args args) const {
    const auto index = ParseInteger(args[1]);
    if (!index || !session_.server_.HasDatabase(*index)) return std::nullopt;
    return static_cast<int>(*index);
  }

  absl::Status RunLocked() {
    const absl::Status status = session_.server_.db()
                                    .TransactLocked(
                                        locked_,
                                        [&](Transaction& tx) -> absl::Status {
                                          const auto expired = watches_.Expired(tx);
                                          if (!expired.ok()) return expired.status();
                                          if (*expired)
                                            return absl::AbortedError("a watched key has expired");
                                          return RunCommands(&tx);
                                        },
                                        watched_)
                                    .status();
    // Locked keys do not conflict: only a watched key aborts.
    watch_changed_ = status.code() == absl::StatusCode::kAborted;
    return status;
  }

  absl::Status RunOptimistic() {
    const TransactOptions options = {
        .transaction = {.isolation = Isolation::kSerializable, .owner = session_.id_},
        // CLIENT KILL and its like must not happen twice.
        .exclusive_from_attempt = has_effects_ ? 0 : kOptimisticAttempts};
    return session_.server_.db()
        .Transact(
            [&](Transaction& tx) -> absl::Status {
              const auto changed = watches_.Changed(tx);
              if (!changed.ok()) return changed.status();
              watch_changed_ = *changed;
              if (watch_changed_) return absl::CancelledError("a watched key has changed");
              return RunCommands(&tx);
            },
            options)
        .status();
  }

  // Runs the queue from its start. `tx` may only be null if no command works on data.
  absl::Status RunCommands(Transaction* tx) {
    Restore();
    session_.out_.Array(queue_.size());
    failed_.assign(queue_.size(), false);
    const size_t bytes_max = session_.server_.settings().reply_bytes_max();
    for (size_t i = 0; i < queue_.size(); ++i) {
      const CommandSpec& spec = queue_.spec(i);
      const Args args = queue_.args(i, scratch_);
      const uint64_t errors_before = session_.out_.errors();
      if (spec.session != nullptr) {
        spec.session(session_, args);
      } else {
        const absl::Status status = RunData(spec, args, *tx);
        if (!status.ok()) return status;
      }
      failed_[i] = session_.out_.errors() != errors_before;
      // Half a reply would be no reply, and its effects would stay: so nothing of it happens.
      const size_t bytes = session_.out_.Mark() - mark_;
      if (bytes > bytes_max) return ReplyTooLarge(session_.server_);
      if (bytes > kQuickReplyBytesMax && quick_) {
        turned_out_slow_ = true;
        return absl::CancelledError("the reply is long");
      }
    }
    return absl::OkStatus();
  }

  // An error of one command is its reply, and the others run. Only what ends the transaction as a
  // whole is returned.
  absl::Status RunData(const CommandSpec& spec, Args args, Transaction& tx) {
    const size_t mark = session_.out_.Mark();
    DataContext context{tx, args, session_.out_, session_.server_, now_};
    const absl::Status status =
        RunInside(spec, session_.server_.keyspace(session_.client_.database), context);
    if (status.code() == absl::StatusCode::kAborted) return status;
    if (!status.ok()) session_.ReplaceByError(mark, status);
    return absl::OkStatus();
  }

  void Restore() {
    session_.out_.RollbackTo(mark_);
    session_.out_.set_protocol(protocol_before_);
    session_.client_ = client_before_;
    session_.names_changed_ = true;
  }

  absl::Status Finish(absl::Status status) {
    if (status.ok()) {
      CountCommands();
    } else {
      Restore();
    }
    return status;
  }

  Session& session_;
  WatchList& watches_;
  const CommandQueue& queue_;
  const size_t mark_;
  const bool quick_;  // In the quick lane.
  const ClientState client_before_;
  const int protocol_before_;
  std::vector<std::string_view> scratch_;
  std::vector<Database::LockedKey> locked_;
  std::vector<Database::WatchedKey> watched_;
  std::vector<bool> failed_;  // Of the queue, in the last run.
  absl::Time now_;
  bool optimistic_ = false;
  bool has_data_ = false;
  bool has_effects_ = false;  // Beyond the transaction. Such a queue runs in the slow lane.
  bool turned_out_slow_ = false;
  bool watch_changed_ = false;
};

void Session::Multi() {
  if (mode_ == Mode::kQueueing) {
    out_.Error("ERR MULTI calls can not be nested");
    return;
  }
  if (mode_ == Mode::kOpen) {
    out_.Error("ERR MULTI inside BEGIN is not allowed; COMMIT or ROLLBACK first");
    return;
  }
  if (mode_ == Mode::kLost) {
    out_.Error(lost_why_);
    return;
  }
  mode_ = Mode::kQueueing;
  queue_rejected_ = false;
  queue_needs_memory_ = false;
  queue_slow_ = false;
  out_.Ok();
}

void Session::Exec() {
  if (mode_ != Mode::kQueueing) {
    out_.Error("ERR EXEC without MULTI");
    return;
  }
  mode_ = Mode::kAlone;
  // Taken out, since a queued UNWATCH must not pull it from under the run.
  WatchList watches = std::move(watches_);
  watches_.Clear();
  if (queue_rejected_) {
    out_.Error("EXECABORT Transaction discarded because of previous errors.");
  } else if (queue_needs_memory_ && IsOverMemory()) {
    out_.Error(absl::StrCat("EXECABORT Transaction discarded because of: ", kOutOfMemory));
  } else if (watches.spoiled()) {
    out_.NullArray();
  } else {
    ExecRun run(*this, watches);
    running_queue_ = true;
    const auto result = run.Run();
    running_queue_ = false;
    if (!result.ok()) {
      WriteStatus(result.status(), out_);
    } else if (*result == ExecRun::Result::kSlow) {
      mode_ = Mode::kQueueing;
      watches_ = std::move(watches);
      turned_out_slow_ = true;
      return;
    } else if (*result == ExecRun::Result::kWatchChanged) {
      server_.counters().watches_conflicted.fetch_add(1, std::memory_order_relaxed);
      out_.NullArray();
    }
  }
  queue_.Clear();
}

void Session::Discard() {
  if (mode_ != Mode::kQueueing) {
    out_.Error("ERR DISCARD without MULTI");
    return;
  }
  AbandonQueue();
  out_.Ok();
}

void Session::AbandonQueue() {
  mode_ = Mode::kAlone;
  queue_.Clear();
  watches_.Clear();
}

void Session::Watch(Args keys) {
  if (mode_ == Mode::kQueueing) {
    out_.Error("ERR WATCH inside MULTI is not allowed");
    return;
  }
  if (mode_ == Mode::kOpen) {
    out_.Error("ERR WATCH inside BEGIN is not allowed; the transaction sees every conflict");
    return;
  }
  if (mode_ == Mode::kLost) {
    out_.Error(lost_why_);
    return;
  }
  last_active_ = SteadyNow();
  const absl::Status status = watches_.Add(server_.db(), server_.keyspace(client_.database), keys,
                                           server_.settings().multi_bytes_max(), id_);
  if (status.ok()) {
    out_.Ok();
  } else {
    WriteStatus(status, out_);
  }
}

void Session::Unwatch() {
  watches_.Clear();
  out_.Ok();
}

}  // namespace nacre::server
