#ifndef NACRE_CLIENT_CACHE_ONE_SHOT_H_
#define NACRE_CLIENT_CACHE_ONE_SHOT_H_

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <list>

#include "client/policy/time.h"
#include "nacre/client/awaitable.h"

namespace nacre::client {

// Something that happens once, and that any number of coroutines wait for.
//
// Thread rule: belongs to its io_context.
class OneShot {
 public:
  explicit OneShot(boost::asio::io_context& context) : context_(context) {}
  OneShot(const OneShot&) = delete;
  OneShot& operator=(const OneShot&) = delete;

  bool has_happened() const { return has_happened_; }
  // Those who wait go on, later.
  void Happen();
  // Whether it has happened; not so at `deadline`, and when the coroutine is cancelled. The caller
  // keeps this object alive meanwhile.
  Awaitable<bool> Wait(TimePoint deadline);

 private:
  boost::asio::io_context& context_;
  bool has_happened_ = false;
  std::list<boost::asio::steady_timer*> waiting_;
};

}  // namespace nacre::client

#endif  // NACRE_CLIENT_CACHE_ONE_SHOT_H_
