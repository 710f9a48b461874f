#ifndef NACRE_CLIENT_CLIENT_EXEC_H_
#define NACRE_CLIENT_CLIENT_EXEC_H_

// The templates of client.h: a reply is converted where it lies in the receive buffer, straight
// into the coroutine that has asked for it.

#include <cstddef>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "nacre/client/client.h"
#include "nacre/client/errors.h"
#include "nacre/client/suspend.h"

namespace nacre::client {
namespace internal {

inline absl::Status NotOneCommand() {
  return MakeError(absl::StatusCode::kInvalidArgument,
                   "Exec takes one command; ExecAll takes several", Outcome::kNotExecuted);
}

// Keeps the reply to one command as a T.
template <typename T>
class OneReply final : public ReplyConsumer {
 public:
  void OnReply(ReplyView reply) override { result_ = reply.To<T>(); }
  void OnEnd(const absl::Status&) override {}
  // The result, if the call has ended with `status`.
  absl::StatusOr<T> Take(absl::Status status) {
    if (!status.ok()) return status;
    // No reply: push messages have answered, as they do a subscription.
    if (!result_) return Reply().To<T>();
    return *std::move(result_);
  }

 private:
  std::optional<absl::StatusOr<T>> result_;
};

// Keeps the replies to all commands.
class AllReplies final : public ReplyConsumer {
 public:
  explicit AllReplies(size_t commands) { replies_.reserve(commands); }
  void OnReply(ReplyView reply) override { replies_.emplace_back(reply); }
  void OnEnd(const absl::Status&) override {}
  absl::StatusOr<std::vector<Reply>> Take(absl::Status status) {
    if (!status.ok()) return status;
    return std::move(replies_);
  }

 private:
  std::vector<Reply> replies_;
};

}  // namespace internal

// A call that a coroutine waits for until all replies have come; the consumer's OnEnd() is not
// called. Lies in the frame of who waits: one of its own would cost more than the rest of the call.
class Client::Waiting {
 public:
  // Begins the call.
  Waiting(const Client& client, const Request& request, ReplyConsumer& consumer,
          const CallOptions& options);
  ~Waiting();
  Waiting(const Waiting&) = delete;
  Waiting& operator=(const Waiting&) = delete;

  // if (!waiting.has_ended()) co_await internal::Suspend(waiting);
  bool has_ended() const;
  absl::Status TakeStatus();
  // Of Suspend().
  void Install(absl::AnyInvocable<void()> resume);
  void Cancel();

 private:
  // What it holds is no matter of this header.
  static constexpr size_t kCallBytes = 288;
  const std::shared_ptr<Impl> hold_;  // The Client may be destroyed meanwhile.
  alignas(std::max_align_t) unsigned char call_[kCallBytes];
};

template <typename T>
Awaitable<absl::StatusOr<T>> Client::Exec(Request request, CallOptions options) {
  if (request.commands() != 1) co_return internal::NotOneCommand();
  internal::OneReply<T> reply;
  Waiting waiting(*this, request, reply, options);
  if (!waiting.has_ended()) co_await internal::Suspend(waiting);
  co_return reply.Take(waiting.TakeStatus());
}

}  // namespace nacre::client

#endif  // NACRE_CLIENT_CLIENT_EXEC_H_
