#include <utility>

#include "client/pool/await.h"
#include "client/pool/lease_home.h"
#include "nacre/client/client.h"
#include "nacre/client/errors.h"

namespace nacre::client {
namespace {

absl::Status EmptyLease() {
  return MakeError(absl::StatusCode::kFailedPrecondition, "the lease has no connection",
                   Outcome::kNotExecuted);
}

}  // namespace

Lease::Lease() = default;

Lease::Lease(std::shared_ptr<LeaseHome> home, std::unique_ptr<Connection> connection)
    : home_(std::move(home)), connection_(std::move(connection)) {}

Lease::Lease(Lease&& other) noexcept
    : home_(std::move(other.home_)),
      connection_(std::move(other.connection_)),
      reusable_(other.reusable_) {}

Lease& Lease::operator=(Lease&& other) noexcept {
  if (this == &other) return *this;
  if (connection_ != nullptr) home_->Return(std::move(connection_), reusable_);
  home_ = std::move(other.home_);
  connection_ = std::move(other.connection_);
  reusable_ = other.reusable_;
  return *this;
}

Lease::~Lease() {
  if (connection_ != nullptr) home_->Return(std::move(connection_), reusable_);
}

Awaitable<absl::StatusOr<std::vector<Reply>>> Lease::ExecAll(Request request, CallOptions options) {
  if (connection_ == nullptr) co_return EmptyLease();
  internal::AllReplies replies(request.commands());
  absl::Status status =
      co_await AwaitOnLease(home_, *connection_, request, replies, options, MayBlock::kYes);
  co_return replies.Take(std::move(status));
}

Awaitable<absl::StatusOr<Reply>> Lease::Exec(Request request, CallOptions options) {
  if (connection_ == nullptr) co_return EmptyLease();
  if (request.commands() != 1) co_return internal::NotOneCommand();
  internal::OneReply<Reply> reply;
  absl::Status status =
      co_await AwaitOnLease(home_, *connection_, request, reply, options, MayBlock::kYes);
  co_return reply.Take(std::move(status));
}

}  // namespace nacre::client
