// Invariants under real threads, bounded by counts: the same whatever the machine. Run under the
// thread sanitizer too.

#include <gtest/gtest.h>

#include <atomic>
#include <functional>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "nacre/database.h"

namespace nacre {
namespace {

constexpr int kThreads = 4;

#ifdef NACRE_SANITIZED
constexpr int kScale = 1;
#else
constexpr int kScale = 5;
#endif

void OnThreads(int count, const std::function<void(int)>& body) {
  std::vector<std::thread> threads;
  for (int i = 0; i < count; ++i) threads.emplace_back([&body, i] { body(i); });
  for (std::thread& thread : threads) thread.join();
}

std::string Key(int i) { return "key" + std::to_string(1000 + i); }

// In the middle of a transaction, so that they meet on a machine with few cores too.
void YieldSometimes() {
  thread_local int calls = 0;
  if (++calls % 64 == 0) std::this_thread::yield();
}

absl::StatusOr<int> GetNumber(Transaction& transaction, const std::string& key) {
  auto value = transaction.Get(key);
  if (!value.ok()) return value.status();
  if (!value->has_value()) return absl::InternalError(key + " is gone");
  YieldSometimes();
  return std::stoi(std::string(**value));
}

class EngineStress : public ::testing::Test {
 protected:
  EngineStress() { Open({}); }
  void Open(const Options& options) { database_ = *Database::Open(options); }

  void Fill(int keys, const std::function<std::string(int)>& value) {
    WriteBatch batch;
    for (int i = 0; i < keys; ++i) batch.Put(Key(i), value(i));
    ASSERT_TRUE(database_->Write(batch).ok());
  }

  void TearDown() override {
    for (int pass = 0; pass < 16 && database_->RunVacuumOnce() > 0; ++pass) {
    }
    const absl::Status verified = database_->Verify();
    EXPECT_TRUE(verified.ok()) << verified;
    const Stats stats = database_->GetStats();
    EXPECT_EQ(stats.versions_queued, 0u);
    EXPECT_EQ(stats.versions_parked, 0u);
    EXPECT_EQ(stats.active_snapshots, 0u);
    std::printf("%llu commits, %llu write conflicts, %llu read conflicts, %llu versions pruned\n",
                static_cast<unsigned long long>(stats.commits),
                static_cast<unsigned long long>(stats.conflicts_write),
                static_cast<unsigned long long>(stats.conflicts_read),
                static_cast<unsigned long long>(stats.versions_pruned));
  }

  std::unique_ptr<Database> database_;
};

// FoundationDB's workload: the keys form one ring; a transaction takes the second of three out and
// puts it behind the third.
TEST_F(EngineStress, Cycle_StaysOneRing) {
  constexpr int kNodes = 20;
  constexpr int kSwaps = 400 * kScale;
  Fill(kNodes, [](int i) { return std::to_string((i + 1) % kNodes); });
  OnThreads(kThreads, [&](int thread) {
    std::mt19937 random(static_cast<unsigned>(thread));
    for (int i = 0; i < kSwaps; ++i) {
      const int r = static_cast<int>(random() % kNodes);
      const Isolation isolation = thread % 2 == 0 ? Isolation::kSnapshot : Isolation::kSerializable;
      auto done = database_->Transact(
          [&](Transaction& tx) -> absl::Status {
            absl::StatusOr<int> r2 = GetNumber(tx, Key(r));
            if (!r2.ok()) return r2.status();
            absl::StatusOr<int> r3 = GetNumber(tx, Key(*r2));
            if (!r3.ok()) return r3.status();
            absl::StatusOr<int> r4 = GetNumber(tx, Key(*r3));
            if (!r4.ok()) return r4.status();
            if (auto s = tx.Put(Key(r), std::to_string(*r3)); !s.ok()) return s;
            if (auto s = tx.Put(Key(*r3), std::to_string(*r2)); !s.ok()) return s;
            return tx.Put(Key(*r2), std::to_string(*r4));
          },
          {.transaction = {.isolation = isolation}, .attempts_max = 10'000});
      ASSERT_TRUE(done.ok()) << done.status();
    }
  });
  Transaction tx = database_->Begin({.read_only = true});
  int node = 0;
  for (int i = 0; i < kNodes; ++i) {
    ASSERT_TRUE(i == 0 || node != 0) << "the ring closes after " << i;
    node = *GetNumber(tx, Key(node));
  }
  EXPECT_EQ(node, 0);
}

// Transfers beside auditors, who always see the same total.
TEST_F(EngineStress, Bank_EveryAuditSeesTheTotal) {
  constexpr int kAccounts = 16;
  constexpr int kTransfers = 400 * kScale;
  Fill(kAccounts, [](int) { return "100"; });
  std::atomic<int> running{2};
  std::atomic<int> audits{0};
  OnThreads(kThreads, [&](int thread) {
    if (thread >= 2) {
      do {
        Transaction tx = database_->Begin(
            {.isolation = thread == 2 ? Isolation::kSnapshot : Isolation::kSerializable});
        int total = 0;
        ASSERT_TRUE(tx.Scan(Range::Prefix("key"), [&](auto, auto value) {
                        total += std::stoi(std::string(value));
                        return true;
                      }).ok());
        ASSERT_TRUE(tx.Commit().ok());
        ASSERT_EQ(total, kAccounts * 100);
        audits.fetch_add(1);
      } while (running.load() > 0);
      return;
    }
    std::mt19937 random(static_cast<unsigned>(thread));
    for (int i = 0; i < kTransfers; ++i) {
      const int from = static_cast<int>(random() % kAccounts);
      const int to = (from + 1 + static_cast<int>(random() % (kAccounts - 1))) % kAccounts;
      auto done = database_->Transact(
          [&](Transaction& tx) -> absl::Status {
            absl::StatusOr<int> a = GetNumber(tx, Key(from));
            if (!a.ok()) return a.status();
            absl::StatusOr<int> b = GetNumber(tx, Key(to));
            if (!b.ok()) return b.status();
            if (auto s = tx.Put(Key(from), std::to_string(*a - 1)); !s.ok()) return s;
            return tx.Put(Key(to), std::to_string(*b + 1));
          },
          {.attempts_max = 10'000});
      ASSERT_TRUE(done.ok()) << done.status();
    }
    running.fetch_sub(1);
  });
  EXPECT_GT(audits.load(), 0);
}

// One counter, incremented in each of the ways there are.
TEST_F(EngineStress, HotCounter_LosesNoIncrement) {
  constexpr int kIncrements = 500 * kScale;
  Fill(1, [](int) { return "0"; });
  auto add = [](Transaction& tx) -> absl::Status {
    absl::StatusOr<int> value = GetNumber(tx, Key(0));
    if (!value.ok()) return value.status();
    return tx.Put(Key(0), std::to_string(*value + 1));
  };
  OnThreads(kThreads, [&](int thread) {
    const std::string key = Key(0);
    const Database::LockedKey locked{Keyspace(), key};
    for (int i = 0; i < kIncrements; ++i) {
      absl::StatusOr<Timestamp> done;
      switch (thread) {
        case 0:
          done = database_->Modify(key, [](auto value) {
            return Modification::Put(std::to_string(std::stoi(std::string(*value)) + 1));
          });
          break;
        case 1: done = database_->TransactLocked({&locked, 1}, add); break;
        case 2: done = database_->Transact(add, {.attempts_max = 100'000}); break;
        default:
          done = database_->Transact(add, {.transaction = {.isolation = Isolation::kSerializable},
                                           .attempts_max = 100'000,
                                           .exclusive_from_attempt = 8});
      }
      ASSERT_TRUE(done.ok()) << done.status();
    }
  });
  EXPECT_EQ(*database_->GetSnapshot().Get(Key(0)), std::to_string(kThreads * kIncrements));
}

// Two keys, at least one of which must stay on: each transaction that turns one off has seen both
// on.
TEST_F(EngineStress, WriteSkew_NeverHappensUnderSerializable) {
  constexpr int kRounds = 400 * kScale;
  Fill(2, [](int) { return "1"; });
  std::atomic<int> turned_off{0};
  OnThreads(kThreads, [&](int thread) {
    const int own = thread % 2;
    for (int i = 0; i < kRounds; ++i) {
      Transaction tx = database_->Begin({.isolation = Isolation::kSerializable});
      int on = 0;
      ASSERT_TRUE(tx.Scan(Range::Prefix("key"), [&](auto, auto value) {
                      on += value == "1" ? 1 : 0;
                      return true;
                    }).ok());
      YieldSometimes();
      ASSERT_GE(on, 1) << "both are off: write skew";
      ASSERT_TRUE(tx.Put(Key(own), on == 2 ? "0" : "1").ok());
      const auto committed = tx.Commit();
      if (committed.ok() && on == 2) turned_off.fetch_add(1);
      ASSERT_TRUE(committed.ok() || absl::IsAborted(committed.status())) << committed.status();
    }
  });
  EXPECT_GT(turned_off.load(), 0);
}

// A snapshot and an iterator held from the beginning, beside updates, deletions and two vacuums.
TEST_F(EngineStress, HeldSnapshot_SeesItsStateAndBoundsTheVersions) {
  constexpr int kKeys = 50;
  constexpr int kUpdates = 4'000 * kScale;
  Fill(kKeys, [](int i) { return "first" + std::to_string(i); });
  const Snapshot held = database_->GetSnapshot();
  Iterator iterator = held.NewIterator();
  iterator.SeekToFirst();
  std::atomic<int> running{2};
  OnThreads(kThreads, [&](int thread) {
    std::mt19937 random(static_cast<unsigned>(thread));
    if (thread < 2) {
      for (int i = 0; i < kUpdates; ++i) {
        WriteBatch batch;
        const std::string key = Key(static_cast<int>(random() % kKeys));
        if (random() % 4 == 0) {
          batch.Delete(key);
        } else {
          batch.Put(key, "later" + std::to_string(i));
        }
        ASSERT_TRUE(database_->Write(batch).ok());
      }
      running.fetch_sub(1);
      return;
    }
    do {
      const int i = static_cast<int>(random() % kKeys);
      ASSERT_EQ(held.Get(Key(i))->value_or("nil"), "first" + std::to_string(i));
      if (thread == 3) database_->RunVacuumOnce();
    } while (running.load() > 0);
  });
  database_->RunVacuumOnce();
  const Stats stats = database_->GetStats();
  // One version a key for the snapshot, and a tombstone that covers it.
  EXPECT_LE(stats.versions_parked, 2u * kKeys);
  EXPECT_GT(stats.objects_freed, static_cast<uint64_t>(kUpdates)) << "the snapshot pins memory";
  int seen = 0;
  for (; iterator.Valid(); iterator.Next(), ++seen) {
    EXPECT_EQ(iterator.value(), "first" + std::to_string(seen));
  }
  EXPECT_EQ(seen, kKeys);
}

// A keyspace is flushed and exchanged while transactions write pairs of keys into both: a pair is
// always whole.
TEST_F(EngineStress, KeyspaceChanges_LeavePairsWhole) {
  constexpr int kWrites = 300 * kScale;
  const Keyspace other = *database_->OpenKeyspace("other");
  std::atomic<int> running{2};
  OnThreads(kThreads, [&](int thread) {
    if (thread < 2) {
      for (int i = 0; i < kWrites; ++i) {
        WriteBatch batch;
        const std::string value = std::to_string(thread) + "-" + std::to_string(i);
        const Keyspace keyspace = i % 2 == 0 ? Keyspace() : other;
        batch.Put("left", value, {}, keyspace);
        batch.Put("right", value, {}, keyspace);
        ASSERT_TRUE(database_->Write(batch).ok());
      }
      running.fetch_sub(1);
      return;
    }
    for (int i = 0; i < 20 || running.load() > 0; ++i) {
      if (thread == 2) {
        const auto changed = i % 3 == 0 ? database_->FlushKeyspace(Keyspace())
                                        : database_->SwapKeyspaces(Keyspace(), other);
        ASSERT_TRUE(changed.ok()) << changed.status();
      }
      const Snapshot now = database_->GetSnapshot();
      for (const Keyspace keyspace : {Keyspace(), other}) {
        ASSERT_EQ(now.Get("left", keyspace)->value_or("nil"),
                  now.Get("right", keyspace)->value_or("nil"));
      }
    }
  });
}

// Pairs that expire in the same instant, in a time that moves fast: a transaction sees both or
// none, and the same at its end.
TEST_F(EngineStress, Expiry_TakesPairsTogetherAndNotInsideATransaction) {
  constexpr int kWrites = 300 * kScale;
  std::atomic<int64_t> now_ms{1'000'000};
  Options options;
  options.time_source = [&now_ms] { return absl::FromUnixMillis(now_ms.load()); };
  Open(options);
  std::atomic<int> running{2};
  OnThreads(kThreads, [&](int thread) {
    if (thread < 2) {
      for (int i = 0; i < kWrites; ++i) {
        const PutOptions soon{.expiry = absl::FromUnixMillis(now_ms.fetch_add(1) + 3)};
        WriteBatch batch;
        batch.Put("left", std::to_string(i), soon);
        batch.Put("right", std::to_string(i), soon);
        ASSERT_TRUE(database_->Write(batch).ok());
      }
      running.fetch_sub(1);
      return;
    }
    do {
      Transaction tx = database_->Begin();
      const std::string left(tx.Get("left")->value_or("nil"));
      YieldSometimes();
      now_ms.fetch_add(1);
      ASSERT_EQ(tx.Get("right")->value_or("nil"), left);
      ASSERT_EQ(tx.Get("left")->value_or("nil"), left);
    } while (running.load() > 0);
  });
  now_ms.fetch_add(1000);
  database_->RunVacuumOnce();
  EXPECT_EQ(*database_->KeyCount(), 0u);
  TearDown();
  Open({});  // Its time source ends with this function.
}

}  // namespace
}  // namespace nacre
