#ifndef NACRE_ENGINE_DB_SNAPSHOT_SHARED_H_
#define NACRE_ENGINE_DB_SNAPSHOT_SHARED_H_

#include <memory>

#include "engine/txn/read_view.h"
#include "engine/txn/store.h"
#include "nacre/snapshot.h"

namespace nacre {

// The one registration that all copies of a snapshot share.
class Snapshot::Shared {
 public:
  explicit Shared(txn::Store& shared_store) : store(shared_store) {}
  ~Shared() {
    if (view.registration.slot == nullptr) return;
    store.registry.Release(view.registration);
    store.garbage->SnapshotEnded();
  }
  Shared(const Shared&) = delete;
  Shared& operator=(const Shared&) = delete;

  // kNotFound if the keyspace did not exist at the snapshot. The caller is pinned.
  absl::StatusOr<const txn::Tree*> TreeOf(Keyspace keyspace) const;

  txn::Store& store;
  // Set once, by whoever has registered it: nothing may fail after that.
  txn::ReadView view;
};

}  // namespace nacre

#endif  // NACRE_ENGINE_DB_SNAPSHOT_SHARED_H_
