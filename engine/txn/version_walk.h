#ifndef NACRE_ENGINE_TXN_VERSION_WALK_H_
#define NACRE_ENGINE_TXN_VERSION_WALK_H_

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "engine/base/epoch.h"
#include "engine/txn/key_interval.h"
#include "engine/txn/read_view.h"
#include "engine/txn/store.h"

namespace nacre::txn {

// Walks the live keys that a view sees of a tree, in one direction, batch by batch. Each batch is
// fetched under a pin; between batches nothing is held but the snapshot's registration.
//
// What it finds stays in place: the version is visible to a registered snapshot that is not at
// rest, so neither it nor its record goes away. Where snapshots may grow too old that does not
// hold, and the caller copies under its pin.
class VersionWalk {
 public:
  static constexpr size_t kBatchMin = 8;
  static constexpr size_t kBatchMax = 128;

  struct Found {
    const mvcc::Record* record;
    const mvcc::Version* version;

    std::string_view key() const { return record->key(); }
    std::string_view value() const { return version->value(); }
  };
  using Batch = std::array<Found, kBatchMax>;

  // Where a walk begins.
  struct From {
    std::string_view key;
    bool inclusive = true;
    bool end = false;  // Behind the last key, whatever `key` says. Backward only.
  };

  // It ends where `interval` does, whose other end the caller minds.
  VersionWalk(const Store& store, const ReadView& view, const Tree& tree,
              const KeyInterval& interval)
      : store_(store), view_(view), tree_(tree), interval_(interval) {}

  // A hint: so many keys will be asked for. The batches then end where the walk does; without it
  // they begin small and grow.
  void Expect(uint64_t keys) { expected_ = keys; }

  // Fetch the first batch, and the next, and return how many were found, which may be none although
  // the walk has not ended. The caller is pinned, and checks IsTooOld() before it uses anything.
  size_t First(const From& from, bool forward, Batch& batch) {
    forward_ = forward;
    batch_size_ = expected_ == 0 ? kBatchMin : std::min<uint64_t>(expected_, kBatchMax);
    return Fetch(from, batch);
  }
  // Precondition: !ended().
  size_t Next(Batch& batch) { return Fetch({.key = resume_, .inclusive = false}, batch); }
  bool ended() const { return ended_; }

 private:
  size_t Fetch(const From& from, Batch& batch);
  void ResumeAfter(const mvcc::Record& last, bool stays);

  const Store& store_;
  const ReadView& view_;
  const Tree& tree_;
  const KeyInterval& interval_;
  size_t batch_size_ = kBatchMin;
  uint64_t expected_ = 0;  // Of Expect(), less what was found. 0: nothing is known.
  // The last key that was looked at, in its record or copied.
  std::string_view resume_;
  std::string resume_copy_;
  bool forward_ = true;
  bool ended_ = true;
};

// Scan() of a range where the committed state alone answers, no read is tracked and nothing is
// copied: from the index straight to `visit`, a function from key and value to whether to go on. It
// may end the snapshot, and then has to return false. Of `range`, what points to keys is not used
// after the first visit.
template <typename Visit>
void ScanPlainly(const Store& store, const ReadView& view, const Tree& tree, const Range& range,
                 Visit visit) {
  if (range.limit == 0) return;
  const bool forward = !range.reverse;
  // A key that is longer than a pointer or two costs an allocation to keep.
  const bool starts_only =
      forward && range.prefix.empty() && range.end.kind == nacre::Bound::Kind::kUnbounded;
  const KeyInterval interval = starts_only ? KeyInterval() : KeyInterval::Of(range);
  VersionWalk::From from;
  if (starts_only) {
    const bool bounded = range.start.kind != nacre::Bound::Kind::kUnbounded;
    if (bounded) from.key = range.start.key;
    from.inclusive = range.start.kind != nacre::Bound::Kind::kExclusive;
  } else if (forward) {
    from = {interval.low, interval.low_inclusive};
  } else {
    from = {interval.high, interval.high_inclusive, !interval.has_high};
  }
  VersionWalk walk(store, view, tree, interval);
  // Without a limit nothing is expected: the visitor may stop anywhere.
  if (range.limit < Range::kNoLimit - range.offset) walk.Expect(range.offset + range.limit);

  uint64_t to_pass = range.offset;
  uint64_t left = range.limit;
  VersionWalk::Batch batch;
  for (bool first = true;; first = false) {
    size_t count;
    {
      base::EpochPin pin;
      count = first ? walk.First(from, forward, batch) : walk.Next(batch);
    }
    const size_t passed = std::min<uint64_t>(to_pass, count);
    to_pass -= passed;
    const size_t visited = std::min<uint64_t>(count - passed, left);
    const size_t end = passed + visited;
    left -= visited;
    for (size_t i = passed; i < end; ++i) {
      if (!visit(batch[i].key(), batch[i].value())) return;
    }
    if (left == 0 || walk.ended()) return;
  }
}

}  // namespace nacre::txn

#endif  // NACRE_ENGINE_TXN_VERSION_WALK_H_
