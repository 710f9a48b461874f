#ifndef NACRE_BENCH_YCSB_CONTENDER_OF_H_
#define NACRE_BENCH_YCSB_CONTENDER_OF_H_

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <map>
#include <memory>
#include <random>
#include <thread>
#include <vector>

#include "bench/ycsb/contender.h"
#include "bench/ycsb/key_sequence.h"
#include "bench/ycsb/record.h"
#include "bench/ycsb/resources.h"
#include "bench/ycsb/worker.h"

namespace nacre::bench {

// The contender of an adapter (store.h). Included by the file of the adapter alone, so that the
// headers of a store are read once.
template <typename Store>
class ContenderOf final : public Contender {
 public:
  explicit ContenderOf(uint64_t keys) : keys_(keys) {}

  Sample Load() override {
    // Made before the first look at the memory, and freed after the last.
    const std::vector<uint32_t> order = RandomOrder(keys_, /*seed=*/1);
    resident_before_ = ResidentBytes();
    store_ = std::make_unique<Store>();
    const Stopwatch watch;
    PutAll(order);
    Sample sample = watch.Read(keys_);
    store_->Settle();
    sample.resident_bytes = ResidentBytes() - resident_before_;
    return sample;
  }

  Sample UpdateAll(int rounds) override {
    Sample sum;
    for (int round = 0; round < rounds; ++round) {
      const std::vector<uint32_t> order = RandomOrder(keys_, /*seed=*/2 + round);
      const Stopwatch watch;
      PutAll(order);
      sum += watch.Read(keys_);
    }
    store_->Settle();
    sum.resident_bytes = ResidentBytes() - resident_before_;
    return sum;
  }

  Sample Run(const RunSpec& spec) override {
    PrepareWorkers(spec);
    std::atomic<bool> stop{false};
    std::atomic<uint64_t> transactions{0};
    const uint64_t conflicts_before = Conflicts();
    const Stopwatch watch;
    std::vector<std::thread> threads;
    for (int i = 0; i < spec.threads; ++i) {
      threads.emplace_back([&, i] { transactions += RunWorker(spec, i, stop); });
    }
    std::this_thread::sleep_for(std::chrono::duration<double>(spec.seconds));
    stop = true;
    for (std::thread& thread : threads) thread.join();
    Sample sample = watch.Read(transactions);
    sample.conflicts = Conflicts() - conflicts_before;
    return sample;
  }

  uint64_t RunWorker(const RunSpec& spec, int worker, const std::atomic<bool>& stop) override {
    Worker<Store>& chosen = *workers_.at(spec.distribution).at(worker);
    switch (spec.workload) {
      case Workload::kRead: return chosen.template RunUntil<Workload::kRead>(stop);
      case Workload::kReadUpdate: return chosen.template RunUntil<Workload::kReadUpdate>(stop);
      case Workload::kReadModifyWrite:
        return chosen.template RunUntil<Workload::kReadModifyWrite>(stop);
      case Workload::kTenSnapshot: return chosen.template RunUntil<Workload::kTenSnapshot>(stop);
      case Workload::kTenBatched: return chosen.template RunUntil<Workload::kTenBatched>(stop);
      case Workload::kTenSerializable:
        return chosen.template RunUntil<Workload::kTenSerializable>(stop);
      case Workload::kHotKey: return chosen.template RunUntil<Workload::kHotKey>(stop);
      case Workload::kPut: return chosen.template RunUntil<Workload::kPut>(stop);
      case Workload::kReadTen: return chosen.template RunUntil<Workload::kReadTen>(stop);
      case Workload::kScan:
        if constexpr (Store::kTraits.ordered) {
          return chosen.template RunUntil<Workload::kScan>(stop);
        }
        break;
      case Workload::kFullScan:
        if constexpr (Store::kTraits.ordered) {
          return chosen.template RunUntil<Workload::kFullScan>(stop);
        }
        break;
      case Workload::kLoad:
      case Workload::kUpdates:
      case Workload::kCount: break;
    }
    std::abort();  // Supports() would have said so.
  }

  // The keys of each are drawn here, before it starts.
  void PrepareWorkers(const RunSpec& spec) override {
    Workers& workers = workers_[spec.distribution];
    while (static_cast<int>(workers.size()) < spec.threads) {
      workers.push_back(std::make_unique<Worker<Store>>(*store_, spec.distribution, keys_,
                                                        /*seed=*/workers.size() + 1));
    }
  }

  Sample UpdateSome(uint64_t count, uint64_t keys_among) override {
    typename Store::Session session(*store_);
    std::uniform_int_distribution<uint64_t> uniform(0, keys_among - 1);
    const Stopwatch watch;
    for (uint64_t i = 0; i < count; ++i) {
      const KeyBytes key = LoadedKey(uniform(random_));
      const ValueBytes value = MakeValue(i);
      session.Transact(Mode::kSnapshot, [&](auto& access) { access.Put(key, value); });
    }
    return watch.Read(count);
  }

  void UpdateTogether() override {
    typename Store::Session session(*store_);
    const ValueBytes value = MakeValue(random_());
    session.Transact(Mode::kSnapshot, [&](auto& access) {
      for (uint64_t i = 0; i < keys_; ++i) access.Put(LoadedKey(i), value);
    });
  }

  Sample UpdateInGroups(uint64_t group, double seconds) override {
    typename Store::Session session(*store_);
    std::uniform_int_distribution<uint64_t> uniform(0, keys_ - 1);
    // Small transactions are timed several at once: looking at the clock costs, too.
    const uint64_t groups = std::max<uint64_t>(1, 1000 / group);
    std::vector<KeyBytes> keys(group * groups);
    const ValueBytes value = MakeValue(group);
    Sample sum;
    do {
      for (KeyBytes& key : keys) key = LoadedKey(uniform(random_));
      const Stopwatch watch;
      for (uint64_t first = 0; first < keys.size(); first += group) {
        session.Transact(Mode::kSnapshot, [&](auto& access) {
          for (uint64_t i = first; i < first + group; ++i) access.Put(keys[i], value);
        });
      }
      sum += watch.Read(groups);
    } while (sum.wall_seconds < seconds);
    return sum;
  }

  std::unique_ptr<HeldSnapshot> Hold() override {
    if constexpr (Store::kTraits.snapshots) {
      return std::make_unique<HeldOf>(*store_);
    } else {
      return nullptr;
    }
  }

  void Settle() override { store_->Settle(); }

 private:
  using Workers = std::vector<std::unique_ptr<Worker<Store>>>;

  void PutAll(const std::vector<uint32_t>& order) {
    typename Store::Session session(*store_);
    for (const uint32_t index : order) {
      const KeyBytes key = LoadedKey(index);
      const ValueBytes value = MakeValue(index);
      session.Transact(Mode::kSnapshot, [&](auto& access) { access.Put(key, value); });
    }
  }

  class HeldOf final : public HeldSnapshot {
   public:
    explicit HeldOf(Store& store) : held_(store) {}
    bool Get(const KeyBytes& key, ValueBytes& copy) override { return held_.Get(key, copy); }

   private:
    typename Store::Held held_;
  };

  uint64_t Conflicts() const {
    uint64_t sum = 0;
    for (const auto& [distribution, workers] : workers_) {
      for (const auto& worker : workers) sum += worker->conflicts();
    }
    return sum;
  }

  const uint64_t keys_;
  uint64_t resident_before_ = 0;
  std::unique_ptr<Store> store_;
  std::map<Distribution, Workers> workers_;
  std::mt19937_64 random_{4711};
};

template <typename Store>
std::unique_ptr<Contender> MakeContender(uint64_t keys) {
  return std::make_unique<ContenderOf<Store>>(keys);
}

}  // namespace nacre::bench

#endif  // NACRE_BENCH_YCSB_CONTENDER_OF_H_
