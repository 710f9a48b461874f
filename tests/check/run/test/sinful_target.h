#ifndef NACRE_TESTS_CHECK_RUN_TEST_SINFUL_TARGET_H_
#define NACRE_TESTS_CHECK_RUN_TEST_SINFUL_TARGET_H_

#include <cstdint>
#include <memory>

#include "tests/check/run/target.h"

namespace nacre::check::run {

// What a store may get wrong.
enum class Sin : uint8_t {
  kNone,
  kDirtyRead,      // Sees what others have written and not committed.
  kLostUpdate,     // Commits although another has written the same key meanwhile.
  kStaleSnapshot,  // Begins every other transaction of a session with an old state.
  kMixedSnapshot,  // Every read sees the newest state.
  kWriteSkew,      // Commits although another has written what it has read.
  kPhantom,        // The same, but only of ranges.
  kFork,           // Two halves of the sessions learn late of each other's commits.
};

// A store of one promise, serializability, that keeps or breaks it. Sessions run by turns that are
// drawn from `seed`, so a run finds the same whenever it is repeated. Whoever connects after
// `sessions` others sets up, and has no turns.
std::unique_ptr<Target> MakeSinfulTarget(Sin sin, uint64_t seed, uint32_t sessions);

}  // namespace nacre::check::run

#endif  // NACRE_TESTS_CHECK_RUN_TEST_SINFUL_TARGET_H_
