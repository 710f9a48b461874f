#ifndef NACRE_CLIENT_BASE_CHECK_H_
#define NACRE_CLIENT_BASE_CHECK_H_

// NACRE_CLIENT_CHECK guards the invariants that keep a request from being sent twice and a reply
// from reaching the wrong caller, and stays on in production builds. NACRE_CLIENT_DCHECK is for
// what costs more than O(1), and disappears with NDEBUG.

namespace nacre::client {

// Prints "file:line: invariant broken: condition: why" to stderr and aborts.
[[noreturn]] void CheckFailed(const char* file, int line, const char* condition, const char* why);

}  // namespace nacre::client

#define NACRE_CLIENT_CHECK(condition, why) \
  (__builtin_expect(!!(condition), 1)      \
       ? (void)0                           \
       : ::nacre::client::CheckFailed(__FILE__, __LINE__, #condition, why))

#ifdef NDEBUG
#define NACRE_CLIENT_DCHECK(condition, why) ((void)sizeof(!(condition)))
#else
#define NACRE_CLIENT_DCHECK(condition, why) NACRE_CLIENT_CHECK(condition, why)
#endif

#endif  // NACRE_CLIENT_BASE_CHECK_H_
