#ifndef NACRE_CLIENT_POOL_SUSPEND_H_
#define NACRE_CLIENT_POOL_SUSPEND_H_

// co_await Suspend(suspension): waits until it is resumed. Apart from suspension.h because of what
// it includes.

#include <utility>

#include "boost/asio/associated_cancellation_slot.hpp"
#include "boost/asio/async_result.hpp"
#include "boost/asio/awaitable.hpp"
#include "boost/asio/deferred.hpp"
#include "client/pool/suspension.h"

namespace nacre::client {

// Costs no frame of its own. The suspension must not be resumed before the coroutine has suspended.
inline auto Suspend(Suspension& suspension) {
  return boost::asio::async_initiate<const boost::asio::deferred_t, void()>(
      [](auto handler, Suspension* waiting) {
        auto slot = boost::asio::get_associated_cancellation_slot(handler);
        if (slot.is_connected()) {
          slot.assign([waiting](boost::asio::cancellation_type) { waiting->Cancel(); });
        }
        waiting->Install(std::move(handler));
      },
      boost::asio::deferred, &suspension);
}

}  // namespace nacre::client

#endif  // NACRE_CLIENT_POOL_SUSPEND_H_
