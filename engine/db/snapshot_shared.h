#ifndef NACRE_ENGINE_DB_SNAPSHOT_SHARED_H_
#define NACRE_ENGINE_DB_SNAPSHOT_SHARED_H_

#include <memory>
#include <utility>

#include "engine/txn/read_view.h"
#include "engine/txn/store.h"
#include "nacre/snapshot.h"

namespace nacre {

// The one registration that all copies of a snapshot share. At rest (AT-REST in
// snapshot_registry.h) but while somebody looks at it.
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

  // Once, by whoever has registered it: nothing may fail after that.
  void Begin(const txn::ReadView& registered) {
    view = registered;
    txn::SnapshotRegistry::EndLook(view.registration);
  }

  // Somebody reads at the snapshot, other than in one pin, and has views of what was found. Held by
  // scans and iterators.
  class Look {
   public:
    explicit Look(std::shared_ptr<Shared> shared) : shared_(std::move(shared)) {
      txn::SnapshotRegistry::BeginLook(shared_->view.registration);
    }
    ~Look() {
      const bool rests = txn::SnapshotRegistry::EndLook(shared_->view.registration);
      // Some may wait for the views alone.
      if (rests) shared_->store.garbage->SnapshotEnded();
    }
    Look(const Look&) = delete;
    Look& operator=(const Look&) = delete;

   private:
    std::shared_ptr<Shared> shared_;
  };

  // kNotFound if the keyspace did not exist at the snapshot. The caller is pinned.
  absl::StatusOr<const txn::Tree*> TreeOf(Keyspace keyspace) const;

  txn::Store& store;
  txn::ReadView view;
};

}  // namespace nacre

#endif  // NACRE_ENGINE_DB_SNAPSHOT_SHARED_H_
