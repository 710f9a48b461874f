#ifndef NACRE_CLIENT_POOL_CANCELLATION_H_
#define NACRE_CLIENT_POOL_CANCELLATION_H_

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/cancellation_state.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "client/policy/time.h"
#include "nacre/client/awaitable.h"
#include "nacre/client/errors.h"

namespace nacre::client {

// if (IsCancelled(co_await kCancellation)) ...: to be co_awaited before anything else where a
// coroutine may have been cancelled. There every other co_await throws, one of a coroutine that
// would ask this for it too.
constexpr auto kCancellation = boost::asio::this_coro::cancellation_state;

inline bool IsCancelled(const boost::asio::cancellation_state& state) {
  return state.cancelled() != boost::asio::cancellation_type::none;
}

// What a call answers that was cancelled before it did anything.
inline absl::Status CoroutineCancelled() {
  return MakeError(absl::StatusCode::kCancelled, "the coroutine was cancelled",
                   Outcome::kNotExecuted);
}

// False if the timer was cancelled, or the coroutine: also one that is cancelled when the time is
// over already, which the timer does not tell.
inline Awaitable<bool> PauseUntil(boost::asio::steady_timer& timer, TimePoint time) {
  timer.expires_at(time);
  const auto [error] = co_await timer.async_wait(boost::asio::as_tuple(boost::asio::use_awaitable));
  co_return !error && !IsCancelled(co_await kCancellation);
}

}  // namespace nacre::client

#endif  // NACRE_CLIENT_POOL_CANCELLATION_H_
