#ifndef NACRE_BENCH_YCSB_CONTENDER_OF_H_
#define NACRE_BENCH_YCSB_CONTENDER_OF_H_

#include <atomic>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <map>
#include <memory>
#include <thread>
#include <utility>
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
      const Sample sample = watch.Read(keys_);
      sum.wall_seconds += sample.wall_seconds;
      sum.cpu_seconds += sample.cpu_seconds;
      sum.transactions += sample.transactions;
    }
    store_->Settle();
    sum.resident_bytes = ResidentBytes() - resident_before_;
    return sum;
  }

  Sample Run(const RunSpec& spec) override {
    switch (spec.workload) {
      case Workload::kRead: return RunFor<Workload::kRead>(spec);
      case Workload::kReadUpdate: return RunFor<Workload::kReadUpdate>(spec);
      case Workload::kReadModifyWrite: return RunFor<Workload::kReadModifyWrite>(spec);
      case Workload::kTenSnapshot: return RunFor<Workload::kTenSnapshot>(spec);
      case Workload::kTenBatched: return RunFor<Workload::kTenBatched>(spec);
      case Workload::kTenSerializable: return RunFor<Workload::kTenSerializable>(spec);
      case Workload::kScan: return RunFor<Workload::kScan>(spec);
      case Workload::kHotKey: return RunFor<Workload::kHotKey>(spec);
      case Workload::kLoad:
      case Workload::kUpdates:
      case Workload::kCount: break;
    }
    std::abort();
  }

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

  // Made when they are first wanted: the keys of each are drawn before it starts.
  Workers& WorkersFor(const RunSpec& spec) {
    Workers& workers = workers_[spec.distribution];
    while (static_cast<int>(workers.size()) < spec.threads) {
      workers.push_back(std::make_unique<Worker<Store>>(*store_, spec.distribution, keys_,
                                                        /*seed=*/workers.size() + 1));
    }
    return workers;
  }

  template <Workload kWorkload>
  Sample RunFor(const RunSpec& spec) {
    if constexpr (!Supports(Store::kTraits, kWorkload, /*threads=*/1)) {
      std::abort();
    } else {
      Workers& workers = WorkersFor(spec);
      std::atomic<bool> stop{false};
      std::atomic<uint64_t> transactions{0};
      const uint64_t conflicts_before = Conflicts();
      const Stopwatch watch;
      std::vector<std::thread> threads;
      for (int i = 0; i < spec.threads; ++i) {
        threads.emplace_back([&stop, &transactions, &worker = *workers[i]] {
          transactions += worker.template RunUntil<kWorkload>(stop);
        });
      }
      std::this_thread::sleep_for(std::chrono::duration<double>(spec.seconds));
      stop = true;
      for (std::thread& thread : threads) thread.join();
      Sample sample = watch.Read(transactions);
      sample.conflicts = Conflicts() - conflicts_before;
      return sample;
    }
  }

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
};

template <typename Store>
std::unique_ptr<Contender> MakeContender(uint64_t keys) {
  return std::make_unique<ContenderOf<Store>>(keys);
}

}  // namespace nacre::bench

#endif  // NACRE_BENCH_YCSB_CONTENDER_OF_H_
