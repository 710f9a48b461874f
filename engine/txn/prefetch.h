#ifndef NACRE_ENGINE_TXN_PREFETCH_H_
#define NACRE_ENGINE_TXN_PREFETCH_H_

#include <cstdint>
#include <string_view>

#include "absl/types/span.h"
#include "engine/base/prefetch.h"
#include "engine/txn/store.h"
#include "engine/txn/write_set.h"

namespace nacre::txn {

// Hints: they change nothing, promise nothing. The caller is pinned where records are touched.

// Starts loading the newest version of a record, whose own load should be under way. There may be
// none: after an insert that was taken back.
inline void PrefetchHead(const mvcc::Record& record) {
  const auto head = reinterpret_cast<uintptr_t>(record.head());
  __builtin_prefetch(reinterpret_cast<const void*>(head));
  __builtin_prefetch(reinterpret_cast<const void*>(head + 64));
}
inline void PrefetchHeads(absl::Span<mvcc::Record* const> records) {
  for (const mvcc::Record* record : records) PrefetchHead(*record);
}

// The same for what a commit will change.
inline void PrefetchStripe(LatchTable& latches, uint64_t hash) {
  base::PrefetchForWrite(&latches.at(latches.IndexOf(hash)));
}
inline void PrefetchToWrite(const mvcc::Record& record) {
  base::PrefetchForWrite(&record);
  __builtin_prefetch(record.head());
}

// Starts loading the part of a value that does not stand beside the header of its version.
inline void PrefetchEnd(std::string_view value) {
  if (value.size() > 64) __builtin_prefetch(value.data() + value.size() - 1);
}

// Starts loading what a read or a commit of these keys will touch: the way to the record, the
// record, its newest version, the stripe.
void Prefetch(Store& store, uint32_t keyspace, absl::Span<const std::string_view> keys);

// Looks up the records of the writes that have none yet, side by side, before the commit holds any
// latch, and starts loading their newest versions. What it enters may have left the index by the
// time of the latch (VALUED in record.h). The caller is pinned, for as long as it commits.
void LookUpRecords(LatchTable& latches, WriteSet& writes);
inline void FindRecords(LatchTable& latches, WriteSet& writes) {
  if (writes.entries().size() == 1) {
    WriteEntry& entry = writes.entries()[0];
    PrefetchStripe(latches, entry.hash);
    if (entry.record != nullptr && entry.record_stays) return;
    entry.record = entry.tree->index.Find(entry.key);
    if (entry.record != nullptr) PrefetchToWrite(*entry.record);
    return;
  }
  for (const WriteEntry& entry : writes.entries()) {
    if (entry.record == nullptr || !entry.record_stays) return LookUpRecords(latches, writes);
  }
}

}  // namespace nacre::txn

#endif  // NACRE_ENGINE_TXN_PREFETCH_H_
