// register: reads, and writes of unique values that need not have been read before. Such blind
// writes leave open in which order they took place, so this is the hardest to judge where the store
// does not tell its timestamps.
//
// rmw: every transaction writes what it has read, so the versions of a key are a chain.

#include <vector>

#include "absl/strings/str_cat.h"
#include "tests/check/run/workloads/workloads.h"

namespace nacre::check::run {
namespace {

constexpr uint64_t kKeys = 16;

class Registers : public Workload {
 public:
  explicit Registers(const WorkloadOptions& options)
      : options_(options), keys_(options.keys > 0 ? options.keys : kKeys, options.skew) {}

  bool has_keys_by_stretch() const override { return true; }

 protected:
  std::string DrawKey(Random& random, const RecordedTransaction& txn) const {
    return absl::StrCat("register", StretchOf(txn.place()), ".", keys_.Draw(random));
  }

  const WorkloadOptions options_;
  const Zipf keys_;
};

class ReadWrite final : public Registers {
 public:
  using Registers::Registers;

  absl::Status Run(Random& random, RecordedTransaction& txn) const override {
    const uint64_t operations = random.Between(1, options_.operations_max);
    const bool only_reads = random.Chance(options_.read_share / 2);
    const bool rolls_back = random.Chance(options_.rollback_share);
    const bool promises = only_reads && random.Chance(0.5);
    if (absl::Status status = txn.Begin(promises); !status.ok()) return status;
    for (uint64_t i = 0; i < operations; ++i) {
      const std::string key = DrawKey(random, txn);
      absl::Status status;
      if (only_reads || random.Chance(options_.read_share)) {
        status = txn.Read(key).status();
      } else {
        status = txn.Write(key, txn.UniqueValue());
      }
      if (!status.ok()) return status;
    }
    return rolls_back ? RollBackOnPurpose() : absl::OkStatus();
  }
};

class ReadModifyWrite final : public Registers {
 public:
  using Registers::Registers;

  absl::Status Run(Random& random, RecordedTransaction& txn) const override {
    const uint64_t operations = random.Between(1, options_.operations_max);
    const bool rolls_back = random.Chance(options_.rollback_share);
    std::vector<std::string> keys;
    std::vector<bool> writes;
    for (uint64_t i = 0; i < operations; ++i) {
      keys.push_back(DrawKey(random, txn));
      writes.push_back(!random.Chance(options_.read_share));
    }
    if (absl::Status status = txn.Begin(); !status.ok()) return status;
    // All reads come first, so that the writes of one can come between those of another.
    for (const std::string& key : keys) {
      if (absl::Status status = txn.Read(key).status(); !status.ok()) return status;
    }
    for (uint64_t i = 0; i < operations; ++i) {
      if (!writes[i]) continue;
      if (absl::Status status = txn.Write(keys[i], txn.UniqueValue()); !status.ok()) return status;
    }
    return rolls_back ? RollBackOnPurpose() : absl::OkStatus();
  }
};

}  // namespace

std::unique_ptr<Workload> MakeRegister(const WorkloadOptions& options) {
  return std::make_unique<ReadWrite>(options);
}

std::unique_ptr<Workload> MakeReadModifyWrite(const WorkloadOptions& options) {
  return std::make_unique<ReadModifyWrite>(options);
}

}  // namespace nacre::check::run
