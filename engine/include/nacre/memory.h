#ifndef NACRE_MEMORY_H_
#define NACRE_MEMORY_H_

#include <cstddef>
#include <cstdint>

#include "absl/status/status.h"

namespace nacre {

// The memory pool of the process. All databases in it have their records, versions and index nodes
// there, as far as one takes no more than 2112 bytes. The rest, and all of it without the pool,
// comes from operator new.
struct MemoryPoolOptions {
  // false: everything from operator new. The default is false under the address and the thread
  // sanitizer, so that they see every use after the end.
  static bool EnabledByDefault();
  bool enabled = EnabledByDefault();
  // Asks the system for pages of 2 MiB (madvise), which take a sixth off the time of a short
  // transaction in a large database. A system that grants none is none the worse.
  bool huge_pages = true;
  // But not before the pool has so much: who has little data does not pay for the rest of a page.
  size_t huge_pages_from_bytes = size_t{8} << 20;
  // What is free and not returned to the system: at most so much, or a 32nd of what is in use.
  size_t kept_bytes_min = size_t{1} << 20;
};

// Once, and before the first database is opened. kFailedPrecondition afterwards, and nothing
// changes.
absl::Status ConfigureMemoryPool(const MemoryPoolOptions& options);

// Nothing but zeros without the pool. What the system counts as resident is at most the sum of
// used_bytes, kept_bytes, 16 KiB for each 2 MiB of mapped_bytes, and the rest of a huge page.
struct MemoryPoolUsage {
  uint64_t mapped_bytes = 0;     // Address space.
  uint64_t used_bytes = 0;       // In slabs of 16 KiB that have a block which is given out.
  uint64_t kept_bytes = 0;       // In slabs that are free and keep their pages.
  uint64_t allocated_bytes = 0;  // In blocks that are given out, to the caches of threads too.
};
// Thread-safe. O(size classes).
MemoryPoolUsage GetMemoryPoolUsage();

// Returns to the system what is free in the pool, with what the calling thread keeps. Thread-safe.
// O(what is free).
void ReturnFreeMemory();

}  // namespace nacre

#endif  // NACRE_MEMORY_H_
