#ifndef NACRE_CHECK_LEVEL_H_
#define NACRE_CHECK_LEVEL_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "absl/types/span.h"

namespace nacre::check {

// By Elle's names. A level forbids all that the levels it implies forbid; see Implies().
enum class Level : uint8_t {
  kReadCommitted,                   // Adya's PL-2.
  kReadAtomic,                      // All or nothing of a transaction is seen (Bailis; Cerone).
  kCausal,                          // What has been seen, or done in the session, stays seen.
  kSnapshotIsolation,               // Snapshots may be old, even in one session (Cerone & Gotsman).
  kStrongSessionSnapshotIsolation,  // Snapshots have all that their session did before.
  kStrongSnapshotIsolation,         // Snapshots have all that had been committed in real time.
  kSerializable,                    // Some serial order explains all answers. Adya's PL-3.
  kStrictSerializable,              // A serial order that agrees with real time.
};
inline constexpr Level kLevels[] = {Level::kReadCommitted,
                                    Level::kReadAtomic,
                                    Level::kCausal,
                                    Level::kSnapshotIsolation,
                                    Level::kStrongSessionSnapshotIsolation,
                                    Level::kStrongSnapshotIsolation,
                                    Level::kSerializable,
                                    Level::kStrictSerializable};

std::string_view ToString(Level level);  // "snapshot-isolation"
std::optional<Level> ParseLevel(std::string_view name);
// Whether every history that `stronger` allows is allowed by `weaker`. A level implies itself.
// Causal stands aside: it knows sessions, which snapshot-isolation and serializable do not.
bool Implies(Level stronger, Level weaker);

// What can be wrong, from bad to subtle. Of a cycle, the first name that fits it is its name.
enum class Anomaly : uint8_t {
  kThinAirRead,        // Read what nobody wrote.
  kAbortedRead,        // G1a: read what an aborted transaction wrote.
  kIntermediateRead,   // G1b: read what its writer overwrote before it committed.
  kDuplicateElement,   // One append stands twice in a list.
  kIncompatibleOrder,  // Reads disagree about the order of appends, or with their writer.
  kInternal,           // An answer contradicts the transaction's own writes.
  kNonRepeatableRead,  // Two reads of one key differ, without an own write between them.
  kG0,                 // Cycle of ww.
  kG1c,                // Cycle of ww and wr.
  kCyclicVersions,     // No order of the versions agrees with what was seen.
  kFracturedRead,      // Saw one write of a transaction and missed another. A G-single.
  kLostUpdate,         // Both read one version and both wrote the next. A G-single.
  kCausalViolation,    // Missed a write that it knew of through others. A G-single.
  kGSingle,            // Cycle with one rw.
  kLongFork,           // Two readers saw two writers in opposite orders. A G-nonadjacent.
  kGNonadjacent,       // Cycle with several rw, no two of which follow each other.
  kWriteSkew,          // Two transactions, each of which overwrote what the other read. A G2-item.
  kG2Item,             // Cycle with adjacent rw.
  kG2,                 // The same, with an rw by a range.
  kGSIa,               // Interference: concurrent by its timestamps, and yet seen or overwritten.
  kGSIb,               // Missed effects: a commit its timestamps say that it has to see.
  kTimestampOrder,     // A commit timestamp that does not lie behind its begin timestamp.
  kInvariant,          // What a workload keeps true by itself was seen broken. Told by its runner.
};
inline constexpr int kAnomalies = static_cast<int>(Anomaly::kInvariant) + 1;

std::string_view ToString(Anomaly anomaly);  // "G-single", "lost-update"
// The class of cycle that a more specific name belongs to; others are their own.
Anomaly ClassOf(Anomaly anomaly);

// What orders transactions besides the data.
enum class Order : uint8_t { kData, kSession, kRealTime };
// "G-single", "G-single-process", "G-single-realtime", as Elle calls them.
std::string NameOf(Anomaly anomaly, Order order);

// The meaning of the levels: one table in level.cc.
bool Forbids(Level level, Anomaly anomaly, Order order);
// Which orders the level knows.
bool Knows(Level level, Order order);

}  // namespace nacre::check

#endif  // NACRE_CHECK_LEVEL_H_
