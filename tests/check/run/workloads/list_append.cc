// list-append: appends of unique elements to lists, and reads of whole lists. A list shows the
// order of all that was written to it, so of all workloads this one decides the most with the least
// effort.

#include "absl/strings/str_cat.h"
#include "tests/check/run/workloads/workloads.h"

namespace nacre::check::run {
namespace {

constexpr uint64_t kKeys = 16;

class ListAppend final : public Workload {
 public:
  explicit ListAppend(const WorkloadOptions& options)
      : options_(options), keys_(options.keys > 0 ? options.keys : kKeys, options.skew) {}

  bool has_keys_by_stretch() const override { return true; }

  absl::Status Run(Random& random, RecordedTransaction& txn) const override {
    const uint64_t operations = random.Between(1, options_.operations_max);
    const bool only_reads = random.Chance(options_.read_share / 2);
    const bool rolls_back = random.Chance(options_.rollback_share);
    const bool promises = only_reads && random.Chance(0.5);
    if (absl::Status status = txn.Begin(promises); !status.ok()) return status;
    for (uint64_t i = 0; i < operations; ++i) {
      const std::string key = absl::StrCat("list", StretchOf(txn.place()), ".", keys_.Draw(random));
      absl::Status status;
      if (only_reads || random.Chance(options_.read_share)) {
        status = txn.ReadList(key).status();
      } else {
        status = txn.Append(key, txn.UniqueValue());
      }
      if (!status.ok()) return status;
    }
    return rolls_back ? RollBackOnPurpose() : absl::OkStatus();
  }

 private:
  const WorkloadOptions options_;
  const Zipf keys_;
};

}  // namespace

std::unique_ptr<Workload> MakeListAppend(const WorkloadOptions& options) {
  return std::make_unique<ListAppend>(options);
}

}  // namespace nacre::check::run
