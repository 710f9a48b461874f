#ifndef NACRE_CLIENT_AWAITABLE_H_
#define NACRE_CLIENT_AWAITABLE_H_

#include <boost/asio/awaitable.hpp>

namespace nacre::client {

// A coroutine of Asio's. co_await it from one that runs on the client's io_context, or start it
// with boost::asio::co_spawn.
template <typename T>
using Awaitable = boost::asio::awaitable<T>;

}  // namespace nacre::client

#endif  // NACRE_CLIENT_AWAITABLE_H_
