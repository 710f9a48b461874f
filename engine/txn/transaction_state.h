#ifndef NACRE_ENGINE_TXN_TRANSACTION_STATE_H_
#define NACRE_ENGINE_TXN_TRANSACTION_STATE_H_

#include <array>
#include <cstdint>
#include <memory>
#include <new>
#include <optional>
#include <string_view>
#include <vector>

#include "absl/container/inlined_vector.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "engine/base/arena.h"
#include "engine/base/epoch.h"
#include "engine/base/spare_block.h"
#include "engine/txn/begin.h"
#include "engine/txn/commit.h"
#include "engine/txn/cursor.h"
#include "engine/txn/read_set.h"
#include "engine/txn/read_view.h"
#include "engine/txn/store.h"
#include "engine/txn/write_set.h"
#include "nacre/options.h"
#include "nacre/types.h"

namespace nacre::txn {

// A transaction from the inside. Thread-compatible.
//
// Two modes. *Optimistic*: a registered snapshot, conflicts found at commit. *Locked*: run by
// RunLocked() with the latches of its declared keys held and an epoch pinned; its read timestamp
// was drawn under the latches, so nothing it may touch can change, and it needs no registration.
class TransactionState {
 public:
  // Optimistic. A transaction that can not begin answers every call with the reason.
  TransactionState(Store& store, const TransactionOptions& options);
  // The same, made by `new`, as it mostly goes; nullptr where it goes otherwise. Without a call:
  // see TryReadPlain().
  static TransactionState* TryBegin(Store& store, const TransactionOptions& options);
  // The same for a serializable one.
  static TransactionState* TryBeginSerializable(Store& store, const TransactionOptions& options);
  // Whether what one of these two has just begun would need the time, which it has not asked for:
  // the first value with an expiry may have been committed meanwhile. It is taken back then, and
  // begun otherwise.
  bool LacksTime() const { return store_.expiry_used.load(std::memory_order_acquire); }
  static void TakeBack(TransactionState* begun);
  // Locked. `view` has no registration. Keys are declared by Declare().
  TransactionState(Store& store, const ReadView& view, uint64_t id);
  ~TransactionState() {
    if (active()) Rollback();
  }
  TransactionState(const TransactionState&) = delete;
  TransactionState& operator=(const TransactionState&) = delete;

  static void* operator new(size_t) { return base::SpareBlock<TransactionState>::Take(); }
  static void operator delete(void* block) { base::SpareBlock<TransactionState>::Give(block); }
  // What ended plainly has nothing to destroy.
  static void operator delete(TransactionState* state, std::destroying_delete_t) {
    if ((state->bits_ & (kHolds | kEnded)) != kEnded) [[unlikely]]
      return Destroy(state);
    base::SpareBlock<TransactionState>::Give(state);
  }

  const Store& store() const { return store_; }
  const ReadView& view() const { return view_; }
  uint64_t id() const { return view_.registration.id; }
  bool serializable() const { return Is(kSerializable); }
  bool read_only() const { return Is(kReadOnly); }
  bool active() const { return !Is(kEnded); }
  uint32_t keyspace() const { return keyspace_; }

  // Why the transaction can not go on: it is finished, or could not begin, or a conflict is known
  // already.
  absl::Status CheckActive() const;
  absl::Status Use(uint32_t keyspace);

  // What a key holds. `view` and the like live until the transaction finishes.
  struct Value {
    std::string_view bytes;
    mvcc::ExpiryMs expiry = mvcc::kNoExpiry;
    uint64_t commit_timestamp = 0;  // 0: own write.
  };
  // Get() where the committed state alone can answer: nothing is written yet, no value is copied.
  // Else kNotPlain, and Get() tells, errors too.
  enum class PlainRead : uint8_t { kFound, kAbsent, kNotPlain };
  PlainRead ReadPlain(std::string_view key, std::string_view* value);
  // The same without a call and with as few stores as it takes. kNotPlain also where it goes
  // otherwise.
  PlainRead TryReadPlain(std::string_view key, std::string_view* value);
  // What ScanPlainly() may walk; nullptr as kNotPlain, and where ranges are tracked.
  const Tree* PlainTree();
  // Commit() where nothing was written, tracked or held, of a view that can not be too old:
  // whatever was read stands at the read timestamp. Else false, and nothing is done.
  bool EndPlainly();
  // The same without a call, but for what waits for snapshots to end: who gets true then calls
  // NoteSnapshotEnded() if SnapshotsAreAwaited().
  bool TryEndPlainly();
  bool SnapshotsAreAwaited() const { return store_.garbage->SnapshotsAreAwaited(); }
  void NoteSnapshotEnded() { store_.garbage->SnapshotEnded(); }
  enum class Tracking : uint8_t { kTracked, kUntracked };
  absl::StatusOr<std::optional<Value>> Get(std::string_view key);
  // Get() of each key. values.size() is keys.size().
  absl::Status MultiGet(absl::Span<const std::string_view> keys,
                        absl::Span<std::optional<std::string_view>> values);
  // Get() of which no view is kept.
  absl::StatusOr<std::optional<Value>> GetInfo(std::string_view key,
                                               Tracking tracking = Tracking::kTracked);
  absl::StatusOr<std::optional<Value>> GetForUpdate(std::string_view key);
  // `keeps`: what it returns stays readable until the transaction finishes.
  enum class Keeping : uint8_t { kKeeps, kForgets };
  absl::StatusOr<std::unique_ptr<Cursor>> NewCursor(const Range& range, Keeping keeping,
                                                    Tracking tracking = Tracking::kTracked);
  void DropCursor(Cursor* cursor);
  absl::StatusOr<bool> ChangedSince(std::string_view key, const ReadView& since);
  // Lives until the transaction finishes.
  absl::StatusOr<std::optional<std::string_view>> RandomKey();

  absl::Status Put(std::string_view key, std::string_view value, const PutOptions& options);
  absl::Status Delete(std::string_view key);
  absl::Status Swap(uint32_t a, uint32_t b);
  uint64_t SetSavepoint();
  absl::Status RollbackTo(uint64_t savepoint);

  // `gate_is_mine`: the caller holds the changes mutex of the keyspaces and has closed the commit
  // gate.
  absl::StatusOr<uint64_t> Commit(bool gate_is_mine = false);
  void Rollback();

  // Set while Database::Transact() or TransactLocked() runs a function on it, which must neither
  // commit nor roll back.
  void set_managed(bool managed) { bits_ = (bits_ & ~kManaged) | (managed ? kManaged : 0); }
  bool managed() const { return Is(kManaged); }

  // --- For RunLocked(). ---
  // The keyspace's generation at the view, kept for the commit. kNotFound: there is none.
  absl::StatusOr<GenerationUse> Resolve(uint32_t keyspace);
  // `key` outlives the transaction. Returns its LatchTable::HashOf().
  uint64_t Declare(const GenerationUse& use, std::string_view key);
  // ChangedSince() of a key whose latch is held, declared or not.
  absl::StatusOr<bool> LatchedOrSeenChangedSince(std::string_view key, const ReadView& since);
  void set_view(const ReadView& view) {
    view_.read_timestamp = view.read_timestamp;
    view_.now = view.now;
  }
  // kResourceExhausted if the writes would exceed memory_bytes_max.
  absl::Status CheckMemory() {
    const bool limited = store_.memory_bytes_max.load(std::memory_order_relaxed) != SIZE_MAX;
    return limited ? CheckMemoryLimit() : absl::OkStatus();
  }
  WriteSet& writes() { return held().writes; }
  absl::Span<const GenerationUse> generations() const { return generations_; }
  void Finish();

 private:
  struct SwapMade {
    uint64_t savepoint;  // In force.
    uint32_t a;
    uint32_t b;
  };
  // What a transaction that only reads its keys has no use for. Made at the first use, because to
  // make and end it costs more than such a transaction does.
  struct Holdings {
    Holdings() {}  // Of its own: else all of it would be zeroed first.
    bool has_memory() const {
      return writes.has_memory() || swaps.capacity() != 0 || cursors.capacity() != 0 ||
             copied.has_memory();
    }

    WriteSet writes;
    std::vector<SwapMade> swaps;
    std::vector<Cursor*> cursors;
    base::Arena copied;  // Values, where snapshots grow too old.
  };
  Holdings& held() {
    bits_ |= kHolds;
    plain_tree_ = nullptr;
    return held_ ? *held_ : held_.emplace();
  }
  bool has_writes() const { return held_ && !held_->writes.empty(); }
  static bool IsSerializable(const TransactionOptions& options) {
    return options.isolation == Isolation::kSerializable && !options.read_only && !options.as_of;
  }
  TransactionState(Store& store, const TransactionOptions& options, bool serializable,
                   BegunView view);
  // Sets plain_tree_. False if reads are not plain. The caller is pinned.
  bool FindPlainTree() { return IsPlain() ? FindTreeOfReader() : FindTreeOfHolder(); }
  // Of a plain one, which notes the generation when it first writes: it is the same then, since the
  // registration keeps what is visible at the read timestamp (NEEDED).
  bool FindTreeOfReader() {
    const Generation* generation = store_.keyspaces.Find(keyspace_, view_.read_timestamp);
    if (generation == nullptr) return false;
    plain_tree_ = generation->tree;
    return true;
  }
  // The same, where the generation is noted for what may still be written, and for the commit of
  // what was tracked.
  bool FindTreeOfHolder();
  static TransactionState* BeginAtHome(Store& store, const TransactionOptions& options,
                                       bool serializable);
  // What a serializable transaction begins with.
  void TrackReads() {
    bits_ |= kHolds;
    reads_.emplace();
  }
  static void Destroy(TransactionState* state);
  // Finish() of what is always there.
  void End() {
    bits_ |= kEnded;
    plain_tree_ = nullptr;
    store_.registry.Release(view_.registration);
    view_.registration.slot = nullptr;
    NoteSnapshotEnded();
  }

  absl::Status CheckWritable() const;
  absl::Status CheckKey(std::string_view key) const;
  // Why a value is not taken, of which that is known.
  absl::Status CheckValue(std::string_view value) const;
  bool MayBeWritten(std::string_view key, absl::Status& status) const;
  // Sets current_, as it mostly goes. False, and nothing is done, if it goes otherwise.
  bool FindCurrent();
  absl::Status ResolveCurrent();
  const GenerationUse& Note(const GenerationUse& use);
  absl::Status NotDeclared(std::string_view key) const;
  // Of a locked transaction, which has declared the key.
  std::optional<Value> ReadLatched(WriteEntry& entry) const;
  // `own` is set if the value is the transaction's own.
  absl::StatusOr<std::optional<Value>> Look(std::string_view key, Tracking tracking,
                                            WriteEntry** own);
  absl::StatusOr<std::optional<Value>> ReadCommitted(Tree* tree, std::string_view key,
                                                     Tracking tracking);
  // Enters what a read found into the read set; false if that is no live value. `record` and
  // `version` may be nullptr. The caller is pinned and the view was not too old after the walk.
  bool NoteRead(const Tree* tree, std::string_view key, mvcc::Record* record,
                const mvcc::Version* version, Tracking tracking) {
    const bool live = version != nullptr && mvcc::IsLive(*version, JudgeExpiryBy(store_, view_));
    // STAYS in record.h: what is written next, more often than not.
    last_read_ = live ? record : nullptr;
    if (serializable() && tracking == Tracking::kTracked) {
      if (live) {
        reads_->AddPresent(record, version);
      } else {
        reads_->AddAbsent(tree, key);
      }
    }
    return live;
  }
  Value ValueOf(const mvcc::Version& version) {
    return {store_.snapshots_grow_old ? held().copied.Copy(version.value()) : version.value(),
            version.expiry(), version.commit_timestamp()};
  }
  // Of MultiGet(): keys without own writes, and where their values go.
  static constexpr size_t kKeysSideBySide = 16;
  struct KeyGroup {
    std::array<std::string_view, kKeysSideBySide> keys;
    std::array<std::optional<std::string_view>*, kKeysSideBySide> values;
    size_t count = 0;
  };
  absl::Status ReadGroup(const KeyGroup& group);
  // The entry of a key, if the write set may take it and `value_bytes` more. nullptr: `status` says
  // why not.
  WriteEntry* EntryForWrite(std::string_view key, size_t value_bytes, absl::Status& status);
  WriteEntry* PrepareToWrite(std::string_view key, size_t value_bytes, absl::Status& status);
  absl::Status WriteSetFull() const;
  // Whether CheckWritable() has nothing to say.
  bool IsWritable() const { return active() && !read_only() && doomed_.ok(); }
  void NeedTime();
  // Of RandomKey(). `from` is where to look: a key that the snapshot sees, or at least one of the
  // index.
  absl::Status SampleKey(std::string& from);
  // False if the choice did not fall on an own write. O(1).
  absl::StatusOr<bool> SampleOwnWrite(std::string& from);
  bool HasWritten(std::string_view key);
  absl::StatusOr<std::optional<CursorItem>> RandomItem(Cursor& cursor);
  // Of Swap().
  void Exchange(uint32_t a, uint32_t b);
  void TakeBackSwaps(uint64_t savepoint);
  std::vector<GenerationChange> Swapped() const;
  absl::Status CheckReads();
  absl::StatusOr<uint64_t> CommitSwaps(absl::Span<const GenerationChange> changes,
                                       bool gate_is_mine);
  absl::StatusOr<uint64_t> TryCommit(LogPlace& log, bool gate_is_mine,
                                     absl::Span<const GenerationChange> changes);
  absl::StatusOr<uint64_t> CommitWrites(bool gate_is_mine);
  // Whether writes are all that there is to commit.
  bool IsPlainWriter() const {
    return active() && doomed_.ok() && held_ && held_->writes.write_count() != 0 &&
           held_->swaps.empty();
  }
  // Of a transaction in any state, that of an ended one too.
  absl::StatusOr<uint64_t> CommitAnything(bool gate_is_mine);
  absl::Status CheckMemoryLimit();

  Store& store_;
  BegunView view_;  // A locked one has an id, but no slot.
  // What it is, and how far it has come: bits of one word, which a begin stores at once.
  static constexpr uint32_t kReadOnly = 1;
  static constexpr uint32_t kSerializable = 2;
  static constexpr uint32_t kLocked = 4;
  static constexpr uint32_t kManaged = 8;
  // Without it, its end is to give back the registration, and that is all: nothing is doomed,
  // tracked or held, no member has any memory, and the snapshot can not grow too old. And what it
  // reads is what is committed at its view: whatever changes that must set it.
  static constexpr uint32_t kHolds = 16;
  // store_ may be gone; what holds nothing either has nothing to destroy.
  static constexpr uint32_t kEnded = 32;
  // Any of them.
  bool Is(uint32_t bits) const { return (bits_ & bits) != 0; }
  bool IsPlain() const { return !Is(kHolds | kEnded); }
  bool locked() const { return Is(kLocked); }
  uint32_t bits_;
  uint32_t keyspace_ = 0;
  // Sticky: why the transaction can do nothing but end.
  absl::Status doomed_;

  absl::InlinedVector<GenerationUse, 1> generations_;
  GenerationUse current_;  // Of keyspace_, once resolved.
  // In which the last read saw a value; nullptr if it saw none. Stays as long as the snapshot, if
  // that can not grow too old.
  mvcc::Record* last_read_ = nullptr;
  std::optional<ReadSet> reads_;  // Of a serializable transaction.
  std::optional<Holdings> held_;
  // Where ReadPlain() and TryReadPlain() may look, as long as nothing else was done: of keyspace_,
  // at the view.
  const Tree* plain_tree_ = nullptr;
};

// The fewer instructions and stores lie between two reads, the sooner the processor works on both
// and their waits for memory overlap (decisions 18, 28). So what a transaction that reads one key
// needs is inline, and needs no frame: whatever else there may be to do is not begun here, or taken
// back, and left to who tries otherwise.

[[gnu::always_inline]] inline TransactionState::PlainRead TransactionState::TryReadPlain(
    std::string_view key, std::string_view* value) {
  const Tree* tree = plain_tree_;
  if (tree == nullptr && !IsPlain()) return PlainRead::kNotPlain;
  base::TryEpochPin pin;
  if (!pin.held()) [[unlikely]]
    return PlainRead::kNotPlain;
  if (tree == nullptr) {
    if (!FindTreeOfReader()) [[unlikely]]
      return PlainRead::kNotPlain;
    tree = plain_tree_;
  }
  mvcc::Record* record;
  if (!tree->index.TryFind(key, &record)) [[unlikely]]
    return PlainRead::kNotPlain;
  const mvcc::Version* version =
      record == nullptr ? nullptr : mvcc::FindVisible(*record, view_.read_timestamp);
  if (version != nullptr && version->is_lasting_value() &&
      (!serializable() || reads_->TryAddPresent(record, version))) [[likely]] {
    last_read_ = record;
    *value = version->value();
    return PlainRead::kFound;
  }
  if (serializable()) return PlainRead::kNotPlain;  // To be looked up again, and noted.
  if (version == nullptr || !mvcc::IsLive(*version, JudgeExpiryBy(store_, view_))) {
    last_read_ = nullptr;
    return PlainRead::kAbsent;
  }
  last_read_ = record;
  *value = version->value();
  return PlainRead::kFound;
}

[[gnu::always_inline]] inline TransactionState::PlainRead TransactionState::ReadPlain(
    std::string_view key, std::string_view* value) {
  base::EpochPin pin;
  if (plain_tree_ == nullptr && !FindPlainTree()) return PlainRead::kNotPlain;
  const Tree* const tree = plain_tree_;
  mvcc::Record* record = nullptr;
  const mvcc::Version* version = FindVersion(*tree, key, view_, &record);
  if (!NoteRead(tree, key, record, version, Tracking::kTracked)) return PlainRead::kAbsent;
  *value = version->value();
  return PlainRead::kFound;
}

inline bool TransactionState::EndPlainly() {
  if (!IsPlain()) return false;
  store_.counters.commits_read_only.Add(1);
  End();
  return true;
}

inline bool TransactionState::TryEndPlainly() {
  if (!IsPlain() || !view_.registration.slot->is_home ||
      !store_.counters.commits_read_only.TryAdd(1)) [[unlikely]]
    return false;
  bits_ |= kEnded;
  plain_tree_ = nullptr;
  SnapshotRegistry::LeaveHome(view_.registration);
  view_.registration.slot = nullptr;
  return true;
}

// The view field by field, as TryBeginView() makes it.
inline TransactionState::TransactionState(Store& store, const TransactionOptions& options,
                                          bool serializable, BegunView view)
    : store_(store),
      view_{{view.read_timestamp,
             view.now,
             {view.registration.slot, view.registration.id, view.read_timestamp}},
            view.knows_time},
      bits_((options.read_only || options.as_of ? kReadOnly : 0) |
            (serializable ? kSerializable : 0) | (store.snapshots_grow_old ? kHolds : 0)),
      keyspace_(options.keyspace.id()) {}

[[gnu::always_inline]] inline TransactionState* TransactionState::BeginAtHome(
    Store& store, const TransactionOptions& options, bool serializable) {
  void* const block = base::SpareBlock<TransactionState>::Kept();
  if (block == nullptr) [[unlikely]]
    return nullptr;
  const BegunView view = TryBeginView(store, options.owner);
  if (view.registration.slot == nullptr) [[unlikely]]
    return nullptr;
  base::SpareBlock<TransactionState>::TakeKept();
  return ::new (block) TransactionState(store, options, serializable, view);
}

[[gnu::always_inline]] inline TransactionState* TransactionState::TryBegin(
    Store& store, const TransactionOptions& options) {
  if (options.as_of || IsSerializable(options)) [[unlikely]]
    return nullptr;
  return BeginAtHome(store, options, /*serializable=*/false);
}

[[gnu::always_inline]] inline TransactionState* TransactionState::TryBeginSerializable(
    Store& store, const TransactionOptions& options) {
  if (!IsSerializable(options)) return nullptr;
  TransactionState* const state = BeginAtHome(store, options, /*serializable=*/true);
  if (state != nullptr) state->TrackReads();
  return state;
}

}  // namespace nacre::txn

#endif  // NACRE_ENGINE_TXN_TRANSACTION_STATE_H_
