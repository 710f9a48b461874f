#ifndef NACRE_CLIENT_SUSPEND_H_
#define NACRE_CLIENT_SUSPEND_H_

// How coroutines wait inside of this library; not for programs.

#include <boost/asio/associated_cancellation_slot.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/deferred.hpp>
#include <utility>

namespace nacre::client::internal {

// co_await Suspend(what): waits until what.Install() got is called; what.Cancel(), if the coroutine
// is cancelled, may come also after that. Costs no frame of its own. The coroutine must not be
// resumed before it has suspended.
template <typename What>
auto Suspend(What& what) {
  return boost::asio::async_initiate<const boost::asio::deferred_t, void()>(
      [](auto handler, What* waiting) {
        auto slot = boost::asio::get_associated_cancellation_slot(handler);
        if (slot.is_connected()) {
          slot.assign([waiting](boost::asio::cancellation_type) { waiting->Cancel(); });
        }
        waiting->Install(std::move(handler));
      },
      boost::asio::deferred, &what);
}

}  // namespace nacre::client::internal

#endif  // NACRE_CLIENT_SUSPEND_H_
