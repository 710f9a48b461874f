// bank: money moves between accounts, and whoever reads all of them finds as much as there was at
// the start. A lost update makes or destroys money, and a read of several moments sees it twice or
// not at all.

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "tests/check/run/workloads/tagged_value.h"
#include "tests/check/run/workloads/workloads.h"

namespace nacre::check::run {
namespace {

constexpr uint64_t kAccounts = 8;
constexpr uint64_t kAccountsPerSetUp = 100;
constexpr int64_t kBalance = 100;
constexpr int64_t kAmountMax = 20;

class Bank final : public Workload {
 public:
  explicit Bank(const WorkloadOptions& options)
      : options_(options),
        accounts_(std::max<uint64_t>(options.keys > 0 ? options.keys : kAccounts, 2)),
        draw_(accounts_, options.skew) {}

  uint64_t setup_transactions() const override {
    return (accounts_ + kAccountsPerSetUp - 1) / kAccountsPerSetUp;
  }

  absl::Status SetUp(uint64_t number, RecordedTransaction& txn) const override {
    if (absl::Status status = txn.Begin(); !status.ok()) return status;
    const uint64_t from = number * kAccountsPerSetUp;
    for (uint64_t i = from; i < std::min(accounts_, from + kAccountsPerSetUp); ++i) {
      absl::Status status = txn.Write(KeyOf(i), TaggedValue(kBalance, txn.UniqueValue()));
      if (!status.ok()) return status;
    }
    return absl::OkStatus();
  }

  absl::Status Run(Random& random, RecordedTransaction& txn) const override {
    if (random.Chance(options_.read_share)) return ReadAll(random, txn);
    const uint64_t from = draw_.Draw(random);
    uint64_t to = draw_.Draw(random);
    if (to == from) to = (from + 1) % accounts_;
    const auto amount = static_cast<int64_t>(random.Between(1, kAmountMax));
    const bool rolls_back = random.Chance(options_.rollback_share);
    absl::Status status = Transfer(from, to, amount, txn);
    return status.ok() && rolls_back ? RollBackOnPurpose() : status;
  }

 private:
  static std::string KeyOf(uint64_t account) { return absl::StrCat("account", account); }

  absl::Status Transfer(uint64_t from, uint64_t to, int64_t amount,
                        RecordedTransaction& txn) const {
    if (absl::Status status = txn.Begin(); !status.ok()) return status;
    int64_t payer = 0;
    int64_t payee = 0;
    if (absl::Status status = ReadBalance(from, txn, payer); !status.ok()) return status;
    if (absl::Status status = ReadBalance(to, txn, payee); !status.ok()) return status;
    if (payer < amount || txn.has_claim()) return absl::OkStatus();
    absl::Status status = txn.Write(KeyOf(from), TaggedValue(payer - amount, txn.UniqueValue()));
    if (!status.ok()) return status;
    return txn.Write(KeyOf(to), TaggedValue(payee + amount, txn.UniqueValue()));
  }

  absl::Status ReadAll(Random& random, RecordedTransaction& txn) const {
    if (absl::Status status = txn.Begin(random.Chance(0.5)); !status.ok()) return status;
    int64_t total = 0;
    for (uint64_t i = 0; i < accounts_; ++i) {
      int64_t balance = 0;
      if (absl::Status status = ReadBalance(i, txn, balance); !status.ok()) return status;
      total += balance;
    }
    const int64_t right = static_cast<int64_t>(accounts_) * kBalance;
    if (total != right && !txn.has_claim()) {
      txn.ClaimBreach(Level::kSnapshotIsolation,
                      absl::StrCat("found ", total, " in all accounts together, where there are ",
                                   right, " at all times"));
    }
    return absl::OkStatus();
  }

  static absl::Status ReadBalance(uint64_t account, RecordedTransaction& txn, int64_t& balance) {
    const absl::StatusOr<std::optional<std::string>> value = txn.Read(KeyOf(account));
    if (!value.ok()) return value.status();
    const std::optional<int64_t> number = NumberOf(*value);
    balance = number.value_or(0);
    if (!number) {
      txn.ClaimBreach(Level::kReadCommitted, absl::StrCat("found no balance in ", KeyOf(account),
                                                          ", which always has one"));
    }
    return absl::OkStatus();
  }

  const WorkloadOptions options_;
  const uint64_t accounts_;
  const Zipf draw_;
};

}  // namespace

std::unique_ptr<Workload> MakeBank(const WorkloadOptions& options) {
  return std::make_unique<Bank>(options);
}

}  // namespace nacre::check::run
