#include <algorithm>
#include <utility>

#include "client/blocking/client_impl.h"
#include "client/blocking/lease_impl.h"

namespace nacre::client {

BlockingClient::Impl::Impl(ClientOptions options)
    : core_(std::make_shared<blocking::Core>(std::move(options))),
      transact_host_(core_->client().transact_host()) {}

void BlockingClient::Impl::SetPushHandler(Connection::PushHandler handler) {
  core_->Do([&] {
    push_handler_ = std::move(handler);
    core_->client().SetPushHandler([this](ReplyView push) { OnPush(push); });
  });
}

void BlockingClient::Impl::OnPush(ReplyView push) {
  ++pushes_;
  if (push_handler_) push_handler_(push);
  for (blocking::Wait* poll : polls_) poll->Finish();
}

bool BlockingClient::Impl::Poll(absl::Duration timeout) {
  blocking::Wait poll(core_->driver(), core_->context());
  const uint64_t pushes_before = pushes_;
  const bool has_come = poll.Run(timeout, [&] {
    polls_.push_back(&poll);
    // One has come before this start had its turn.
    if (pushes_ != pushes_before) poll.Finish();
  });
  core_->Do([&] { std::erase(polls_, &poll); });
  return has_come;
}

BlockingClient::BlockingClient(ClientOptions options)
    : impl_(std::make_unique<Impl>(std::move(options))) {}

BlockingClient::~BlockingClient() {
  impl_->core().DoThrough([this] {
    impl_->core().client().SetPushHandler(nullptr);
    impl_->core().client().Close();
  });
}

absl::Status BlockingClient::ExecEach(const Request& request,
                                      absl::FunctionRef<void(ReplyView)> each,
                                      CallOptions options) {
  blocking::Core& core = impl_->core();
  return blocking::ExecEach(core.driver(), each, [&](ReplyConsumer& consumer) {
    core.client().Start(request, consumer, options);
  });
}

absl::StatusOr<std::vector<Reply>> BlockingClient::ExecAll(const Request& request,
                                                           CallOptions options) {
  blocking::Core& core = impl_->core();
  return blocking::ExecAll(core.driver(), request, [&](ReplyConsumer& consumer) {
    core.client().Start(request, consumer, options);
  });
}

absl::StatusOr<BlockingLease> BlockingClient::Acquire(CallOptions options) {
  const std::shared_ptr<blocking::Core>& core = impl_->shared_core();
  std::unique_ptr<BlockingLease::Impl> impl;
  const absl::Status status = core->Acquire(options, [&](Lease lease) {
    impl = std::make_unique<BlockingLease::Impl>(core, std::move(lease));
  });
  if (!status.ok()) return status;
  return BlockingLease(std::move(impl));
}

void BlockingClient::SetPushHandler(Connection::PushHandler handler) {
  impl_->SetPushHandler(std::move(handler));
}

bool BlockingClient::Poll(absl::Duration timeout) { return impl_->Poll(timeout); }

ClientStats BlockingClient::stats() const {
  ClientStats stats;
  impl_->core().Do([&] { stats = impl_->core().client().stats(); });
  return stats;
}

}  // namespace nacre::client
