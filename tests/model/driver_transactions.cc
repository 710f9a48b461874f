// The part of the driver that reads and writes in open transactions and snapshots.

#include <gtest/gtest.h>

#include "tests/model/driver.h"

namespace nacre::model {
namespace {

constexpr size_t kTransactionsMax = 8;
constexpr size_t kSnapshotsMax = 5;
constexpr size_t kIteratorsMax = 3;

// A visitor of a scan that collects, and says stop behind the n-th item.
class Collect {
 public:
  explicit Collect(size_t stop_after) : stop_after_(stop_after) {}
  bool operator()(std::string_view key, std::string_view value) {
    items.emplace_back(key, value);
    return items.size() < stop_after_;
  }
  Items items;

 private:
  const size_t stop_after_;
};

std::string Text(const std::optional<Entry>& entry) { return entry ? entry->value : "nil"; }
std::string Text(const std::optional<std::string_view>& value) {
  return value ? std::string(*value) : "nil";
}

}  // namespace

void Driver::Begin() {
  if (transactions_.size() >= kTransactionsMax) return;
  TransactionOptions options;
  if (options_.serializable && OneIn(2)) options.isolation = Isolation::kSerializable;
  options.read_only = OneIn(6);
  const uint32_t keyspace = RandomKeyspace();
  options.keyspace = keyspaces_[keyspace];
  OpenTransaction open;
  open.engine = std::make_unique<Transaction>(database_->Begin(options));
  open.read_only = options.read_only;
  const uint64_t timestamp = ToInteger(open.engine->read_timestamp());
  EXPECT_GE(timestamp, reference_->newest_timestamp()) << "a commit that had returned is not seen";
  open.reference = std::make_unique<ReferenceTransaction>(*reference_, options.isolation, timestamp,
                                                          now_ms_.load());
  open.reference->Use(keyspace);
  transactions_.push_back(std::move(open));
}

void Driver::Operate(OpenTransaction& open) {
  if (open.conflicted) return;
  if (OneIn(10)) {
    const uint32_t keyspace = RandomKeyspace();
    const absl::Status status = open.engine->Use(keyspaces_[keyspace]);
    EXPECT_TRUE(status.ok()) << status;
    open.reference->Use(keyspace);
  }
  switch (Random(10)) {
    case 0:
    case 1: Read(open); break;
    case 2: ReadMany(open); break;
    case 3: Scan(open); break;
    case 4: Iterate(open); break;
    case 5: ReadForUpdate(open); break;
    case 6: Save(open); break;
    case 7: AskChangedSince(open); break;
    default: Write(open); break;
  }
}

void Driver::Read(OpenTransaction& open) {
  const std::string key = RandomKey();
  const std::optional<Entry> expected = open.reference->Get(key);
  switch (Random(3)) {
    case 0: {
      const auto present = open.engine->Exists(key);
      ASSERT_TRUE(present.ok()) << present.status();
      EXPECT_EQ(*present, expected.has_value()) << key;
      break;
    }
    case 1: {
      const auto info = open.engine->GetInfo(key);
      ASSERT_TRUE(info.ok()) << info.status();
      ASSERT_EQ(info->has_value(), expected.has_value()) << key;
      if (!expected) break;
      EXPECT_EQ((*info)->value_bytes, expected->value.size());
      EXPECT_EQ((*info)->expiry, Time(expected->expiry_ms));
      break;
    }
    default: {
      const auto value = open.engine->Get(key);
      ASSERT_TRUE(value.ok()) << value.status();
      EXPECT_EQ(Text(*value), Text(expected)) << key;
      if (*value) open.views.emplace_back(**value, std::string(**value));
    }
  }
}

void Driver::ReadMany(OpenTransaction& open) {
  std::vector<std::string> keys;
  for (uint64_t i = 0, count = Random(5); i < count; ++i) keys.push_back(RandomKey());
  const std::vector<std::string_view> asked(keys.begin(), keys.end());
  std::vector<std::optional<std::string_view>> values(keys.size());
  const absl::Status status = open.engine->MultiGet(asked, absl::MakeSpan(values));
  ASSERT_TRUE(status.ok()) << status;
  for (size_t i = 0; i < keys.size(); ++i) {
    EXPECT_EQ(Text(values[i]), Text(open.reference->Get(keys[i]))) << keys[i];
  }
}

void Driver::ReadForUpdate(OpenTransaction& open) {
  const std::string key = RandomKey();
  const auto value = open.engine->GetForUpdate(key);
  if (open.read_only) {
    EXPECT_TRUE(absl::IsFailedPrecondition(value.status())) << value.status();
    return;
  }
  const Written changed = open.reference->ChangedForMe(key, now_ms_);
  const std::optional<Entry> expected = open.reference->GetForUpdate(key);
  if (!value.ok()) {
    ASSERT_TRUE(absl::IsAborted(value.status())) << value.status();
    const bool replaced =
        reference_->ReplacedIn(open.reference->keyspace(), open.reference->read_timestamp());
    EXPECT_TRUE(changed != Written::kNo || replaced) << key << " did not change";
    open.conflicted = true;
    return;
  }
  EXPECT_EQ(Text(*value), Text(expected)) << key;
}

void Driver::Scan(OpenTransaction& open) {
  const Range range = RandomRange();
  if (OneIn(3)) {
    const auto count = open.engine->Count(range);
    ASSERT_TRUE(count.ok()) << count.status();
    EXPECT_EQ(*count, open.reference->Count(range));
    return;
  }
  const size_t stop_after = OneIn(4) ? 1 + Random(3) : SIZE_MAX;
  Collect collect(stop_after);
  const absl::Status status = open.engine->Scan(range, std::ref(collect));
  ASSERT_TRUE(status.ok()) << status;
  EXPECT_EQ(collect.items, open.reference->Scan(range, stop_after));
}

void Driver::Iterate(OpenTransaction& open) {
  Range range = RandomRange();
  range.reverse = false;
  range.offset = 0;
  range.limit = Range::kNoLimit;
  const Items items = open.reference->Iterate(range);
  Iterator iterator = open.engine->NewIterator(range);
  EXPECT_FALSE(iterator.Valid());
  auto position = static_cast<int64_t>(items.size());
  const std::string key = RandomKey();
  const auto at_or_after = [&] {
    return std::find_if(items.begin(), items.end(),
                        [&](const auto& item) { return item.first >= key; }) -
           items.begin();
  };
  switch (Random(4)) {
    case 0:
      iterator.SeekToFirst();
      position = 0;
      break;
    case 1:
      iterator.SeekToLast();
      position = static_cast<int64_t>(items.size()) - 1;
      break;
    case 2:
      iterator.Seek(key);
      position = at_or_after();
      break;
    default: {
      iterator.SeekForPrev(key);
      position = at_or_after();
      const bool exact = position < static_cast<int64_t>(items.size()) &&
                         items[static_cast<size_t>(position)].first == key;
      if (!exact) --position;
    }
  }
  for (uint64_t moves = Random(6);; --moves) {
    const bool valid = position >= 0 && position < static_cast<int64_t>(items.size());
    ASSERT_EQ(iterator.Valid(), valid) << "at " << position << " of " << items.size();
    ASSERT_TRUE(iterator.status().ok()) << iterator.status();
    if (!valid) return;
    EXPECT_EQ(iterator.key(), items[static_cast<size_t>(position)].first);
    EXPECT_EQ(iterator.value(), items[static_cast<size_t>(position)].second);
    if (moves == 0) return;
    if (OneIn(2)) {
      iterator.Next();
      ++position;
    } else {
      iterator.Prev();
      --position;
    }
  }
}

void Driver::Write(OpenTransaction& open) {
  const std::string key = RandomKey();
  const std::string value = NewValue();
  const int64_t expiry_ms = RandomExpiry();
  const bool keep_expiry = OneIn(6);
  const bool deletes = OneIn(3);
  const absl::Status status =
      deletes
          ? open.engine->Delete(key)
          : open.engine->Put(key, value, {.expiry = Time(expiry_ms), .keep_expiry = keep_expiry});
  if (open.read_only) {
    EXPECT_TRUE(absl::IsFailedPrecondition(status)) << status;
    return;
  }
  ASSERT_TRUE(status.ok()) << status;
  if (deletes) {
    open.reference->Delete(key);
  } else {
    open.reference->Put(key, value, expiry_ms, keep_expiry);
  }
}

void Driver::Save(OpenTransaction& open) {
  if (open.read_only) return;
  if (open.savepoints.empty() || OneIn(2)) {
    open.savepoints.emplace_back(open.engine->SetSavepoint(), open.reference->SetSavepoint());
    return;
  }
  const size_t index = Random(open.savepoints.size());
  const absl::Status status = open.engine->RollbackTo(open.savepoints[index].first);
  ASSERT_TRUE(status.ok()) << status;
  open.reference->RollbackTo(open.savepoints[index].second);
  open.savepoints.resize(index + 1);
  // A view of an own write that was taken back is gone with it.
  open.views.clear();
}

void Driver::AskChangedSince(OpenTransaction& open) {
  HeldSnapshot* since = RandomSnapshot();
  if (since == nullptr || since->timestamp > open.reference->read_timestamp()) return;
  const std::string key = RandomKey();
  const bool had_record = HasRecord({open.reference->keyspace(), key});
  const auto changed = open.engine->ChangedSince(key, since->engine);
  ASSERT_TRUE(changed.ok()) << changed.status();
  // The answer depends on what is committed: a read, also of a key that was written here.
  open.reference->NoteCommittedRead(key);
  const Place place{open.reference->keyspace(), key};
  const uint64_t up_to = open.reference->read_timestamp();
  // Expiry and the replacement of a keyspace have rules of their own, which unit tests check.
  const Contents& then = reference_->At(since->timestamp, place.first);
  auto entry = then.find(key);
  if (entry != then.end() && !entry->second.LiveAt(now_ms_)) return;
  if (reference_->ReplacedIn(place.first, since->timestamp)) return;
  // What came and went behind up_to may be remembered by the floor of the stripe, and nothing else
  // of it.
  const Written ever = reference_->WrittenIn(place, since->timestamp);
  if (ever == Written::kNo && had_record) {
    EXPECT_FALSE(*changed) << key;
  }
  if (reference_->WrittenIn(place, since->timestamp, up_to) == Written::kYes) {
    EXPECT_TRUE(*changed) << key;
  }
}

void Driver::End(size_t index) {
  OpenTransaction& open = transactions_[index];
  for (const auto& [view, copy] : open.views) EXPECT_EQ(view, copy) << "a view changed";
  if (OneIn(6)) {
    open.engine->Rollback();
    EXPECT_FALSE(open.engine->active());
  } else {
    Commit(open);
  }
  transactions_.erase(transactions_.begin() + static_cast<ptrdiff_t>(index));
}

void Driver::Commit(OpenTransaction& open) {
  using Outcome = ReferenceTransaction::Outcome;
  Outcome predicted = open.conflicted ? Outcome::kConflicts : open.reference->Predict(now_ms_);
  if (predicted == Outcome::kCommits && !AllHaveRecords(*open.reference)) {
    predicted = Outcome::kEither;
  }
  const auto timestamp = open.engine->Commit();
  EXPECT_FALSE(open.engine->active());
  if (!timestamp.ok()) {
    EXPECT_TRUE(absl::IsAborted(timestamp.status())) << timestamp.status();
    EXPECT_NE(predicted, Outcome::kCommits)
        << timestamp.status() << ", without need: " << open.reference->Describe();
    ++conflicts_;
    return;
  }
  EXPECT_NE(predicted, Outcome::kConflicts)
      << "a conflict was missed: " << open.reference->Describe();
  if (open.reference->writes().empty()) {
    EXPECT_EQ(ToInteger(*timestamp), open.reference->read_timestamp());
  }
  Applied(timestamp, open.reference->writes());
}

void Driver::UseSnapshot() {
  if (snapshots_.size() < kSnapshotsMax && OneIn(3)) {
    if (!snapshots_.empty() && OneIn(3)) {
      snapshots_.push_back(snapshots_[Random(snapshots_.size())]);
      return;
    }
    Snapshot snapshot = database_->GetSnapshot();
    const uint64_t timestamp = ToInteger(snapshot.read_timestamp());
    EXPECT_GE(timestamp, reference_->newest_timestamp());
    snapshots_.push_back({std::move(snapshot), timestamp, now_ms_.load()});
    return;
  }
  if (snapshots_.empty()) return;
  const size_t index = Random(snapshots_.size());
  if (OneIn(8)) {
    snapshots_.erase(snapshots_.begin() + static_cast<ptrdiff_t>(index));
    return;
  }
  ReadSnapshot(snapshots_[index]);
}

void Driver::ReadSnapshot(const HeldSnapshot& held) {
  const uint32_t keyspace = RandomKeyspace();
  const Contents& contents = reference_->At(held.timestamp, keyspace);
  const Range range = RandomRange();
  switch (Random(4)) {
    case 0: {
      const std::string key = RandomKey();
      const auto value = held.engine.Get(key, keyspaces_[keyspace]);
      ASSERT_TRUE(value.ok()) << value.status();
      auto entry = contents.find(key);
      const bool live = entry != contents.end() && entry->second.LiveAt(held.now_ms);
      EXPECT_EQ(value->value_or("nil"), live ? entry->second.value : "nil") << key;
      break;
    }
    case 1: {
      Collect collect(SIZE_MAX);
      const absl::Status status = held.engine.Scan(range, std::ref(collect), keyspaces_[keyspace]);
      ASSERT_TRUE(status.ok()) << status;
      EXPECT_EQ(collect.items, Select(contents, range, held.now_ms));
      break;
    }
    case 2: {
      const auto count = held.engine.Count(range, keyspaces_[keyspace]);
      ASSERT_TRUE(count.ok()) << count.status();
      EXPECT_EQ(*count, Select(contents, range, held.now_ms).size());
      break;
    }
    default: {
      if (iterators_.size() >= kIteratorsMax) iterators_.erase(iterators_.begin());
      Iterator iterator = held.engine.NewIterator({}, keyspaces_[keyspace]);
      iterators_.push_back(
          {std::move(iterator), Select(contents, Range::All(), held.now_ms), /*position=*/-1});
    }
  }
}

// An iterator rests between its steps while everything else goes on.
void Driver::StepIterator() {
  if (iterators_.empty()) return;
  HeldIterator& held = iterators_[Random(iterators_.size())];
  const auto size = static_cast<int64_t>(held.items.size());
  if (held.position < 0 || held.position >= size) {
    held.engine.SeekToFirst();
    held.position = 0;
  } else if (OneIn(4)) {
    held.engine.Prev();
    --held.position;
  } else {
    held.engine.Next();
    ++held.position;
  }
  const bool valid = held.position >= 0 && held.position < size;
  ASSERT_EQ(held.engine.Valid(), valid);
  if (!valid) return;
  EXPECT_EQ(held.engine.key(), held.items[static_cast<size_t>(held.position)].first);
  EXPECT_EQ(held.engine.value(), held.items[static_cast<size_t>(held.position)].second);
}

void Driver::ReadNewest() {
  const uint32_t keyspace = RandomKeyspace();
  const std::string key = RandomKey();
  int visits = 0;
  const absl::Status status = database_->ReadLatest(
      key,
      [&](std::optional<std::string_view> value, absl::Time expiry) {
        ++visits;
        const std::optional<Entry> expected = NewestLive(keyspace, key);
        EXPECT_EQ(Text(value), Text(expected)) << key;
        if (expected) {
          EXPECT_EQ(expiry, Time(expected->expiry_ms));
        }
      },
      keyspaces_[keyspace]);
  EXPECT_TRUE(status.ok()) << status;
  EXPECT_EQ(visits, 1);
}

}  // namespace nacre::model
