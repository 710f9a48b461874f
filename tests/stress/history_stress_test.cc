// Random transactions on real threads, written down and judged afterwards: the engine's timestamps
// say in which order everything must appear to have happened.

#include <gtest/gtest.h>

#include <cstdio>
#include <cstdlib>
#include <random>
#include <thread>
#include <vector>

#include "tests/check/explore/recorder.h"
#include "tests/check/explore/schedule_program.h"

namespace nacre::check::explore {
namespace {

constexpr int kThreads = 3;
constexpr int kTransactionsEach = 50;
constexpr int kHistories = 12;

uint64_t FirstSeed() {
  if (const char* text = std::getenv("NACRE_SEED"); text != nullptr) {
    return std::strtoull(text, nullptr, 10);
  }
  return std::random_device()();
}

Operation RandomOperation(std::mt19937_64& random) {
  auto key = [&] { return "k" + std::to_string(random() % 6); };
  std::string text;
  switch (random() % 10) {
    case 0: text = "SET " + key() + " " + std::to_string(random() % 1000); break;
    case 1: text = "DEL " + key(); break;
    case 2:
    case 3: text = "ADD " + key() + " 1"; break;
    case 4: text = "SCAN k1 k5"; break;
    case 5: text = "SCAN k0 k9 REV LIMIT 2"; break;
    case 6: text = "COUNT k2 k9"; break;
    case 7: text = "EXISTS " + key(); break;
    case 8: text = "GETFORUPDATE " + key(); break;
    default: text = "GET " + key(); break;
  }
  return *ParseOperation(text);
}

// One thread's transactions, one behind the other.
void RunTransactions(Database& database, Ticks& ticks, int thread, uint64_t seed, bool mixed,
                     std::vector<TransactionRecord>& history) {
  std::mt19937_64 random(seed * kThreads + static_cast<uint64_t>(thread));
  for (int i = 0; i < kTransactionsEach; ++i) {
    const Isolation level =
        mixed && random() % 2 == 0 ? Isolation::kSnapshot : Isolation::kSerializable;
    Recorder recorder(database, ticks, std::to_string(thread) + "." + std::to_string(i), level);
    std::vector<Operation> operations = {*ParseOperation("BEGIN")};
    for (uint64_t n = 1 + random() % 5; n > 0; --n) operations.push_back(RandomOperation(random));
    operations.push_back(*ParseOperation(random() % 10 == 0 ? "ROLLBACK" : "COMMIT"));
    for (const Operation& operation : operations) {
      const absl::Status status = recorder.Execute(operation);
      ASSERT_TRUE(status.ok() || absl::IsAborted(status)) << ToString(operation) << ": " << status;
      if (random() % 16 == 0) std::this_thread::yield();
    }
    history.push_back(recorder.record());
  }
}

void CheckRandomHistories(bool mixed) {
  const uint64_t first = FirstSeed();
  std::printf("NACRE_SEED=%llu\n", static_cast<unsigned long long>(first));
  size_t committed = 0;
  size_t transactions = 0;
  for (uint64_t seed = first; seed < first + kHistories; ++seed) {
    SCOPED_TRACE("NACRE_SEED=" + std::to_string(seed));
    Options options;
    options.latch_stripes = 1 << 16;
    auto database = *Database::Open(options);
    const State initial = {{"k0", "0"}, {"k2", "0"}, {"k4", "0"}};
    WriteBatch batch;
    for (const auto& [key, value] : initial) batch.Put(key, value);
    ASSERT_TRUE(database->Write(batch).ok());
    const uint64_t initial_timestamp = ToInteger(database->clock());

    Ticks ticks;
    std::vector<std::vector<TransactionRecord>> histories(kThreads);
    std::vector<std::thread> threads;
    for (int thread = 0; thread < kThreads; ++thread) {
      threads.emplace_back([&, thread] {
        RunTransactions(*database, ticks, thread, seed, mixed,
                        histories[static_cast<size_t>(thread)]);
      });
    }
    for (std::thread& thread : threads) thread.join();
    std::vector<TransactionRecord> history;
    for (const auto& part : histories) history.insert(history.end(), part.begin(), part.end());
    for (const TransactionRecord& record : history) {
      committed += record.outcome == TransactionRecord::Outcome::kCommitted ? 1 : 0;
    }
    transactions += history.size();
    const absl::Status status = CheckQuietDatabase(*database, initial, initial_timestamp, history);
    ASSERT_TRUE(status.ok()) << status;
  }
  std::printf("%zu of %zu transactions committed\n", committed, transactions);
}

TEST(HistoryStress, SerializableTransactions_AreSerialInCommitOrder) {
  CheckRandomHistories(/*mixed=*/false);
}

TEST(HistoryStress, BothLevelsBesideEachOther_KeepTheirPromises) {
  CheckRandomHistories(/*mixed=*/true);
}

}  // namespace
}  // namespace nacre::check::explore
