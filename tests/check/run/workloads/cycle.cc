// cycle: keys that name each other in a ring. A transaction takes one out and puts it back one
// place further, so that it is a ring still; whoever walks along it comes back after as many steps
// as there are keys. The idea is that of FoundationDB's test of the name.

#include <algorithm>
#include <array>

#include "absl/strings/str_cat.h"
#include "tests/check/run/workloads/tagged_value.h"
#include "tests/check/run/workloads/workloads.h"

namespace nacre::check::run {
namespace {

constexpr uint64_t kNodes = 8;
constexpr uint64_t kNodesMin = 4;
constexpr uint64_t kNodesPerSetUp = 100;

class Cycle final : public Workload {
 public:
  explicit Cycle(const WorkloadOptions& options)
      : options_(options),
        nodes_(std::max(options.keys > 0 ? options.keys : kNodes, kNodesMin)),
        draw_(nodes_, options.skew) {}

  uint64_t setup_transactions() const override {
    return (nodes_ + kNodesPerSetUp - 1) / kNodesPerSetUp;
  }

  absl::Status SetUp(uint64_t number, RecordedTransaction& txn) const override {
    if (absl::Status status = txn.Begin(); !status.ok()) return status;
    const uint64_t from = number * kNodesPerSetUp;
    for (uint64_t i = from; i < std::min(nodes_, from + kNodesPerSetUp); ++i) {
      if (absl::Status status = Link(i, (i + 1) % nodes_, txn); !status.ok()) return status;
    }
    return absl::OkStatus();
  }

  absl::Status Run(Random& random, RecordedTransaction& txn) const override {
    const uint64_t start = draw_.Draw(random);
    const bool walks = random.Chance(options_.read_share);
    const bool rolls_back = random.Chance(options_.rollback_share);
    const bool promises = walks && random.Chance(0.5);
    if (absl::Status status = txn.Begin(promises); !status.ok()) return status;
    absl::Status status = walks ? Walk(start, txn) : Relink(start, txn);
    return status.ok() && rolls_back ? RollBackOnPurpose() : status;
  }

 private:
  static std::string KeyOf(uint64_t node) { return absl::StrCat("node", node); }

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
    } while (at != start && steps < nodes_ && !txn.has_claim());
    if ((at != start || steps != nodes_) && !txn.has_claim()) {
      txn.ClaimBreach(Level::kSnapshotIsolation,
                      absl::StrCat("walked along the ring from ", KeyOf(start), " and was at ",
                                   KeyOf(at), " after ", steps, " steps; there are ", nodes_,
                                   " nodes in the ring at all times"));
    }
    return absl::OkStatus();
  }

  absl::Status Follow(uint64_t node, RecordedTransaction& txn, uint64_t& next) const {
    const absl::StatusOr<std::optional<std::string>> value = txn.Read(KeyOf(node));
    if (!value.ok()) return value.status();
    const std::optional<int64_t> number = NumberOf(*value);
    next = static_cast<uint64_t>(number.value_or(0));
    if (!number || next >= nodes_) {
      next = 0;
      txn.ClaimBreach(Level::kReadCommitted,
                      absl::StrCat("found no other node in ", KeyOf(node), ", which names one"));
    }
    return absl::OkStatus();
  }

  static absl::Status Link(uint64_t node, uint64_t next, RecordedTransaction& txn) {
    return txn.Write(KeyOf(node), TaggedValue(static_cast<int64_t>(next), txn.UniqueValue()));
  }

  const WorkloadOptions options_;
  const uint64_t nodes_;
  const Zipf draw_;
};

}  // namespace

std::unique_ptr<Workload> MakeCycle(const WorkloadOptions& options) {
  return std::make_unique<Cycle>(options);
}

}  // namespace nacre::check::run
