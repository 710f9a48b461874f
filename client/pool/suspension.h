#ifndef NACRE_CLIENT_POOL_SUSPENSION_H_
#define NACRE_CLIENT_POOL_SUSPENSION_H_

// A coroutine that waits for something of this library's, and how it goes on: when the thing has
// ended, when it is cancelled, or not at all.
//
// The object lies in the coroutine's own frame, and while it waits it holds the handler that owns
// that frame. If the io_context is destroyed meanwhile, nothing would ever let go of the two; so
// each is in a list of the client's, which the client drops when the io_context goes down
// (io_context_watch.h).

#include <utility>

#include "absl/functional/any_invocable.h"

namespace boost::asio {
class io_context;
}

namespace nacre::client {

class Suspension {
 public:
  Suspension(const Suspension&) = delete;
  Suspension& operator=(const Suspension&) = delete;

  // The coroutine is cancelled: let go of what is waited for, and resume. May come when it has been
  // resumed already, and does nothing then.
  virtual void Cancel() = 0;
  // The same without resuming: see the top.
  virtual void Drop() = 0;

  // Of the initiation of the wait.
  void Install(absl::AnyInvocable<void()> resume) { resume_ = std::move(resume); }

 protected:
  Suspension() = default;
  virtual ~Suspension() = default;

  bool is_suspended() const { return resume_ != nullptr; }
  // Runs the coroutine on; this is usually gone afterwards. Only for the end of what the loop
  // calls: never below a call that somebody has made into this library.
  void ResumeNow() {
    auto resume = std::exchange(resume_, nullptr);
    resume();
  }
  // In a turn of its own.
  void ResumeLater(boost::asio::io_context& context);
  // Destroys the coroutine; Asio does so in a handler of its own.
  void DropCoroutine() { const auto dropped = std::exchange(resume_, nullptr); }

 private:
  friend class SuspensionList;
  absl::AnyInvocable<void()> resume_;
  Suspension* previous_ = nullptr;
  Suspension* next_ = nullptr;
};

class SuspensionList {
 public:
  void Add(Suspension& suspension) {
    suspension.previous_ = nullptr;
    suspension.next_ = first_;
    if (first_ != nullptr) first_->previous_ = &suspension;
    first_ = &suspension;
  }
  void Remove(Suspension& suspension) {
    (suspension.previous_ != nullptr ? suspension.previous_->next_ : first_) = suspension.next_;
    if (suspension.next_ != nullptr) suspension.next_->previous_ = suspension.previous_;
  }
  // Each removes itself.
  void DropAll() {
    while (first_ != nullptr) first_->Drop();
  }

 private:
  Suspension* first_ = nullptr;
};

}  // namespace nacre::client

#endif  // NACRE_CLIENT_POOL_SUSPENSION_H_
