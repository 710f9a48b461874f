#ifndef NACRE_TESTS_UNIT_BUSY_LOCK_H_
#define NACRE_TESTS_UNIT_BUSY_LOCK_H_

#include <latch>
#include <thread>
#include <utility>

#include "nacre/testing.h"

namespace nacre::testing {

// Runs `work` on a thread of its own, and returns once it has met a lock that somebody else holds:
// it then waits for that lock. Meanwhile nobody else may reach a step.
template <typename Work>
std::thread StartUntilItMeetsABusyLock(Work work) {
  static std::latch* met = nullptr;
  std::latch now_met(1);
  met = &now_met;
  SetStepHook(
      [](Step step, void*) {
        if (step != Step::kLatchBusy) return;
        SetStepHook(nullptr, nullptr);  // Without a hook it waits as it always does.
        met->count_down();
      },
      nullptr);
  std::thread thread(std::move(work));
  now_met.wait();
  return thread;
}

}  // namespace nacre::testing

#endif  // NACRE_TESTS_UNIT_BUSY_LOCK_H_
