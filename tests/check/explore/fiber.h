#ifndef NACRE_TESTS_CHECK_EXPLORE_FIBER_H_
#define NACRE_TESTS_CHECK_EXPLORE_FIBER_H_

#include <ucontext.h>

#include <cstddef>
#include <functional>

namespace nacre::check::explore {

// A function with a stack of its own, run piece by piece on the thread that resumes it. The
// sanitizers are told of each switch.
class Fiber {
 public:
  Fiber();
  // Precondition: finished, or never started.
  ~Fiber();
  Fiber(const Fiber&) = delete;
  Fiber& operator=(const Fiber&) = delete;

  // Sets what the next Resume() begins with. Precondition: finished, or never started.
  void Start(std::function<void()> body);
  // Runs the body until it suspends or returns. Not from inside a fiber.
  void Resume();
  bool finished() const { return finished_; }

  // Called by the body: returns to Resume(), and continues at the next one.
  void Suspend();
  // The fiber that runs on this thread; nullptr outside of any.
  static Fiber* Current();

 private:
  static void Entry();
  void EnterStack();
  void LeaveStack(bool for_good);

  static constexpr size_t kStackBytes = 1 << 20;  // Reserved; what is not touched costs nothing.

  void* stack_;
  std::function<void()> body_;
  bool finished_ = true;
  ucontext_t context_{};
  ucontext_t caller_{};
  // For the sanitizers: the caller's stack, the fake stacks of the address sanitizer, and the two
  // contexts of the thread sanitizer.
  [[maybe_unused]] const void* caller_stack_ = nullptr;
  [[maybe_unused]] size_t caller_stack_bytes_ = 0;
  [[maybe_unused]] void* fake_stack_ = nullptr;
  [[maybe_unused]] void* caller_fake_stack_ = nullptr;
  [[maybe_unused]] void* tsan_fiber_ = nullptr;
  [[maybe_unused]] void* tsan_caller_ = nullptr;
};

}  // namespace nacre::check::explore

#endif  // NACRE_TESTS_CHECK_EXPLORE_FIBER_H_
