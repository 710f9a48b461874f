#include "vacuum/mover.h"

#include <algorithm>

#include "absl/types/span.h"
#include "engine/base/check.h"
#include "engine/base/epoch.h"
#include "engine/base/faults.h"
#include "engine/txn/prefetch.h"

namespace nacre::vacuum {

using mvcc::Record;
using mvcc::Version;

void Mover::Look(bool may_begin) {
  const int64_t bytes = store_.counters.memory_bytes.Sum();
  most_bytes_ = std::max(most_bytes_, bytes);
  const int64_t gone = most_bytes_ - bytes;
  if (!may_begin || !trees_.empty() || gone < tuning_.gone_bytes_before_moving ||
      gone < most_bytes_ / tuning_.gone_part_before_moving) {
    return;
  }
  bytes_left_ = bytes;
  for (const txn::Tree* tree : store_.keyspaces.ListTrees()) trees_.push_back(tree->id);
}

void Mover::Move(size_t count, std::vector<txn::Garbage>& full) {
  const auto is_full = [this] {
    return batch_.size() >= tuning_.versions_moved_at_once || batch_bytes_ >= kBatchBytes;
  };
  size_t looked_at = 0;
  while (!trees_.empty() && looked_at < count && !is_full()) {
    const size_t asked = std::min(kRecordsPerPin, tuning_.versions_moved_at_once - batch_.size());
    const size_t found = MoveSome(asked);
    looked_at += found;
    if (found < asked || bytes_left_ < 0) EndTree();
  }
  if (trees_.empty() || is_full()) HandOver(full);
}

size_t Mover::MoveSome(size_t count) {
  base::EpochPin pin;
  txn::Tree* tree = store_.keyspaces.FindTree(trees_.back());
  // Dropped meanwhile: it is gone, or will be soon.
  if (tree == nullptr || tree->generations.load(std::memory_order_relaxed) == 0) return 0;
  records_.resize(count);
  records_.resize(
      tree->index.CollectForward(last_key_, /*inclusive=*/!begun_, absl::MakeSpan(records_)));
  txn::PrefetchHeads(records_);
  for (Record* record : records_) MoveOne(record);
  if (!records_.empty()) {
    last_key_.assign(records_.back()->key());
    begun_ = true;
  }
  return records_.size();
}

void Mover::MoveOne(Record* record) {
  txn::Stripe& stripe = store_.latches.at(store_.latches.IndexOf(record->tree_id(), record->key()));
  // Under a latch that another one holds there will be a new version soon.
  if (!stripe.latch.TryLock()) return;
  NACRE_STEP(kPruneLatched);
  // The record may have left the index since it was collected: then it has no version, or one that
  // is a tombstone or unlinked.
  Version* const old = record->head();
  bytes_left_ -= static_cast<int64_t>(record->memory_bytes());
  if (old != nullptr) bytes_left_ -= static_cast<int64_t>(old->memory_bytes());
  if (old != nullptr && !old->is_tombstone() && !old->unlinked() && !old->is_inline() &&
      old->memory_bytes() <= kBytesMax) {
    Version* copy = record->TryInline(*old);
    if (copy == nullptr) copy = Version::NewBytes(old->value(), old->expiry());
    record->ReplaceHead(copy);
    NACRE_STEP(kPruneUnlinked);
    // In a slot it is counted already.
    store_.counters.memory_bytes.Add(static_cast<int64_t>(copy->memory_bytes()) -
                                     static_cast<int64_t>(old->memory_bytes()));
    batch_.push_back(old);
    batch_bytes_ += static_cast<int64_t>(old->memory_bytes());
  }
  stripe.latch.Unlock();
}

void Mover::EndTree() {
  trees_.pop_back();
  if (bytes_left_ < 0) trees_.clear();
  last_key_.clear();
  begun_ = false;
  if (trees_.empty()) most_bytes_ = store_.counters.memory_bytes.Sum();
}

void Mover::HandOver(std::vector<txn::Garbage>& full) {
  if (batch_.empty()) return;
  const uint64_t timestamp = store_.sequencer.CommitNothing();
  batch_timestamp_.store(timestamp, std::memory_order_relaxed);
  for (Version* version : batch_) full.push_back({nullptr, version, timestamp});
  waiting_.store(batch_.size(), std::memory_order_relaxed);
  versions_moved_.fetch_add(batch_.size(), std::memory_order_relaxed);
  batch_.clear();
  batch_.shrink_to_fit();
  batch_bytes_ = 0;
}

void Mover::Clear() {
  for (Version* version : batch_) Version::Free(version);
  batch_.clear();
  trees_.clear();
}

}  // namespace nacre::vacuum
