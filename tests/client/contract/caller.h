#ifndef NACRE_TESTS_CLIENT_CONTRACT_CALLER_H_
#define NACRE_TESTS_CLIENT_CONTRACT_CALLER_H_

// One way to say a test for both faces of the library: nacre::client::Client on an event loop, and
// BlockingClient. Every call waits for its end.

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "nacre/client/client_stats.h"
#include "nacre/client/options.h"
#include "nacre/client/reply.h"
#include "nacre/client/request.h"
#include "nacre/client/transact_options.h"

namespace nacre::client::contract {

enum class Face : uint8_t { kClient, kBlocking };

std::string_view NameOf(Face face);

// As Transaction and BlockingTransaction.
class TransactionCaller {
 public:
  virtual absl::StatusOr<std::optional<std::string>> Get(std::string_view key) = 0;
  virtual absl::StatusOr<std::vector<std::optional<std::string>>> MultiGet(
      std::span<const std::string> keys) = 0;
  virtual absl::StatusOr<Reply> Read(Request command, std::vector<std::string> keys) = 0;
  virtual void Set(std::string_view key, std::string_view value,
                   absl::Duration time_to_live = absl::InfiniteDuration()) = 0;
  virtual void Del(std::string_view key) = 0;
  virtual void Write(Request commands, std::vector<std::string> keys) = 0;
  virtual absl::StatusOr<Reply> Exec(Request command) = 0;
  virtual bool is_interactive() const = 0;

 protected:
  ~TransactionCaller() = default;
};

using TransactionFunction = std::function<absl::Status(TransactionCaller&)>;

// A connection of its own.
class LeaseCaller {
 public:
  virtual ~LeaseCaller() = default;
  virtual absl::StatusOr<Reply> Exec(const Request& request, CallOptions options = {}) = 0;
  virtual void DoNotReuse() = 0;
};

// Used by one thread at a time.
class Caller {
 public:
  virtual ~Caller() = default;
  virtual absl::StatusOr<Reply> Exec(const Request& request, CallOptions options = {}) = 0;
  virtual absl::StatusOr<std::vector<Reply>> ExecAll(const Request& request,
                                                     CallOptions options = {}) = 0;
  virtual absl::StatusOr<Committed> Transact(const TransactionFunction& fn,
                                             TransactOptions options = {}) = 0;
  virtual absl::StatusOr<std::unique_ptr<LeaseCaller>> Acquire(CallOptions options = {}) = 0;
  virtual void SetPushHandler(std::function<void(ReplyView)> handler) = 0;
  // Lets what has arrived be handled, until `done` says so.
  virtual void PollUntil(const std::function<bool()>& done) = 0;
  virtual ClientStats stats() const = 0;
};

std::unique_ptr<Caller> MakeCaller(Face face, ClientOptions options);
// One each; MakeCaller() chooses.
std::unique_ptr<Caller> MakeClientCaller(ClientOptions options);
std::unique_ptr<Caller> MakeBlockingCaller(ClientOptions options);

}  // namespace nacre::client::contract

#endif  // NACRE_TESTS_CLIENT_CONTRACT_CALLER_H_
