#include "nacre/check/level.h"

#include <array>

namespace nacre::check {
namespace {

constexpr std::string_view kLevelNames[] = {"read-committed",
                                            "read-atomic",
                                            "causal",
                                            "snapshot-isolation",
                                            "strong-session-snapshot-isolation",
                                            "strong-snapshot-isolation",
                                            "serializable",
                                            "strict-serializable"};

// The families of levels, as bits: from which one on an anomaly is forbidden.
enum Family : uint8_t { kCommitted = 1, kAtomic = 2, kCausalBit = 4, kSnapshot = 8, kSerial = 16 };
constexpr uint8_t kFromCommitted = kCommitted | kAtomic | kCausalBit | kSnapshot | kSerial;
constexpr uint8_t kFromAtomic = kAtomic | kCausalBit | kSnapshot | kSerial;
constexpr uint8_t kFromCausal = kCausalBit | kSnapshot | kSerial;
constexpr uint8_t kFromSnapshot = kSnapshot | kSerial;

struct Row {
  std::string_view name;
  uint8_t forbidden;
  Anomaly of_class;
};

// By Anomaly. What timestamps contradict is about snapshots alone: a store may be serializable in
// an order that is not the one of its commit timestamps, or give a transaction one alone.
constexpr std::array<Row, kAnomalies> kRows = {{
    {"thin-air-read", kFromCommitted, Anomaly::kThinAirRead},
    {"G1a", kFromCommitted, Anomaly::kAbortedRead},
    {"G1b", kFromCommitted, Anomaly::kIntermediateRead},
    {"duplicate-elements", kFromCommitted, Anomaly::kDuplicateElement},
    {"incompatible-order", kFromCommitted, Anomaly::kIncompatibleOrder},
    {"internal", kFromCommitted, Anomaly::kInternal},
    {"non-repeatable-read", kFromAtomic, Anomaly::kNonRepeatableRead},
    {"G0", kFromCommitted, Anomaly::kG0},
    {"G1c", kFromCommitted, Anomaly::kG1c},
    {"cyclic-versions", kFromAtomic, Anomaly::kCyclicVersions},
    {"fractured-read", kFromAtomic, Anomaly::kGSingle},
    {"lost-update", kFromSnapshot, Anomaly::kGSingle},
    {"causal-violation", kFromCausal, Anomaly::kGSingle},
    {"G-single", kFromSnapshot, Anomaly::kGSingle},
    {"long-fork", kFromSnapshot, Anomaly::kGNonadjacent},
    {"G-nonadjacent", kFromSnapshot, Anomaly::kGNonadjacent},
    {"write-skew", kSerial, Anomaly::kG2Item},
    {"G2-item", kSerial, Anomaly::kG2Item},
    {"G2", kSerial, Anomaly::kG2},
    {"G-SIa", kSnapshot, Anomaly::kGSIa},
    {"G-SIb", kSnapshot, Anomaly::kGSIb},
    {"timestamp-order", kSnapshot, Anomaly::kTimestampOrder},
    {"invariant", kFromSnapshot, Anomaly::kInvariant},
}};

struct Meaning {
  Family family;
  bool sessions;
  bool real_time;
};

// By Level.
constexpr Meaning kMeanings[] = {
    {kCommitted, false, false}, {kAtomic, false, false},  {kCausalBit, true, false},
    {kSnapshot, false, false},  {kSnapshot, true, false}, {kSnapshot, true, true},
    {kSerial, false, false},    {kSerial, true, true},
};

const Meaning& MeaningOf(Level level) { return kMeanings[static_cast<size_t>(level)]; }
const Row& RowOf(Anomaly anomaly) { return kRows[static_cast<size_t>(anomaly)]; }

}  // namespace

std::string_view ToString(Level level) { return kLevelNames[static_cast<size_t>(level)]; }
std::string_view ToString(Anomaly anomaly) { return RowOf(anomaly).name; }
Anomaly ClassOf(Anomaly anomaly) { return RowOf(anomaly).of_class; }

std::optional<Level> ParseLevel(std::string_view name) {
  for (const Level level : kLevels) {
    if (ToString(level) == name) return level;
  }
  return std::nullopt;
}

bool Implies(Level stronger, Level weaker) {
  const Meaning& s = MeaningOf(stronger);
  const Meaning& w = MeaningOf(weaker);
  return s.family >= w.family && s.sessions >= w.sessions && s.real_time >= w.real_time;
}

std::string NameOf(Anomaly anomaly, Order order) {
  std::string name(ToString(anomaly));
  if (order == Order::kSession) name += "-process";
  if (order == Order::kRealTime) name += "-realtime";
  return name;
}

bool Knows(Level level, Order order) {
  if (order == Order::kData) return true;
  return order == Order::kSession ? MeaningOf(level).sessions : MeaningOf(level).real_time;
}

bool Forbids(Level level, Anomaly anomaly, Order order) {
  return Knows(level, order) && (RowOf(anomaly).forbidden & MeaningOf(level).family) != 0;
}

}  // namespace nacre::check
