// The asynchronous client: with callbacks and with coroutines, the commands of a batch in one
// request or each in its own.

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>

#include "bench/client/contender.h"
#include "nacre/client/client.h"

namespace nacre::bench {
namespace {

using client::Awaitable;
using client::Reply;
using client::Request;

// Drives a client until as many replies have come as were wanted.
class Asynchronous : public Contender {
 public:
  Asynchronous(uint16_t port, std::string_view name)
      : name_(name), client_(context_, OptionsFor(port)) {}

  std::string_view name() const override { return name_; }

  uint64_t Run(Operation operation, Load& load, int pipeline, int batches) override {
    operation_ = operation;
    load_ = &load;
    bytes_ = 0;
    to_ask_ = to_come_ = static_cast<int64_t>(pipeline) * batches;
    Begin(pipeline);
    context_.restart();
    context_.run();
    return bytes_;
  }

 protected:
  // Gets `pipeline` commands under way, and goes on while may_ask().
  virtual void Begin(int pipeline) = 0;

  bool may_ask() const { return to_ask_ > 0; }
  Request NextRequest(int commands) {
    Request request;
    for (int i = 0; i < commands; ++i) AddCommand(operation_, *load_, request);
    to_ask_ -= commands;
    return request;
  }

  void Count(const absl::StatusOr<Reply>& reply) {
    if (!reply.ok()) Fail(reply.status().ToString());
    CountText(*reply);
  }
  void Count(const absl::StatusOr<std::vector<Reply>>& replies) {
    if (!replies.ok()) Fail(replies.status().ToString());
    for (const Reply& reply : *replies) CountText(reply);
  }

  client::Client& client() { return client_; }
  boost::asio::io_context& context() { return context_; }

 private:
  void CountText(const Reply& reply) {
    bytes_ += reply.text().size();
    if (--to_come_ == 0) context_.stop();
  }

  const std::string_view name_;
  boost::asio::io_context context_{1};
  client::Client client_;
  Operation operation_ = Operation::kGet;
  Load* load_ = nullptr;
  uint64_t bytes_ = 0;
  int64_t to_ask_ = 0;
  int64_t to_come_ = 0;
};

class CallbackOfAll final : public Asynchronous {
 public:
  explicit CallbackOfAll(uint16_t port) : Asynchronous(port, "callback, one request") {}

 private:
  void Begin(int pipeline) override {
    client().ExecAll(NextRequest(pipeline), {},
                     [this, pipeline](const absl::StatusOr<std::vector<Reply>>& replies) {
                       Count(replies);
                       if (may_ask()) Begin(pipeline);
                     });
  }
};

class CallbackOfEach final : public Asynchronous {
 public:
  explicit CallbackOfEach(uint16_t port) : Asynchronous(port, "callbacks, a request each") {}

 private:
  void Begin(int pipeline) override {
    for (int i = 0; i < pipeline; ++i) AskOne();
  }
  void AskOne() {
    client().Exec(NextRequest(1), {}, [this](const absl::StatusOr<Reply>& reply) {
      Count(reply);
      if (may_ask()) AskOne();
    });
  }
};

class CoroutineOfAll final : public Asynchronous {
 public:
  explicit CoroutineOfAll(uint16_t port) : Asynchronous(port, "coroutine, one request") {}

 private:
  void Begin(int pipeline) override {
    boost::asio::co_spawn(context(), Ask(pipeline), boost::asio::detached);
  }
  Awaitable<void> Ask(int pipeline) {
    while (may_ask()) Count(co_await client().ExecAll(NextRequest(pipeline)));
  }
};

class CoroutineOfEach final : public Asynchronous {
 public:
  explicit CoroutineOfEach(uint16_t port) : Asynchronous(port, "coroutines, a request each") {}

 private:
  void Begin(int pipeline) override {
    for (int i = 0; i < pipeline; ++i) {
      boost::asio::co_spawn(context(), Ask(), boost::asio::detached);
    }
  }
  Awaitable<void> Ask() {
    while (may_ask()) Count(co_await client().Exec(NextRequest(1)));
  }
};

}  // namespace

void AddAsynchronous(uint16_t port, Contenders& contenders) {
  contenders.push_back(std::make_unique<CallbackOfAll>(port));
  contenders.push_back(std::make_unique<CallbackOfEach>(port));
  contenders.push_back(std::make_unique<CoroutineOfAll>(port));
  contenders.push_back(std::make_unique<CoroutineOfEach>(port));
}

}  // namespace nacre::bench
