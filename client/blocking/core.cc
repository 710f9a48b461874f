#include "client/blocking/core.h"

#include <boost/asio/post.hpp>
#include <utility>

#include "client/policy/time.h"

namespace nacre::client::blocking {
namespace {

// Of a thread that waits on its stack.
class WaitingConsumer final : public ReplyConsumer {
 public:
  WaitingConsumer(Driver& driver, absl::FunctionRef<void(ReplyView)> each)
      : driver_(driver), each_(each) {}

  absl::Status Run(absl::FunctionRef<void(ReplyConsumer&)> start) {
    driver_.Run(call_, [&] { start(*this); });
    return std::move(status_);
  }

  void OnReply(ReplyView reply) override { each_(reply); }
  void OnEnd(const absl::Status& status) override {
    status_ = status;
    driver_.Finish(call_);
  }

 private:
  Driver& driver_;
  const absl::FunctionRef<void(ReplyView)> each_;
  Driver::Call call_;
  absl::Status status_;
};

}  // namespace

Deadline DeadlineOf(const CallOptions& call, const ClientOptions& client) {
  const bool is_default = call.timeout == absl::ZeroDuration();
  return After(Clock::now(), is_default ? client.call_timeout : call.timeout);
}

Core::Core(ClientOptions options) : client_(context_, std::move(options)) {}

void Core::Do(absl::FunctionRef<void()> action, Driver::Look look) {
  Driver::Call call;
  const auto start = [&] {
    action();
    driver_.Finish(call);
  };
  driver_.Run(call, start, look);
}

void Core::DoThrough(absl::FunctionRef<void()> action) {
  Driver::Call call;
  const auto start = [&] {
    action();
    boost::asio::post(context_, [&] { driver_.Finish(call); });
  };
  driver_.Run(call, start, Driver::Look::kNone);
}

absl::Status Core::Acquire(const CallOptions& options, absl::FunctionRef<void(Lease)> take) {
  Driver::Call call;
  absl::Status status;
  driver_.Run(call, [&] {
    client_.Acquire(options, [&](absl::StatusOr<Lease> lease) {
      status = lease.status();
      if (lease.ok()) take(*std::move(lease));
      driver_.Finish(call);
    });
  });
  return status;
}

absl::Status ExecEach(Driver& driver, absl::FunctionRef<void(ReplyView)> each,
                      absl::FunctionRef<void(ReplyConsumer&)> start) {
  WaitingConsumer consumer(driver, each);
  return consumer.Run(start);
}

absl::StatusOr<std::vector<Reply>> ExecAll(Driver& driver, const Request& request,
                                           absl::FunctionRef<void(ReplyConsumer&)> start) {
  std::vector<Reply> replies;
  replies.reserve(request.commands());
  const absl::Status status = ExecEach(
      driver, [&](ReplyView reply) { replies.emplace_back(reply); }, start);
  if (!status.ok()) return status;
  return replies;
}

}  // namespace nacre::client::blocking
