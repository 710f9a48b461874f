#ifndef NACRE_TESTS_UNIT_VACUUM_FIXTURE_H_
#define NACRE_TESTS_UNIT_VACUUM_FIXTURE_H_

// What the tests of the vacuum share: a store with one tree, commits of one key made by hand
// exactly as a transaction makes them, and a walk at the end that compares chains with entries.

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/types/span.h"
#include "engine/base/epoch.h"
#include "engine/mvcc/record.h"
#include "engine/mvcc/version.h"
#include "engine/mvcc/visibility.h"
#include "engine/txn/expire.h"
#include "engine/txn/store.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "vacuum/tree_reaper.h"
#include "vacuum/vacuum.h"

namespace nacre::vacuum {

using Registration = txn::SnapshotRegistry::Registration;

// For Tuning::in_scan: the first scan stands still there until it is told to go on.
class StandingScan {
 public:
  void operator()() {
    if (!is_first_.exchange(false)) return;
    stands_ = true;
    stands_.notify_all();
    goes_on_.wait(false);
  }
  void AwaitStand() const { stands_.wait(false); }
  void GoOn() {
    goes_on_ = true;
    goes_on_.notify_all();
  }

 private:
  std::atomic<bool> is_first_{true};
  std::atomic<bool> stands_{false};
  std::atomic<bool> goes_on_{false};
};

class VacuumFixture : public ::testing::Test {
 protected:
  void SetUp() override { Open({}); }

  void Open(const Options& options) {
    Close();
    store_ = std::make_unique<txn::Store>(options);
    vacuum_ = std::make_unique<Vacuum>(*store_, tuning_);
    store_->garbage = vacuum_.get();
    tree_ = store_->keyspaces.NewTree();
    keyspace_ = store_->keyspaces.AddName("").value();
    generation_ = new txn::Generation(tree_);
    base::MutexLock sequencer(store_->sequencer.mutex());
    const uint64_t timestamp = store_->sequencer.Clock() + 1;
    store_->keyspaces.Push(keyspace_, generation_, timestamp);
    store_->sequencer.Publish(timestamp);
  }

  void TearDown() override { Close(); }

  void Close() {
    if (store_ == nullptr) return;
    VerifyWhole();
    vacuum_->Stop();
    for (txn::Tree* tree : store_->keyspaces.ListTrees()) FreeTreeNow(*tree);
    vacuum_.reset();
    store_.reset();
  }

  // --- Commits of one key. nullopt: a tombstone. Returns the commit timestamp. ---

  uint64_t Put(std::string_view key, std::string_view value,
               mvcc::ExpiryMs expiry = mvcc::kNoExpiry) {
    return Commit(*tree_, key, mvcc::Version::NewBytes(value, expiry));
  }
  uint64_t Delete(std::string_view key) {
    return Commit(*tree_, key, mvcc::Version::NewTombstone());
  }

  uint64_t Commit(txn::Tree& tree, std::string_view key, mvcc::Version* version) {
    std::vector<txn::Garbage> garbage;
    uint64_t timestamp;
    {
      base::EpochPin pin;
      txn::Stripe& stripe = StripeOf(tree.id, key);
      base::MutexLock latch(stripe.latch);
      timestamp = CommitLatched(tree, key, version, garbage);
    }
    if (!garbage.empty()) vacuum_->Accept(garbage);
    return timestamp;
  }

  uint64_t CommitLatched(txn::Tree& tree, std::string_view key, mvcc::Version* version,
                         std::vector<txn::Garbage>& garbage) {
    const auto make = [&] {
      return mvcc::Record::New(tree.id, key, *version, store_->options.inline_value_bytes_max);
    };
    mvcc::Record* record = tree.index.FindOrInsert(key, make).first;
    mvcc::Version* before = record->head();
    if (mvcc::Version* const copy = record->TryInline(*version); copy != nullptr) {
      mvcc::Version::Free(version);
      version = copy;
    }
    if (before == nullptr) {
      store_->counters.memory_bytes.Add(static_cast<int64_t>(record->memory_bytes()));
    }
    version->PrepareAsLeader();
    version->set_previous(before);
    record->set_head(version);
    uint64_t timestamp;
    {
      base::MutexLock sequencer(store_->sequencer.mutex());
      timestamp = store_->sequencer.Clock() + 1;
      version->Stamp(timestamp);
      store_->sequencer.Publish(timestamp);
    }
    store_->counters.memory_bytes.Add(static_cast<int64_t>(version->memory_bytes()));
    const auto expiry_of = [](const mvcc::Version* of) {
      return of == nullptr || of->is_tombstone() ? mvcc::kNoExpiry : of->expiry();
    };
    if (expiry_of(before) != expiry_of(version)) {
      vacuum_->ExpiryChanged(record, expiry_of(before), expiry_of(version));
    }
    if (before != nullptr && (!before->is_tombstone() || vacuum_->TakeTombstone(record, before))) {
      garbage.push_back({record, before, timestamp});
    }
    if (version->is_tombstone()) garbage.push_back({record, version, 0});
    return timestamp;
  }

  // Replaces the contents of the keyspace by a new tree, as a flush does.
  uint64_t Flush() {
    txn::Generation* before = generation_;
    tree_ = store_->keyspaces.NewTree();
    generation_ = new txn::Generation(tree_);
    uint64_t timestamp;
    {
      base::MutexLock changes(store_->keyspaces.changes_mutex());
      base::MutexLock sequencer(store_->sequencer.mutex());
      timestamp = store_->sequencer.Clock() + 1;
      store_->keyspaces.Push(keyspace_, generation_, timestamp);
      store_->sequencer.Publish(timestamp);
    }
    vacuum_->AcceptGeneration(keyspace_, before, timestamp);
    return timestamp;
  }

  // --- Promotion ---

  // No version stands in the block of its key, as if all were large.
  static Options NoneInline() {
    Options options;
    options.inline_value_bytes_max = 0;
    return options;
  }
  const mvcc::Version* HeadOf(std::string_view key) {
    base::EpochPin pin;
    return tree_->index.Find(key)->head();
  }
  int64_t Promoted() const { return store_->counters.versions_promoted.Sum(); }

  // --- Snapshots ---

  // Somebody looks at it as long as it lasts.
  using Holder = txn::SnapshotRegistry::Holder;
  Registration Snapshot(Holder holder = Holder::kSnapshot) {
    return store_->registry.Register(/*owner=*/0, holder).value();
  }
  void End(const Registration& snapshot) {
    store_->registry.Release(snapshot);
    vacuum_->SnapshotEnded();
  }
  // As GetSnapshotAt() does it; nullopt if the history is gone.
  std::optional<Registration> SnapshotAt(uint64_t timestamp) {
    Registration at = store_->registry.RegisterAt(timestamp, /*owner=*/0).value();
    if (timestamp < store_->retention_floor.load(std::memory_order_seq_cst)) {
      store_->registry.Release(at);
      return std::nullopt;
    }
    txn::SnapshotRegistry::Settle(at);
    return at;
  }

  // --- Reads ---

  // What a snapshot at `timestamp` reads; nullopt if the key is absent.
  std::optional<std::string> ReadAt(uint64_t timestamp, std::string_view key) {
    base::EpochPin pin;
    const mvcc::Record* record = tree_->index.Find(key);
    if (record == nullptr) return std::nullopt;
    const mvcc::Version* version = mvcc::FindVisible(*record, timestamp);
    if (version == nullptr || version->is_tombstone()) return std::nullopt;
    return std::string(version->value());
  }

  // Takes snapshots one after the other; what each has found stays as it was until it ends. For a
  // thread beside writers of keys that `key_of` makes of random numbers.
  void KeepWhatIsFoundUntil(const std::atomic<bool>& stop, uint64_t seed,
                            absl::FunctionRef<std::string(uint64_t)> key_of) {
    std::mt19937_64 random(seed);
    while (!stop) {
      const Registration snapshot = Snapshot();
      std::vector<std::pair<const mvcc::Version*, std::string>> seen;
      for (int n = 0; n < 20; ++n) {
        base::EpochPin pin;
        const mvcc::Record* record = tree_->index.Find(key_of(random()));
        if (record == nullptr) continue;
        const mvcc::Version* version = mvcc::FindVisible(*record, snapshot.read_timestamp);
        if (version == nullptr || version->is_tombstone()) continue;
        seen.emplace_back(version, version->value());
      }
      if (random() % 8 == 0) std::this_thread::sleep_for(std::chrono::milliseconds(2));
      for (const auto& [version, value] : seen) ASSERT_EQ(version->value(), value);
      End(snapshot);
    }
  }

  // Values of up to 40 bytes, all the same letter, and deletions; each commit does its share.
  void UpdateAndAssist(uint64_t seed, int updates, uint64_t one_deletion_in,
                       absl::FunctionRef<std::string(uint64_t)> key_of) {
    std::mt19937_64 random(seed);
    for (int n = 0; n < updates; ++n) {
      const std::string key = key_of(random());
      if (random() % one_deletion_in == 0) {
        Delete(key);
      } else {
        Put(key, std::string(random() % 40, static_cast<char>('a' + n % 26)));
      }
      vacuum_->Assist();
    }
  }

  // Commit timestamps, newest first.
  std::vector<uint64_t> Chain(std::string_view key) {
    base::EpochPin pin;
    std::vector<uint64_t> chain;
    const mvcc::Record* record = tree_->index.Find(key);
    if (record == nullptr) return chain;
    for (const mvcc::Version* version = record->head(); version != nullptr;
         version = version->previous()) {
      chain.push_back(version->commit_timestamp());
    }
    return chain;
  }
  bool HasRecord(std::string_view key) {
    base::EpochPin pin;
    return tree_->index.Find(key) != nullptr;
  }

  txn::Stripe& StripeOf(uint32_t tree_id, std::string_view key) {
    return store_->latches.at(store_->latches.IndexOf(tree_id, key));
  }
  uint64_t FloorOf(std::string_view key) {
    txn::Stripe& stripe = StripeOf(tree_->id, key);
    base::MutexLock latch(stripe.latch);
    return stripe.floor;
  }

  // Moves the steady clock that ages are measured by.
  void SkipTime(absl::Duration by) { skipped_ns_ += absl::ToInt64Nanoseconds(by); }

  // Nobody else works. Every version that is superseded, and every tombstone, has one entry; the
  // memory that is counted is the memory in chains.
  void VerifyWhole() {
    uint64_t with_entry = 0;
    int64_t bytes = 0;
    for (txn::Tree* tree : store_->keyspaces.ListTrees()) {
      base::EpochPin pin;
      std::vector<mvcc::Record*> records(100'000);
      records.resize(tree->index.CollectForward("", true, absl::MakeSpan(records)));
      for (const mvcc::Record* record : records) {
        bytes += static_cast<int64_t>(record->memory_bytes());
        uint64_t newer = UINT64_MAX;
        for (const mvcc::Version* version = record->head(); version != nullptr;
             version = version->previous()) {
          ASSERT_FALSE(version->unlinked());
          ASSERT_LT(version->commit_timestamp(), newer);
          if (newer != UINT64_MAX || version->is_tombstone()) ++with_entry;
          newer = version->commit_timestamp();
          bytes += static_cast<int64_t>(version->memory_bytes());
        }
      }
    }
    ASSERT_EQ(vacuum_->CountChainedEntries(), with_entry);
    ASSERT_EQ(store_->counters.memory_bytes.Sum(), bytes);
  }

  static int64_t RealNs() {
    return std::chrono::steady_clock::now().time_since_epoch() / std::chrono::nanoseconds(1);
  }

  std::atomic<int64_t> skipped_ns_{0};
  StandingScan first_scan_;
  // Changed before Open(). By default every snapshot lasts, and each transaction that a scan has
  // seen before, so that nothing depends on time.
  Tuning tuning_{.short_transaction = absl::ZeroDuration(),
                 .steady_ns = [this] { return RealNs() + skipped_ns_.load(); },
                 .after_pass = {},
                 .before_nap = {},
                 .before_sleep = {},
                 .in_scan = {}};
  std::unique_ptr<txn::Store> store_;
  std::unique_ptr<Vacuum> vacuum_;
  txn::Tree* tree_ = nullptr;
  txn::Generation* generation_ = nullptr;
  uint32_t keyspace_ = 0;
};

}  // namespace nacre::vacuum

#endif  // NACRE_TESTS_UNIT_VACUUM_FIXTURE_H_
