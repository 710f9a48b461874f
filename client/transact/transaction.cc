// Transaction and Client::Transact(): the parts of this folder, put on a connection of the pool.

#include "nacre/client/transaction.h"

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <memory>
#include <utility>

#include "client/policy/backoff.h"
#include "client/policy/time.h"
#include "client/pool/await.h"
#include "client/pool/cancellation.h"
#include "client/pool/transact_host.h"
#include "client/transact/attempts.h"
#include "client/transact/time_left.h"
#include "client/transact/transaction_script.h"
#include "nacre/client/client.h"
#include "nacre/client/errors.h"

namespace nacre::client {

namespace asio = boost::asio;

// --- Transaction ------------------------------------------------------------------------------

// Holds the connection, and does not give it back with anything of the attempt on it: also if the
// coroutine that runs the attempt is destroyed where it waits.
class Transaction::Impl final : private ReplyConsumer {
 public:
  Impl(Lease lease, std::unique_ptr<TransactionScript> script, TimePoint deadline)
      : lease_(std::move(lease)), script_(std::move(script)), deadline_(deadline) {}
  ~Impl() {
    if (!script_->leaves_connection_clean()) lease_.DoNotReuse();
  }

  TransactionScript& script() { return *script_; }

  // What an operation is answered that has been begun, which has ended with `begun`. Each keeps
  // `self`: one that fn has spawned and not awaited may outlive the attempt.
  Awaitable<absl::StatusOr<std::optional<std::string>>> Value(
      [[maybe_unused]] std::shared_ptr<Impl> self, absl::Status begun) {
    if (!begun.ok()) co_return begun;
    co_await Carry();
    co_return script_->TakeValue();
  }
  Awaitable<absl::StatusOr<std::vector<std::optional<std::string>>>> Values(
      [[maybe_unused]] std::shared_ptr<Impl> self, absl::Status begun) {
    if (!begun.ok()) co_return begun;
    co_await Carry();
    co_return script_->TakeValues();
  }
  Awaitable<absl::StatusOr<Reply>> Answer([[maybe_unused]] std::shared_ptr<Impl> self,
                                          absl::Status begun) {
    if (!begun.ok()) co_return begun;
    co_await Carry();
    co_return script_->TakeReply();
  }
  // After fn: commits or rolls back.
  Awaitable<AttemptEnd> Finish(absl::Status status) {
    script_->Finish(status);
    co_await Carry();
    co_return script_->TakeEnd();
  }

 private:
  // Carries requests and replies between the script and the connection, until the operation that
  // was begun is done. A request is not sent when its time is over: above all, not COMMIT.
  Awaitable<void> Carry() {
    while (const Request* request = script_->NextRequest()) {
      const CallOptions options = {.timeout = TimeLeft(deadline_, Clock::now())};
      script_->OnEnd(co_await AwaitOnLease(lease_.home_, lease_.connection(), *request, *this,
                                           options, MayBlock::kNo));
    }
  }
  void OnReply(ReplyView reply) override { script_->OnReply(reply); }
  void OnEnd(const absl::Status&) override {}  // AwaitOnLease() answers it.

  Lease lease_;
  std::unique_ptr<TransactionScript> script_;
  const TimePoint deadline_;
};

Transaction::Transaction(std::shared_ptr<Impl> impl) : impl_(std::move(impl)) {}
Transaction::~Transaction() = default;

// Each operation is begun by the call, not by the first co_await, so that arguments need not
// outlive the call.

Awaitable<absl::StatusOr<std::optional<std::string>>> Transaction::Get(std::string_view key) {
  return impl_->Value(impl_, impl_->script().Get(key));
}

Awaitable<absl::StatusOr<std::vector<std::optional<std::string>>>> Transaction::MultiGet(
    std::span<const std::string> keys) {
  return impl_->Values(impl_, impl_->script().MultiGet(keys));
}

Awaitable<absl::StatusOr<Reply>> Transaction::Read(Request command, std::vector<std::string> keys) {
  return impl_->Answer(impl_, impl_->script().Read(std::move(command), keys));
}

Awaitable<absl::StatusOr<Reply>> Transaction::Exec(Request command) {
  return impl_->Answer(impl_, impl_->script().Exec(std::move(command)));
}

void Transaction::Set(std::string_view key, std::string_view value, absl::Duration time_to_live) {
  impl_->script().Set(key, value, time_to_live);
}

void Transaction::Del(std::string_view key) { impl_->script().Del(key); }

void Transaction::Write(Request commands, std::vector<std::string> keys) {
  impl_->script().Write(commands, keys);
}

bool Transaction::is_interactive() const { return impl_->script().is_interactive(); }

// --- Transact ---------------------------------------------------------------------------------

// One call of Transact().
class TransactRun {
 public:
  using Fn = absl::AnyInvocable<Awaitable<absl::Status>(Transaction&)>;

  TransactRun(std::shared_ptr<TransactHost> host, Fn fn, const TransactOptions& options)
      : host_(std::move(host)),
        fn_(std::move(fn)),
        options_(options),
        deadline_(After(Clock::now(), TimeoutOf(options, host_->options()))),
        policy_(options.attempts_max, deadline_),
        backoff_(host_->options().conflict_backoff) {}

  Awaitable<absl::StatusOr<Committed>> Run() {
    host_->OnTransaction();
    for (;;) {
      policy_.Begin();
      AttemptEnd end = co_await Attempt();
      if (end.result.ok()) {
        host_->CountCommit();
        end.result->attempts = policy_.attempts();
        co_return std::move(end.result);
      }
      const AttemptPolicy::Decision decision = Decide(end);
      if (!decision.run_again) co_return decision.status;
      asio::steady_timer timer(host_->context());
      if (IsCancelled(co_await kCancellation) ||
          !co_await PauseUntil(timer, After(Clock::now(), decision.pause))) {
        co_return CoroutineCancelled();
      }
    }
  }

 private:
  static absl::Duration TimeoutOf(const TransactOptions& options, const ClientOptions& client) {
    return options.timeout == absl::ZeroDuration() ? client.call_timeout : options.timeout;
  }

  Awaitable<AttemptEnd> Attempt() {
    absl::StatusOr<Lease> lease =
        co_await host_->Acquire({.timeout = TimeLeft(deadline_, Clock::now())});
    // The pool has already waited for a connection as long as it makes sense.
    if (!lease.ok()) co_return AttemptEnd{.result = lease.status()};
    // It was granted before this turn of the coroutine.
    if (IsCancelled(co_await kCancellation)) co_return AttemptEnd{.result = CoroutineCancelled()};

    auto script = TransactionScript::New(host_->options().transactions,
                                         lease->connection().server(), options_);
    const std::unique_ptr<Transaction> transaction(new Transaction(
        std::make_shared<Transaction::Impl>(*std::move(lease), std::move(script), deadline_)));
    const absl::Status status = co_await fn_(*transaction);
    if (IsCancelled(co_await kCancellation)) {
      co_return AttemptEnd{.result = status.ok() ? CoroutineCancelled() : status};
    }
    co_return co_await transaction->impl_->Finish(status);
  }

  AttemptPolicy::Decision Decide(const AttemptEnd& end) {
    const absl::Status& status = end.result.status();
    if (end.of_transaction && IsConflict(status)) host_->CountConflict();
    const auto draw_pause = [this] { return host_->PauseBefore(backoff_); };
    const auto take_retry = [this] { return host_->TakeRetry(); };
    return policy_.After(status, end.of_transaction, Clock::now(),
                         {.draw_pause = draw_pause, .take_retry = take_retry});
  }

  const std::shared_ptr<TransactHost> host_;
  Fn fn_;
  const TransactOptions options_;
  const TimePoint deadline_;
  AttemptPolicy policy_;
  Backoff backoff_;
};

namespace {

Awaitable<absl::StatusOr<Committed>> RunTransaction(std::shared_ptr<TransactHost> host,
                                                    TransactRun::Fn fn, TransactOptions options) {
  TransactRun run(std::move(host), std::move(fn), options);
  co_return co_await run.Run();
}

}  // namespace

Awaitable<absl::StatusOr<Committed>> Client::Transact(
    absl::AnyInvocable<Awaitable<absl::Status>(Transaction&)> fn, TransactOptions options) {
  return RunTransaction(transact_host(), std::move(fn), options);
}

}  // namespace nacre::client
