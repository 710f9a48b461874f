#ifndef NACRE_BENCH_YCSB_CONTENDER_OF_H_
#define NACRE_BENCH_YCSB_CONTENDER_OF_H_

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <memory>
#include <random>
#include <thread>
#include <vector>

#include "absl/types/span.h"
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
    order_ = RandomOrder(keys_, /*seed=*/1);
    resident_before_ = ResidentBytes();
    store_ = std::make_unique<Store>();
    const Stopwatch watch;
    PutAll(/*round=*/0);
    Sample sample = watch.Read(keys_);
    store_->Settle();
    sample.resident_bytes = ResidentBytes() - resident_before_;
    RequireKeys();
    return sample;
  }

  Sample UpdateAll(int rounds) override {
    Sample sum;
    for (int round = 1; round <= rounds; ++round) {
      Shuffle(order_, /*seed=*/1 + static_cast<uint64_t>(round));
      const Stopwatch watch;
      PutAll(round);
      sum += watch.Read(keys_);
    }
    store_->Settle();
    sum.resident_bytes = ResidentBytes() - resident_before_;
    RequireKeys();
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
    if (spec.workload == Workload::kScan) {
      for (const auto& worker : workers_.at(spec.distribution)) worker->DeleteInserted();
      store_->Settle();
    }
    RequireKeys();
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
    constexpr uint64_t kDrawnAtOnce = 4096;
    typename Store::Session session(*store_);
    std::uniform_int_distribution<uint64_t> uniform(0, keys_among - 1);
    std::vector<KeyBytes> keys;
    Sample sum;
    while (sum.transactions < count) {
      keys.resize(std::min(kDrawnAtOnce, count - sum.transactions));
      for (KeyBytes& key : keys) key = LoadedKey(uniform(random_));
      const Stopwatch watch;
      for (const KeyBytes& key : keys) {
        const ValueBytes value = MakeValue(++stamp_);
        session.Transact(Mode::kSnapshot, [&](auto& access) { access.Put(key, value); });
      }
      sum += watch.Read(keys.size());
    }
    return sum;
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

  void PutAll(int round) {
    typename Store::Session session(*store_);
    for (const uint32_t index : order_) {
      const KeyBytes key = LoadedKey(index);
      const ValueBytes value = MakeValue(static_cast<uint64_t>(round) * keys_ + index);
      session.Transact(Mode::kSnapshot, [&](auto& access) { access.Put(key, value); });
    }
  }

  // Reads some keys in each way that the store has.
  void RequireKeys() {
    constexpr uint64_t kLooks = 1000;
    typename Store::Session session(*store_);
    std::uniform_int_distribution<uint64_t> uniform(0, keys_ - 1);
    for (uint64_t i = 0; i < kLooks; ++i) {
      const KeyBytes key = LoadedKey(uniform(random_));
      ValueBytes copy = {};
      session.Transact(Mode::kReadOnly, [&](auto& access) { access.Get(key, copy); });
      RequireValue(copy);
      copy = {};
      session.Transact(Mode::kSnapshot,
                       [&](auto& access) { access.GetMany(absl::MakeConstSpan(&key, 1), copy); });
      RequireValue(copy);
    }
    if constexpr (Store::kTraits.ordered) {
      const uint64_t limit = std::min<uint64_t>(keys_, kLooks);
      uint64_t visited = 0;
      ValueBytes copy = {};
      session.Transact(Mode::kReadOnly, [&](auto& access) {
        visited = access.Scan(LoadedKey(keys_ - limit), UINT64_MAX, copy);
      });
      RequireValue(copy);
      Require(visited == limit, "a scan has not found the keys that are there");
    }
  }

  static void RequireValue(const ValueBytes& value) {
    Require(IsValue(value), "a key is not there, or has another value than was written");
  }
  static void Require(bool ok, const char* what) {
    if (ok) [[likely]]
      return;
    std::fprintf(stderr, "%s\n", what);
    std::abort();
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
  // Of the keys, for Load() and UpdateAll(). Here throughout, so that it is in no difference of two
  // resident sets.
  std::vector<uint32_t> order_;
  int64_t resident_before_ = 0;
  std::unique_ptr<Store> store_;
  std::map<Distribution, Workers> workers_;
  std::mt19937_64 random_{4711};
  uint64_t stamp_ = 0;
};

template <typename Store>
std::unique_ptr<Contender> MakeContender(uint64_t keys) {
  return std::make_unique<ContenderOf<Store>>(keys);
}

}  // namespace nacre::bench

#endif  // NACRE_BENCH_YCSB_CONTENDER_OF_H_
