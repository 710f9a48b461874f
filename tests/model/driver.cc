#include "tests/model/driver.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace nacre::model {
namespace {}  // namespace

Driver::Driver(const DriverOptions& options) : options_(options), random_(options.seed) {
  Options database_options;
  database_options.vacuum_thread = options.vacuum_thread;
  // Enough stripes that two keys seldom share one.
  database_options.latch_stripes = 1 << 16;
  database_options.time_source = [this] { return Time(now_ms_.load()); };
  database_ = *Database::Open(database_options);
  keyspaces_ = {Keyspace(), *database_->OpenKeyspace("one"), *database_->OpenKeyspace("two")};
  reference_ = std::make_unique<Reference>(static_cast<uint32_t>(keyspaces_.size()));
  // A transaction that begins before any expiry was used takes its time at the first use of one.
  Applied(database_->Write([] {
    WriteBatch batch;
    batch.Put("a", "", {.expiry = absl::UnixEpoch()});
    return batch;
  }()),
          {{{0, "a"}, Entry{"", 0}}});
}

absl::Time Driver::Time(int64_t ms) const {
  return ms == kNoExpiry ? absl::InfiniteFuture() : absl::FromUnixMillis(ms);
}

void Driver::Run() {
  for (int step = 0; step < options_.steps; ++step) {
    SCOPED_TRACE("NACRE_SEED=" + std::to_string(options_.seed) + ", step " + std::to_string(step));
    Step();
    if (::testing::Test::HasFailure()) break;
  }
  SCOPED_TRACE("NACRE_SEED=" + std::to_string(options_.seed) + ", at the end");
  Finish();
}

void Driver::Step() {
  const uint64_t dice = Random(100);
  if (dice < 10) {
    Begin();
  } else if (dice < 60) {
    if (OpenTransaction* open = RandomTransaction()) Operate(*open);
  } else if (dice < 70) {
    if (!transactions_.empty()) End(Random(transactions_.size()));
  } else if (dice < 80) {
    UseSnapshot();
  } else if (dice < 83) {
    StepIterator();
  } else if (dice < 86) {
    ReadNewest();
  } else if (dice < 89) {
    WriteABatch();
  } else if (dice < 91) {
    ModifyOne();
  } else if (dice < 93) {
    RunLocked();
  } else if (dice < 94) {
    RunTransact();
  } else if (dice < 95) {
    if (OneIn(4)) ChangeKeyspace();
  } else if (dice < 97) {
    PassTime();
  } else {
    Vacuum();
  }
}

// Few keys, so that transactions meet; among them the empty one and prefixes of each other.
std::string Driver::RandomKey() {
  static const std::vector<std::string> keys = {
      "",   "a", "aa",    "aaa", "ab",   "b",       std::string("b\0", 2), "b\x01", "c", "ca",
      "cb", "d", "d\xff", "da",  "\xff", "\xff\xff"};
  return keys[Random(keys.size())];
}

std::string Driver::NewValue() {
  std::string value = "v" + std::to_string(++values_made_);
  if (OneIn(8)) value.append(Random(300), 'x');
  if (OneIn(20)) value.clear();
  return value;
}

int64_t Driver::RandomExpiry() {
  if (!OneIn(4)) return kNoExpiry;
  return now_ms_.load() + static_cast<int64_t>(Random(60)) - 5;
}

Range Driver::RandomRange() {
  Range range;
  range_start_ = RandomKey();
  range_end_ = RandomKey();
  if (range_end_ < range_start_ && !OneIn(8)) std::swap(range_start_, range_end_);
  switch (Random(3)) {
    case 0: range.start = Bound::Inclusive(range_start_); break;
    case 1: range.start = Bound::Exclusive(range_start_); break;
    default: break;
  }
  switch (Random(3)) {
    case 0: range.end = Bound::Inclusive(range_end_); break;
    case 1: range.end = Bound::Exclusive(range_end_); break;
    default: break;
  }
  if (OneIn(4)) {
    range_prefix_ = RandomKey();
    range.prefix = range_prefix_;
  }
  range.reverse = OneIn(2);
  if (OneIn(3)) range.limit = Random(5);
  if (OneIn(5)) range.offset = Random(3);
  return range;
}

Driver::OpenTransaction* Driver::RandomTransaction() {
  return transactions_.empty() ? nullptr : &transactions_[Random(transactions_.size())];
}

Driver::HeldSnapshot* Driver::RandomSnapshot() {
  return snapshots_.empty() ? nullptr : &snapshots_[Random(snapshots_.size())];
}

std::optional<Entry> Driver::NewestLive(uint32_t keyspace, const std::string& key) {
  const Contents& contents = reference_->Newest(keyspace);
  auto entry = contents.find(key);
  if (entry == contents.end() || !entry->second.LiveAt(now_ms_)) return std::nullopt;
  return entry->second;
}

void Driver::Applied(absl::StatusOr<Timestamp> timestamp, const Writes& writes) {
  ASSERT_TRUE(timestamp.ok()) << timestamp.status();
  if (writes.empty()) return;
  const uint64_t at = ToInteger(*timestamp);
  if (at <= reference_->newest_timestamp()) {
    // Then nothing can have changed: deletions of absent keys.
    for (const auto& [place, entry] : writes) {
      EXPECT_FALSE(entry.has_value()) << "a write got the old timestamp " << at;
      EXPECT_EQ(reference_->Newest(place.first).count(place.second), 0u) << place.second;
    }
    return;
  }
  reference_->Commit(at, writes);
  ++commits_;
}

bool Driver::HasRecord(const Place& place) const {
  return !database_->DumpKey(place.second, keyspaces_[place.first]).empty();
}

bool Driver::AllHaveRecords(const ReferenceTransaction& transaction) const {
  bool all = true;
  transaction.ForEachWrittenOrLocked([&](const Place& place) { all = all && HasRecord(place); });
  return all;
}

void Driver::WriteABatch() {
  WriteBatch batch;
  Writes writes;
  for (uint64_t i = 0, count = 1 + Random(5); i < count; ++i) {
    const uint32_t keyspace = RandomKeyspace();
    const std::string key = RandomKey();
    if (OneIn(3)) {
      batch.Delete(key, keyspaces_[keyspace]);
      writes[{keyspace, key}] = std::nullopt;
    } else {
      const Entry entry{NewValue(), RandomExpiry()};
      batch.Put(key, entry.value, {.expiry = Time(entry.expiry_ms)}, keyspaces_[keyspace]);
      writes[{keyspace, key}] = entry;
    }
  }
  Applied(database_->Write(batch), writes);
}

void Driver::ModifyOne() {
  const uint32_t keyspace = RandomKeyspace();
  const std::string key = RandomKey();
  Writes writes;
  int runs = 0;
  auto timestamp = database_->Modify(
      key,
      [&](std::optional<std::string_view> value) {
        ++runs;
        const std::optional<Entry> expected = NewestLive(keyspace, key);
        EXPECT_EQ(value.has_value(), expected.has_value()) << key;
        if (value && expected) {
          EXPECT_EQ(*value, expected->value);
        }
        switch (Random(3)) {
          case 0: return Modification::Keep();
          case 1: writes[{keyspace, key}] = std::nullopt; return Modification::Delete();
          default: break;
        }
        Entry entry{NewValue(), RandomExpiry()};
        PutOptions options{.expiry = Time(entry.expiry_ms), .keep_expiry = OneIn(4)};
        if (options.keep_expiry) entry.expiry_ms = expected ? expected->expiry_ms : kNoExpiry;
        writes[{keyspace, key}] = entry;
        return Modification::Put(entry.value, options);
      },
      keyspaces_[keyspace]);
  EXPECT_EQ(runs, 1);
  Applied(timestamp, writes);
}

void Driver::RunLocked() {
  const Place place{RandomKeyspace(), RandomKey()};
  const Place watched_place{RandomKeyspace(), RandomKey()};
  const Database::LockedKey key{keyspaces_[place.first], place.second};
  std::vector<Database::WatchedKey> watched;
  Written changed = Written::kNo;
  HeldSnapshot* since = RandomSnapshot();
  if (since != nullptr && OneIn(2)) {
    watched.push_back({keyspaces_[watched_place.first], watched_place.second, &since->engine});
    changed = reference_->WrittenIn(watched_place, since->timestamp);
    const Contents& then = reference_->At(since->timestamp, watched_place.first);
    auto entry = then.find(watched_place.second);
    const bool expired = entry != then.end() && !entry->second.LiveAt(now_ms_);
    // Expiry and the replacement of a keyspace have rules of their own, which unit tests check.
    if (expired || reference_->ReplacedIn(watched_place.first, since->timestamp)) {
      changed = Written::kMaybe;
    }
  }
  const bool without_record = !HasRecord(watched_place);
  Writes writes;
  bool ran = false;
  const Entry entry{NewValue(), kNoExpiry};
  auto timestamp = database_->TransactLocked(
      {&key, 1},
      [&](Transaction& transaction) -> absl::Status {
        ran = true;
        if (absl::Status status = transaction.Use(key.keyspace); !status.ok()) return status;
        auto value = transaction.Get(key.key);
        if (!value.ok()) return value.status();
        const std::optional<Entry> expected = NewestLive(place.first, place.second);
        EXPECT_EQ(value->has_value(), expected.has_value()) << place.second;
        if (*value && expected) {
          EXPECT_EQ(**value, expected->value);
        }
        writes[place] = entry;
        return transaction.Put(key.key, entry.value);
      },
      watched);
  if (!ran) {
    EXPECT_TRUE(absl::IsAborted(timestamp.status())) << timestamp.status();
    EXPECT_TRUE(changed != Written::kNo || without_record)
        << "the watched key " << watched_place.second << " did not change";
    ++conflicts_;
    return;
  }
  EXPECT_NE(changed, Written::kYes) << "the watched key " << watched_place.second << " changed";
  Applied(timestamp, writes);
}

void Driver::RunTransact() {
  Writes writes;
  TransactOptions options;
  if (options_.serializable && OneIn(2)) options.transaction.isolation = Isolation::kSerializable;
  if (OneIn(3)) options.exclusive_from_attempt = 1;
  auto timestamp = database_->Transact(
      [&](Transaction& transaction) -> absl::Status {
        ReferenceTransaction reference(*reference_, options.transaction.isolation,
                                       ToInteger(transaction.read_timestamp()), now_ms_);
        const std::string from = RandomKey();
        const std::string to = RandomKey();
        auto value = transaction.Get(from);
        if (!value.ok()) return value.status();
        const std::optional<Entry> expected = reference.Get(from);
        EXPECT_EQ(value->has_value(), expected.has_value()) << from;
        const std::string copied(value->value_or("absent"));
        reference.Put(to, copied, kNoExpiry, false);
        writes = reference.writes();
        return transaction.Put(to, copied);
      },
      options);
  Applied(timestamp, writes);
}

void Driver::ChangeKeyspace() {
  const uint32_t a = RandomKeyspace();
  const uint32_t b = RandomKeyspace();
  absl::StatusOr<Timestamp> timestamp;
  switch (Random(4)) {
    case 0:
      timestamp = database_->FlushAllKeyspaces();
      if (timestamp.ok()) reference_->FlushAll(ToInteger(*timestamp));
      break;
    case 1:
      timestamp = database_->FlushKeyspace(keyspaces_[a]);
      if (timestamp.ok()) reference_->Flush(ToInteger(*timestamp), a);
      break;
    default:
      if (a == b) return;
      timestamp = database_->SwapKeyspaces(keyspaces_[a], keyspaces_[b]);
      if (timestamp.ok()) reference_->Swap(ToInteger(*timestamp), a, b);
      break;
  }
  EXPECT_TRUE(timestamp.ok()) << timestamp.status();
}

void Driver::PassTime() { now_ms_ += static_cast<int64_t>(1 + Random(20)); }

uint64_t Driver::OldestTimestamp() const {
  uint64_t oldest = reference_->newest_timestamp();
  for (const OpenTransaction& open : transactions_) {
    oldest = std::min(oldest, open.reference->read_timestamp());
  }
  for (const HeldSnapshot& held : snapshots_) oldest = std::min(oldest, held.timestamp);
  return oldest;
}

void Driver::Vacuum() {
  reference_->Forget(OldestTimestamp());
  if (options_.vacuum_thread) return;
  database_->RunVacuumOnce();
  CheckChains();
}

// At most the newest version, one for each timestamp that somebody reads at, and one superseded
// tombstone that waits for something below it to go.
void Driver::CheckChains() {
  if (!iterators_.empty()) return;  // Their snapshots may be gone from the list.
  std::set<uint64_t> timestamps;
  for (const OpenTransaction& open : transactions_) {
    timestamps.insert(open.reference->read_timestamp());
  }
  for (const HeldSnapshot& held : snapshots_) timestamps.insert(held.timestamp);
  for (uint32_t keyspace = 0; keyspace < keyspaces_.size(); ++keyspace) {
    const std::string key = RandomKey();
    const std::vector<VersionInfo> chain = database_->DumpKey(key, keyspaces_[keyspace]);
    EXPECT_LE(chain.size(), timestamps.size() + 2) << nacre::ToString(chain);
  }
}

void Driver::Finish() {
  for (OpenTransaction& open : transactions_) open.engine->Rollback();
  transactions_.clear();
  iterators_.clear();
  snapshots_.clear();
  const absl::Status verified = database_->Verify();
  EXPECT_TRUE(verified.ok()) << verified;
  // Everything still live, behind time: then what expired is gone too.
  for (int pass = 0; pass < 64 && (database_->RunVacuumOnce() > 0 || pass < 4); ++pass) {
  }
  uint64_t keys = 0;
  for (uint32_t keyspace = 0; keyspace < keyspaces_.size(); ++keyspace) {
    Contents live = reference_->Newest(keyspace);
    std::erase_if(live, [&](const auto& item) { return !item.second.LiveAt(now_ms_); });
    keys += live.size();
    Items found;
    const absl::Status status = database_->GetSnapshot().Scan(
        Range::All(),
        [&](std::string_view key, std::string_view value) {
          found.emplace_back(key, value);
          return true;
        },
        keyspaces_[keyspace]);
    EXPECT_TRUE(status.ok()) << status;
    EXPECT_EQ(found, Select(live, Range::All(), now_ms_));
    EXPECT_EQ(*database_->KeyCount(keyspaces_[keyspace]), live.size());
    for (const auto& [key, entry] : live) {
      EXPECT_EQ(database_->DumpKey(key, keyspaces_[keyspace]).size(), 1u) << key;
    }
  }
  const Stats stats = database_->GetStats();
  EXPECT_EQ(stats.keys, keys);
  EXPECT_EQ(stats.versions_queued, 0u);
  EXPECT_EQ(stats.versions_parked, 0u);
  EXPECT_EQ(stats.active_snapshots, 0u);
  const absl::Status quiet = database_->Verify();
  EXPECT_TRUE(quiet.ok()) << quiet;
  std::printf("%llu commits, %llu conflicts\n", static_cast<unsigned long long>(commits_),
              static_cast<unsigned long long>(conflicts_));
}

}  // namespace nacre::model
