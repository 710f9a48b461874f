#include "engine/base/faults.h"

#ifdef NACRE_FAULTS

#include <array>
#include <atomic>
#include <cstddef>

namespace nacre {
namespace {

constexpr size_t kBugCount = static_cast<size_t>(testing::Bug::kCount);

std::array<std::atomic<bool>, kBugCount> bugs_planted{};
std::atomic<testing::StepHook> step_hook{nullptr};
std::atomic<void*> step_context{nullptr};
std::atomic<size_t> own_share_entries{0};

}  // namespace

namespace base {

void ReachStep(testing::Step step) {
  if (testing::StepHook hook = step_hook.load(std::memory_order_acquire); hook != nullptr) {
    hook(step, step_context.load(std::memory_order_acquire));
  }
}

bool HasStepHook() { return step_hook.load(std::memory_order_acquire) != nullptr; }

bool BugPlanted(testing::Bug bug) {
  return bugs_planted[static_cast<size_t>(bug)].load(std::memory_order_relaxed);
}

size_t OwnShareEntries(size_t otherwise) {
  const size_t set = own_share_entries.load(std::memory_order_relaxed);
  return set == 0 ? otherwise : set;
}

}  // namespace base

namespace testing {

void SetStepHook(StepHook hook, void* context) {
  step_context.store(context, std::memory_order_release);
  step_hook.store(hook, std::memory_order_release);
}

void PlantBug(Bug bug, bool planted) {
  bugs_planted[static_cast<size_t>(bug)].store(planted, std::memory_order_relaxed);
}

void SetOwnShareEntries(size_t entries) {
  own_share_entries.store(entries, std::memory_order_relaxed);
}

void Reset() {
  SetStepHook(nullptr, nullptr);
  SetOwnShareEntries(0);
  for (auto& bug : bugs_planted) bug.store(false, std::memory_order_relaxed);
}

const char* Name(Step step) {
  switch (step) {
    case Step::kBegin: return "begin";
    case Step::kBeginRegistered: return "begin-registered";
    case Step::kBeginDrawn: return "begin-drawn";
    case Step::kCommitStart: return "commit-start";
    case Step::kCommitLatched: return "commit-latched";
    case Step::kCommitChecked: return "commit-checked";
    case Step::kCommitLinked: return "commit-linked";
    case Step::kCommitValidated: return "commit-validated";
    case Step::kCommitInSequencer: return "commit-in-sequencer";
    case Step::kCommitPublished: return "commit-published";
    case Step::kCommitStamped: return "commit-stamped";
    case Step::kCommitTakenBack: return "commit-taken-back";
    case Step::kCommitReleased: return "commit-released";
    case Step::kPruneStart: return "prune-start";
    case Step::kPruneScanned: return "prune-scanned";
    case Step::kPruneLatched: return "prune-latched";
    case Step::kPruneUnlinked: return "prune-unlinked";
    case Step::kSlotWrittenOver: return "slot-written-over";
    case Step::kReadHead: return "read-head";
    case Step::kReadBelow: return "read-below";
    case Step::kPlacesGathered: return "places-gathered";
    case Step::kPlacesLeaving: return "places-leaving";
    case Step::kPlacesAsked: return "places-asked";
    case Step::kHomeRefused: return "home-refused";
    case Step::kLatchBusy: return "latch-busy";
    case Step::kCount: break;
  }
  return "unknown-step";
}

const char* Name(Bug bug) {
  switch (bug) {
    case Bug::kSkipReadValidation: return "skip-read-validation";
    case Bug::kSkipRangeValidation: return "skip-range-validation";
    case Bug::kValidateBeforeTimestamp: return "validate-before-timestamp";
    case Bug::kVisibleBelow: return "visible-below";
    case Bug::kPruneOneTooMany: return "prune-one-too-many";
    case Bug::kPublishBeforeLinking: return "publish-before-linking";
    case Bug::kForgetExistsRead: return "forget-exists-read";
    case Bug::kExpireMidTransaction: return "expire-mid-transaction";
    case Bug::kIgnoreFloor: return "ignore-floor";
    case Bug::kIgnoreGeneration: return "ignore-generation";
    case Bug::kRayAsPoint: return "ray-as-point";
    case Bug::kLateRegistration: return "late-registration";
    case Bug::kSkipWriteConflict: return "skip-write-conflict";
    case Bug::kIgnoreExpiryCycle: return "ignore-expiry-cycle";
    case Bug::kScanThenLoadClock: return "scan-then-load-clock";
    case Bug::kSplitSequencer: return "split-sequencer";
    case Bug::kCheckTooOldBeforeWalk: return "check-too-old-before-walk";
    case Bug::kSkipRest: return "skip-rest";
    case Bug::kCount: break;
  }
  return "unknown-bug";
}

}  // namespace testing
}  // namespace nacre

#endif  // NACRE_FAULTS
