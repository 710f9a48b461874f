#include "nacre/client/lock.h"

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <exception>
#include <limits>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "client/lock/holding.h"
#include "client/lock/token.h"
#include "client/policy/backoff.h"
#include "client/policy/random.h"
#include "client/policy/time.h"
#include "client/pool/cancellation.h"
#include "client/transact/time_left.h"
#include "nacre/client/errors.h"

namespace nacre::client {

namespace asio = boost::asio;

namespace {

// --- Transactions on the key ------------------------------------------------------------------

// How one try to take the lock ended.
struct Taken {
  absl::StatusOr<int64_t> fence;
  bool is_held = false;  // By somebody else; then `fence` is not OK.
};

// Greater than the last one, and not less than the time: so fences rise on also if a server that
// was short of memory has evicted the counter.
absl::StatusOr<int64_t> NextFence(const std::optional<std::string>& last,
                                  const std::string& counter) {
  const int64_t now_us = absl::ToUnixMicros(absl::Now());
  if (!last) return now_us;
  int64_t number = 0;
  if (!absl::SimpleAtoi(*last, &number) || number == std::numeric_limits<int64_t>::max()) {
    return MakeError(absl::StatusCode::kFailedPrecondition,
                     absl::StrCat("the key '", counter, "' holds no number to count fences by"),
                     Outcome::kNotExecuted);
  }
  return std::max(number + 1, now_us);
}

// Writes the token if the key is free, or if it holds that token: then an earlier try was applied
// whose outcome was unknown.
Awaitable<Taken> Take(Client& client, const std::string& name, const std::string& token,
                      absl::Duration time_to_live, absl::Duration timeout) {
  bool is_held = false;
  bool has_timestamp = false;
  int64_t counted = 0;
  const auto fn = [&](Transaction& tx) -> Awaitable<absl::Status> {
    const auto holder = co_await tx.Get(name);
    if (!holder.ok()) co_return holder.status();
    is_held = holder->has_value() && **holder != token;
    if (is_held) co_return absl::AlreadyExistsError("held");
    tx.Set(name, token, time_to_live);
    has_timestamp = tx.is_interactive();
    if (has_timestamp) co_return absl::OkStatus();
    const std::string counter = name + ":fence";
    const auto last = co_await tx.Get(counter);
    if (!last.ok()) co_return last.status();
    const auto next = NextFence(*last, counter);
    if (!next.ok()) co_return next.status();
    counted = *next;
    tx.Set(counter, absl::StrCat(counted));
    co_return absl::OkStatus();
  };
  // A conflict is a sign of others; those who wait do so with a pause of their own.
  const auto committed = co_await client.Transact(fn, {.attempts_max = 1, .timeout = timeout});
  if (!committed.ok()) co_return Taken{.fence = committed.status(), .is_held = is_held};
  co_return Taken{.fence = has_timestamp ? committed->timestamp : counted};
}

}  // namespace

// --- A lock that is held ----------------------------------------------------------------------

class Lock::Impl {
 public:
  Impl(Client& client_in, std::string name_in, std::string token_in, LockOptions options_in,
       int64_t fence_in, const Holding& holding_in)
      : client(client_in),
        name(std::move(name_in)),
        token(std::move(token_in)),
        options(std::move(options_in)),
        fence(fence_in),
        holding(holding_in),
        timer_(client_in.context()) {}

  // As those of Lock; alive until they have ended.
  static Awaitable<absl::Status> Renew(std::shared_ptr<Impl> self);
  static Awaitable<absl::Status> Release(std::shared_ptr<Impl> self);
  static Awaitable<void> RenewWhileHeld(std::shared_ptr<Impl> self);
  // Ends RenewWhileHeld(), which does not touch the client after this.
  void Stop();

  Client& client;
  const std::string name;
  const std::string token;
  const LockOptions options;
  const int64_t fence;
  Holding holding;

 private:
  // Runs `command`, which answers 1 if the key was there, if the key holds the token. False if not.
  Awaitable<absl::StatusOr<bool>> IfHeld(Request command, absl::Duration timeout);
  absl::Status IsGone() {
    holding.Lose();
    return MakeError(absl::StatusCode::kFailedPrecondition,
                     "the lock '" + name + "' is held no longer", Outcome::kNotExecuted);
  }

  asio::steady_timer timer_;  // Of RenewWhileHeld().
  bool is_stopped_ = false;
};

Awaitable<absl::StatusOr<bool>> Lock::Impl::IfHeld(Request command, absl::Duration timeout) {
  bool is_ours = true;
  const auto fn = [&](Transaction& tx) -> Awaitable<absl::Status> {
    const auto holder = co_await tx.Get(name);
    if (!holder.ok()) co_return holder.status();
    is_ours = *holder == token;
    if (!is_ours) co_return absl::NotFoundError("lost");
    tx.Write(command, {name});
    co_return absl::OkStatus();
  };
  const auto committed = co_await client.Transact(fn, {.timeout = timeout});
  if (!is_ours) co_return false;
  if (!committed.ok()) co_return committed.status();
  const auto done = committed->replies[0].To<int64_t>();
  if (!done.ok()) co_return done.status();
  co_return *done == 1;
}

Awaitable<absl::Status> Lock::Impl::Renew(std::shared_ptr<Impl> self) {
  const TimePoint now_before = Clock::now();
  if (self->holding.IsLost(now_before)) co_return self->IsGone();
  const int64_t milliseconds = WholeMilliseconds(self->options.time_to_live);
  const absl::Duration timeout = std::min(self->client.options().call_timeout,
                                          absl::FromChrono(self->holding.Left(now_before)));
  const auto renewed = co_await self->IfHeld(Request("PEXPIRE", self->name, milliseconds), timeout);
  if (!renewed.ok()) co_return renewed.status();
  if (!*renewed) co_return self->IsGone();
  const TimePoint now = Clock::now();
  self->holding.Renewed(now_before, now);
  // The answer has come when the time was over: work may have been given up because of it.
  if (self->holding.IsLost(now)) co_return self->IsGone();
  co_return absl::OkStatus();
}

Awaitable<absl::Status> Lock::Impl::Release(std::shared_ptr<Impl> self) {
  self->Stop();
  // Others may have the lock before the answer is here, or without one.
  const Holding before = self->holding;
  self->holding.Lose();
  const TimePoint deadline = After(Clock::now(), self->client.options().call_timeout);
  Backoff backoff(self->options.wait);
  Random random = Random::Seeded();
  asio::steady_timer pause(self->client.context());
  absl::Status unknown;  // Not OK: a deletion may have been applied.
  for (;;) {
    const bool was_lost = before.IsLost(Clock::now());
    const auto deleted =
        co_await self->IfHeld(Request("DEL", self->name), TimeLeft(deadline, Clock::now()));
    if (deleted.ok()) {
      // Gone after an unknown outcome, and in time: it was this release that deleted it, or
      // somebody who did what it was to do.
      if (!*deleted && (unknown.ok() || was_lost)) co_return self->IsGone();
      co_return absl::OkStatus();
    }
    // Deleting one's own token twice does no harm, so this may be sent again.
    if (IsOutcomeUnknown(deleted.status())) unknown = deleted.status();
    const TimePoint next = After(Clock::now(), backoff.Next(random.Unit()));
    if (unknown.ok() || next >= deadline || IsCancelled(co_await kCancellation) ||
        !co_await PauseUntil(pause, next)) {
      co_return unknown.ok() ? deleted.status() : unknown;
    }
  }
}

Awaitable<void> Lock::Impl::RenewWhileHeld(std::shared_ptr<Impl> self) {
  while (!self->is_stopped_ && !self->holding.IsLost(Clock::now())) {
    co_await PauseUntil(self->timer_, self->holding.next_renewal());
    if (self->is_stopped_) co_return;
    const absl::Status status = co_await Renew(self);
    if (!status.ok()) self->holding.RenewalFailed(Clock::now());
  }
}

void Lock::Impl::Stop() {
  is_stopped_ = true;
  timer_.cancel();
}

// --- Taking it --------------------------------------------------------------------------------

// One attempt to become the holder, of as many tries as it takes.
class LockAttempt {
 public:
  LockAttempt(Client& client, std::string name, LockOptions options)
      : client_(client),
        name_(std::move(name)),
        options_(std::move(options)),
        backoff_(options_.wait),
        timer_(client.context()) {}

  // `waits`: for a holder to go.
  Awaitable<absl::StatusOr<std::optional<Lock>>> Run(bool waits, TimePoint deadline) {
    if (options_.time_to_live < absl::Milliseconds(1) ||
        options_.time_to_live == absl::InfiniteDuration()) {
      co_return MakeError(absl::StatusCode::kInvalidArgument,
                          "time_to_live must be at least 1 ms, and finite", Outcome::kNotExecuted);
    }
    for (;;) {
      const TimePoint now_before = Clock::now();
      const Taken taken =
          co_await Take(client_, name_, token_, options_.time_to_live,
                        std::min(client_.options().call_timeout, TimeLeft(deadline, now_before)));
      if (taken.fence.ok()) {
        const Holding holding(options_.time_to_live, now_before);
        if (!holding.IsLost(Clock::now())) co_return Hold(*taken.fence, holding);
        unknown_ =
            MakeError(absl::StatusCode::kDeadlineExceeded,
                      "taking the lock took longer than its time to live", Outcome::kUnknown);
      } else {
        Learn(taken);
        if (taken.is_held && !waits) co_return std::nullopt;
        if (IsFinal(taken)) co_return taken.fence.status();
      }
      const TimePoint next = After(Clock::now(), backoff_.Next(random_.Unit()));
      if (next >= deadline) co_return TimeIsOver(taken);
      if (IsCancelled(co_await kCancellation) || !co_await PauseUntil(timer_, next)) {
        co_return unknown_.ok() ? CoroutineCancelled() : unknown_;
      }
    }
  }

 private:
  // Keeps an unknown outcome in mind until it is known.
  void Learn(const Taken& taken) {
    const absl::Status& status = taken.fence.status();
    if (IsOutcomeUnknown(status)) {
      unknown_ = status;
    } else if (taken.is_held) {
      // Somebody came between: a commit of ours that is still on its way meets a conflict.
      unknown_ = absl::OkStatus();
    }
  }

  // Neither somebody else's lock nor a question that can still be answered.
  bool IsFinal(const Taken& taken) const {
    return !taken.is_held && unknown_.ok() && !IsConflict(taken.fence.status());
  }

  absl::Status TimeIsOver(const Taken& taken) const {
    if (!unknown_.ok()) return unknown_;
    const std::string why(taken.is_held ? "somebody else holds it" : "others want it too");
    return MakeError(absl::StatusCode::kDeadlineExceeded,
                     absl::StrCat("the lock '", name_, "' could not be had: ", why),
                     Outcome::kNotExecuted);
  }

  Lock Hold(int64_t fence, const Holding& holding) {
    auto impl = std::make_shared<Lock::Impl>(client_, name_, token_, options_, fence, holding);
    if (options_.renew) {
      asio::co_spawn(client_.context(), Lock::Impl::RenewWhileHeld(impl),
                     [](const std::exception_ptr&) {});
    }
    return Lock(std::move(impl));
  }

  Client& client_;
  const std::string name_;
  const LockOptions options_;
  const std::string token_ = NewToken();
  Backoff backoff_;
  Random random_ = Random::Seeded();
  asio::steady_timer timer_;
  absl::Status unknown_;  // Not OK: a try may have been applied.
};

Awaitable<absl::StatusOr<Lock>> Lock::Acquire(Client& client, std::string name,
                                              LockOptions options) {
  const TimePoint deadline = After(Clock::now(), options.wait_timeout);
  LockAttempt attempt(client, std::move(name), std::move(options));
  auto lock = co_await attempt.Run(/*waits=*/true, deadline);
  if (!lock.ok()) co_return lock.status();
  co_return **std::move(lock);
}

Awaitable<absl::StatusOr<std::optional<Lock>>> Lock::TryAcquire(Client& client, std::string name,
                                                                LockOptions options) {
  const TimePoint deadline = After(Clock::now(), client.options().call_timeout);
  LockAttempt attempt(client, std::move(name), std::move(options));
  co_return co_await attempt.Run(/*waits=*/false, deadline);
}

// --- Lock -------------------------------------------------------------------------------------

Lock::Lock(std::shared_ptr<Impl> impl) : impl_(std::move(impl)) {}
Lock::Lock(Lock&&) noexcept = default;
Lock& Lock::operator=(Lock&& other) noexcept {
  if (impl_ != nullptr && this != &other) impl_->Stop();
  impl_ = std::move(other.impl_);
  return *this;
}
Lock::~Lock() {
  if (impl_ != nullptr) impl_->Stop();
}

Awaitable<absl::Status> Lock::Release() { return Impl::Release(impl_); }
Awaitable<absl::Status> Lock::Renew() { return Impl::Renew(impl_); }
bool Lock::lost() const { return impl_->holding.IsLost(Clock::now()); }
absl::Duration Lock::time_left() const {
  return absl::FromChrono(impl_->holding.Left(Clock::now()));
}
int64_t Lock::fence() const { return impl_->fence; }
const std::string& Lock::name() const { return impl_->name; }
const std::string& Lock::token() const { return impl_->token; }

}  // namespace nacre::client
