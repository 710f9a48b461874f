#ifndef NACRE_TESTS_CHECK_EXPLORE_INTERLEAVINGS_H_
#define NACRE_TESTS_CHECK_EXPLORE_INTERLEAVINGS_H_

#include <cstdint>
#include <optional>
#include <vector>

#include "absl/functional/function_ref.h"
#include "tests/check/explore/schedule.h"

namespace nacre::check::explore {

// Beyond it nobody counts.
inline constexpr uint64_t kInterleavingsMax = 1'000'000'000'000'000;

// The number of orders of the steps that keep the order of each session; none: more than
// kInterleavingsMax.
std::optional<uint64_t> CountInterleavings(const Schedule& schedule);

// Whether exchanging two neighbouring steps of different sessions can change nothing that a client
// sees, provided that reading and beginning change nothing for others. True of two steps that only
// read or begin; not of a write, whose privacy until its commit is what is being tested.
bool Commute(const Operation& a, const Operation& b);

enum class Reduction : uint8_t {
  kNone,
  kCommuting,  // Of the orders that differ by exchanges of commuting neighbours, only the first.
};

// Switches away from a session that still has steps.
int CountPreemptions(const Schedule& schedule, const std::vector<size_t>& order);

// Calls `visit` with the indices of schedule.steps in each order, until it returns false. Returns
// the number of calls.
uint64_t ForEachInterleaving(const Schedule& schedule, Reduction reduction,
                             absl::FunctionRef<bool(const std::vector<size_t>& order)> visit);
// The orders with at most so many preemptions, none of which stands for another.
uint64_t ForEachInterleaving(const Schedule& schedule, int preemptions_max,
                             absl::FunctionRef<bool(const std::vector<size_t>& order)> visit);

}  // namespace nacre::check::explore

#endif  // NACRE_TESTS_CHECK_EXPLORE_INTERLEAVINGS_H_
