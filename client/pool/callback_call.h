#ifndef NACRE_CLIENT_POOL_CALLBACK_CALL_H_
#define NACRE_CLIENT_POOL_CALLBACK_CALL_H_

// A call that ends in a callback: owns the request and the replies, and deletes itself. The
// callback is called after the call that began it has returned, and never below another call into
// the client.

#include <memory>
#include <utility>

#include "absl/functional/any_invocable.h"
#include "absl/status/statusor.h"
#include "boost/asio/io_context.hpp"
#include "boost/asio/post.hpp"
#include "client/pool/call.h"
#include "client/pool/dispatcher.h"
#include "client/pool/pool_core.h"

namespace nacre::client {

// `Replies` is a consumer with Take(status), which answers a StatusOr<Result>.
template <typename Replies, typename Result>
class CallbackCall final : public Call {
 public:
  using Done = absl::AnyInvocable<void(absl::StatusOr<Result>)>;

  template <typename... Arguments>
  static void Start(PoolCore& core, Dispatcher& dispatcher, Request request, CallOptions options,
                    Done done, Arguments... arguments) {
    auto* const call =
        new CallbackCall(core, std::move(request), std::move(done), Replies(arguments...));
    dispatcher.Start(*call, options);
  }

 private:
  CallbackCall(PoolCore& core, Request request, Done done, Replies replies)
      : context_(core.context),
        request_(std::move(request)),
        replies_(std::move(replies)),
        done_(std::move(done)) {
    Prepare(request_, replies_);
  }

  void Ended(const absl::Status& status) override {
    const std::unique_ptr<CallbackCall> self(this);
    auto result = replies_.Take(status);
    // As with coroutines: replies come from the event loop itself, all else from anywhere.
    if (status.ok() && request_.commands() > 0) {
      done_(std::move(result));
      return;
    }
    boost::asio::post(context_, [done = std::move(done_), result = std::move(result)]() mutable {
      done(std::move(result));
    });
  }
  void Abandoned() override { delete this; }

  boost::asio::io_context& context_;
  const Request request_;
  Replies replies_;
  Done done_;
};

}  // namespace nacre::client

#endif  // NACRE_CLIENT_POOL_CALLBACK_CALL_H_
