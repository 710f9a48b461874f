#ifndef NACRE_TESTING_H_
#define NACRE_TESTING_H_

// Deterministic testing of the engine. This header exists only in builds configured with
// -DNACRE_FAULTS=ON; a release library has neither these functions nor the places that call them.
//
// A *step* is a numbered point inside commit and prune. With a hook installed, the thread that
// reaches a step calls the hook, which may run other transactions on other fibers of the same
// thread before it returns. A latch that is held by another fiber is a step too (kLatchBusy): the
// hook must let somebody else run, and the waiting fiber then tries again.
//
// A *planted bug* removes one guard of the engine, so that a test can show that it notices.

#ifndef NACRE_FAULTS
#error "nacre/testing.h needs a build of the library with NACRE_FAULTS"
#endif

#include <cstddef>
#include <cstdint>

namespace nacre::testing {

enum class Step : uint8_t {
  kBegin = 0,          // Before the snapshot registers its ray.
  kBeginRegistered,    // Ray registered, read timestamp not yet drawn.
  kBeginDrawn,         // Read timestamp drawn; the registry still shows the ray.
  kCommitStart,        // Write set complete, no latch taken.
  kCommitLatched,      // Latches held, first-committer-wins not yet checked.
  kCommitChecked,      // No newer version; nothing linked yet.
  kCommitLinked,       // Prepared versions stand in their chains, without a timestamp.
  kCommitValidated,    // Serializable: read set valid up to the clock that was loaded.
  kCommitInSequencer,  // Only with Bug::kSplitSequencer: between timestamp and publication.
  kCommitPublished,    // Clock published, versions not yet stamped.
  kCommitStamped,      // Versions stamped, latches still held.
  kCommitTakenBack,    // Failed: what was prepared is unlinked, nothing of it retired.
  kCommitReleased,     // Latches released, garbage not yet handed over.
  kPruneStart,         // The vacuum has taken work from the queues.
  kPruneScanned,       // Active snapshots collected, nothing unlinked.
  kPruneLatched,       // Latch of one record held, its chain not yet touched.
  kPruneUnlinked,      // One version unlinked, not yet retired.
  kSlotWrittenOver,    // The newest version copied over one that has rested; then at the head, too.
  kReadHead,           // Head of a chain loaded, nothing looked at.
  kReadBelow,          // On to what is below, nothing looked at.
  kPlacesGathered,     // Who finds no place left has looked at those that one shard keeps.
  kPlacesLeaving,      // Who gives a place back has taken it from its shard, and not left it yet.
  kPlacesAsked,        // There was no place beside those of homes, which are looked at next.
  kHomeRefused,        // A beginning transaction has taken its home, which has lost its place.
  kLatchBusy,          // The latch or lock that is wanted is held by another fiber.
  kCount
};

enum class Bug : uint8_t {
  kSkipReadValidation = 0,   // Serializable: point reads are not validated.
  kSkipRangeValidation,      // Serializable: ranges are not validated.
  kValidateBeforeTimestamp,  // Serializable: only validated outside the sequencer.
  kVisibleBelow,             // Visibility compares < instead of <=.
  kPruneOneTooMany,          // The pruner ignores the newest active snapshot.
  kPublishBeforeLinking,     // The clock is published before versions carry the timestamp.
  kForgetExistsRead,         // Exists() and Count() do not enter the read set.
  kExpireMidTransaction,     // Expiry is judged by the time of the read, not of the begin.
  kIgnoreFloor,              // A key without a record never conflicts.
  kIgnoreGeneration,         // A commit does not check that its keyspaces still stand.
  kRayAsPoint,               // A beginning snapshot registers a point, not a ray.
  kLateRegistration,         // A beginning snapshot loads the clock first and registers second.
  kSkipWriteConflict,        // First-committer-wins is not checked.
  kIgnoreExpiryCycle,        // Serializable: expiry between begin and commit is not checked.
  kScanThenLoadClock,        // The pruner scans the registry before it loads its limit.
  kSplitSequencer,         // Timestamp and publication are two steps that others may enter between.
  kCheckTooOldBeforeWalk,  // The too-old flag is checked before the walk instead of after it.
  kSkipRest,               // Slots are written over as soon as no snapshot sees what is in them.
  kCount
};

// Called at each step by the thread that reaches it. nullptr removes the hook. Not thread-safe
// against running transactions: install it before they start.
using StepHook = void (*)(Step step, void* context);
void SetStepHook(StepHook hook, void* context);

// Plants or removes a bug. Thread-safe.
void PlantBug(Bug bug, bool planted);

// Databases that are opened from now on have each thread look after its own garbage whenever there
// are so many entries; 0: as they do without this. Thread-safe.
void SetOwnShareEntries(size_t entries);

// Removes every bug, the hook, and what SetOwnShareEntries() has set.
void Reset();

// "commit-linked", "skip-read-validation": stable names for files and messages.
const char* Name(Step step);
const char* Name(Bug bug);

}  // namespace nacre::testing

#endif  // NACRE_TESTING_H_
