#ifndef NACRE_TESTS_CLIENT_POOL_POOL_FIXTURE_H_
#define NACRE_TESTS_CLIENT_POOL_POOL_FIXTURE_H_

// A client and its server on one io_context, run step by step until what the test waits for has
// come.

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "boost/asio/cancellation_signal.hpp"
#include "boost/asio/co_spawn.hpp"
#include "boost/asio/io_context.hpp"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "nacre/client/client.h"
#include "tests/client/pool/pool_server.h"

namespace nacre::client::testing {

// Keeps what comes.
struct Recorder final : ReplyConsumer {
  void OnReply(ReplyView reply) override { replies.emplace_back(reply.text()); }
  void OnEnd(const absl::Status& status) override {
    ++ends;
    end = status;
    if (then) std::exchange(then, nullptr)();
  }
  bool ended() const { return ends > 0; }

  std::vector<std::string> replies;
  std::optional<absl::Status> end;
  int ends = 0;
  std::function<void()> then;  // At the end.
};

// The end of a coroutine.
template <typename T>
struct Outcoming {
  bool done() const { return result.has_value(); }
  absl::Status status() const { return result->status(); }

  std::optional<absl::StatusOr<T>> result;
};

class PoolTest : public ::testing::Test {
 protected:
  PoolTest() {
    options_.connection.endpoint.port = server_.port();
    options_.health_check_interval = absl::ZeroDuration();
    // Quick, so that tests are; what is tested is that the waits happen, not how long they are.
    options_.reconnect = {absl::Milliseconds(1), absl::Milliseconds(4)};
    options_.breaker.failures = 0;
    options_.call_timeout = absl::Seconds(60);
  }
  ~PoolTest() override {
    client_.reset();
    server_.StopListening();
    server_.CloseAll();
    context_.restart();
    context_.poll();
  }

  Client& client() {
    if (client_ == nullptr) client_ = std::make_unique<Client>(context_, options_);
    return *client_;
  }

  // Runs the loop until `done`; a test in which that never comes is ended by its time limit.
  template <typename Done>
  void RunUntil(Done done) {
    while (!done()) {
      context_.restart();
      context_.run_one();
    }
  }
  // Runs what is ready, and what that makes ready.
  void Settle() {
    context_.restart();
    while (context_.poll() > 0) context_.restart();
  }

  // Begins a coroutine whose end goes to the result.
  template <typename T>
  std::shared_ptr<Outcoming<T>> Spawn(Awaitable<absl::StatusOr<T>> awaitable) {
    auto outcome = std::make_shared<Outcoming<T>>();
    boost::asio::co_spawn(context_, std::move(awaitable),
                          [outcome](std::exception_ptr failure, absl::StatusOr<T> result) {
                            if (failure) std::rethrow_exception(failure);
                            outcome->result = std::move(result);
                          });
    return outcome;
  }
  template <typename T>
  absl::StatusOr<T> Await(Awaitable<absl::StatusOr<T>> awaitable) {
    const auto outcome = Spawn(std::move(awaitable));
    RunUntil([&] { return outcome->done(); });
    return *std::move(outcome->result);
  }
  absl::StatusOr<std::string> Get(const std::string& key) {
    return Await(client().Exec<std::string>(Request("GET", key)));
  }

  // Connects, so that what follows finds a connection.
  void Connect() { ASSERT_TRUE(Await(client().Exec(Request("FIRST"))).ok()); }

  boost::asio::cancellation_signal
      signal_;  // Outlives what is queued in the loop and refers to it.
  boost::asio::io_context context_;
  PoolServer server_{context_};
  ClientOptions options_;
  std::unique_ptr<Client> client_;
};

inline CallOptions Timeout(absl::Duration timeout) {
  CallOptions options;
  options.timeout = timeout;
  return options;
}

}  // namespace nacre::client::testing

#endif  // NACRE_TESTS_CLIENT_POOL_POOL_FIXTURE_H_
