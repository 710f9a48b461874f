#ifndef NACRE_BENCH_YCSB_CONTENDER_H_
#define NACRE_BENCH_YCSB_CONTENDER_H_

#include <atomic>
#include <cstdint>
#include <memory>
#include <string_view>
#include <tuple>

#include "bench/ycsb/key_sequence.h"
#include "bench/ycsb/record.h"
#include "bench/ycsb/store.h"
#include "bench/ycsb/workload.h"

namespace nacre::bench {

// Of each key, by kUpdates.
inline constexpr int kUpdateRounds = 10;

// What is run. Trivially copyable, since it goes to another process.
struct RunSpec {
  Workload workload = Workload::kRead;
  Distribution distribution = Distribution::kUniform;
  int threads = 1;
  double seconds = 0.3;

  // The same but for the length: samples of the two are comparable.
  friend bool operator<(const RunSpec& a, const RunSpec& b) {
    return std::tie(a.workload, a.distribution, a.threads) <
           std::tie(b.workload, b.distribution, b.threads);
  }
};

// What came out of it.
struct Sample {
  double wall_seconds = 0;
  double cpu_seconds = 0;  // Of all threads, those of the store included.
  uint64_t transactions = 0;
  uint64_t conflicts = 0;      // Transactions that had to be run again.
  int64_t resident_bytes = 0;  // Of a fresh process: what the store has added to its RSS.

  // One run after the other. The memory is that of the last, and set by whoever looks at it.
  Sample& operator+=(const Sample& next) {
    wall_seconds += next.wall_seconds;
    cpu_seconds += next.cpu_seconds;
    transactions += next.transactions;
    conflicts += next.conflicts;
    return *this;
  }
};

// By the clock on the wall.
inline double PerSecond(const Sample& sample) {
  return static_cast<double>(sample.transactions) / sample.wall_seconds;
}

// A snapshot that stays open while it exists.
class HeldSnapshot {
 public:
  virtual ~HeldSnapshot() = default;
  virtual bool Get(const KeyBytes& key, ValueBytes& copy) = 0;
};

// A store with the threads that work on it, whatever its type. Thread-compatible.
//
// Load(), UpdateAll() and Run() end with a look, untimed, at whether the store has its keys, and
// abort if it does not: one that finds nothing would be the fastest of all.
class Contender {
 public:
  virtual ~Contender() = default;

  // Opens the store and puts all keys in random order, each in a transaction of its own. Once, and
  // before anything else.
  virtual Sample Load() = 0;
  // Updates every key `rounds` times, each round in another random order. The resident bytes are
  // those since before the load.
  virtual Sample UpdateAll(int rounds) = 0;
  // For a time; neither kLoad nor kUpdates. What kScan has inserted is deleted afterwards, untimed,
  // so that every run finds the same keys.
  virtual Sample Run(const RunSpec& spec) = 0;

  // --- What the experiments are made of, besides. On the thread of the caller. ---

  // Runs transactions as the worker of that number (from zero) until `stop`; returns how many.
  // Thread-safe for different workers that were made by PrepareWorkers().
  virtual uint64_t RunWorker(const RunSpec& spec, int worker, const std::atomic<bool>& stop) = 0;
  virtual void PrepareWorkers(const RunSpec& spec) = 0;
  // `count` updates of keys drawn at random from the first `keys_among`.
  virtual Sample UpdateSome(uint64_t count, uint64_t keys_among) = 0;
  // Every key once, in one transaction.
  virtual void UpdateTogether() = 0;
  // Transactions that update `group` keys each, drawn at random, for a time; at least one.
  virtual Sample UpdateInGroups(uint64_t group, double seconds) = 0;
  // nullptr if the store can not.
  virtual std::unique_ptr<HeldSnapshot> Hold() = 0;
  // Finishes what writes have left for later.
  virtual void Settle() = 0;
};

// A store that this program was built with.
struct StoreEntry {
  std::string_view name;
  std::string_view description;
  StoreTraits traits;
  std::unique_ptr<Contender> (*make)(uint64_t keys);
};

}  // namespace nacre::bench

#endif  // NACRE_BENCH_YCSB_CONTENDER_H_
