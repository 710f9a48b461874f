#ifndef NACRE_ENGINE_TXN_CURSOR_H_
#define NACRE_ENGINE_TXN_CURSOR_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/inlined_vector.h"
#include "absl/status/status.h"
#include "engine/base/arena.h"
#include "engine/txn/key_interval.h"
#include "engine/txn/read_set.h"
#include "engine/txn/read_view.h"
#include "engine/txn/store.h"
#include "engine/txn/version_walk.h"
#include "engine/txn/write_set.h"

namespace nacre::txn {

// A key and its value as a view sees them.
struct CursorItem {
  std::string_view key;
  std::string_view value;
  mvcc::ExpiryMs expiry = mvcc::kNoExpiry;
};

// Walks what a view sees of a tree, in one direction after each seek: a VersionWalk that is looked
// at one item at a time. Where snapshots may grow too old, keys and values are copied.
class SnapshotCursor {
 public:
  // `kept`: where copies go that must outlive the cursor. nullptr: they live until the next batch.
  SnapshotCursor(const Store& store, const ReadView& view, const Tree* tree, KeyInterval interval,
                 base::Arena* kept);

  // To the first live key at or after `from` (the last at or before). Not OK: the view is too old.
  absl::Status SeekForward(std::string_view from, bool inclusive);
  absl::Status SeekBackward(std::string_view from, bool inclusive);
  absl::Status SeekBackwardFromEnd();
  // To the next item of the batch. False: that was the last one, and nothing is done.
  bool Step() {
    if (next_ + 1 >= batch_.size()) return false;
    ++next_;
    return true;
  }
  absl::Status Advance() {
    if (++next_ < batch_.size() || ended_) return absl::OkStatus();
    return Fill(nullptr);
  }

  // See VersionWalk.
  void Expect(uint64_t keys) { walk_.Expect(keys); }

  bool valid() const { return next_ < batch_.size(); }
  const CursorItem& item() const { return batch_[next_]; }
  const KeyInterval& interval() const { return interval_; }

 private:
  absl::Status Start(const VersionWalk::From& from, bool forward);
  // `start`: where a new walk begins; nullptr: the walk goes on.
  absl::Status Fill(const VersionWalk::From* start);
  void Take(const VersionWalk::Batch& found, size_t count);

  const ReadView& view_;
  const KeyInterval interval_;
  const bool copies_;
  VersionWalk walk_;
  bool forward_ = true;

  absl::InlinedVector<CursorItem, VersionWalk::kBatchMin> batch_;
  size_t next_ = 0;
  bool ended_ = true;
  base::Arena* const kept_;
  base::Arena copied_;
};

// The own writes of a transaction in an interval. Follows the write set until it is frozen; then it
// shows what was there at that time. A transaction freezes its cursors before each write, so that a
// walk never meets what it writes itself.
class OwnWrites {
 public:
  // `keeps`: the caller has views of what it was shown when the walk is over.
  OwnWrites(WriteSet* writes, const Tree* tree, bool keeps)
      : writes_(writes), tree_(tree), keeps_(keeps) {}

  struct Own {
    std::string_view key;
    const mvcc::Version* version;
  };
  std::optional<Own> FirstAfter(std::string_view key, bool inclusive);
  std::optional<Own> LastBefore(std::string_view key, bool inclusive);
  std::optional<Own> Last();

  // O(own writes in the interval), the first time.
  void Freeze(const KeyInterval& interval);
  void Thaw() { frozen_.reset(); }
  // False: there is none, wherever one looks.
  bool Any() const { return frozen_ ? !frozen_->empty() : writes_ != nullptr && !writes_->empty(); }

 private:
  std::optional<Own> Show(WriteEntry* entry) const;

  WriteSet* const writes_;  // nullptr: a plain snapshot.
  const Tree* const tree_;
  const bool keeps_;
  std::optional<std::vector<Own>> frozen_;
};

// Walks an interval in both directions: the snapshot's keys with the own writes on top, entered
// into the read set as far as it went.
class Cursor {
 public:
  // `writes`, `reads` and `kept` (see SnapshotCursor) may be nullptr. `keeps`: see OwnWrites.
  Cursor(const Store& store, const ReadView& view, const Tree* tree, KeyInterval interval,
         WriteSet* writes, ReadSet* reads, base::Arena* kept, bool keeps = false);
  Cursor(const Cursor&) = delete;
  Cursor& operator=(const Cursor&) = delete;

  absl::Status SeekForward(std::string_view from, bool inclusive);
  absl::Status SeekBackward(std::string_view from, bool inclusive);
  absl::Status SeekToFirst();
  absl::Status SeekToLast();
  // Precondition: valid().
  absl::Status Next() { return forward_ && Step() ? absl::OkStatus() : NextSlowly(); }
  absl::Status Prev() { return !forward_ && Step() ? absl::OkStatus() : PrevSlowly(); }

  bool valid() const { return valid_; }
  const CursorItem& item() const { return item_; }
  // See SnapshotCursor.
  void Expect(uint64_t keys) { snapshot_.Expect(keys); }
  // Before the transaction writes.
  void Freeze() { own_.Freeze(snapshot_.interval()); }
  // Before a new seek: own writes are seen again as they are.
  void Thaw() { own_.Thaw(); }

 private:
  // Most steps: nothing is merged, tracked or fetched. False: this is not one of them.
  bool Step() {
    if (reads_ != nullptr || !OnlySnapshot() || !snapshot_.Step()) return false;
    item_ = snapshot_.item();
    return true;
  }
  absl::Status NextSlowly();
  absl::Status PrevSlowly();
  absl::Status Settle(absl::Status sought);
  // Picks the nearer of snapshot and own writes, passing over what is deleted or expired.
  absl::Status Merge();
  void TakeFromSnapshot();
  // Whether the walk can go on without a look at own writes.
  bool OnlySnapshot() const {
    return !own_.Any() && snapshot_.valid() && snapshot_.item().key.data() == item_.key.data();
  }
  std::optional<OwnWrites::Own> NextOwn() const;
  bool InBounds(std::string_view key) const;
  void TrackStart(std::string_view from, bool inclusive, bool from_end);
  void TrackReached();

  const ReadView& view_;
  const Tree* const tree_;
  ReadSet* const reads_;
  SnapshotCursor snapshot_;
  OwnWrites own_;

  bool forward_ = true;
  bool valid_ = false;
  CursorItem item_;
  // Where own writes are looked for next.
  std::string own_from_;
  bool own_inclusive_ = true;
  bool own_from_end_ = false;
  size_t tracked_range_ = 0;
};

}  // namespace nacre::txn

#endif  // NACRE_ENGINE_TXN_CURSOR_H_
