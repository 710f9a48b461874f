#ifndef NACRE_TESTS_FAULT_AT_STEP_H_
#define NACRE_TESTS_FAULT_AT_STEP_H_

#include <functional>
#include <utility>

#include "nacre/testing.h"

namespace nacre {

// Runs an action the first time a step is reached.
class AtStep {
 public:
  AtStep(testing::Step step, std::function<void()> action)
      : step_(step), action_(std::move(action)) {
    testing::SetStepHook(&AtStep::Reached, this);
  }
  ~AtStep() { testing::SetStepHook(nullptr, nullptr); }
  bool reached() const { return reached_; }

 private:
  static void Reached(testing::Step step, void* context) {
    auto* self = static_cast<AtStep*>(context);
    if (step != self->step_ || self->reached_) return;
    self->reached_ = true;
    self->action_();
  }

  const testing::Step step_;
  const std::function<void()> action_;
  bool reached_ = false;
};

}  // namespace nacre

#endif  // NACRE_TESTS_FAULT_AT_STEP_H_
