#include "client/cache/one_shot.h"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace nacre::client {

void OneShot::Happen() {
  has_happened_ = true;
  for (boost::asio::steady_timer* timer : waiting_) timer->cancel();
}

Awaitable<bool> OneShot::Wait(TimePoint deadline) {
  if (has_happened_) co_return true;
  boost::asio::steady_timer timer(context_, deadline);
  // Taken out also if the coroutine is destroyed where it waits.
  struct Place {
    std::list<boost::asio::steady_timer*>& list;
    std::list<boost::asio::steady_timer*>::iterator position;
    ~Place() { list.erase(position); }
  } place{waiting_, waiting_.insert(waiting_.end(), &timer)};
  co_await timer.async_wait(boost::asio::as_tuple(boost::asio::use_awaitable));
  co_return has_happened_;
}

}  // namespace nacre::client
