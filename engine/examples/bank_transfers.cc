// Concurrent transfers under concurrent auditors.
//
// Tellers move money between accounts. Auditors add up all accounts again and again, at the same
// time. Two things must hold, and this program exits with 1 if one does not:
//   - No money is made or lost: every audit finds the same total, although no audit stops a
//   transfer.
//   - No transfer overdraws an account, although a teller decides by what it has read.
//
// Usage: bank_transfers [TRANSFERS_PER_TELLER]

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <cstdlib>
#include <iostream>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "nacre/database.h"

namespace {

constexpr int kAccounts = 100;
constexpr int64_t kOpeningBalance = 1000;
constexpr int kTellers = 4;
constexpr int kAuditors = 2;

std::string AccountKey(int number) { return "account/" + std::to_string(number); }

absl::StatusOr<int64_t> ReadBalance(nacre::Transaction& tx, std::string_view account) {
  absl::StatusOr<std::optional<std::string_view>> value = tx.Get(account);
  if (!value.ok()) return value.status();
  if (!value->has_value()) return absl::NotFoundError("no such account");
  return std::stoll(std::string(**value));
}

// Moves `amount`, or less if there is less. Both accounts are written, so that two transfers that
// meet in one account can not both commit: Transact() runs the loser again, on the balances that
// the winner left.
absl::Status Transfer(nacre::Database& db, const std::string& from, const std::string& to,
                      int64_t amount) {
  return db
      .Transact([&](nacre::Transaction& tx) -> absl::Status {
        absl::StatusOr<int64_t> from_balance = ReadBalance(tx, from);
        if (!from_balance.ok()) return from_balance.status();
        absl::StatusOr<int64_t> to_balance = ReadBalance(tx, to);
        if (!to_balance.ok()) return to_balance.status();
        const int64_t moved = std::min(amount, *from_balance);
        absl::Status taken = tx.Put(from, std::to_string(*from_balance - moved));
        if (!taken.ok()) return taken;
        return tx.Put(to, std::to_string(*to_balance + moved));
      })
      .status();
}

struct Audit {
  int64_t total = 0;
  int64_t smallest = INT64_MAX;
};

// One snapshot, so one moment: it needs no lock and disturbs nobody.
absl::StatusOr<Audit> RunAudit(const nacre::Database& db) {
  Audit audit;
  absl::Status scanned = db.GetSnapshot().Scan(
      nacre::Range::Prefix("account/"), [&](std::string_view, std::string_view value) {
        const int64_t balance = std::stoll(std::string(value));
        audit.total += balance;
        audit.smallest = std::min(audit.smallest, balance);
        return true;
      });
  if (!scanned.ok()) return scanned;
  return audit;
}

bool IsRight(const absl::StatusOr<Audit>& audit) {
  if (!audit.ok()) {
    std::cerr << "audit failed: " << audit.status() << "\n";
    return false;
  }
  if (audit->total != kAccounts * kOpeningBalance || audit->smallest < 0) {
    std::cerr << "audit found a total of " << audit->total << " and a smallest balance of "
              << audit->smallest << "\n";
    return false;
  }
  return true;
}

absl::Status OpenAccounts(nacre::Database& db) {
  nacre::WriteBatch batch;
  for (int i = 0; i < kAccounts; ++i) batch.Put(AccountKey(i), std::to_string(kOpeningBalance));
  return db.Write(batch).status();
}

}  // namespace

int main(int argc, char** argv) {
  const int transfers = argc > 1 ? std::atoi(argv[1]) : 100'000;
  if (transfers <= 0) {
    std::cerr << "usage: bank_transfers [TRANSFERS_PER_TELLER]\n";
    return 2;
  }

  absl::StatusOr<std::unique_ptr<nacre::Database>> opened = nacre::Database::Open();
  if (!opened.ok()) {
    std::cerr << opened.status() << "\n";
    return 1;
  }
  nacre::Database& db = **opened;
  if (absl::Status status = OpenAccounts(db); !status.ok()) {
    std::cerr << status << "\n";
    return 1;
  }

  std::atomic<bool> right{true};
  std::atomic<int> tellers_at_work{kTellers};
  std::atomic<int64_t> audits{0};
  std::vector<std::thread> threads;
  threads.reserve(kTellers + kAuditors);
  for (int teller = 0; teller < kTellers; ++teller) {
    threads.emplace_back([&, teller] {
      std::mt19937 random(teller);
      for (int i = 0; i < transfers; ++i) {
        const int from = random() % kAccounts;
        const int to = (from + 1 + random() % (kAccounts - 1)) % kAccounts;  // Another account.
        absl::Status status = Transfer(db, AccountKey(from), AccountKey(to), random() % 500);
        if (!status.ok()) {
          std::cerr << "transfer failed: " << status << "\n";
          right = false;
        }
      }
      --tellers_at_work;
    });
  }
  for (int auditor = 0; auditor < kAuditors; ++auditor) {
    threads.emplace_back([&] {
      do {
        if (!IsRight(RunAudit(db))) right = false;
        ++audits;
      } while (tellers_at_work > 0);
    });
  }
  for (std::thread& thread : threads) thread.join();
  if (!IsRight(RunAudit(db))) right = false;

  const nacre::Stats stats = db.GetStats();
  std::cout << kTellers * transfers << " transfers committed, " << stats.conflicts_write
            << " conflicts were run again, " << audits << " audits meanwhile\n"
            << (right ? "every audit found the same total" : "AN AUDIT WAS WRONG") << "\n";
  return right ? 0 : 1;
}
