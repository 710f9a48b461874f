#ifndef NACRE_ENGINE_TXN_BEGIN_H_
#define NACRE_ENGINE_TXN_BEGIN_H_

#include <cstdint>
#include <string_view>

#include "absl/status/status.h"
#include "engine/txn/read_view.h"
#include "engine/txn/store.h"

namespace nacre::txn {

// Registered once it has begun, else not.
struct BegunView : ReadView {
  // False: there was no value with an expiry in the database, and `now` may be any time of the
  // past.
  bool knows_time = false;
};

// Registers a snapshot of now: the time first, then the read timestamp (ONE-TIME, REGISTERED).
// kResourceExhausted if snapshots_max are registered.
absl::Status BeginView(Store& store, uint64_t owner, BegunView& begun);
// The same for a transaction, without a call where no time is needed (see Age). Not registered:
// BeginView() tells.
BegunView TryBeginView(Store& store, uint64_t owner);

// Registers a snapshot of the past: the ray first, then the check that the vacuum still retains it.
// kOutOfRange if not, or if it is the future.
//   Forbidden: the check first. The vacuum raises the floor and prunes between the two.
absl::Status BeginViewAt(Store& store, uint64_t timestamp, uint64_t owner, BegunView& begun);

// Whether a key of one tree changed between two views, as WATCH means it: it got a version, or
// expired. The caller is pinned; `latched`: it holds the latch of the key.
bool HasChangedBetween(Store& store, const Tree& tree, std::string_view key, const ReadView& since,
                       const ReadView& until, bool latched);

[[gnu::always_inline]] inline BegunView TryBeginView(Store& store, uint64_t owner) {
  if (store.expiry_used.load(std::memory_order_acquire)) [[unlikely]]
    return {};
  const mvcc::ExpiryMs now = store.time.Last();
  const SnapshotRegistry::Registration registration =
      store.registry.TryRegister(owner, SnapshotRegistry::Age::kFromFirstLook);
  if (registration.slot == nullptr) [[unlikely]]
    return {};
  // As in BeginView(): the first value with an expiry may have been committed meanwhile.
  if (store.expiry_used.load(std::memory_order_acquire)) [[unlikely]] {
    store.registry.Release(registration);
    store.garbage->SnapshotEnded();
    return {};
  }
  return {{registration.read_timestamp, now, registration}, /*knows_time=*/false};
}

}  // namespace nacre::txn

#endif  // NACRE_ENGINE_TXN_BEGIN_H_
