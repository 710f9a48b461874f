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
absl::Status BeginView(Store& store, uint64_t owner, BegunView& begun,
                       SnapshotRegistry::Holder holder = SnapshotRegistry::Holder::kSnapshot);
// The same for a transaction, as it mostly goes: no time is needed, and the home of the thread is
// free. Not registered where it goes otherwise, nor if there are too many. The caller asks
// afterwards whether expiry_used is still false, as BeginView() does: else the time was needed.
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
  // Taken apart at once, so that it stays in registers: a copy of what was just put together in
  // memory waits until all that came before is done.
  const auto [slot, id, read_timestamp] = store.registry.RegisterAtHome(owner);
  if (slot == nullptr) [[unlikely]]
    return {};
  return {{read_timestamp, now, {slot, id, read_timestamp}}, /*knows_time=*/false};
}

}  // namespace nacre::txn

#endif  // NACRE_ENGINE_TXN_BEGIN_H_
