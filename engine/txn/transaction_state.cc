#include "engine/txn/transaction_state.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "engine/base/check.h"
#include "engine/base/epoch.h"
#include "engine/index/key_compare.h"
#include "engine/mvcc/visibility.h"
#include "engine/txn/prefetch.h"

namespace nacre::txn {

using Value = TransactionState::Value;

TransactionState::TransactionState(Store& store, const TransactionOptions& options)
    : TransactionState(store, options, IsSerializable(options), BegunView()) {
  if (serializable()) TrackReads();
  doomed_ = options.as_of
                ? BeginViewAt(store_, ToInteger(*options.as_of), options.owner, view_)
                : BeginView(store_, options.owner, view_, SnapshotRegistry::Holder::kTransaction);
  if (!doomed_.ok()) bits_ |= kHolds;
}

TransactionState::TransactionState(Store& store, const ReadView& view, uint64_t id)
    : store_(store),
      view_{view, store.expiry_used.load(std::memory_order_acquire)},
      bits_(kLocked | kHolds) {
  view_.registration.id = id;
}

void TransactionState::TakeBack(TransactionState* begun) {
  // No rollback, for those who count them.
  begun->End();
  delete begun;
}

void TransactionState::Destroy(TransactionState* state) {
  state->~TransactionState();
  base::SpareBlock<TransactionState>::Give(state);
}

void TransactionState::Finish() {
  if (!active()) return;
  if (held_) {
    NACRE_CHECK(held_->cursors.empty() || !locked(), "a lock-first transaction has no cursors");
    held_->writes.Clear();
  }
  if (reads_) reads_->Clear();
  if (generations_.size() <= 1 && doomed_.ok() && !(held_ && held_->has_memory())) {
    bits_ &= ~kHolds;
  }
  if (view_.registration.slot != nullptr) {
    End();
  } else {
    bits_ |= kEnded;
    plain_tree_ = nullptr;
  }
}

void TransactionState::Rollback() {
  if (!active()) return;
  store_.counters.rollbacks.Add(1);
  Finish();
}

absl::Status TransactionState::CheckActive() const {
  if (!active()) {
    return absl::FailedPreconditionError("the transaction is finished; begin another one");
  }
  return doomed_;
}

absl::Status TransactionState::CheckWritable() const {
  if (absl::Status status = CheckActive(); !status.ok()) return status;
  if (read_only()) return absl::FailedPreconditionError("the transaction is read-only");
  return absl::OkStatus();
}

absl::Status TransactionState::CheckKey(std::string_view key) const {
  if (key.size() <= store_.options.key_bytes_max) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat(
      "a key of ", key.size(), " bytes exceeds key_bytes_max, ", store_.options.key_bytes_max));
}

absl::Status TransactionState::CheckValue(std::string_view value) const {
  if (absl::Status status = CheckWritable(); !status.ok()) return status;
  return absl::InvalidArgumentError(absl::StrCat("a value of ", value.size(),
                                                 " bytes exceeds value_bytes_max, ",
                                                 store_.options.value_bytes_max));
}

inline bool TransactionState::MayBeWritten(std::string_view key, absl::Status& status) const {
  if (IsWritable() && key.size() <= store_.options.key_bytes_max) [[likely]]
    return true;
  status = CheckWritable();
  if (status.ok()) status = CheckKey(key);
  return false;
}

absl::Status TransactionState::NotDeclared(std::string_view key) const {
  return absl::FailedPreconditionError(
      absl::StrCat("key ", QuoteKey(key), " was not declared to TransactLocked()"));
}

// What a generation points to may be gone once the snapshot is too old; a pin and a check come
// before each use of it.
absl::StatusOr<GenerationUse> TransactionState::Resolve(uint32_t keyspace) {
  const auto none = [keyspace] {
    return absl::NotFoundError(
        absl::StrCat("there is no keyspace ", keyspace, " at the read timestamp"));
  };
  for (const GenerationUse& use : generations_) {
    if (use.keyspace != keyspace) continue;
    if (use.tree == nullptr) return none();
    return use;
  }
  base::EpochPin pin;
  const Generation* generation = store_.keyspaces.Find(keyspace, view_.read_timestamp);
  if (view_.IsTooOld()) return doomed_ = TooOldError();
  if (generation != nullptr) return Note(GenerationUse(keyspace, *generation));
  // To find none is a read. One that was dropped does not come back.
  if (serializable()) {
    const Generation* const newest = store_.keyspaces.Newest(keyspace);
    const bool was_dropped = newest != nullptr && newest->timestamp <= view_.read_timestamp;
    Note(GenerationUse::OfNone(keyspace, was_dropped ? newest : nullptr));
  }
  return none();
}

inline const GenerationUse& TransactionState::Note(const GenerationUse& use) {
  if (!generations_.empty()) bits_ |= kHolds;
  return generations_.emplace_back(use);
}

absl::Status TransactionState::Use(uint32_t keyspace) {
  if (absl::Status status = CheckActive(); !status.ok()) return status;
  if (keyspace == keyspace_ && current_.tree != nullptr) return absl::OkStatus();
  absl::StatusOr<GenerationUse> use = Resolve(keyspace);
  if (!use.ok()) return use.status();
  keyspace_ = keyspace;
  current_ = *use;
  plain_tree_ = nullptr;
  return absl::OkStatus();
}

inline bool TransactionState::FindCurrent() {
  if (!generations_.empty() || store_.snapshots_grow_old) return false;
  base::EpochPin pin;
  const Generation* generation = store_.keyspaces.Find(keyspace_, view_.read_timestamp);
  if (generation == nullptr) return false;
  Note(GenerationUse(keyspace_, *generation));
  // Not a copy of the other, which the processor could not load before its stores are done.
  current_ = GenerationUse(keyspace_, *generation);
  return true;
}

absl::Status TransactionState::ResolveCurrent() {
  return current_.tree != nullptr || FindCurrent() ? absl::OkStatus() : Use(keyspace_);
}

absl::StatusOr<std::optional<Value>> TransactionState::ReadCommitted(Tree* tree,
                                                                     std::string_view key,
                                                                     Tracking tracking) {
  base::EpochPin pin;
  if (store_.snapshots_grow_old && view_.IsTooOld()) return doomed_ = TooOldError();
  mvcc::Record* record = nullptr;
  const mvcc::Version* version = FindVersion(*tree, key, view_, &record);
  if (!NACRE_BUG(kCheckTooOldBeforeWalk) && view_.IsTooOld()) return doomed_ = TooOldError();
  if (!NoteRead(tree, key, record, version, tracking)) return std::nullopt;
  return ValueOf(*version);
}

bool TransactionState::FindTreeOfHolder() {
  if (!active() || locked() || has_writes() || !doomed_.ok()) return false;
  if (current_.tree == nullptr && !FindCurrent()) return false;
  if (store_.snapshots_grow_old) return false;
  plain_tree_ = current_.tree;
  return true;
}

const Tree* TransactionState::PlainTree() {
  if (serializable()) return nullptr;
  if (plain_tree_ == nullptr) {
    base::EpochPin pin;
    if (!FindPlainTree()) return nullptr;
  }
  return plain_tree_;
}

absl::StatusOr<std::optional<Value>> TransactionState::Look(std::string_view key, Tracking tracking,
                                                            WriteEntry** own) {
  if (absl::Status status = CheckActive(); !status.ok()) return status;
  if (absl::Status status = ResolveCurrent(); !status.ok()) return status;
  if (has_writes() || locked()) {
    const uint64_t hash = LatchTable::HashOf(current_.tree_id, key);
    WriteEntry* entry = writes().Find(current_.tree, hash, key);
    if (entry != nullptr && entry->version != nullptr) {
      if (!mvcc::IsLive(*entry->version, view_.now)) return std::nullopt;
      if (own != nullptr) *own = entry;
      return Value{entry->version->value(), entry->version->expiry(), 0};
    }
    if (locked()) {
      if (entry == nullptr) return NotDeclared(key);
      return ReadLatched(*entry);
    }
  }
  return ReadCommitted(current_.tree, key, tracking);
}

std::optional<Value> TransactionState::ReadLatched(WriteEntry& entry) const {
  if (entry.record == nullptr) entry.record = entry.tree->index.Find(entry.key);
  if (entry.record == nullptr) return std::nullopt;
  const mvcc::Version* version = mvcc::FindVisible(*entry.record, view_.read_timestamp);
  if (version == nullptr || !mvcc::IsLive(*version, JudgeExpiryBy(store_, view_))) {
    return std::nullopt;
  }
  return Value{version->value(), version->expiry(), version->commit_timestamp()};
}

absl::StatusOr<std::optional<Value>> TransactionState::Get(std::string_view key) {
  WriteEntry* own = nullptr;
  absl::StatusOr<std::optional<Value>> value = Look(key, Tracking::kTracked, &own);
  if (own != nullptr) own->exposed = true;
  return value;
}

absl::StatusOr<std::optional<Value>> TransactionState::GetInfo(std::string_view key,
                                                               Tracking tracking) {
  return Look(key, tracking, nullptr);
}

absl::StatusOr<std::optional<Value>> TransactionState::GetForUpdate(std::string_view key) {
  absl::Status status;
  WriteEntry* const entry = MayBeWritten(key, status) ? EntryForWrite(key, 0, status) : nullptr;
  if (entry == nullptr) return status;
  writes().Lock(*entry);
  if (!locked()) {
    // What has already failed need not wait for the commit to say so.
    base::EpochPin pin;
    if (store_.snapshots_grow_old && view_.IsTooOld()) return doomed_ = TooOldError();
    const mvcc::Record* record = entry->tree->index.Find(key);
    if (record != nullptr && mvcc::HasNewerThan(*record, view_.read_timestamp, view_.now)) {
      store_.counters.conflicts_write.Add(1);
      return doomed_ = absl::AbortedError(
                 absl::StrCat("key ", QuoteKey(key),
                              " was written by another transaction after this one began"));
    }
  }
  return Get(key);
}

absl::StatusOr<std::unique_ptr<Cursor>> TransactionState::NewCursor(const Range& range,
                                                                    Keeping keeping,
                                                                    Tracking tracking) {
  if (absl::Status status = CheckActive(); !status.ok()) return status;
  if (locked()) {
    return absl::FailedPreconditionError("a transaction of TransactLocked() can not read ranges");
  }
  if (absl::Status status = ResolveCurrent(); !status.ok()) return status;
  const bool track = serializable() && tracking == Tracking::kTracked;
  const bool keeps = keeping == Keeping::kKeeps;
  const bool copies = keeps && store_.snapshots_grow_old;
  auto cursor = std::make_unique<Cursor>(
      store_, view_, current_.tree, KeyInterval::Of(range), read_only() ? nullptr : &writes(),
      track ? &*reads_ : nullptr, copies ? &held().copied : nullptr, keeps);
  if (!read_only()) held().cursors.push_back(cursor.get());
  return cursor;
}

void TransactionState::DropCursor(Cursor* cursor) {
  if (held_) std::erase(held_->cursors, cursor);
}

// Before the first use of an expiry in a transaction that began when there was none in the
// database. Any time will do then: nothing it can see depends on it.
void TransactionState::NeedTime() {
  if (view_.knows_time) return;
  view_.knows_time = true;
  store_.expiry_used.store(true, std::memory_order_seq_cst);
  view_.now = std::max(view_.now, store_.time.Refresh());
}

absl::Status TransactionState::WriteSetFull() const {
  return absl::ResourceExhaustedError(absl::StrCat(
      "the transaction would exceed write_set_bytes_max, ", store_.options.write_set_bytes_max));
}

[[gnu::always_inline]] inline WriteEntry* TransactionState::EntryForWrite(std::string_view key,
                                                                          size_t value_bytes,
                                                                          absl::Status& status) {
  if (current_.tree == nullptr && !FindCurrent()) [[unlikely]] {
    status = Use(keyspace_);
    if (!status.ok()) return nullptr;
  }
  const uint64_t hash = LatchTable::HashOf(current_.tree_id, key);
  PrefetchStripe(store_.latches, hash);
  WriteSet& writes = held().writes;
  WriteEntry* entry = writes.Find(current_.tree, hash, key);
  if (entry == nullptr && locked()) [[unlikely]] {
    status = NotDeclared(key);
    return nullptr;
  }
  if (writes.BytesAfter(entry, key.size(), value_bytes) > store_.options.write_set_bytes_max)
      [[unlikely]] {
    status = WriteSetFull();
    return nullptr;
  }
  if (entry != nullptr) return entry;
  const bool was_read = last_read_ != nullptr && !store_.snapshots_grow_old &&
                        last_read_->tree_id() == current_.tree_id &&
                        index::internal::SameBytes(last_read_->key(), key);
  if (!was_read) return &writes.Add(current_.tree, keyspace_, hash, key);
  // Longer than the write set, and its key with it.
  entry = &writes.Add(current_.tree, keyspace_, hash, last_read_->key(), WriteSet::KeyBytes::kStay);
  entry->record = last_read_;
  entry->record_stays = true;
  PrefetchToWrite(*last_read_);
  return entry;
}

uint64_t TransactionState::Declare(const GenerationUse& use, std::string_view key) {
  const uint64_t hash = LatchTable::HashOf(use.tree_id, key);
  writes().Lock(writes().FindOrAdd(use.tree, use.keyspace, hash, key, WriteSet::KeyBytes::kStay));
  return hash;
}

inline WriteEntry* TransactionState::PrepareToWrite(std::string_view key, size_t value_bytes,
                                                    absl::Status& status) {
  if (!MayBeWritten(key, status)) [[unlikely]]
    return nullptr;
  for (Cursor* cursor : held().cursors) cursor->Freeze();
  return EntryForWrite(key, value_bytes, status);
}

absl::Status TransactionState::Put(std::string_view key, std::string_view value,
                                   const PutOptions& options) {
  if (!IsWritable() || value.size() > store_.options.value_bytes_max) [[unlikely]]
    return CheckValue(value);
  mvcc::ExpiryMs expiry = mvcc::kNoExpiry;
  if (options.keep_expiry) [[unlikely]] {
    absl::StatusOr<std::optional<Value>> current = GetInfo(key);
    if (!current.ok()) return current.status();
    if (*current) expiry = (*current)->expiry;
  }
  absl::Status status;
  WriteEntry* const entry = PrepareToWrite(key, value.size(), status);
  if (entry == nullptr) [[unlikely]]
    return status;
  if (!options.keep_expiry && options.expiry != absl::InfiniteFuture()) [[unlikely]] {
    expiry = absl::ToUnixMillis(options.expiry);
    NeedTime();
  }
  held_->writes.Set(*entry, mvcc::Version::NewBytes(value, expiry));
  return status;
}

absl::Status TransactionState::Delete(std::string_view key) {
  absl::Status status;
  if (WriteEntry* const entry = PrepareToWrite(key, 0, status); entry != nullptr) {
    held_->writes.Set(*entry, mvcc::Version::NewTombstone());
  }
  return status;
}

uint64_t TransactionState::SetSavepoint() { return active() ? writes().SetSavepoint() : 0; }

absl::Status TransactionState::RollbackTo(uint64_t savepoint) {
  if (absl::Status status = CheckWritable(); !status.ok()) return status;
  for (Cursor* cursor : held().cursors) cursor->Freeze();
  // A cursor may be looking at the keys of writes that are taken back.
  if (writes().RollbackTo(savepoint, /*reuse_keys=*/held().cursors.empty())) {
    TakeBackSwaps(savepoint);
    return absl::OkStatus();
  }
  return absl::InvalidArgumentError(
      "the savepoint is not one of this transaction, or was rolled back over");
}

absl::Status TransactionState::CheckMemoryLimit() {
  const size_t limit = store_.memory_bytes_max.load(std::memory_order_relaxed);
  const auto& entries = writes().entries();
  const bool adds = std::any_of(entries.begin(), entries.end(), [](const WriteEntry& entry) {
    return entry.version != nullptr && !entry.version->is_tombstone();
  });
  if (!adds || store_.MemoryBytes() + writes().bytes() <= limit) return absl::OkStatus();
  absl::Status status = absl::ResourceExhaustedError(
      absl::StrCat("the database would exceed memory_bytes_max, ", limit));
  status.SetPayload(kMemoryLimitPayload, absl::Cord());
  return status;
}

absl::StatusOr<uint64_t> TransactionState::TryCommit(LogPlace& log, bool gate_is_mine,
                                                     absl::Span<const GenerationChange> changes) {
  CommitGate::Passage passage(store_.gate, gate_is_mine);
  base::EpochPin pin;
  if (view_.IsTooOld()) return TooOldError();
  WriteSet& writes = this->writes();
  FindRecords(store_.latches, writes);
  NACRE_STEP(kCommitStart);
  Committer committer(store_, view_, writes, reads_ ? &*reads_ : nullptr, generations_, log);
  committer.SetGenerations(changes);
  StripesLock latches(store_.latches, committer.stripes());
  if (absl::Status status = committer.CheckFirstCommitterWins(); !status.ok()) return status;
  if (writes.write_count() == 0 && changes.empty()) [[unlikely]] {
    if (absl::Status status = committer.CheckGenerations(); !status.ok()) return status;
    return view_.read_timestamp;
  }
  if (absl::Status status = committer.LinkAndSequence(); !status.ok()) return status;
  committer.Stamp();
  latches.Release();
  committer.HandOver();
  return committer.timestamp();
}

[[gnu::always_inline]] inline absl::StatusOr<uint64_t> TransactionState::CommitWrites(
    bool gate_is_mine) {
  if (absl::Status status = CheckMemory(); !status.ok()) return status;
  LogPlace log(store_);
  if (log.exists() && writes().write_count() != 0) {
    if (absl::Status status = log.Reserve(writes()); !status.ok()) return status;
  }
  absl::StatusOr<uint64_t> timestamp = TryCommit(log, gate_is_mine, {});
  if (!timestamp.ok() && absl::IsUnavailable(timestamp.status())) {
    CommitGate::Closed closed(store_.gate);
    store_.counters.commits_exclusive.fetch_add(1, std::memory_order_relaxed);
    timestamp = TryCommit(log, /*gate_is_mine=*/true, {});
  }
  if (!timestamp.ok()) return timestamp;
  if (absl::Status status = log.Await(); !status.ok()) return status;
  return timestamp;
}

absl::StatusOr<uint64_t> TransactionState::Commit(bool gate_is_mine) {
  if (EndPlainly()) return view_.read_timestamp;
  if (!IsPlainWriter() || view_.IsTooOld()) [[unlikely]]
    return CommitAnything(gate_is_mine);
  absl::StatusOr<uint64_t> result = CommitWrites(gate_is_mine);
  Finish();
  store_.garbage->Assist();
  return result;
}

absl::StatusOr<uint64_t> TransactionState::CommitAnything(bool gate_is_mine) {
  absl::Status status = CheckActive();
  if (status.ok() && view_.IsTooOld()) status = TooOldError();
  absl::StatusOr<uint64_t> result = view_.read_timestamp;
  const std::vector<GenerationChange> swapped = Swapped();
  const bool changes = active() && held_ && (writes().write_count() != 0 || !swapped.empty());
  if (!status.ok()) {
    result = status;
  } else if (!swapped.empty()) {
    result = CommitSwaps(swapped, gate_is_mine);
  } else if (has_writes()) {
    result = CommitWrites(gate_is_mine);
  }
  if (result.ok() && !changes) store_.counters.commits_read_only.Add(1);
  Finish();
  if (changes) store_.garbage->Assist();
  return result;
}

}  // namespace nacre::txn
