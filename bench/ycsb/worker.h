#ifndef NACRE_BENCH_YCSB_WORKER_H_
#define NACRE_BENCH_YCSB_WORKER_H_

#include <array>
#include <atomic>
#include <cstdint>
#include <random>
#include <vector>

#include "absl/types/span.h"
#include "bench/ycsb/key_sequence.h"
#include "bench/ycsb/record.h"
#include "bench/ycsb/store.h"
#include "bench/ycsb/workload.h"

namespace nacre::bench {

// One thread that runs transactions of a workload.
template <typename Store>
class Worker {
 public:
  Worker(Store& store, Distribution distribution, uint64_t keys, uint64_t seed)
      : session_(store), sequence_(distribution, keys, seed), random_(seed) {}

  // Runs transactions until `stop`, a few in any case, and returns how many.
  template <Workload kWorkload>
  uint64_t RunUntil(const std::atomic<bool>& stop) {
    constexpr uint64_t kBetweenLooks = kWorkload == Workload::kFullScan ? 1 : 64;
    uint64_t done = 0;
    do {
      for (uint64_t i = 0; i < kBetweenLooks; ++i) RunOne<kWorkload>();
      done += kBetweenLooks;
    } while (!stop.load(std::memory_order_relaxed));
    return done;
  }

  // What kScan has inserted since the last time.
  void DeleteInserted() {
    for (const uint32_t index : inserted_) {
      session_.Transact(Mode::kSnapshot, [&](auto& access) { access.Delete(InsertedKey(index)); });
    }
    inserted_.clear();
  }

  uint64_t conflicts() const { return session_.conflicts(); }

 private:
  template <Workload kWorkload>
  void RunOne() {
    if constexpr (kWorkload == Workload::kRead) {
      Read();
    } else if constexpr (kWorkload == Workload::kReadUpdate) {
      random_() % 2 == 0 ? Read() : Update(LoadedKey(sequence_.Next()));
    } else if constexpr (kWorkload == Workload::kReadModifyWrite) {
      ReadModifyWrite(LoadedKey(sequence_.Next()));
    } else if constexpr (kWorkload == Workload::kTenSnapshot) {
      Ten(Mode::kSnapshot);
    } else if constexpr (kWorkload == Workload::kTenBatched) {
      TenBatched();
    } else if constexpr (kWorkload == Workload::kTenSerializable) {
      Ten(Mode::kSerializable);
    } else if constexpr (kWorkload == Workload::kHotKey) {
      ReadModifyWrite(LoadedKey(0));
    } else if constexpr (kWorkload == Workload::kPut) {
      Update(LoadedKey(sequence_.Next()));
    } else if constexpr (kWorkload == Workload::kReadTen) {
      ReadTen();
    } else if constexpr (kWorkload == Workload::kFullScan) {
      Scan(LoadedKey(0), UINT64_MAX);
    } else {
      static_assert(kWorkload == Workload::kScan);
      random_() % 100 < 5 ? Insert() : Scan(LoadedKey(sequence_.Next()), 1 + random_() % 100);
    }
  }

  void Read() {
    const KeyBytes key = LoadedKey(sequence_.Next());
    session_.Transact(Mode::kReadOnly, [&](auto& access) { Get(access, key); });
  }

  void Update(const KeyBytes& key) {
    const ValueBytes value = MakeValue(++stamp_);
    session_.Transact(Mode::kSnapshot, [&](auto& access) { access.Put(key, value); });
  }

  void Insert() {
    const uint32_t index = sequence_.Next();
    inserted_.push_back(index);
    Update(InsertedKey(index));
  }

  void ReadModifyWrite(const KeyBytes& key) {
    session_.Transact(Mode::kSnapshot, [&](auto& access) {
      Get(access, key);
      ++copy_[0];
      access.Put(key, copy_);
    });
  }

  void Ten(Mode mode) {
    const std::array<KeyBytes, 10> keys = DrawTen();
    const ValueBytes value = MakeValue(++stamp_);
    session_.Transact(mode, [&](auto& access) {
      for (size_t i = 0; i < 8; ++i) Get(access, keys[i]);
      access.Put(keys[8], value);
      access.Put(keys[9], value);
    });
  }

  void TenBatched() {
    const std::array<KeyBytes, 10> keys = DrawTen();
    const ValueBytes value = MakeValue(++stamp_);
    session_.Transact(Mode::kSnapshot, [&](auto& access) {
      access.GetMany(absl::MakeConstSpan(keys.data(), 8), copy_);
      access.Put(keys[8], value);
      access.Put(keys[9], value);
    });
  }

  void ReadTen() {
    const std::array<KeyBytes, 10> keys = DrawTen();
    session_.Transact(Mode::kReadOnly, [&](auto& access) {
      for (const KeyBytes& key : keys) Get(access, key);
    });
  }

  void Scan(const KeyBytes& start, uint64_t limit) {
    session_.Transact(Mode::kReadOnly, [&](auto& access) { access.Scan(start, limit, copy_); });
  }

  std::array<KeyBytes, 10> DrawTen() {
    std::array<KeyBytes, 10> keys;
    for (KeyBytes& key : keys) key = LoadedKey(sequence_.Next());
    return keys;
  }

  template <typename Access>
  void Get(Access& access, const KeyBytes& key) {
    access.Get(key, copy_);
    KeepCopied(copy_);
  }

  typename Store::Session session_;
  KeySequence sequence_;
  std::minstd_rand random_;
  std::vector<uint32_t> inserted_;
  ValueBytes copy_ = {};
  uint64_t stamp_ = 0;
};

}  // namespace nacre::bench

#endif  // NACRE_BENCH_YCSB_WORKER_H_
