#ifndef NACRE_BENCH_YCSB_WORKLOAD_H_
#define NACRE_BENCH_YCSB_WORKLOAD_H_

#include <array>
#include <cstdint>
#include <random>
#include <string_view>

#include "bench/ycsb/key_sequence.h"
#include "bench/ycsb/nacre_store.h"
#include "bench/ycsb/record.h"

namespace nacre::bench {

enum class Workload : uint8_t {
  kLoad = 0,         // Puts of every key in random order, into a store of its own.
  kRead,             // C: one read.
  kReadUpdate,       // A: one read or one write, half and half.
  kReadModifyWrite,  // F: reads a key and writes it.
  kTenSnapshot,      // Eight reads and two writes.
  kTenSerializable,  // The same, serializable.
  kScan,             // 95 % scans of 1 to 100 keys, 5 % inserts of new keys.
  kCount
};

inline constexpr std::array<std::string_view, static_cast<size_t>(Workload::kCount)>
    kWorkloadNames = {"load", "c", "a", "f", "ten", "ten-ser", "scan"};

inline std::string_view Name(Workload workload) {
  return kWorkloadNames[static_cast<size_t>(workload)];
}

// One thread that runs transactions of a workload. `kOrdered` stores only, for kScan.
template <typename Store>
class Worker {
 public:
  Worker(Store& store, Distribution distribution, uint64_t keys, uint64_t seed)
      : store_(store), sequence_(distribution, keys, seed), random_(seed) {}

  template <Workload kWorkload>
  void RunOne() {
    if constexpr (kWorkload == Workload::kRead) {
      Read();
    } else if constexpr (kWorkload == Workload::kReadUpdate) {
      random_() % 2 == 0 ? Read() : Update();
    } else if constexpr (kWorkload == Workload::kReadModifyWrite) {
      ReadModifyWrite();
    } else if constexpr (kWorkload == Workload::kTenSnapshot) {
      Ten(Mode::kSnapshot);
    } else if constexpr (kWorkload == Workload::kTenSerializable) {
      Ten(Mode::kSerializable);
    } else {
      static_assert(kWorkload == Workload::kScan);
      random_() % 100 < 5 ? Insert() : Scan();
    }
  }

  // What was read, so that no read can be left out as being without effect.
  uint64_t checksum() const { return checksum_; }

 private:
  void Read() {
    const KeyBytes key = LoadedKey(sequence_.Next());
    store_.Transact(Mode::kReadOnly, [&](auto& access) { Get(access, key); });
  }

  void Update() {
    const KeyBytes key = LoadedKey(sequence_.Next());
    const ValueBytes value = MakeValue(++stamp_);
    store_.Transact(Mode::kSnapshot, [&](auto& access) { access.Put(key, value); });
  }

  void ReadModifyWrite() {
    const KeyBytes key = LoadedKey(sequence_.Next());
    store_.Transact(Mode::kSnapshot, [&](auto& access) {
      Get(access, key);
      ++copy_[0];
      access.Put(key, copy_);
    });
  }

  void Ten(Mode mode) {
    std::array<KeyBytes, 10> keys;
    for (KeyBytes& key : keys) key = LoadedKey(sequence_.Next());
    const ValueBytes value = MakeValue(++stamp_);
    store_.Transact(mode, [&](auto& access) {
      for (size_t i = 0; i < 8; ++i) Get(access, keys[i]);
      access.Put(keys[8], value);
      access.Put(keys[9], value);
    });
  }

  void Scan() {
    const KeyBytes start = LoadedKey(sequence_.Next());
    const uint64_t limit = 1 + random_() % 100;
    store_.Transact(Mode::kReadOnly,
                    [&](auto& access) { checksum_ += access.Scan(start, limit, copy_); });
  }

  void Insert() {
    const KeyBytes key = InsertedKey(sequence_.Next());
    const ValueBytes value = MakeValue(++stamp_);
    store_.Transact(Mode::kSnapshot, [&](auto& access) { access.Put(key, value); });
  }

  template <typename Access>
  void Get(Access& access, const KeyBytes& key) {
    checksum_ += access.Get(key, copy_) ? static_cast<unsigned char>(copy_[0]) : 0;
    asm volatile("" : : "r"(copy_.data()) : "memory");  // All of it is copied.
  }

  Store& store_;
  KeySequence sequence_;
  std::minstd_rand random_;
  ValueBytes copy_ = {};
  uint64_t stamp_ = 0;
  uint64_t checksum_ = 0;
};

}  // namespace nacre::bench

#endif  // NACRE_BENCH_YCSB_WORKLOAD_H_
