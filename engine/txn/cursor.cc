#include "engine/txn/cursor.h"

#include <algorithm>
#include <utility>

#include "engine/base/epoch.h"
#include "engine/mvcc/visibility.h"

namespace nacre::txn {

SnapshotCursor::SnapshotCursor(const Store& store, const ReadView& view, const Tree* tree,
                               KeyInterval interval, base::Arena* kept)
    : view_(view),
      interval_(std::move(interval)),
      copies_(store.snapshots_grow_old),
      walk_(store, view, *tree, interval_),
      kept_(kept) {}

absl::Status SnapshotCursor::SeekForward(std::string_view from, bool inclusive) {
  if (from < interval_.low || (from == interval_.low && inclusive)) {
    return Start({interval_.low, interval_.low_inclusive}, /*forward=*/true);
  }
  return Start({from, inclusive}, /*forward=*/true);
}

absl::Status SnapshotCursor::SeekBackward(std::string_view from, bool inclusive) {
  if (interval_.has_high && (from > interval_.high || (from == interval_.high && inclusive))) {
    return SeekBackwardFromEnd();
  }
  return Start({from, inclusive}, /*forward=*/false);
}

absl::Status SnapshotCursor::SeekBackwardFromEnd() {
  return Start({interval_.high, interval_.high_inclusive, !interval_.has_high}, /*forward=*/false);
}

absl::Status SnapshotCursor::Start(const VersionWalk::From& from, bool forward) {
  forward_ = forward;
  ended_ = false;
  return Fill(&from);
}

void SnapshotCursor::Take(const VersionWalk::Batch& found, size_t count) {
  base::Arena& copies = kept_ != nullptr ? *kept_ : copied_;
  batch_.reserve(count);
  for (size_t i = 0; i < count; ++i) {
    const VersionWalk::Found& at = found[i];
    batch_.push_back({copies_ ? copies.Copy(at.key()) : at.key(),
                      copies_ ? copies.Copy(at.value()) : at.value(), at.version->expiry()});
  }
}

absl::Status SnapshotCursor::Fill(const VersionWalk::From* start) {
  batch_.clear();
  if (copies_ && kept_ == nullptr) copied_ = base::Arena();
  next_ = 0;
  VersionWalk::Batch found;
  while (batch_.empty() && !ended_) {
    base::EpochPin pin;
    if (copies_ && view_.IsTooOld()) {
      ended_ = true;
      return TooOldError();
    }
    const size_t count =
        start != nullptr ? walk_.First(*start, forward_, found) : walk_.Next(found);
    start = nullptr;
    ended_ = walk_.ended();
    Take(found, count);
    if (view_.IsTooOld()) {
      batch_.clear();
      ended_ = true;
      return TooOldError();
    }
  }
  return absl::OkStatus();
}

std::optional<OwnWrites::Own> OwnWrites::Show(WriteEntry* entry) const {
  if (entry == nullptr) return std::nullopt;
  entry->exposed |= keeps_;
  entry->shown |= keeps_;
  return Own{entry->key, entry->version};
}

std::optional<OwnWrites::Own> OwnWrites::FirstAfter(std::string_view key, bool inclusive) {
  if (writes_ == nullptr) return std::nullopt;
  if (!frozen_) return Show(writes_->FirstAfter(tree_, key, inclusive));
  const auto it = std::partition_point(frozen_->begin(), frozen_->end(), [&](const Own& own) {
    return inclusive ? own.key < key : own.key <= key;
  });
  return it == frozen_->end() ? std::nullopt : std::optional<Own>(*it);
}

std::optional<OwnWrites::Own> OwnWrites::LastBefore(std::string_view key, bool inclusive) {
  if (writes_ == nullptr) return std::nullopt;
  if (!frozen_) return Show(writes_->LastBefore(tree_, key, inclusive));
  const auto it = std::partition_point(frozen_->begin(), frozen_->end(), [&](const Own& own) {
    return inclusive ? own.key <= key : own.key < key;
  });
  return it == frozen_->begin() ? std::nullopt : std::optional<Own>(*std::prev(it));
}

std::optional<OwnWrites::Own> OwnWrites::Last() {
  if (writes_ == nullptr) return std::nullopt;
  if (!frozen_) return Show(writes_->Last(tree_));
  return frozen_->empty() ? std::nullopt : std::optional<Own>(frozen_->back());
}

// Whoever is at one of them has it in hand when the write comes.
void OwnWrites::Freeze(const KeyInterval& interval) {
  if (writes_ == nullptr || frozen_) return;
  std::vector<Own> seen;
  WriteEntry* entry = writes_->FirstAfter(tree_, interval.low, interval.low_inclusive);
  while (entry != nullptr && interval.BelowHigh(entry->key)) {
    seen.push_back(*Show(entry));
    entry->exposed = true;
    entry = writes_->FirstAfter(tree_, entry->key, false);
  }
  frozen_ = std::move(seen);
}

Cursor::Cursor(const Store& store, const ReadView& view, const Tree* tree, KeyInterval interval,
               WriteSet* writes, ReadSet* reads, base::Arena* kept, bool keeps)
    : view_(view),
      tree_(tree),
      reads_(reads),
      snapshot_(store, view, tree, std::move(interval), kept),
      own_(writes, tree, keeps) {}

bool Cursor::InBounds(std::string_view key) const { return snapshot_.interval().Contains(key); }

absl::Status Cursor::SeekForward(std::string_view from, bool inclusive) {
  const KeyInterval& interval = snapshot_.interval();
  if (!interval.AboveLow(from)) {
    from = interval.low;
    inclusive = interval.low_inclusive;
  }
  forward_ = true;
  own_from_.assign(from);
  own_inclusive_ = inclusive;
  own_from_end_ = false;
  TrackStart(own_from_, inclusive, false);
  return Settle(snapshot_.SeekForward(own_from_, inclusive));
}

absl::Status Cursor::SeekBackward(std::string_view from, bool inclusive) {
  const KeyInterval& interval = snapshot_.interval();
  if (!interval.BelowHigh(from)) {
    from = interval.high;
    inclusive = interval.high_inclusive;
  }
  forward_ = false;
  own_from_.assign(from);
  own_inclusive_ = inclusive;
  own_from_end_ = false;
  TrackStart(own_from_, inclusive, false);
  return Settle(snapshot_.SeekBackward(own_from_, inclusive));
}

absl::Status Cursor::SeekToFirst() {
  own_.Thaw();
  return SeekForward(snapshot_.interval().low, snapshot_.interval().low_inclusive);
}

absl::Status Cursor::SeekToLast() {
  own_.Thaw();
  const KeyInterval& interval = snapshot_.interval();
  if (interval.has_high) return SeekBackward(interval.high, interval.high_inclusive);
  forward_ = false;
  own_from_end_ = true;
  TrackStart({}, true, true);
  return Settle(snapshot_.SeekBackwardFromEnd());
}

absl::Status Cursor::NextSlowly() {
  if (forward_ && OnlySnapshot()) return Settle(snapshot_.Advance());
  own_from_.assign(item_.key);
  if (!forward_) return SeekForward(std::string(own_from_), false);
  own_inclusive_ = false;
  if (snapshot_.valid() && snapshot_.item().key == own_from_) {
    return Settle(snapshot_.Advance());
  }
  return Settle(absl::OkStatus());
}

absl::Status Cursor::PrevSlowly() {
  if (!forward_ && OnlySnapshot()) return Settle(snapshot_.Advance());
  own_from_.assign(item_.key);
  if (forward_) return SeekBackward(std::string(own_from_), false);
  own_inclusive_ = false;
  own_from_end_ = false;
  if (snapshot_.valid() && snapshot_.item().key == own_from_) {
    return Settle(snapshot_.Advance());
  }
  return Settle(absl::OkStatus());
}

absl::Status Cursor::Settle(absl::Status sought) {
  if (sought.ok()) sought = Merge();
  if (!sought.ok()) {
    valid_ = false;
    return sought;
  }
  TrackReached();
  return absl::OkStatus();
}

std::optional<OwnWrites::Own> Cursor::NextOwn() const {
  auto& own_writes = const_cast<OwnWrites&>(own_);
  std::optional<OwnWrites::Own> own;
  if (forward_) {
    own = own_writes.FirstAfter(own_from_, own_inclusive_);
  } else {
    own = own_from_end_ ? own_writes.Last() : own_writes.LastBefore(own_from_, own_inclusive_);
  }
  return own && InBounds(own->key) ? own : std::nullopt;
}

void Cursor::TakeFromSnapshot() {
  valid_ = snapshot_.valid();
  if (!valid_) return;
  item_ = snapshot_.item();
  if (reads_ != nullptr) reads_->NoteExpiry(item_.expiry, item_.key);
}

absl::Status Cursor::Merge() {
  if (!own_.Any()) {
    TakeFromSnapshot();
    return absl::OkStatus();
  }
  for (;;) {
    const std::optional<OwnWrites::Own> own = NextOwn();
    const bool from_snapshot =
        snapshot_.valid() &&
        (!own || (forward_ ? snapshot_.item().key < own->key : snapshot_.item().key > own->key));
    if (from_snapshot || !own) {
      TakeFromSnapshot();
      return absl::OkStatus();
    }
    if (mvcc::IsLive(*own->version, view_.now)) {
      item_ = {own->key, own->version->value(), own->version->expiry()};
      valid_ = true;
      return absl::OkStatus();
    }
    // Deleted by the transaction itself: it also hides what the snapshot has there.
    own_from_.assign(own->key);
    own_inclusive_ = false;
    own_from_end_ = false;
    if (snapshot_.valid() && snapshot_.item().key == own->key) {
      if (absl::Status status = snapshot_.Advance(); !status.ok()) return status;
    }
  }
}

void Cursor::TrackStart(std::string_view from, bool inclusive, bool from_end) {
  if (reads_ == nullptr) return;
  KeyInterval interval;
  if (forward_) {
    // [from, from): empty until something is reached.
    interval = {std::string(from), std::string(from), inclusive, false, true};
  } else {
    interval = {std::string(from), std::string(from), false, inclusive, !from_end};
  }
  tracked_range_ = reads_->AddRange(tree_, std::move(interval));
}

// What was passed on the way counts as read, up to and including the key that was found.
void Cursor::TrackReached() {
  if (reads_ == nullptr) return;
  KeyInterval& tracked = reads_->range(tracked_range_);
  const KeyInterval& bounds = snapshot_.interval();
  if (forward_) {
    tracked.high.assign(valid_ ? item_.key : bounds.high);
    tracked.high_inclusive = valid_ || bounds.high_inclusive;
    tracked.has_high = valid_ || bounds.has_high;
  } else {
    tracked.low.assign(valid_ ? item_.key : bounds.low);
    tracked.low_inclusive = valid_ || bounds.low_inclusive;
  }
}

}  // namespace nacre::txn
