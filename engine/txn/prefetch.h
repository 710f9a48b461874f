#ifndef NACRE_ENGINE_TXN_PREFETCH_H_
#define NACRE_ENGINE_TXN_PREFETCH_H_

#include <cstdint>
#include <string_view>

#include "absl/types/span.h"
#include "engine/txn/store.h"

namespace nacre::txn {

// Hints: they change nothing, promise nothing. The caller is pinned where records are touched.

// Starts loading the newest version of each record, whose own loads should be under way.
inline void PrefetchHeads(absl::Span<mvcc::Record* const> records) {
  for (const mvcc::Record* record : records) {
    const auto* head = reinterpret_cast<const char*>(record->head());
    __builtin_prefetch(head);
    __builtin_prefetch(head + 64);
  }
}

// Starts loading the part of a value that does not stand beside the header of its version.
inline void PrefetchEnd(std::string_view value) {
  if (value.size() > 64) __builtin_prefetch(value.data() + value.size() - 1);
}

// Starts loading what a read or a commit of these keys will touch: the way to the record, the
// record, its newest version, the stripe.
void Prefetch(Store& store, uint32_t keyspace, absl::Span<const std::string_view> keys);

}  // namespace nacre::txn

#endif  // NACRE_ENGINE_TXN_PREFETCH_H_
