#ifndef NACRE_ENGINE_MVCC_VISIBILITY_H_
#define NACRE_ENGINE_MVCC_VISIBILITY_H_

#include "engine/base/faults.h"
#include "engine/mvcc/record.h"
#include "engine/mvcc/version.h"

// The visibility predicate. Every read path of the engine comes through here and nowhere else.

namespace nacre::mvcc {

// A version is visible to a read timestamp iff it was committed at or below it. A version without
// a timestamp belongs to a commit that will draw one above every read timestamp drawn so far.
inline bool IsVisible(const Version& version, uint64_t read_timestamp) {
  const uint64_t committed = version.commit_timestamp();
  if (NACRE_BUG(kVisibleBelow)) return committed != 0 && committed < read_timestamp;
  return committed != 0 && committed <= read_timestamp;
}

// A visible version stands for a value unless it is a tombstone or its time has come. Of one that
// is_lasting_value() nothing needs to be known of the time.
inline bool IsLive(const Version& version, ExpiryMs now) {
  return !version.is_tombstone() && (!version.expires() || version.expiry() > now);
}

// The newest version of the record that is visible, tombstone or not; nullptr if there is none.
// Precondition: the caller is pinned, and registered as a snapshot at `read_timestamp`, or has the
// latch of the key. O(versions newer than read_timestamp).
inline const Version* FindVisible(const Record& record, uint64_t read_timestamp) {
  const Version* version = record.head();
  NACRE_STEP(kReadHead);
  while (version != nullptr && !IsVisible(*version, read_timestamp)) {
    version = version->previous();
    NACRE_STEP(kReadBelow);
  }
  return version;
}

// True if the key changed after `read_timestamp`, as far as a transaction that judges expiry by
// `now` could tell. The removal of a value that this transaction sees and holds for expired is no
// change. (A removed value that is newer than the read timestamp is one, whatever its expiry: it
// took the place of something else.)
inline bool HasNewerThan(const Record& record, uint64_t read_timestamp, ExpiryMs now) {
  for (const Version* version = record.head(); version != nullptr; version = version->previous()) {
    const uint64_t committed = version->commit_timestamp();
    if (committed == 0) continue;
    if (committed <= read_timestamp) return false;
    if (!version->is_expired_tombstone() || version->expiry() > now ||
        version->replaced() > read_timestamp) {
      return true;
    }
  }
  return false;
}

}  // namespace nacre::mvcc

#endif  // NACRE_ENGINE_MVCC_VISIBILITY_H_
