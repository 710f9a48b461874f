#include "vacuum/history.h"

#include <algorithm>

namespace nacre::vacuum {

History::History(absl::Duration retention) : retention_ns_(absl::ToInt64Nanoseconds(retention)) {}

void History::Note(int64_t now_ns, uint64_t clock) {
  if (now_ns < next_note_ns_) return;
  samples_.push_back({now_ns, clock});
  next_note_ns_ = now_ns + retention_ns_ / kSamples;
}

uint64_t History::FloorAt(int64_t now_ns, uint64_t clock) {
  if (!retains()) return clock;
  Note(now_ns, clock);
  while (!samples_.empty() && now_ns - samples_.front().at_ns >= retention_ns_) {
    floor_ = std::max(floor_, samples_.front().clock);
    samples_.pop_front();
  }
  return floor_;
}

void RetainedEntries::Release(uint64_t floor, EntryList& released) {
  while (!entries_.empty() && entries_.front().superseded_at <= floor) {
    released.Add(entries_.front());
    entries_.pop_front();
  }
}

}  // namespace nacre::vacuum
