// cycle: keys that name each other in a ring. A transaction takes one out and puts it back one
// place further, so that it is a ring still; whoever walks along it comes back after as many steps
// as there are keys. The idea is that of FoundationDB's test of the name.

#include <algorithm>
#include <array>

#include "absl/strings/str_cat.h"
#include "tests/check/run/workloads/numbered_keys.h"
#include "tests/check/run/workloads/workloads.h"

namespace nacre::check::run {
namespace {

constexpr uint64_t kNodes = 8;
constexpr uint64_t kNodesMin = 4;

class Cycle final : public NumberedKeys {
 public:
  explicit Cycle(const WorkloadOptions& options)
      : NumberedKeys("node", std::max(options.keys > 0 ? options.keys : kNodes, kNodesMin),
                     options) {}

  absl::Status Run(Random& random, RecordedTransaction& txn) const override {
    const uint64_t start = Draw(random);
    const bool walks = random.Chance(options().read_share);
    const bool rolls_back = random.Chance(options().rollback_share);
    const bool promises = walks && random.Chance(0.5);
    if (absl::Status status = txn.Begin(promises); !status.ok()) return status;
    absl::Status status = walks ? Walk(start, txn) : Relink(start, txn);
    return status.ok() && rolls_back ? RollBackOnPurpose() : status;
  }

 private:
  int64_t FirstNumber(uint64_t node) const override {
    return static_cast<int64_t>((node + 1) % keys());
  }

  // a -> b -> c -> d becomes a -> c -> b -> d.
  absl::Status Relink(uint64_t a, RecordedTransaction& txn) const {
    std::array<uint64_t, 4> at = {a};
    for (size_t i = 0; i + 1 < at.size(); ++i) {
      if (absl::Status status = Follow(at[i], txn, at[i + 1]); !status.ok()) return status;
    }
    if (txn.has_claim()) return absl::OkStatus();
    if (absl::Status status = Link(at[0], at[2], txn); !status.ok()) return status;
    if (absl::Status status = Link(at[2], at[1], txn); !status.ok()) return status;
    return Link(at[1], at[3], txn);
  }

  absl::Status Walk(uint64_t start, RecordedTransaction& txn) const {
    uint64_t at = start;
    uint64_t steps = 0;
    do {
      if (absl::Status status = Follow(at, txn, at); !status.ok()) return status;
      ++steps;
    } while (at != start && steps < keys() && !txn.has_claim());
    // Weaker levels let re-links lose each other, and walkers see parts of them.
    if ((at != start || steps != keys()) && !txn.has_claim()) {
      txn.ClaimBreach(Level::kSnapshotIsolation,
                      absl::StrCat("walked along the ring from ", KeyOf(start), " and was at ",
                                   KeyOf(at), " after ", steps, " steps; there are ", keys(),
                                   " nodes in the ring at all times"));
    }
    return absl::OkStatus();
  }

  absl::Status Follow(uint64_t node, RecordedTransaction& txn, uint64_t& next) const {
    int64_t number = 0;
    if (absl::Status status = ReadNumber(node, txn, number); !status.ok()) return status;
    // Of what nobody wrote, only that it names a node.
    next = static_cast<uint64_t>(number) % keys();
    return absl::OkStatus();
  }

  absl::Status Link(uint64_t node, uint64_t next, RecordedTransaction& txn) const {
    return WriteNumber(node, static_cast<int64_t>(next), txn);
  }
};

}  // namespace

std::unique_ptr<Workload> MakeCycle(const WorkloadOptions& options) {
  return std::make_unique<Cycle>(options);
}

}  // namespace nacre::check::run
