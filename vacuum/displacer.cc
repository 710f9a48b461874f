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

// The version that stands right above `target`; nullptr if a latch is not held long enough to find
// it.
Version* FindAbove(const Record& record, const Version* target, size_t& steps) {
  Version* above = record.head();
  for (size_t i = 0; i < ChainPruner::kStepsPerLatch && above != nullptr; ++i) {
    ++steps;
    if (above->previous() == target) return above;
    above = above->previous();
  }
  return nullptr;
}

}  // namespace

bool Displacer::TryDisplace(txn::Garbage& entry, PruneTally& tally) {
  NACRE_CHECK(base::EpochDomain::IsPinned(), "a chain was walked without a pin");
  if (queue_.is_long()) [[unlikely]]
    return false;
  Record* const record = entry.record;
  Version* const held = entry.version;
  txn::Stripe& stripe = store_.latches.at(store_.latches.IndexOf(record->tree_id(), record->key()));
  Version* const copy = Version::NewBytes(held->value(), held->expiry());
  const bool latched = stripe.latch.TryLock();
  Version* above = nullptr;
  if (latched) {
    NACRE_STEP(kPruneLatched);
    if (!held->unlinked()) above = FindAbove(*record, held, tally.steps);
    if (above != nullptr) {
      record->Displace(above, copy);
      NACRE_STEP(kPruneUnlinked);
    }
    stripe.latch.Unlock();
  }
  if (above == nullptr) {
    Version::Free(copy);
    return latched;
  }
  entry.version = copy;
  store_.counters.memory_bytes.Add(static_cast<int64_t>(copy->memory_bytes()));
  versions_displaced_.fetch_add(1, std::memory_order_relaxed);
  const txn::Garbage displaced{record, held, 0};
  queue_.PushAlong({&displaced, 1});
  return true;
}

}  // namespace nacre::vacuum
