#ifndef NACRE_SERVER_SCAN_CURSORS_H_
#define NACRE_SERVER_SCAN_CURSORS_H_

#include <cstddef>
#include <cstdint>
#include <list>
#include <optional>
#include <string>
#include <string_view>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "server/base/mutex.h"

namespace nacre::server {

// Where the scans of all clients stand. Keys are in order, so a position is the key to go on at,
// and a scan that goes on there returns what it has not returned yet, whatever was written
// meanwhile. A client can not hold such a position as SCAN wants its cursors, decimal numbers, so
// it gets the number of one that is kept here. Thread-safe; the lock is held for a few stores and
// the copy of one position.
//
// Invariant BOUNDED: at most cursors_max cursors with at most bytes_max bytes are kept, whatever
// clients do. What goes first are cursors that are *passed*, whose client has shown that it has the
// next one; then those that were not used for longest. So a scan of a million steps takes the place
// of its own past, not of another client's present.
//
// Invariant ONE-MEANING: a number is given out for one position, and never for another one, also
// not by a server that is started later, but for a chance of 1 in 2^37 a cursor: the numbers go
// through all 2^53 from a random one on. (Not more bits, because there are clients that keep a
// cursor in a double.)
class ScanCursors {
 public:
  ScanCursors(size_t cursors_max, size_t bytes_max);
  ScanCursors(const ScanCursors&) = delete;
  ScanCursors& operator=(const ScanCursors&) = delete;

  // The position of a cursor; nullopt if it is unknown. The cursor before it is passed now.
  std::optional<std::string> Find(uint64_t cursor);

  // A cursor for where the scan that came with `cursor` (0: at its start) goes on. A scan that is
  // asked again, and gets to the same position, gets the same answer. kResourceExhausted if the
  // position alone is larger than bytes_max.
  absl::StatusOr<uint64_t> Advance(uint64_t cursor, std::string_view position);

  // The scan that came with `cursor` is at its end.
  void Finish(uint64_t cursor);

  size_t size() const;
  size_t bytes() const;

 private:
  struct Cursor {
    uint64_t number = 0;
    uint64_t previous = 0;  // 0: none.
    uint64_t next = 0;
    bool passed = false;
    std::string position;

    size_t bytes() const { return kBytesEach + position.capacity(); }
  };
  using List = std::list<Cursor>;
  // About what a cursor takes beside its position.
  static constexpr size_t kBytesEach = sizeof(Cursor) + 64;

  uint64_t NextNumber() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // nullptr if there is none.
  List::iterator* Look(uint64_t number) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void MoveToEnd(List::iterator cursor, bool passed) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Pass(uint64_t number) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void EvictOldest(List& evicted) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const size_t cursors_max_;
  const size_t bytes_max_;
  mutable Mutex mutex_;
  // Each from the one that was not used for longest.
  List current_ ABSL_GUARDED_BY(mutex_);
  List passed_ ABSL_GUARDED_BY(mutex_);
  absl::flat_hash_map<uint64_t, List::iterator> by_number_ ABSL_GUARDED_BY(mutex_);
  size_t bytes_ ABSL_GUARDED_BY(mutex_) = 0;
  uint64_t counter_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace nacre::server

#endif  // NACRE_SERVER_SCAN_CURSORS_H_
