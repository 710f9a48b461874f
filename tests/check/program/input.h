#ifndef NACRE_TESTS_CHECK_PROGRAM_INPUT_H_
#define NACRE_TESTS_CHECK_PROGRAM_INPUT_H_

#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "nacre/check/format.h"
#include "nacre/check/history.h"

namespace nacre::check {

// Reads a history from front to end and once, so that it may as well be a pipe. `path` "-" is
// standard input. The format is guessed if it is not given. Errors name the file, and what to do.
absl::StatusOr<History> ReadInput(const std::string& path, std::optional<Format> format);

}  // namespace nacre::check

#endif  // NACRE_TESTS_CHECK_PROGRAM_INPUT_H_
