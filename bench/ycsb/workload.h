#ifndef NACRE_BENCH_YCSB_WORKLOAD_H_
#define NACRE_BENCH_YCSB_WORKLOAD_H_

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

#include "bench/ycsb/store.h"

namespace nacre::bench {

enum class Workload : uint8_t {
  kLoad = 0,         // Puts of every key in random order, into a store of its own.
  kUpdates,          // After a load, ten rounds of an update of each key, in random order.
  kRead,             // C: one read.
  kReadUpdate,       // A: one read or one write, half and half.
  kReadModifyWrite,  // F: reads a key and writes it.
  kTenSnapshot,      // Eight reads and two writes.
  kTenBatched,       // The same, the reads in one call.
  kTenSerializable,  // The same as kTenSnapshot, serializable.
  kScan,             // 95 % scans of 1 to 100 keys, 5 % inserts of new keys.
  kHotKey,           // Every thread reads and writes one and the same key.
  kPut,              // One write of a key that is there.
  kReadTen,          // Ten reads.
  kFullScan,         // Reads all keys in order.
  kCount
};

inline constexpr std::array<std::string_view, static_cast<size_t>(Workload::kCount)>
    kWorkloadNames = {"load",    "updates", "c",   "a",   "f",        "ten",      "ten-batch",
                      "ten-ser", "scan",    "hot", "put", "read-ten", "full-scan"};

inline std::string_view Name(Workload workload) {
  return kWorkloadNames[static_cast<size_t>(workload)];
}

inline std::optional<Workload> WorkloadOf(std::string_view name) {
  for (size_t i = 0; i < kWorkloadNames.size(); ++i) {
    if (kWorkloadNames[i] == name) return static_cast<Workload>(i);
  }
  return std::nullopt;
}

// Those that need a process and a store of their own, and go through all keys once or more often
// instead of running for a time.
constexpr bool NeedsFreshProcess(Workload workload) {
  return workload == Workload::kLoad || workload == Workload::kUpdates;
}

constexpr bool Supports(const StoreTraits& traits, Workload workload, int threads) {
  if (threads > 1 && (!traits.concurrent || NeedsFreshProcess(workload))) return false;
  if (workload == Workload::kScan || workload == Workload::kFullScan) return traits.ordered;
  if (workload == Workload::kTenSerializable) return traits.serializable;
  return true;
}

}  // namespace nacre::bench

#endif  // NACRE_BENCH_YCSB_WORKLOAD_H_
