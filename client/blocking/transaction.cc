// BlockingTransaction and BlockingClient::Transact(): the decisions of client/transact, carried out
// by a thread that waits for each step.

#include <memory>
#include <utility>

#include "client/blocking/client_impl.h"
#include "client/policy/backoff.h"
#include "client/policy/time.h"
#include "client/pool/lease_call.h"
#include "client/pool/transact_host.h"
#include "client/transact/attempts.h"
#include "client/transact/time_left.h"
#include "client/transact/transaction_script.h"
#include "nacre/client/errors.h"

namespace nacre::client {

// One attempt, and the connection that it has to itself until it is destroyed: also by an exception
// of fn's.
class BlockingTransaction::Impl {
 public:
  Impl(blocking::Core& core, Lease lease, std::unique_ptr<TransactionScript> script,
       Deadline deadline)
      : core_(core), lease_(std::move(lease)), script_(std::move(script)), deadline_(deadline) {}
  ~Impl() {
    if (!has_ended_) End([] {});
  }
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

  // Touched by the leader while this thread waits for it, otherwise by this thread.
  TransactionScript& script() { return *script_; }

  // Carries on until the operation that was begun is done.
  void Carry();
  // Gives the connection back, and runs `then`, both in one turn of the leader. The last call.
  void End(absl::FunctionRef<void()> then);

 private:
  blocking::Core& core_;
  Lease lease_;
  const std::unique_ptr<TransactionScript> script_;
  const Deadline deadline_;
  bool has_ended_ = false;
};

void BlockingTransaction::Impl::End(absl::FunctionRef<void()> then) {
  has_ended_ = true;
  core_.DoThrough([&] {
    if (!script_->leaves_connection_clean()) lease_.DoNotReuse();
    lease_ = Lease();
    then();
  });
}

void BlockingTransaction::Impl::Carry() {
  LeaseCall call(lease_, MayBlock::kNo);
  while (const Request* request = script_->NextRequest()) {
    if (Clock::now() >= deadline_) {
      // Above all a commit is not sent when its answer would come too late.
      script_->OnEnd(MakeError(absl::StatusCode::kDeadlineExceeded,
                               "the time for the transaction is over", Outcome::kNotExecuted));
      continue;
    }
    script_->OnEnd(blocking::ExecEach(
        core_.driver(), [this](ReplyView reply) { script_->OnReply(reply); },
        [&](ReplyConsumer& consumer) { call.Send(*request, consumer, deadline_); }));
  }
}

// --- What fn calls ---

absl::StatusOr<std::optional<std::string>> BlockingTransaction::Get(std::string_view key) {
  if (absl::Status status = impl_.script().Get(key); !status.ok()) return status;
  impl_.Carry();
  return impl_.script().TakeValue();
}

absl::StatusOr<std::vector<std::optional<std::string>>> BlockingTransaction::MultiGet(
    std::span<const std::string> keys) {
  if (absl::Status status = impl_.script().MultiGet(keys); !status.ok()) return status;
  impl_.Carry();
  return impl_.script().TakeValues();
}

absl::StatusOr<Reply> BlockingTransaction::Read(Request command, std::vector<std::string> keys) {
  absl::Status status = impl_.script().Read(std::move(command), keys);
  if (!status.ok()) return status;
  impl_.Carry();
  return impl_.script().TakeReply();
}

absl::StatusOr<Reply> BlockingTransaction::Exec(Request command) {
  absl::Status status = impl_.script().Exec(std::move(command));
  if (!status.ok()) return status;
  impl_.Carry();
  return impl_.script().TakeReply();
}

void BlockingTransaction::Set(std::string_view key, std::string_view value,
                              absl::Duration time_to_live) {
  impl_.script().Set(key, value, time_to_live);
}
void BlockingTransaction::Del(std::string_view key) { impl_.script().Del(key); }
void BlockingTransaction::Write(Request commands, std::vector<std::string> keys) {
  impl_.script().Write(commands, keys);
}
bool BlockingTransaction::is_interactive() const { return impl_.script().is_interactive(); }

// --- Transact() ---

// One call of Transact(). What asks the host runs as the leader, in turns that are taken anyway.
class BlockingClient::TransactRun {
 public:
  using Fn = absl::FunctionRef<absl::Status(BlockingTransaction&)>;

  TransactRun(blocking::Core& core, std::shared_ptr<TransactHost> host, Fn fn,
              const TransactOptions& options)
      : core_(core),
        host_(std::move(host)),
        fn_(fn),
        options_(options),
        deadline_(blocking::DeadlineOf({.timeout = options.timeout}, host_->options())),
        policy_(options.attempts_max, deadline_),
        backoff_(host_->options().conflict_backoff) {}

  absl::StatusOr<Committed> Run();

 private:
  AttemptPolicy::Decision Attempt(AttemptEnd& end);
  AttemptEnd RunOn(BlockingTransaction::Impl& attempt);
  AttemptPolicy::Decision Decide(const AttemptEnd& end);

  blocking::Core& core_;
  const std::shared_ptr<TransactHost> host_;
  const Fn fn_;
  const TransactOptions options_;
  const TimePoint deadline_;
  AttemptPolicy policy_;
  Backoff backoff_;
};

absl::StatusOr<Committed> BlockingClient::TransactRun::Run() {
  for (;;) {
    policy_.Begin();
    AttemptEnd end;
    const AttemptPolicy::Decision decision = Attempt(end);
    if (end.result.ok()) {
      end.result->attempts = policy_.attempts();
      return std::move(end.result);
    }
    if (!decision.run_again) return decision.status;
    blocking::Wait pause(core_.driver(), core_.context());
    pause.Run(absl::FromChrono(decision.pause), [] {});
  }
}

AttemptPolicy::Decision BlockingClient::TransactRun::Attempt(AttemptEnd& end) {
  AttemptPolicy::Decision decision;
  const auto decide = [&] { decision = Decide(end); };
  std::optional<BlockingTransaction::Impl> attempt;
  const CallOptions options = {.timeout = TimeLeft(deadline_, Clock::now())};
  const absl::Status status = core_.Acquire(options, [&](Lease lease) {
    auto script = TransactionScript::New(host_->options().transactions, lease.connection().server(),
                                         options_);
    attempt.emplace(core_, std::move(lease), std::move(script), deadline_);
  });
  if (status.ok()) {
    end = RunOn(*attempt);
    attempt->End(decide);
  } else {
    // The pool has already waited for a connection as long as it makes sense.
    end = {.result = status};
    core_.Do(decide);
  }
  return decision;
}

AttemptEnd BlockingClient::TransactRun::RunOn(BlockingTransaction::Impl& attempt) {
  BlockingTransaction transaction(attempt);
  attempt.script().Finish(fn_(transaction));
  attempt.Carry();
  return attempt.script().TakeEnd();
}

AttemptPolicy::Decision BlockingClient::TransactRun::Decide(const AttemptEnd& end) {
  if (policy_.attempts() == 1) host_->OnTransaction();
  if (end.result.ok()) {
    host_->CountCommit();
    return {};
  }
  const absl::Status& status = end.result.status();
  if (end.of_transaction && IsConflict(status)) host_->CountConflict();
  const auto draw_pause = [this] { return host_->PauseBefore(backoff_); };
  const auto take_retry = [this] { return host_->TakeRetry(); };
  return policy_.After(status, end.of_transaction, Clock::now(),
                       {.draw_pause = draw_pause, .take_retry = take_retry});
}

absl::StatusOr<Committed> BlockingClient::Transact(
    absl::FunctionRef<absl::Status(BlockingTransaction&)> fn, TransactOptions options) {
  return TransactRun(impl_->core(), impl_->transact_host(), fn, options).Run();
}

}  // namespace nacre::client
