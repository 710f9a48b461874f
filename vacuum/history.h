#ifndef NACRE_VACUUM_HISTORY_H_
#define NACRE_VACUUM_HISTORY_H_

#include <cstddef>
#include <cstdint>
#include <deque>

#include "absl/time/time.h"
#include "engine/base/block.h"
#include "engine/txn/garbage_sink.h"
#include "vacuum/entry_list.h"

namespace nacre::vacuum {

// Which timestamp the database was at, some time ago: samples of (steady time, clock).
// Thread-compatible.
class History {
 public:
  explicit History(absl::Duration retention);

  bool retains() const { return retention_ns_ > 0; }
  // The clock stood at `clock`, or further, at `now_ns`. Remembered unless the last note is recent.
  void Note(int64_t now_ns, uint64_t clock);
  // When the next note will be remembered.
  int64_t next_note_ns() const { return next_note_ns_; }
  // Notes, and returns the newest clock that was noted at least the retention ago: a version
  // superseded at or below it is too old to be kept. 0 if nothing is known from so long ago.
  // Without retention, `clock` itself.
  uint64_t FloorAt(int64_t now_ns, uint64_t clock);

 private:
  // Samples per retention: the history that is kept is longer than asked for by at most 1/64.
  static constexpr int64_t kSamples = 64;
  struct Sample {
    int64_t at_ns;
    uint64_t clock;
  };

  const int64_t retention_ns_;
  std::deque<Sample> samples_;
  int64_t next_note_ns_ = INT64_MIN;
  uint64_t floor_ = 0;
};

// Versions that only history_retention keeps, first in, first out. They come in nearly the order in
// which they were superseded; one that comes early holds up the others for as long as it is early,
// no longer. Thread-compatible.
class RetainedEntries {
 public:
  void Add(const txn::Garbage& entry) { entries_.push_back(entry); }
  // Moves those superseded at or below `floor`.
  void Release(uint64_t floor, EntryList& released);
  size_t size() const { return entries_.size(); }

  template <typename Visit>
  void ForEach(Visit visit) const {
    for (const txn::Garbage& entry : entries_) visit(entry);
  }

 private:
  std::deque<txn::Garbage, base::BlockAllocator<txn::Garbage>> entries_;
};

}  // namespace nacre::vacuum

#endif  // NACRE_VACUUM_HISTORY_H_
