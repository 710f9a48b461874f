#ifndef NACRE_CLIENT_BLOCKING_WAIT_H_
#define NACRE_CLIENT_BLOCKING_WAIT_H_

#include <memory>

#include "absl/functional/function_ref.h"
#include "absl/time/time.h"
#include "client/blocking/driver.h"

namespace nacre::client::blocking {

// A thread that waits for something to happen on the context, or for a span of time to pass.
//
// Thread rule: Run() by the thread that waits, Finish() by the leader. Reusable, one Run() at a
// time.
class Wait {
 public:
  Wait(Driver& driver, boost::asio::io_context& context) : driver_(driver), context_(context) {}
  ~Wait();
  Wait(const Wait&) = delete;
  Wait& operator=(const Wait&) = delete;

  // `start` runs first, on the leading thread; it may call Finish(). Returns false if `timeout` has
  // passed before Finish() was called.
  bool Run(absl::Duration timeout, absl::FunctionRef<void()> start);
  // Lets Run() return true. No-op if nobody waits (any more).
  void Finish();
  // By the leader.
  bool is_waiting() const { return call_ != nullptr; }

 private:
  struct State;
  void StartTimer(absl::Duration timeout);
  void End(bool in_time);

  Driver& driver_;
  boost::asio::io_context& context_;
  // The leader's own.
  Driver::Call* call_ = nullptr;
  bool in_time_ = false;
  std::shared_ptr<State> state_;  // Of the timer that runs, if one does.
};

}  // namespace nacre::client::blocking

#endif  // NACRE_CLIENT_BLOCKING_WAIT_H_
