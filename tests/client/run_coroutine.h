#ifndef NACRE_TESTS_CLIENT_RUN_COROUTINE_H_
#define NACRE_TESTS_CLIENT_RUN_COROUTINE_H_

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <exception>
#include <functional>
#include <optional>
#include <utility>

#include "gtest/gtest.h"
#include "nacre/client/awaitable.h"

namespace nacre::client {

// Runs the context until the coroutine has ended; its result. What else lives on the context runs
// meanwhile, and stands still afterwards.
template <typename T>
T RunCoroutine(boost::asio::io_context& context, Awaitable<T> coroutine) {
  std::optional<T> result;
  boost::asio::co_spawn(context, std::move(coroutine),
                        [&](const std::exception_ptr& thrown, T value) {
                          EXPECT_EQ(thrown, nullptr) << "the coroutine threw";
                          result.emplace(std::move(value));
                        });
  context.restart();
  while (!result && context.run_one() > 0) {
  }
  return std::move(result.value());
}

// Goes on when everything else that is ready on the context has run once.
inline Awaitable<void> Turn() {
  co_await boost::asio::post(co_await boost::asio::this_coro::executor, boost::asio::use_awaitable);
}

// Lets other coroutines run until the condition holds, however long that takes.
inline Awaitable<void> Until(std::function<bool()> condition) {
  while (!condition()) co_await Turn();
}

}  // namespace nacre::client

#endif  // NACRE_TESTS_CLIENT_RUN_COROUTINE_H_
