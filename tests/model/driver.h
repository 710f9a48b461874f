#ifndef NACRE_TESTS_MODEL_DRIVER_H_
#define NACRE_TESTS_MODEL_DRIVER_H_

// Does random things to a database and to the reference, and compares every answer.

#include <atomic>
#include <cstdint>
#include <deque>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "nacre/database.h"
#include "tests/model/reference.h"

namespace nacre::model {

struct DriverOptions {
  uint64_t seed = 0;
  int steps = 0;
  bool vacuum_thread = false;  // Otherwise passes at random points.
  bool serializable = true;    // Whether half of the transactions are.
};

// Used by one thread. Failures are gtest failures that name the seed and the step.
class Driver {
 public:
  explicit Driver(const DriverOptions& options);
  void Run();

 private:
  struct OpenTransaction {
    std::unique_ptr<Transaction> engine;
    std::unique_ptr<ReferenceTransaction> reference;
    bool read_only = false;
    bool conflicted = false;  // GetForUpdate() said so.
    std::vector<std::pair<Savepoint, size_t>> savepoints;
    // What Get() returned, to be looked at again when the transaction ends.
    std::vector<std::pair<std::string_view, std::string>> views;
  };
  struct HeldSnapshot {
    Snapshot engine;
    uint64_t timestamp;
    int64_t now_ms;
  };
  struct HeldIterator {
    Iterator engine;
    Items items;
    int64_t position = -1;  // In items; -1: not valid.
  };

  uint64_t Random(uint64_t below) {
    return std::uniform_int_distribution<uint64_t>(0, below - 1)(random_);
  }
  bool OneIn(uint64_t n) { return Random(n) == 0; }
  std::string RandomKey();
  std::string NewValue();
  uint32_t RandomKeyspace() { return static_cast<uint32_t>(Random(keyspaces_.size())); }
  int64_t RandomExpiry();
  Range RandomRange();
  OpenTransaction* RandomTransaction();
  HeldSnapshot* RandomSnapshot();

  void Step();
  void Begin();
  void Operate(OpenTransaction& open);
  void Read(OpenTransaction& open);
  void ReadMany(OpenTransaction& open);
  void ReadForUpdate(OpenTransaction& open);
  void Scan(OpenTransaction& open);
  void Iterate(OpenTransaction& open);
  void Write(OpenTransaction& open);
  void Save(OpenTransaction& open);
  void AskChangedSince(OpenTransaction& open);
  void End(size_t index);
  void Commit(OpenTransaction& open);

  void UseSnapshot();
  void ReadSnapshot(const HeldSnapshot& held);
  void StepIterator();
  void ReadNewest();

  void WriteABatch();
  void ModifyOne();
  void RunLocked();
  void RunTransact();
  void ChangeKeyspace();
  void PassTime();
  void Vacuum();
  void CheckChains();
  void Finish();

  void Applied(absl::StatusOr<Timestamp> timestamp, const Writes& writes);
  std::optional<Entry> NewestLive(uint32_t keyspace, const std::string& key);
  // The floor of a stripe is shared: a key without a record may be held for changed when another
  // key of its stripe went. Exact answers are expected of keys with a record only.
  bool HasRecord(const Place& place) const;
  bool AllHaveRecords(const ReferenceTransaction& transaction) const;
  uint64_t OldestTimestamp() const;
  absl::Time Time(int64_t ms) const;

  const DriverOptions options_;
  std::mt19937_64 random_;
  std::atomic<int64_t> now_ms_{1'000'000};
  std::unique_ptr<Database> database_;
  std::vector<Keyspace> keyspaces_;
  std::unique_ptr<Reference> reference_;
  std::vector<OpenTransaction> transactions_;
  std::vector<HeldSnapshot> snapshots_;
  std::vector<HeldIterator> iterators_;
  uint64_t values_made_ = 0;
  uint64_t conflicts_ = 0;
  uint64_t commits_ = 0;
  // Holds the bounds of the range that RandomRange() made last.
  std::string range_start_, range_end_, range_prefix_;
};

}  // namespace nacre::model

#endif  // NACRE_TESTS_MODEL_DRIVER_H_
