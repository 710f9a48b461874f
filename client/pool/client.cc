#include "nacre/client/client.h"

#include <utility>

#include "boost/asio/post.hpp"
#include "client/pool/await.h"
#include "client/pool/callback_call.h"
#include "client/pool/client_impl.h"
#include "client/pool/io_context_watch.h"

namespace nacre::client {
namespace {

// Somebody who wants a lease, and a callback for it.
class CallbackLease final : public LeaseWaiter {
 public:
  using Done = absl::AnyInvocable<void(absl::StatusOr<Lease>)>;
  CallbackLease(boost::asio::io_context& context, Done done)
      : context_(context), done_(std::move(done)) {}

 private:
  void Ended(absl::StatusOr<Lease> lease) override {
    const std::unique_ptr<CallbackLease> self(this);
    boost::asio::post(context_, [done = std::move(done_), lease = std::move(lease)]() mutable {
      done(std::move(lease));
    });
  }
  void Abandoned() override { delete this; }

  boost::asio::io_context& context_;
  Done done_;
};

}  // namespace

Client::Client(boost::asio::io_context& context, ClientOptions options)
    : impl_(std::make_shared<Impl>(context, std::move(options))) {
  boost::asio::use_service<IoContextWatch>(context).Add(impl_);
}

Client::~Client() { impl_->Close(); }

Awaitable<absl::StatusOr<std::vector<Reply>>> Client::ExecAll(Request request,
                                                              CallOptions options) {
  internal::AllReplies replies(request.commands());
  Waiting waiting(*this, request, replies, options);
  if (!waiting.has_ended()) co_await internal::Suspend(waiting);
  co_return replies.Take(waiting.TakeStatus());
}

void Client::Exec(Request request, CallOptions options,
                  absl::AnyInvocable<void(absl::StatusOr<Reply>)> done) {
  if (request.commands() != 1) {
    boost::asio::post(impl_->context,
                      [done = std::move(done)]() mutable { done(internal::NotOneCommand()); });
    return;
  }
  CallbackCall<internal::OneReply<Reply>, Reply>::Start(
      *impl_, impl_->dispatcher(), std::move(request), options, std::move(done));
}

void Client::ExecAll(Request request, CallOptions options,
                     absl::AnyInvocable<void(absl::StatusOr<std::vector<Reply>>)> done) {
  const size_t commands = request.commands();
  CallbackCall<internal::AllReplies, std::vector<Reply>>::Start(
      *impl_, impl_->dispatcher(), std::move(request), options, std::move(done), commands);
}

void Client::Start(const Request& request, ReplyConsumer& consumer, CallOptions options) {
  impl_->started().Start(impl_->dispatcher(), request, consumer, options);
}

void Client::Forget(ReplyConsumer& consumer) {
  impl_->started().Forget(impl_->dispatcher(), consumer);
}

void Client::Flush() { impl_->dispatcher().Flush(); }

Awaitable<absl::StatusOr<Lease>> Client::Acquire(CallOptions options) {
  return AcquireLease(impl_, impl_->home(), options);
}

void Client::Acquire(CallOptions options, absl::AnyInvocable<void(absl::StatusOr<Lease>)> done) {
  impl_->home().Acquire(*new CallbackLease(impl_->context, std::move(done)), options);
}

std::shared_ptr<TransactHost> Client::transact_host() const {
  return std::shared_ptr<TransactHost>(impl_, &impl_->transact_host());
}

void Client::SetPushHandler(Connection::PushHandler handler) {
  impl_->dispatcher().SetPushHandler(std::move(handler));
}

void Client::Close() { impl_->Close(); }

ClientStats Client::stats() const { return impl_->Stats(); }
const ClientOptions& Client::options() const { return impl_->options; }
boost::asio::io_context& Client::context() { return impl_->context; }

}  // namespace nacre::client
