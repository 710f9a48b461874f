#include <utility>

#include "nacre/client/blocking.h"
#include "tests/client/contract/caller.h"

namespace nacre::client::contract {
namespace {

class OnTransaction final : public TransactionCaller {
 public:
  explicit OnTransaction(BlockingTransaction& transaction) : transaction_(transaction) {}

  absl::StatusOr<std::optional<std::string>> Get(std::string_view key) override {
    return transaction_.Get(key);
  }
  absl::StatusOr<std::vector<std::optional<std::string>>> MultiGet(
      std::span<const std::string> keys) override {
    return transaction_.MultiGet(keys);
  }
  absl::StatusOr<Reply> Read(Request command, std::vector<std::string> keys) override {
    return transaction_.Read(std::move(command), std::move(keys));
  }
  void Set(std::string_view key, std::string_view value, absl::Duration time_to_live) override {
    transaction_.Set(key, value, time_to_live);
  }
  void Del(std::string_view key) override { transaction_.Del(key); }
  void Write(Request commands, std::vector<std::string> keys) override {
    transaction_.Write(std::move(commands), std::move(keys));
  }
  absl::StatusOr<Reply> Exec(Request command) override {
    return transaction_.Exec(std::move(command));
  }
  bool is_interactive() const override { return transaction_.is_interactive(); }

 private:
  BlockingTransaction& transaction_;
};

class OnLease final : public LeaseCaller {
 public:
  explicit OnLease(BlockingLease lease) : lease_(std::move(lease)) {}
  absl::StatusOr<Reply> Exec(const Request& request, CallOptions options) override {
    return lease_.Exec(request, options);
  }
  void DoNotReuse() override { lease_.DoNotReuse(); }

 private:
  BlockingLease lease_;
};

class OnBlocking final : public Caller {
 public:
  explicit OnBlocking(ClientOptions options) : client_(std::move(options)) {}

  absl::StatusOr<Reply> Exec(const Request& request, CallOptions options) override {
    return client_.Exec(request, options);
  }
  absl::StatusOr<std::vector<Reply>> ExecAll(const Request& request, CallOptions options) override {
    return client_.ExecAll(request, options);
  }
  absl::StatusOr<Committed> Transact(const TransactionFunction& fn,
                                     TransactOptions options) override {
    return client_.Transact(
        [&](BlockingTransaction& transaction) {
          OnTransaction caller(transaction);
          return fn(caller);
        },
        options);
  }
  absl::StatusOr<std::unique_ptr<LeaseCaller>> Acquire(CallOptions options) override {
    absl::StatusOr<BlockingLease> lease = client_.Acquire(options);
    if (!lease.ok()) return lease.status();
    return std::make_unique<OnLease>(*std::move(lease));
  }
  void SetPushHandler(std::function<void(ReplyView)> handler) override {
    client_.SetPushHandler(std::move(handler));
  }
  void PollUntil(const std::function<bool()>& done) override {
    while (!done()) client_.Poll(absl::Milliseconds(20));
  }
  ClientStats stats() const override { return client_.stats(); }

 private:
  BlockingClient client_;
};

}  // namespace

std::unique_ptr<Caller> MakeBlockingCaller(ClientOptions options) {
  return std::make_unique<OnBlocking>(std::move(options));
}

}  // namespace nacre::client::contract
