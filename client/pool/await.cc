#include "client/pool/await.h"

#include <cstddef>
#include <new>
#include <optional>
#include <utility>

#include "client/pool/client_impl.h"
#include "client/pool/dispatcher.h"
#include "client/pool/lease_call.h"
#include "nacre/client/errors.h"
#include "nacre/client/suspend.h"

namespace nacre::client {
namespace {

absl::Status Cancelled(bool sent) {
  return sent ? MakeError(absl::StatusCode::kCancelled, "cancelled after the request was sent",
                          Outcome::kUnknown)
              : MakeError(absl::StatusCode::kCancelled, "cancelled while the call waited",
                          Outcome::kNotExecuted);
}

// Replies come from the event loop itself, so the coroutine runs on at once. Whatever else ends a
// call may come from below somebody's call into the client, and waits for a turn of its own.
class AwaitedCall final : public Call, public Suspension {
 public:
  AwaitedCall(PoolCore& core, Dispatcher& dispatcher, const Request& request,
              ReplyConsumer& consumer)
      : core_(core), dispatcher_(dispatcher) {
    Prepare(request, consumer);
  }

  bool ended() const { return ended_; }
  absl::Status TakeStatus() { return std::move(status_); }

  void Cancel() override {
    if (std::exchange(ended_, true)) return;
    const bool sent = dispatcher_.Forget(*this);
    status_ = Cancelled(sent);
    ResumeLater(core_.context);
    dispatcher_.Pump();
  }
  void Drop() override { DropCoroutine(); }

 private:
  void Ended(const absl::Status& status) override {
    ended_ = true;
    status_ = status;
    if (!is_suspended()) return;
    if (status.ok()) {
      ResumeNow();
    } else {
      ResumeLater(core_.context);
    }
  }
  void Abandoned() override {
    ended_ = true;
    DropCoroutine();
  }

  PoolCore& core_;
  Dispatcher& dispatcher_;
  bool ended_ = false;
  absl::Status status_;
};

AwaitedCall& CallIn(unsigned char* bytes) {
  return *std::launder(reinterpret_cast<AwaitedCall*>(bytes));
}
const AwaitedCall& CallIn(const unsigned char* bytes) {
  return *std::launder(reinterpret_cast<const AwaitedCall*>(bytes));
}

class AwaitedOnLease final : public ReplyConsumer, public Suspension {
 public:
  AwaitedOnLease(LeaseHome& home, Connection& connection, ReplyConsumer& consumer,
                 MayBlock may_block)
      : home_(home), call_(home, connection, may_block), consumer_(consumer) {
    home_.suspended().Add(*this);
  }

  void Start(const Request& request, TimePoint deadline) { call_.Send(request, *this, deadline); }
  bool ended() const { return ended_; }
  absl::Status TakeStatus() { return std::move(status_); }

  void Cancel() override {
    if (ended_) return;
    call_.Forget();
    OnEnd(Cancelled(true));
  }
  void Drop() override {
    call_.Forget();
    home_.suspended().Remove(*this);
    ended_ = true;
    DropCoroutine();
  }

 private:
  void OnReply(ReplyView reply) override { consumer_.OnReply(reply); }
  void OnEnd(const absl::Status& status) override {
    home_.suspended().Remove(*this);
    ended_ = true;
    status_ = status;
    if (!is_suspended()) return;
    if (status.ok()) {
      ResumeNow();
    } else {
      ResumeLater(home_.core().context);
    }
  }

  LeaseHome& home_;
  LeaseCall call_;
  ReplyConsumer& consumer_;
  bool ended_ = false;
  absl::Status status_;
};

class AwaitedLease final : public LeaseWaiter, public Suspension {
 public:
  explicit AwaitedLease(LeaseHome& home) : home_(home) {}

  bool ended() const { return lease_.has_value(); }
  absl::StatusOr<Lease> TakeLease() { return *std::move(lease_); }

  void Cancel() override {
    if (ended()) return;
    home_.Forget(*this);
    Ended(Cancelled(false));
  }
  void Drop() override { DropCoroutine(); }

 private:
  void Ended(absl::StatusOr<Lease> lease) override {
    lease_ = std::move(lease);
    if (is_suspended()) ResumeLater(home_.core().context);
  }
  void Abandoned() override { DropCoroutine(); }

  LeaseHome& home_;
  std::optional<absl::StatusOr<Lease>> lease_;
};

}  // namespace

Client::Waiting::Waiting(const Client& client, const Request& request, ReplyConsumer& consumer,
                         const CallOptions& options)
    : hold_(client.impl_) {
  static_assert(sizeof(AwaitedCall) <= kCallBytes &&
                alignof(AwaitedCall) <= alignof(std::max_align_t));
  Dispatcher& dispatcher = hold_->dispatcher();
  auto* const call = new (call_) AwaitedCall(*hold_, dispatcher, request, consumer);
  dispatcher.Start(*call, options);
}
Client::Waiting::~Waiting() { CallIn(call_).~AwaitedCall(); }
bool Client::Waiting::has_ended() const { return CallIn(call_).ended(); }
absl::Status Client::Waiting::TakeStatus() { return CallIn(call_).TakeStatus(); }
void Client::Waiting::Install(absl::AnyInvocable<void()> resume) {
  CallIn(call_).Install(std::move(resume));
}
void Client::Waiting::Cancel() { CallIn(call_).Cancel(); }

Awaitable<absl::Status> AwaitOnLease(std::shared_ptr<LeaseHome> home, Connection& connection,
                                     const Request& request, ReplyConsumer& consumer,
                                     CallOptions options, MayBlock may_block) {
  const TimePoint now = Clock::now();
  const TimePoint deadline = home->core().DeadlineOf(now, options);
  if (deadline <= now) {
    co_return MakeError(absl::StatusCode::kDeadlineExceeded, "the timeout had passed before",
                        Outcome::kNotExecuted);
  }
  AwaitedOnLease call(*home, connection, consumer, may_block);
  call.Start(request, deadline);
  if (!call.ended()) co_await internal::Suspend(call);
  co_return call.TakeStatus();
}

Awaitable<absl::StatusOr<Lease>> AcquireLease(std::shared_ptr<PoolCore> hold, LeaseHome& home,
                                              CallOptions options) {
  const auto kept = std::move(hold);
  AwaitedLease waiter(home);
  home.Acquire(waiter, options);
  if (!waiter.ended()) co_await internal::Suspend(waiter);
  co_return waiter.TakeLease();
}

}  // namespace nacre::client
