#include "vacuum/displacer.h"

#include <cstdint>

#include "engine/base/check.h"
#include "engine/base/epoch.h"
#include "engine/base/faults.h"
#include "engine/base/mutex.h"
#include "engine/mvcc/record.h"
#include "engine/mvcc/version.h"

namespace nacre::vacuum {

using mvcc::Record;
using mvcc::Version;

namespace {

// The version that stands right above `target`; nullptr if there is none within `steps`.
Version* FindAbove(const Record& record, const Version* target, int steps) {
  Version* above = record.head();
  for (; steps > 0 && above != nullptr; --steps, above = above->previous()) {
    if (above->previous() == target) return above;
  }
  return nullptr;
}

}  // namespace

void Displacer::TryDisplace(txn::Garbage& entry) {
  NACRE_CHECK(base::EpochDomain::IsPinned(), "a chain was walked without a pin");
  Record* const record = entry.record;
  Version* const held = entry.version;
  Version* const copy = Version::NewBytes(held->value(), held->expiry());
  txn::Stripe& stripe = store_.latches.at(store_.latches.IndexOf(record->tree_id(), record->key()));
  Version* above = nullptr;
  if (stripe.latch.TryLock()) {
    NACRE_STEP(kPruneLatched);
    if (!held->unlinked()) above = FindAbove(*record, held, kStepsMax);
    if (above != nullptr) {
      record->Displace(above, copy);
      NACRE_STEP(kPruneUnlinked);
    }
    stripe.latch.Unlock();
  }
  if (above == nullptr) {
    Version::Free(copy);
    return;
  }
  entry.version = copy;
  store_.counters.memory_bytes.Add(static_cast<int64_t>(copy->memory_bytes()));
  versions_displaced_.fetch_add(1, std::memory_order_relaxed);
  const txn::Garbage displaced{record, held, 0};
  queue_.PushAlong({&displaced, 1});
}

}  // namespace nacre::vacuum
