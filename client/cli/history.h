#ifndef NACRE_CLIENT_CLI_HISTORY_H_
#define NACRE_CLIENT_CLI_HISTORY_H_

// The lines of earlier sessions, one a line, in a file that only its owner can read.
//
// Invariant, PasswordsAreNotKept: no line that carries a password, or may carry one because it can
// not be read as words, reaches the file or the list that the arrow keys walk through.

#include <string>
#include <vector>

#include "absl/status/status.h"

namespace nacre::cli {

// NACRECLI_HISTFILE, or ~/.nacrecli_history; empty: none (no home, or the variable is /dev/null).
std::string HistoryPath();

// AUTH, HELLO with AUTH, CONFIG SET of a password, ACL SETUSER, MIGRATE with AUTH.
bool CarriesPassword(const std::vector<std::string>& words);

// Whether the line may be kept: see PasswordsAreNotKept.
bool MayBeKept(const std::string& line);

class HistoryFile {
 public:
  static constexpr size_t kLinesMax = 1000;

  // An empty path: nothing is kept.
  explicit HistoryFile(std::string path) : path_(std::move(path)) {}

  // The newest lines, oldest first. Writes the file anew once it has twice as many.
  std::vector<std::string> Load();
  // Sessions that run at the same time each add theirs.
  absl::Status Append(const std::string& line);

 private:
  std::string path_;
};

}  // namespace nacre::cli

#endif  // NACRE_CLIENT_CLI_HISTORY_H_
