// Committers, readers, snapshots of the past, flushes, a thread and shares, all at once. Each
// reader knows for each key which commits there were.

#include <algorithm>
#include <random>
#include <thread>

#include "absl/time/clock.h"
#include "tests/unit/test_seed.h"
#include "tests/unit/vacuum_fixture.h"

namespace nacre::vacuum {
namespace {

class VacuumStress : public VacuumFixture {
 protected:
  static constexpr int kKeys = 8;

  struct History {
    base::Mutex mutex;
    std::vector<uint64_t> timestamps ABSL_GUARDED_BY(mutex);
    std::vector<bool> deleted ABSL_GUARDED_BY(mutex);
  };

  void WriteOne(std::mt19937_64& random) {
    const int k = static_cast<int>(random() % kKeys);
    const std::string key = "k" + std::to_string(k);
    const bool remove = random() % 4 == 0;
    std::vector<txn::Garbage> garbage;
    {
      base::EpochPin pin;
      txn::Stripe& stripe = StripeOf(tree_->id, key);
      base::MutexLock latch(stripe.latch);
      const mvcc::Record* record = tree_->index.Find(key);
      if (remove && (record == nullptr || record->head()->is_tombstone())) return;
      base::MutexLock history(history_[k].mutex);
      const uint64_t timestamp = CommitLatched(
          *tree_, key,
          remove ? mvcc::Version::NewTombstone()
                 : mvcc::Version::NewBytes(std::string(random() % 64, 'x'), mvcc::kNoExpiry),
          garbage);
      history_[k].timestamps.push_back(timestamp);
      history_[k].deleted.push_back(remove);
    }
    if (!garbage.empty()) vacuum_->Accept(garbage);
    vacuum_->Assist();
  }

  void CheckAllAt(uint64_t read_timestamp) {
    for (int k = 0; k < kKeys; ++k) {
      uint64_t expected = 0;
      {
        History& history = history_[k];
        base::MutexLock lock(history.mutex);
        const auto after =
            std::upper_bound(history.timestamps.begin(), history.timestamps.end(), read_timestamp);
        if (after != history.timestamps.begin()) {
          const auto i = static_cast<size_t>(after - history.timestamps.begin() - 1);
          expected = history.deleted[i] ? 0 : history.timestamps[i];
        }
      }
      base::EpochPin pin;
      const mvcc::Record* record = tree_->index.Find("k" + std::to_string(k));
      const mvcc::Version* version =
          record == nullptr ? nullptr : mvcc::FindVisible(*record, read_timestamp);
      const uint64_t found =
          version == nullptr || version->is_tombstone() ? 0 : version->commit_timestamp();
      ASSERT_EQ(found, expected) << "key " << k << " at " << read_timestamp;
    }
  }

  void Read(uint64_t seed, const std::atomic<bool>& stop, int held_max) {
    std::mt19937_64 random(seed);
    std::vector<Registration> held;
    while (!stop) {
      if (static_cast<int>(held.size()) < held_max && random() % 2 == 0) {
        held.push_back(Snapshot());
      } else if (!held.empty()) {
        const size_t i = random() % held.size();
        CheckAllAt(held[i].read_timestamp);
        if (random() % 4 == 0) {
          End(held[i]);
          held.erase(held.begin() + static_cast<ptrdiff_t>(i));
        }
      }
    }
    for (const Registration& snapshot : held) {
      CheckAllAt(snapshot.read_timestamp);
      End(snapshot);
    }
  }

  void Run(int commits, bool with_passes) {
    std::atomic<bool> stop{false};
    std::vector<std::thread> threads;
    const uint64_t seed = TestSeed();
    for (int i = 0; i < 2; ++i) threads.emplace_back([&, i] { Read(seed + i, stop, 1 + 8 * i); });
    if (with_passes) {
      threads.emplace_back([&] {
        while (!stop) vacuum_->RunOnce();
      });
    }
    std::vector<std::thread> writers;
    for (int i = 0; i < 2; ++i) {
      writers.emplace_back([&, i] {
        std::mt19937_64 random(seed + 100 + i);
        for (int n = 0; n < commits; ++n) WriteOne(random);
      });
    }
    for (std::thread& writer : writers) writer.join();
    stop = true;
    for (std::thread& thread : threads) thread.join();
  }

  void ExpectClean() {
    for (int i = 0; i < 2; ++i) vacuum_->RunOnce();
    EXPECT_EQ(vacuum_->queued() + vacuum_->parked() + vacuum_->retained(), 0u);
    EXPECT_EQ(store_->retired.waiting(), 0u);
    for (int k = 0; k < kKeys; ++k) EXPECT_LE(Chain("k" + std::to_string(k)).size(), 1u);
  }

  History history_[kKeys];
};

TEST_F(VacuumStress, SnapshotsReadWhatTheyShouldWhileTheThreadPrunes) {
  Close();
  tuning_.short_transaction = absl::Milliseconds(1);
  Options options;
  options.latch_stripes = 4;
  Open(options);
  vacuum_->Start();
  Run(/*commits=*/20'000, /*with_passes=*/false);
  ExpectClean();
}

TEST_F(VacuumStress, SnapshotsReadWhatTheyShouldWhileCommittersAndPassesPrune) {
  Options options;
  options.vacuum_backlog_max = 1;
  options.latch_stripes = 4;
  Open(options);
  Run(/*commits=*/20'000, /*with_passes=*/true);
  EXPECT_GT(store_->counters.vacuum_assists.load(), 0u);
  ExpectClean();
}

TEST_F(VacuumStress, SharesAloneKeepUp) {
  Options options;
  options.vacuum_backlog_max = 100;
  Open(options);
  Run(/*commits=*/20'000, /*with_passes=*/false);
  EXPECT_LE(vacuum_->queued(), 1000u);
  ExpectClean();
}

TEST_F(VacuumStress, SnapshotsOfThePastAreWholeOrRefused) {
  Close();
  Options options;
  options.history_retention = absl::Milliseconds(3);
  options.latch_stripes = 4;
  Open(options);
  vacuum_->Start();
  std::atomic<bool> stop{false};
  std::atomic<int> taken{0};
  std::thread reader([&] {
    std::mt19937_64 random(7);
    while (!stop) {
      const uint64_t clock = store_->sequencer.Clock();
      const uint64_t past = clock - std::min<uint64_t>(clock - 1, random() % 2000);
      if (const std::optional<Registration> snapshot = SnapshotAt(past)) {
        CheckAllAt(past);
        ++taken;
        End(*snapshot);
      }
    }
  });
  Run(/*commits=*/20'000, /*with_passes=*/false);
  stop = true;
  reader.join();
  EXPECT_GT(taken.load(), 0);
  // A pass has seen the last commit; another notes that it is history; and then that is over.
  vacuum_->RunOnce();
  SkipTime(options.history_retention);
  vacuum_->RunOnce();
  SkipTime(options.history_retention);
  ExpectClean();
}

// EXPIRY-EXACT: what was due a moment ago may have been written since.
TEST_F(VacuumStress, KeysThatAreWrittenWhileTheyExpireAreNotRemoved) {
  std::atomic<bool> stop{false};
  std::thread expirer([&] {
    while (!stop) vacuum_->RunOnce();
  });
  std::vector<std::thread> writers;
  for (int w = 0; w < 2; ++w) {
    writers.emplace_back([&, w] {
      for (int i = 0; i < 30'000; ++i) {
        const std::string key = "k" + std::to_string(w) + std::to_string(i % 64);
        Put(key, "due", /*expiry=*/1 + i % 2);
        const uint64_t written = Put(key, "kept");
        ASSERT_EQ(Chain(key).front(), written);
      }
    });
  }
  for (std::thread& writer : writers) writer.join();
  stop = true;
  expirer.join();
  vacuum_->RunOnce();
  EXPECT_EQ(vacuum_->expiries(), 0u);
  for (int i = 0; i < 64; ++i) EXPECT_EQ(Chain("k0" + std::to_string(i)).size(), 1u);
}

TEST_F(VacuumStress, TreesAreTakenApartBesideEverythingElse) {
  Options options;
  options.vacuum_backlog_max = 50;
  Open(options);
  vacuum_->Start();
  std::mt19937_64 random(11);
  for (int round = 0; round < 60; ++round) {
    for (int i = 0; i < 300; ++i) {
      const std::string key = "k" + std::to_string(random() % 100);
      if (random() % 5 == 0 && HasRecord(key)) {
        base::EpochPin pin;
        const mvcc::Record* record = tree_->index.Find(key);
        if (record != nullptr && !record->head()->is_tombstone()) Delete(key);
      } else {
        Put(key, "v", random() % 3 == 0 ? absl::ToUnixMillis(absl::Now()) + 2 : mvcc::kNoExpiry);
      }
      vacuum_->Assist();
    }
    Flush();
  }
  while (store_->keyspaces.ListTrees().size() > 1) vacuum_->RunOnce();
  for (int i = 0; i < 2; ++i) vacuum_->RunOnce();
  EXPECT_EQ(vacuum_->trees_pending(), 0u);
  EXPECT_EQ(store_->counters.memory_bytes.Sum(), 0);
}

}  // namespace
}  // namespace nacre::vacuum
