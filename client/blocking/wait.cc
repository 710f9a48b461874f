#include "client/blocking/wait.h"

#include <boost/asio/steady_timer.hpp>
#include <utility>

#include "client/base/check.h"
#include "client/policy/time.h"

namespace nacre::client::blocking {

// Outlives the wait if its completion was on its way already when it was cancelled.
struct Wait::State {
  State(boost::asio::io_context& context, Wait& of) : timer(context), wait(&of) {}
  boost::asio::steady_timer timer;
  Wait* wait;  // Null: over.
};

Wait::~Wait() { NACRE_CLIENT_CHECK(call_ == nullptr, "destroyed while a thread waits"); }

bool Wait::Run(absl::Duration timeout, absl::FunctionRef<void()> start) {
  Driver::Call call;
  driver_.Run(call, [&] {
    call_ = &call;
    start();
    if (call_ != nullptr) StartTimer(timeout);
  });
  return in_time_;
}

void Wait::StartTimer(absl::Duration timeout) {
  if (timeout == absl::InfiniteDuration()) return;
  state_ = std::make_shared<State>(context_, *this);
  state_->timer.expires_at(After(Clock::now(), timeout));
  state_->timer.async_wait([state = state_](const boost::system::error_code&) {
    if (state->wait != nullptr) state->wait->End(false);
  });
}

void Wait::Finish() {
  if (call_ != nullptr) End(true);
}

void Wait::End(bool in_time) {
  if (state_ != nullptr) {
    state_->wait = nullptr;
    state_->timer.cancel();
    state_ = nullptr;
  }
  in_time_ = in_time;
  Driver::Call& call = *std::exchange(call_, nullptr);
  driver_.Finish(call);
}

}  // namespace nacre::client::blocking
