#ifndef NACRE_ENGINE_BASE_CHECK_H_
#define NACRE_ENGINE_BASE_CHECK_H_

// NACRE_CHECK guards isolation and memory safety, and stays on in production builds: a store that
// continues after a broken invariant hands out wrong data. NACRE_DCHECK is for what costs more than
// O(1) and disappears with NDEBUG.
//
// Invariant NO-HALVES: what changes the state that transactions share is noexcept, from its first
// store to its last. Where memory runs out in there, std::terminate() ends the process: nobody is
// left behind waiting for a lock, or reading what was half done.

namespace nacre::base {

// Prints "file:line: invariant broken: condition: why" to stderr and aborts.
[[noreturn]] void CheckFailed(const char* file, int line, const char* condition, const char* why);

}  // namespace nacre::base

#define NACRE_CHECK(condition, why)   \
  (__builtin_expect(!!(condition), 1) \
       ? (void)0                      \
       : ::nacre::base::CheckFailed(__FILE__, __LINE__, #condition, why))

#ifdef NDEBUG
#define NACRE_DCHECK(condition, why) ((void)sizeof(!(condition)))
#else
#define NACRE_DCHECK(condition, why) NACRE_CHECK(condition, why)
#endif

#endif  // NACRE_ENGINE_BASE_CHECK_H_
