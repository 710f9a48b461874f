#ifndef NACRE_MEMORY_H_
#define NACRE_MEMORY_H_

#include <cstddef>
#include <cstdint>

#include "absl/status/status.h"

namespace nacre {

// The memory pool of the process. All databases in it have their records, versions, index nodes and
// the vacuum's lists there, as far as one takes no more than 2112 bytes. The rest, and all of it
// without the pool, comes from operator new. docs/EMBEDDING.md says what it costs and saves.
//
// A thread that uses a database keeps some blocks for its next ones: at most 32 KiB of each of 56
// sizes, so 1.7 MiB in all and mostly far less. Each of these blocks holds its slab, though. The
// vacuum's thread gives its own back before it rests; those of other threads stay until they end.
struct MemoryPoolOptions {
  // false: everything from operator new. The default is false under the address and the thread
  // sanitizer, so that they see every use after the end, and where the system is not Linux.
  static bool EnabledByDefault();
  bool enabled = EnabledByDefault();
  // Asks the system for pages of 2 MiB (madvise), which take a sixth off the time of a short
  // transaction in a large database. A system that grants none is none the worse. One of which a
  // part was returned is small pages from then on, until all of its 2 MiB are free.
  bool huge_pages = true;
  // But not before the pool has so much: who has little data does not pay for the rest of a page.
  size_t huge_pages_from_bytes = size_t{8} << 20;
  // What is free and not returned to the system: so much, or a 32nd of what is in use if that is
  // more. Beyond it, whoever frees returns it at once.
  size_t kept_bytes_min = size_t{1} << 20;
};

// Once, and before the first database is opened. kFailedPrecondition afterwards, and nothing
// changes. Thread-safe.
absl::Status ConfigureMemoryPool(const MemoryPoolOptions& options);

// Nothing but zeros without the pool. Other threads go on meanwhile, so the figures are not of one
// instant. What is resident of the pool is at most the sum of used_bytes, kept_bytes and 16 KiB for
// each 2 MiB of mapped_bytes; and besides, pages on their way back to the system, and of a huge
// page what was not used yet: of one, or of one for each thread that mapped one at the same time.
struct MemoryPoolUsage {
  uint64_t mapped_bytes = 0;     // Address space.
  uint64_t used_bytes = 0;       // In slabs of 16 KiB that have a block which is given out.
  uint64_t kept_bytes = 0;       // In slabs that are free and keep their pages.
  uint64_t allocated_bytes = 0;  // In blocks that are given out, to the caches of threads too.
};
// Thread-safe. O(size classes).
MemoryPoolUsage GetMemoryPoolUsage();

// Returns to the system what is free in the pool, with what the calling thread keeps; not what
// other threads keep. Thread-safe. O(what is free).
void ReturnFreeMemory();

}  // namespace nacre

#endif  // NACRE_MEMORY_H_
