#ifndef NACRE_TESTS_CHECK_JUDGE_CHECK_H_
#define NACRE_TESTS_CHECK_JUDGE_CHECK_H_

#include <cstdio>
#include <cstdlib>

namespace nacre::check::judge {

[[noreturn]] inline void CheckFailed(const char* file, int line, const char* condition,
                                     const char* why) {
  std::fprintf(stderr, "%s:%d: invariant broken: %s: %s\n", file, line, condition, why);
  std::abort();
}

}  // namespace nacre::check::judge

// A judge that is wrong about itself must not give a verdict: stays on in production builds.
#define NACRE_JUDGE_CHECK(condition, why) \
  (__builtin_expect(!!(condition), 1)     \
       ? (void)0                          \
       : ::nacre::check::judge::CheckFailed(__FILE__, __LINE__, #condition, why))

#endif  // NACRE_TESTS_CHECK_JUDGE_CHECK_H_
