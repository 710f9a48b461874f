#ifndef NACRE_BENCH_YCSB_RUNNER_H_
#define NACRE_BENCH_YCSB_RUNNER_H_

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <thread>
#include <utility>
#include <vector>

#include "bench/ycsb/key_sequence.h"
#include "bench/ycsb/resources.h"
#include "bench/ycsb/workload.h"

namespace nacre::bench {

// One timed run.
struct Sample {
  double wall_seconds = 0;
  double cpu_seconds = 0;
  uint64_t transactions = 0;
  uint64_t conflicts = 0;
  uint64_t heap_bytes = 0;  // Of a load: what the store takes.
};

// A store with its workers, ready to be run again and again.
template <typename Store>
class Runner {
 public:
  Runner(Distribution distribution, uint64_t keys, int threads) : keys_(keys) {
    LoadInto(*store_);
    store_->Settle();
    if (!Store::kConcurrent) threads = 1;
    for (int i = 0; i < threads; ++i) {
      workers_.push_back(std::make_unique<Worker<Store>>(*store_, distribution, keys, i + 1));
    }
  }

  template <Workload kWorkload>
  Sample Run(double seconds) {
    if constexpr (kWorkload == Workload::kLoad) {
      return Load();
    } else {
      return RunFor<kWorkload>(seconds);
    }
  }

  int threads() const { return static_cast<int>(workers_.size()); }

 private:
  void LoadInto(Store& store) const {
    for (const uint32_t index : RandomOrder(keys_, /*seed=*/1)) {
      const KeyBytes key = LoadedKey(index);
      const ValueBytes value = MakeValue(index);
      store.Transact(Mode::kSnapshot, [&](auto& access) { access.Put(key, value); });
    }
  }

  Sample Load() const {
    const std::vector<uint32_t> order = RandomOrder(keys_, /*seed=*/2);
    const uint64_t heap_before = HeapBytes();
    Sample sample = {.transactions = keys_};
    {
      Store store;
      const double wall = WallSeconds();
      const double cpu = CpuSeconds();
      for (const uint32_t index : order) {
        const KeyBytes key = LoadedKey(index);
        const ValueBytes value = MakeValue(index);
        store.Transact(Mode::kSnapshot, [&](auto& access) { access.Put(key, value); });
      }
      sample.wall_seconds = WallSeconds() - wall;
      sample.cpu_seconds = CpuSeconds() - cpu;
      store.Settle();
      sample.heap_bytes = HeapBytes() - heap_before;
    }
    return sample;
  }

  template <Workload kWorkload>
  Sample RunFor(double seconds) {
    std::atomic<bool> stop{false};
    std::atomic<uint64_t> transactions{0};
    const auto work = [&](Worker<Store>& worker) {
      constexpr uint64_t kBetweenLooks = 64;
      uint64_t done = 0;
      while (!stop.load(std::memory_order_relaxed)) {
        for (uint64_t i = 0; i < kBetweenLooks; ++i) worker.template RunOne<kWorkload>();
        done += kBetweenLooks;
      }
      transactions += done;
    };
    const uint64_t conflicts_before = store_->conflicts();
    const double wall = WallSeconds();
    const double cpu = CpuSeconds();
    std::vector<std::thread> threads;
    for (auto& worker : workers_) threads.emplace_back([&work, &worker] { work(*worker); });
    std::this_thread::sleep_for(std::chrono::duration<double>(seconds));
    stop = true;
    for (std::thread& thread : threads) thread.join();
    return {.wall_seconds = WallSeconds() - wall,
            .cpu_seconds = CpuSeconds() - cpu,
            .transactions = transactions,
            .conflicts = store_->conflicts() - conflicts_before};
  }

  const uint64_t keys_;
  std::unique_ptr<Store> store_ = std::make_unique<Store>();
  std::vector<std::unique_ptr<Worker<Store>>> workers_;
};

}  // namespace nacre::bench

#endif  // NACRE_BENCH_YCSB_RUNNER_H_
