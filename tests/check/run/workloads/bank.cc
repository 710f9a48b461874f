// bank: money moves between accounts, and whoever reads all of them finds as much as there was at
// the start. A lost update makes or destroys money, and a read of several moments sees it twice or
// not at all.

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "tests/check/run/workloads/numbered_keys.h"
#include "tests/check/run/workloads/workloads.h"

namespace nacre::check::run {
namespace {

constexpr uint64_t kAccounts = 8;
constexpr int64_t kBalance = 100;
constexpr int64_t kAmountMax = 20;

class Bank final : public NumberedKeys {
 public:
  explicit Bank(const WorkloadOptions& options)
      : NumberedKeys("account", std::max<uint64_t>(options.keys > 0 ? options.keys : kAccounts, 2),
                     options) {}

  absl::Status Run(Random& random, RecordedTransaction& txn) const override {
    if (random.Chance(options().read_share)) return ReadAll(random, txn);
    const uint64_t from = Draw(random);
    uint64_t to = Draw(random);
    if (to == from) to = (from + 1) % keys();
    const auto amount = static_cast<int64_t>(random.Between(1, kAmountMax));
    const bool rolls_back = random.Chance(options().rollback_share);
    absl::Status status = Transfer(from, to, amount, txn);
    return status.ok() && rolls_back ? RollBackOnPurpose() : status;
  }

 private:
  int64_t FirstNumber(uint64_t) const override { return kBalance; }

  absl::Status Transfer(uint64_t from, uint64_t to, int64_t amount,
                        RecordedTransaction& txn) const {
    if (absl::Status status = txn.Begin(); !status.ok()) return status;
    int64_t payer = 0;
    int64_t payee = 0;
    if (absl::Status status = ReadNumber(from, txn, payer); !status.ok()) return status;
    if (absl::Status status = ReadNumber(to, txn, payee); !status.ok()) return status;
    if (payer < amount || txn.has_claim()) return absl::OkStatus();
    if (absl::Status status = WriteNumber(from, payer - amount, txn); !status.ok()) return status;
    return WriteNumber(to, payee + amount, txn);
  }

  absl::Status ReadAll(Random& random, RecordedTransaction& txn) const {
    if (absl::Status status = txn.Begin(random.Chance(0.5)); !status.ok()) return status;
    int64_t total = 0;
    for (uint64_t i = 0; i < keys(); ++i) {
      int64_t balance = 0;
      if (absl::Status status = ReadNumber(i, txn, balance); !status.ok()) return status;
      total += balance;
    }
    const int64_t right = static_cast<int64_t>(keys()) * kBalance;
    // Weaker levels let transfers lose each other, and readers see parts of them.
    if (total != right && !txn.has_claim()) {
      txn.ClaimBreach(Level::kSnapshotIsolation,
                      absl::StrCat("found ", total, " in all accounts together, where there are ",
                                   right, " at all times"));
    }
    return absl::OkStatus();
  }
};

}  // namespace

std::unique_ptr<Workload> MakeBank(const WorkloadOptions& options) {
  return std::make_unique<Bank>(options);
}

}  // namespace nacre::check::run
