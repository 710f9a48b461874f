#ifndef NACRE_SERVER_ALLOCATOR_ALLOCATOR_H_
#define NACRE_SERVER_ALLOCATOR_ALLOCATOR_H_

#include <string>
#include <string_view>

// The allocator of our own programs, by the CMake option NACRE_ALLOCATOR. The library is no
// program: it uses whatever `operator new` its user's has. docs/decisions/0016 says what was
// measured. Thread-safe.

namespace nacre::allocator {

// With its version, for people.
std::string_view Name();

// Its own report, many lines long.
std::string Report();

// Gives the system back what is free, as far as whole pages are.
void ReturnFreePages();

// To be called in the child after a fork(), which has left the allocator's own threads behind.
void ResumeAfterFork();

}  // namespace nacre::allocator

#endif  // NACRE_SERVER_ALLOCATOR_ALLOCATOR_H_
