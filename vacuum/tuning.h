#ifndef NACRE_VACUUM_TUNING_H_
#define NACRE_VACUUM_TUNING_H_

#include <chrono>
#include <cstdint>
#include <functional>

#include "absl/time/time.h"

namespace nacre::vacuum {

// In the build for faults every test meets versions that are moved.
#ifdef NACRE_FAULTS
inline constexpr bool kMovesAlways = true;
#else
inline constexpr bool kMovesAlways = false;
#endif

// What a user has no reason to change and a test has.
struct Tuning {
  // What a snapshot at rest that is younger than this holds, and no other one, is not parked: it is
  // about to end, or will be worth a copy, and is asked again.
  absl::Duration short_transaction = absl::Milliseconds(10);
  // What must have gone since the survivors were moved last: so many bytes, and one part of so many
  // of all that there was.
  int64_t gone_bytes_before_moving = kMovesAlways ? 1 : 8 << 20;
  int64_t gone_part_before_moving = kMovesAlways ? INT64_MAX : 2;
  // How many versions are moved before those that they were copied from are freed. Few, since these
  // leave holes behind where the copies before them stand, and the last ones are not filled.
  size_t versions_moved_at_once = kMovesAlways ? 16 : 1 << 13;
  // The steady clock in nanoseconds, that ages of snapshots and of history are measured by. Unset:
  // the system's. Thread-safe.
  std::function<int64_t()> steady_ns;
  // The thread calls them, holding nothing: after each of its passes; when it naps for so long,
  // with more to do; and when it has found nothing to do and sleeps until somebody rings, who from
  // then on wakes it.
  std::function<void()> after_pass;
  std::function<void(std::chrono::nanoseconds)> before_nap;
  std::function<void()> before_sleep;
  // Whoever scans calls it, between its look at the registry and the end of the scan.
  std::function<void()> in_scan;
};

}  // namespace nacre::vacuum

#endif  // NACRE_VACUUM_TUNING_H_
