#include "client/blocking/driver.h"

#include <boost/asio/post.hpp>

#include "client/base/check.h"

namespace nacre::client::blocking {

Driver::Driver(boost::asio::io_context& context)
    : context_(context), work_(boost::asio::make_work_guard(context)) {}

Driver::~Driver() {
  MutexLock lock(mutex_);
  NACRE_CLIENT_CHECK(!has_leader_ && newest_waiting_ == nullptr,
                     "destroyed while a thread is in a call");
}

void Driver::Run(Call& call, absl::FunctionRef<void()> start, Look look) noexcept {
  bool started = false;
  {
    MutexLock lock(mutex_);
    if (has_leader_) {
      NACRE_CLIENT_CHECK(leader_ != std::this_thread::get_id(),
                         "a handler has called the client that it was called by");
      Link(call);
      boost::asio::post(context_, [this, &call, start] { StartFor(call, start); });
      started = true;
      if (!WaitForTurn(call)) return;
    }
    has_leader_ = true;
    leader_ = std::this_thread::get_id();
  }
  leading_ = &call;
  if (!started) {
    if (look == Look::kFirst) TakeFirstLook();
    start();
  }
  Lead(call);
}

// Bounded: handlers that make others ready, without end, must not keep the call from starting,
// whose timeout begins only then. The news of a closed connection is a few handlers away.
void Driver::TakeFirstLook() {
  constexpr int kHandlersMax = 64;
  for (int i = 0; i < kHandlersMax && context_.poll_one() != 0; ++i) {
  }
}

void Driver::StartFor(Call& call, absl::FunctionRef<void()> start) {
  // This thread has been made the leader meanwhile: nobody else lets it go.
  if (&call == leading_) {
    start();
    return;
  }
  starting_ = &call;
  start();
  starting_ = nullptr;
  if (call.done_in_start_) Release(call);
}

bool Driver::WaitForTurn(Call& call) {
  while (!call.done_ && !call.leads_) call.wake_.Wait(mutex_);
  return !call.done_;
}

void Driver::Lead(Call& call) {
  while (!call.done_) {
    NACRE_CLIENT_CHECK(context_.run_one() == 1, "LEADER: the context has been stopped");
  }
  leading_ = nullptr;
  HandOver();
}

void Driver::HandOver() {
  MutexLock lock(mutex_);
  leader_ = std::thread::id();
  Call* const next = newest_waiting_;
  if (next == nullptr) {
    has_leader_ = false;
    return;
  }
  Unlink(*next);
  next->leads_ = true;
  next->wake_.NotifyOne();
}

void Driver::Finish(Call& call) {
  NACRE_CLIENT_CHECK(leading_ != nullptr && !call.done_ && !call.done_in_start_,
                     "ONE RUNS: finished by nobody's turn, or twice");
  if (&call == leading_) {
    call.done_ = true;
  } else if (&call == starting_) {
    call.done_in_start_ = true;
  } else {
    Release(call);
  }
}

void Driver::Release(Call& call) {
  MutexLock lock(mutex_);
  Unlink(call);
  call.done_ = true;
  // Under the lock: the thread that it wakes destroys the call.
  call.wake_.NotifyOne();
}

void Driver::Link(Call& call) {
  call.older_ = newest_waiting_;
  if (newest_waiting_ != nullptr) newest_waiting_->newer_ = &call;
  newest_waiting_ = &call;
}

void Driver::Unlink(Call& call) {
  if (call.older_ != nullptr) call.older_->newer_ = call.newer_;
  (call.newer_ != nullptr ? call.newer_->older_ : newest_waiting_) = call.older_;
  call.newer_ = nullptr;
  call.older_ = nullptr;
}

}  // namespace nacre::client::blocking
