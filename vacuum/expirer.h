#ifndef NACRE_VACUUM_EXPIRER_H_
#define NACRE_VACUUM_EXPIRER_H_

#include <cstddef>
#include <vector>

#include "engine/txn/garbage_sink.h"
#include "engine/txn/store.h"
#include "vacuum/expiry_index.h"

namespace nacre::vacuum {

// Removes keys whose time has come, each by a commit of its own. Thread-compatible.
//
// Order for a batch: through the commit gate; pin; look at what is due; for each key try its latch,
// and look again whether it is still due: under the latch the index is exact (EXPIRY-EXACT). The
// gate comes first because a committer that waits for it must hold nothing, a pin included. A
// latch is held for one key, so a million keys that fall due together delay no committer by more
// than one of them.
class Expirer {
 public:
  Expirer(txn::Store& store, ExpiryIndex& index) : store_(store), index_(index) {}

  // Removes at most about `keys_max` keys, and hands their versions to store.garbage. Keys whose
  // latch is busy are left for the next call. Precondition: not pinned, no latch held.
  size_t RemoveDue(size_t keys_max);

 private:
  static constexpr size_t kBatchKeys = 64;

  // One batch of one shard beyond `after`, which moves on. Returns false if nothing more is due.
  bool RemoveBatch(size_t shard, mvcc::ExpiryMs now, ExpiryIndex::Due& after, size_t& removed);
  bool RemoveOne(const ExpiryIndex::Due& due);

  txn::Store& store_;
  ExpiryIndex& index_;
  size_t first_shard_ = 0;
  std::vector<ExpiryIndex::Due> due_;
  std::vector<txn::Garbage> garbage_;
};

}  // namespace nacre::vacuum

#endif  // NACRE_VACUUM_EXPIRER_H_
