#ifndef NACRE_TESTS_CHECK_RUN_PROGRESS_LINE_H_
#define NACRE_TESTS_CHECK_RUN_PROGRESS_LINE_H_

#include <cstdio>
#include <string>

#include "absl/functional/function_ref.h"
#include "absl/time/time.h"
#include "tests/check/run/run.h"

namespace nacre::check::run {

// "12,345 transactions committed (10,000/s), 2.1% conflicts, 7 rolled back, 3 unknown, 4.0 s"
std::string ProgressWords(const Progress& progress);

// Rewrites one line of a terminal a few times a second. Says nothing to anything else, so that
// nothing but reports stands in files. Used by one thread.
class ProgressLine {
 public:
  explicit ProgressLine(std::FILE* out);
  // As Hide().
  ~ProgressLine();
  ProgressLine(const ProgressLine&) = delete;
  ProgressLine& operator=(const ProgressLine&) = delete;

  // `elapsed`: since the beginning. `words` are asked for only if they are shown.
  void Show(absl::Duration elapsed, absl::FunctionRef<std::string()> words);
  // Removes the line, if there is one.
  void Hide();

 private:
  std::FILE* const out_;
  const bool is_terminal_;
  absl::Duration shown_ = -absl::InfiniteDuration();
};

}  // namespace nacre::check::run

#endif  // NACRE_TESTS_CHECK_RUN_PROGRESS_LINE_H_
