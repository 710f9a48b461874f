#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <exception>
#include <future>
#include <thread>
#include <utility>

#include "gtest/gtest.h"
#include "nacre/client/client.h"
#include "tests/client/contract/caller.h"

namespace nacre::client::contract {
namespace {

// Runs the event loop until `call` has ended.
template <typename T>
T RunToEnd(boost::asio::io_context& context, Awaitable<T> call) {
  std::optional<T> result;
  boost::asio::co_spawn(context, std::move(call), [&](std::exception_ptr error, T value) {
    if (error) std::rethrow_exception(error);
    result = std::move(value);
  });
  while (!result) {
    if (context.stopped()) context.restart();
    if (context.run_one() == 0) {
      ADD_FAILURE() << "the event loop has nothing left to do, and the call has not ended";
      return absl::InternalError("lost");
    }
  }
  return *std::move(result);
}

// Begins a call on the thread of the event loop, and waits for its end on another one.
template <typename T, typename Begin>
T CallFromOutside(boost::asio::io_context& context, Begin begin) {
  const auto result = std::make_shared<std::promise<T>>();
  auto answer = result->get_future();
  boost::asio::post(context, [&context, result, begin = std::move(begin)] {
    boost::asio::co_spawn(context, begin(), [result](std::exception_ptr error, T value) {
      if (error) std::rethrow_exception(error);
      result->set_value(std::move(value));
    });
  });
  return answer.get();
}

// Used by a thread that is not the event loop's.
class OnTransaction final : public TransactionCaller {
 public:
  OnTransaction(boost::asio::io_context& context, Transaction& transaction)
      : context_(context), transaction_(transaction) {}

  absl::StatusOr<std::optional<std::string>> Get(std::string_view key) override {
    return Call<absl::StatusOr<std::optional<std::string>>>(
        [this, key] { return transaction_.Get(key); });
  }
  absl::StatusOr<std::vector<std::optional<std::string>>> MultiGet(
      std::span<const std::string> keys) override {
    return Call<absl::StatusOr<std::vector<std::optional<std::string>>>>(
        [this, keys] { return transaction_.MultiGet(keys); });
  }
  absl::StatusOr<Reply> Read(Request command, std::vector<std::string> keys) override {
    return Call<absl::StatusOr<Reply>>([&, this] { return transaction_.Read(command, keys); });
  }
  void Set(std::string_view key, std::string_view value, absl::Duration time_to_live) override {
    transaction_.Set(key, value, time_to_live);
  }
  void Del(std::string_view key) override { transaction_.Del(key); }
  void Write(Request commands, std::vector<std::string> keys) override {
    transaction_.Write(std::move(commands), std::move(keys));
  }
  absl::StatusOr<Reply> Exec(Request command) override {
    return Call<absl::StatusOr<Reply>>([&, this] { return transaction_.Exec(command); });
  }
  bool is_interactive() const override { return transaction_.is_interactive(); }

 private:
  template <typename T, typename Begin>
  T Call(Begin begin) {
    return CallFromOutside<T>(context_, std::move(begin));
  }

  boost::asio::io_context& context_;
  Transaction& transaction_;
};

// Runs fn, which waits for its calls, beside the event loop, which carries them.
Awaitable<absl::Status> RunBeside(boost::asio::io_context& context, const TransactionFunction& fn,
                                  Transaction& transaction) {
  OnTransaction caller(context, transaction);
  boost::asio::steady_timer ended(context, boost::asio::steady_timer::time_point::max());
  absl::Status status;
  std::thread thread([&] {
    status = fn(caller);
    boost::asio::post(context, [&] { ended.cancel(); });
  });
  co_await ended.async_wait(boost::asio::as_tuple(boost::asio::use_awaitable));
  thread.join();
  co_return status;
}

class OnLease final : public LeaseCaller {
 public:
  OnLease(boost::asio::io_context& context, Lease lease)
      : context_(context), lease_(std::move(lease)) {}
  absl::StatusOr<Reply> Exec(const Request& request, CallOptions options) override {
    return RunToEnd(context_, lease_.Exec(request, options));
  }
  void DoNotReuse() override { lease_.DoNotReuse(); }

 private:
  boost::asio::io_context& context_;
  Lease lease_;
};

class OnClient final : public Caller {
 public:
  explicit OnClient(ClientOptions options) : client_(context_, std::move(options)) {}

  absl::StatusOr<Reply> Exec(const Request& request, CallOptions options) override {
    return RunToEnd(context_, client_.Exec(request, options));
  }
  absl::StatusOr<std::vector<Reply>> ExecAll(const Request& request, CallOptions options) override {
    return RunToEnd(context_, client_.ExecAll(request, options));
  }
  absl::StatusOr<Committed> Transact(const TransactionFunction& fn,
                                     TransactOptions options) override {
    return RunToEnd(context_, client_.Transact(
                                  [&](Transaction& transaction) {
                                    return RunBeside(context_, fn, transaction);
                                  },
                                  options));
  }
  absl::StatusOr<std::unique_ptr<LeaseCaller>> Acquire(CallOptions options) override {
    absl::StatusOr<Lease> lease = RunToEnd(context_, client_.Acquire(options));
    if (!lease.ok()) return lease.status();
    return std::make_unique<OnLease>(context_, *std::move(lease));
  }
  void SetPushHandler(std::function<void(ReplyView)> handler) override {
    client_.SetPushHandler(std::move(handler));
  }
  void PollUntil(const std::function<bool()>& done) override {
    while (!done()) {
      if (context_.stopped()) context_.restart();
      ASSERT_GT(context_.run_one(), 0u) << "nothing is left that could bring it about";
    }
  }
  ClientStats stats() const override { return client_.stats(); }

 private:
  boost::asio::io_context context_{1};
  Client client_;
};

}  // namespace

std::unique_ptr<Caller> MakeClientCaller(ClientOptions options) {
  return std::make_unique<OnClient>(std::move(options));
}

}  // namespace nacre::client::contract
