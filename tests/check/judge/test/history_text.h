#ifndef NACRE_TESTS_CHECK_JUDGE_TEST_HISTORY_TEXT_H_
#define NACRE_TESTS_CHECK_JUDGE_TEST_HISTORY_TEXT_H_

#include <gtest/gtest.h>

#include <sstream>
#include <string>

#include "nacre/check/format.h"

namespace nacre::check {

// Histories of tests are written as text, as they would be in a file.
inline absl::StatusOr<History> Parse(const std::string& text, Format format) {
  std::istringstream in(text);
  return ReadHistory(in, format);
}

// Precondition: `text` can be read.
inline History Parsed(const std::string& text, Format format = Format::kNative) {
  absl::StatusOr<History> history = Parse(text, format);
  EXPECT_TRUE(history.ok()) << history.status() << "\n" << text;
  return history.ok() ? *std::move(history) : History();
}

inline std::string Written(const History& history, Format format = Format::kNative) {
  std::ostringstream out;
  const absl::Status status = WriteHistory(history, format, out);
  EXPECT_TRUE(status.ok()) << status;
  return out.str();
}

}  // namespace nacre::check

#endif  // NACRE_TESTS_CHECK_JUDGE_TEST_HISTORY_TEXT_H_
