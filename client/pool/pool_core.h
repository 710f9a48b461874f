#ifndef NACRE_CLIENT_POOL_POOL_CORE_H_
#define NACRE_CLIENT_POOL_POOL_CORE_H_

// What the parts of a client share: options, policies, counters, and the few things that concern
// all of them at once. Client::Impl puts the parts together.
//
// Thread rule: as Client, for everything in this folder.

#include <memory>

#include "absl/status/status.h"
#include "client/policy/circuit_breaker.h"
#include "client/policy/random.h"
#include "client/policy/retry_budget.h"
#include "client/policy/time.h"
#include "nacre/client/client_stats.h"
#include "nacre/client/connection.h"
#include "nacre/client/options.h"

namespace boost::asio {
class io_context;
}

namespace nacre::client {

class PoolCore {
 public:
  PoolCore(boost::asio::io_context& context_in, ClientOptions options_in)
      : context(context_in),
        options(std::move(options_in)),
        random(Random::Seeded()),
        breaker(options.breaker),
        budget(options.retry_budget, Clock::now()) {}
  PoolCore(const PoolCore&) = delete;
  PoolCore& operator=(const PoolCore&) = delete;

  // Keeps all parts alive: for code that calls out and goes on afterwards.
  virtual std::shared_ptr<PoolCore> Hold() = 0;
  // A deadline or a due time may have become earlier: look at the timer again.
  virtual void Arm() = 0;
  // A connection has come up, or come back: it will have to be asked how it is.
  virtual void WatchHealth() = 0;
  // In a handler of its own: opens what is wanted, if it may be opened now, and sends those who
  // wait and have room.
  virtual void OpenSoon() = 0;
  // In a handler of its own: whoever waits is told that it is in vain.
  virtual void FailWaitingSoon(absl::Status why) = 0;
  // Destroys it later, when none of its own calls is below on the stack. Its handlers are gone at
  // once, except the one of an attempt to open it.
  virtual void Bury(std::unique_ptr<Connection> connection) = 0;

  // When a call that begins now has to end.
  TimePoint DeadlineOf(TimePoint now, const CallOptions& call) const {
    if (call.timeout == absl::ZeroDuration()) return After(now, call_timeout_);
    return call.timeout < absl::ZeroDuration() ? now : After(now, call.timeout);
  }

  // Of a request that was not answered in time: see CircuitBreakerOptions::timeout_min.
  bool HadTimeToAnswer(TimePoint sent_at, TimePoint deadline, TimePoint silent_since) const {
    const Nanoseconds enough = ToNanoseconds(options.breaker.timeout_min);
    return deadline - sent_at >= enough || Clock::now() >= After(silent_since, enough);
  }

  boost::asio::io_context& context;
  const ClientOptions options;
  Random random;
  CircuitBreaker breaker;
  RetryBudget budget;
  ClientStats stats;  // Counters only; gauges are asked of the parts.
  bool closed = false;

 protected:
  ~PoolCore() = default;

 private:
  const Nanoseconds call_timeout_ = ToNanoseconds(options.call_timeout);
};

}  // namespace nacre::client

#endif  // NACRE_CLIENT_POOL_POOL_CORE_H_
