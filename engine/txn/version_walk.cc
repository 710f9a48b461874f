#include "engine/txn/version_walk.h"

#include "engine/mvcc/visibility.h"
#include "engine/txn/prefetch.h"

namespace nacre::txn {

// The waits for memory of a batch overlap: the index has asked for the records, and before the
// first version is looked at, all are asked for; before the first value is handed out, all of it.
size_t VersionWalk::Fetch(const From& from, Batch& batch) {
  std::array<mvcc::Record*, kBatchMax> records;
  const auto wanted = absl::MakeSpan(records.data(), batch_size_);
  const auto& index = tree_.index;
  const size_t count = forward_   ? index.CollectForward(from.key, from.inclusive, wanted)
                       : from.end ? index.CollectLast(wanted)
                                  : index.CollectBackward(from.key, from.inclusive, wanted);
  size_t inside = 0;
  if (forward_ && !interval_.has_high) {
    inside = count;
  } else {
    const auto in_bounds = [this](std::string_view key) {
      return forward_ ? interval_.BelowHigh(key) : interval_.AboveLow(key);
    };
    while (inside < count && in_bounds(records[inside]->key())) ++inside;
  }
  ended_ = inside < batch_size_;

  PrefetchHeads({records.data(), inside});
  size_t found = 0;
  for (size_t i = 0; i < inside; ++i) {
    const mvcc::Version* version = mvcc::FindVisible(*records[i], view_.read_timestamp);
    if (version == nullptr || !mvcc::IsLive(*version, JudgeExpiryBy(store_, view_))) continue;
    PrefetchEnd(version->value());
    batch[found++] = {records[i], version};
  }

  expected_ -= std::min<uint64_t>(expected_, found);
  if (ended_) return found;
  // Where nobody knows how far the walk goes, no more is loaded in vain than was of use. Where keys
  // are gone one after the other, batches grow until some are found again.
  const bool known = expected_ != 0 && found != 0;
  const uint64_t grown = batch_size_ * (found == 0 ? 4 : 2);
  batch_size_ = std::min<uint64_t>(known ? expected_ : grown, kBatchMax);
  const mvcc::Record& last = *records[count - 1];
  ResumeAfter(last, found != 0 && batch[found - 1].record == &last && !store_.snapshots_grow_old);
  return found;
}

// What is live to the view stays; of any other record, nothing is left when the pin has ended.
void VersionWalk::ResumeAfter(const mvcc::Record& last, bool stays) {
  if (stays) {
    resume_ = last.key();
  } else {
    resume_copy_.assign(last.key());
    resume_ = resume_copy_;
  }
}

}  // namespace nacre::txn
