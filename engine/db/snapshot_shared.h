#ifndef NACRE_ENGINE_DB_SNAPSHOT_SHARED_H_
#define NACRE_ENGINE_DB_SNAPSHOT_SHARED_H_

#include <memory>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "engine/base/mutex.h"
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
    txn::SnapshotRegistry::Rest(view.registration);
  }

  // Somebody reads at the snapshot, other than in one pin, and has views of what was found. Held by
  // scans and iterators.
  class Look {
   public:
    explicit Look(std::shared_ptr<Shared> shared) : shared_(std::move(shared)) {
      shared_->BeginLook();
    }
    ~Look() {
      if (shared_ != nullptr) shared_->EndLook();
    }
    Look(Look&&) noexcept = default;
    Look& operator=(Look&&) = delete;

   private:
    std::shared_ptr<Shared> shared_;
  };

  // kNotFound if the keyspace did not exist at the snapshot. The caller is pinned.
  absl::StatusOr<const txn::Tree*> TreeOf(Keyspace keyspace) const;

  txn::Store& store;
  txn::ReadView view;

 private:
  void BeginLook() {
    base::MutexLock lock(looks_mutex_);
    if (looks_++ == 0) txn::SnapshotRegistry::Wake(view.registration);
  }
  void EndLook() {
    {
      base::MutexLock lock(looks_mutex_);
      if (--looks_ != 0) return;
      txn::SnapshotRegistry::Rest(view.registration);
    }
    // Some may wait for the views alone.
    store.garbage->SnapshotEnded();
  }

  base::Mutex looks_mutex_;
  int looks_ ABSL_GUARDED_BY(looks_mutex_) = 0;
};

}  // namespace nacre

#endif  // NACRE_ENGINE_DB_SNAPSHOT_SHARED_H_
