#ifndef NACRE_ENGINE_TXN_PREFETCH_H_
#define NACRE_ENGINE_TXN_PREFETCH_H_

#include <cstdint>
#include <string_view>

#include "absl/types/span.h"
#include "engine/txn/store.h"

namespace nacre::txn {

// Starts loading what a read or a commit of these keys will touch: the way to the record, the
// record, its newest version, the stripe. A hint: changes nothing, promises nothing.
void Prefetch(Store& store, uint32_t keyspace, absl::Span<const std::string_view> keys);

}  // namespace nacre::txn

#endif  // NACRE_ENGINE_TXN_PREFETCH_H_
