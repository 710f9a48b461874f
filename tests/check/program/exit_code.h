#ifndef NACRE_TESTS_CHECK_PROGRAM_EXIT_CODE_H_
#define NACRE_TESTS_CHECK_PROGRAM_EXIT_CODE_H_

namespace nacre::check {

// How nacre-check ends, for the scripts that call it.
enum ExitCode : int {
  kHolds = 0,
  kViolated = 1,
  kUnknown = 2,  // The reason stands in the report.
  kUsage = 3,    // Bad arguments, or a file that cannot be read or written.
};

}  // namespace nacre::check

#endif  // NACRE_TESTS_CHECK_PROGRAM_EXIT_CODE_H_
