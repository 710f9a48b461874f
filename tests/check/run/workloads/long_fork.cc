// long-fork: writers change one key each, readers read several. Under snapshot isolation all
// readers see the writers in one order; two that see two writers in opposite orders have seen a
// fork.

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "tests/check/run/workloads/workloads.h"

namespace nacre::check::run {
namespace {

constexpr uint64_t kKeys = 4;

class LongFork final : public Workload {
 public:
  explicit LongFork(const WorkloadOptions& options)
      : options_(options),
        keys_(options.keys > 0 ? options.keys : kKeys),
        draw_(keys_, options.skew) {}

  bool has_keys_by_stretch() const override { return true; }

  absl::Status Run(Random& random, RecordedTransaction& txn) const override {
    const bool reads = random.Chance(options_.read_share);
    const bool rolls_back = random.Chance(options_.rollback_share);
    const bool promises = reads && random.Chance(0.5);
    if (absl::Status status = txn.Begin(promises); !status.ok()) return status;
    absl::Status status = reads ? ReadSeveral(random, txn) : WriteOne(random, txn);
    return status.ok() && rolls_back ? RollBackOnPurpose() : status;
  }

 private:
  static std::string KeyOf(const RecordedTransaction& txn, uint64_t key) {
    return absl::StrCat("fork", StretchOf(txn.place()), ".", key);
  }

  // What it writes it has read, so that the order of the writes to a key is known.
  absl::Status WriteOne(Random& random, RecordedTransaction& txn) const {
    const std::string key = KeyOf(txn, draw_.Draw(random));
    if (absl::Status status = txn.Read(key).status(); !status.ok()) return status;
    return txn.Write(key, txn.UniqueValue());
  }

  // From a random one on, so that readers come by the keys in different orders.
  absl::Status ReadSeveral(Random& random, RecordedTransaction& txn) const {
    const uint64_t first = random.Below(keys_);
    const uint64_t count = std::min<uint64_t>(keys_, std::max(options_.operations_max, 2U));
    for (uint64_t i = 0; i < count; ++i) {
      const std::string key = KeyOf(txn, (first + i) % keys_);
      if (absl::Status status = txn.Read(key).status(); !status.ok()) return status;
    }
    return absl::OkStatus();
  }

  const WorkloadOptions options_;
  const uint64_t keys_;
  const Zipf draw_;
};

}  // namespace

std::unique_ptr<Workload> MakeLongFork(const WorkloadOptions& options) {
  return std::make_unique<LongFork>(options);
}

}  // namespace nacre::check::run
