#ifndef NACRE_SERVER_ALLOCATOR_ALLOCATOR_H_
#define NACRE_SERVER_ALLOCATOR_ALLOCATOR_H_

#include <cstdint>
#include <string>
#include <string_view>

// The allocator of our own programs, by the CMake option NACRE_ALLOCATOR. The library is no
// program: it uses whatever `operator new` its user's has. docs/decisions/0016 says what was
// measured. Records, versions and index nodes come from the library's own pool (nacre/memory.h,
// docs/decisions/0026); what is too large for that, and all else, from here. Thread-safe.

namespace nacre::allocator {

// With its version, for people.
std::string_view Name();

// Its own report, many lines long.
std::string Report();

// What lies between the two is lost to fragmentation; what the resident set has beyond the second
// is the memory pool's, or free and not yet returned.
struct Usage {
  int64_t allocated_bytes = 0;
  int64_t page_bytes = 0;  // In pages that hold something. (C library: taken from the system.)
};
Usage CurrentUsage();

// Gives the system back what is free, as far as whole pages are. For the memory pool it is done by
// ReturnFreeMemory().
void ReturnFreePages();

// Options::on_memory_freed: what is kept for the calling thread alone must not hold whole pages.
void ObjectsFreed(size_t objects);

// To be called in the child after a fork(), which has left the allocator's own threads behind.
void ResumeAfterFork();

}  // namespace nacre::allocator

#endif  // NACRE_SERVER_ALLOCATOR_ALLOCATOR_H_
