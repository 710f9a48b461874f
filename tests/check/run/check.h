#ifndef NACRE_TESTS_CHECK_RUN_CHECK_H_
#define NACRE_TESTS_CHECK_RUN_CHECK_H_

#include <cstdio>
#include <cstdlib>

namespace nacre::check::run {

[[noreturn]] inline void CheckFailed(const char* file, int line, const char* condition,
                                     const char* why) {
  std::fprintf(stderr, "%s:%d: invariant broken: %s: %s\n", file, line, condition, why);
  std::abort();
}

}  // namespace nacre::check::run

// A recorder that is wrong about what happened must not have it judged: stays on in production.
#define NACRE_RUN_CHECK(condition, why) \
  (__builtin_expect(!!(condition), 1)   \
       ? (void)0                        \
       : ::nacre::check::run::CheckFailed(__FILE__, __LINE__, #condition, why))

#endif  // NACRE_TESTS_CHECK_RUN_CHECK_H_
