#ifndef NACRE_TESTS_CHECK_RUN_PROGRESS_LINE_H_
#define NACRE_TESTS_CHECK_RUN_PROGRESS_LINE_H_

#include <cstdio>
#include <string>

#include "tests/check/run/run.h"

namespace nacre::check::run {

// "12,345 transactions (10,000/s), 2.1% conflicts, 3 unknown, 4 s"
std::string ProgressWords(const Progress& progress);

// Rewrites one line of a terminal a few times a second. Says nothing to anything else, so that
// nothing but reports stands in files. Used by one thread.
class ProgressLine {
 public:
  explicit ProgressLine(std::FILE* out);
  // Removes the line.
  ~ProgressLine();
  ProgressLine(const ProgressLine&) = delete;
  ProgressLine& operator=(const ProgressLine&) = delete;

  void Show(const Progress& progress);

 private:
  std::FILE* const out_;
  const bool is_terminal_;
  absl::Duration shown_ = -absl::InfiniteDuration();
};

}  // namespace nacre::check::run

#endif  // NACRE_TESTS_CHECK_RUN_PROGRESS_LINE_H_
