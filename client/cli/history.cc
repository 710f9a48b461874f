#include "client/cli/history.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fstream>

#include "absl/strings/str_cat.h"
#include "client/cli/script.h"
#include "client/cli/text.h"
#include "client/cli/words.h"

namespace nacre::cli {

namespace {

bool Is(const std::vector<std::string>& words, size_t i, std::string_view word) {
  return i < words.size() && EqualsIgnoringCase(words[i], word);
}

bool HasWordFrom(const std::vector<std::string>& words, size_t first, std::string_view word) {
  for (size_t i = first; i < words.size(); ++i) {
    if (Is(words, i, word)) return true;
  }
  return false;
}

bool IsUtf8(std::string_view text) {
  while (!text.empty()) {
    const size_t bytes = Utf8CharacterBytes(text);
    if (bytes == 0) return false;
    text.remove_prefix(bytes);
  }
  return true;
}

// Appended by one write, so that lines of two sessions do not mix.
absl::Status WriteLines(const std::string& path, const std::string& lines, int flags) {
  const int file = open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC | flags, S_IRUSR | S_IWUSR);
  if (file < 0) return absl::ErrnoToStatus(errno, path);
  // A file that was there already may be open to others.
  if (fchmod(file, S_IRUSR | S_IWUSR) != 0) {
    const int refused = errno;
    close(file);
    return absl::ErrnoToStatus(refused, path);
  }
  const ssize_t written = write(file, lines.data(), lines.size());
  const int error = errno;
  close(file);
  if (written != static_cast<ssize_t>(lines.size())) {
    return absl::ErrnoToStatus(written < 0 ? error : ENOSPC, path);
  }
  return absl::OkStatus();
}

}  // namespace

std::string HistoryPath() {
  const char* const chosen = std::getenv("NACRECLI_HISTFILE");
  if (chosen != nullptr && *chosen != '\0') {
    return std::strcmp(chosen, "/dev/null") == 0 ? "" : chosen;
  }
  const char* const home = std::getenv("HOME");
  if (home == nullptr || *home == '\0') return "";
  return absl::StrCat(home, "/.nacrecli_history");
}

bool CarriesPassword(const std::vector<std::string>& words) {
  if (Is(words, 0, "auth")) return true;
  if (Is(words, 0, "hello")) return HasWordFrom(words, 1, "auth");
  if (Is(words, 0, "acl")) return Is(words, 1, "setuser");
  if (Is(words, 0, "migrate")) {
    return HasWordFrom(words, 6, "auth") || HasWordFrom(words, 6, "auth2");
  }
  if (!Is(words, 0, "config") || !Is(words, 1, "set")) return false;
  for (size_t i = 2; i < words.size(); i += 2) {
    if (Is(words, i, "requirepass") || Is(words, i, "masterauth") || Is(words, i, "masteruser")) {
      return true;
    }
  }
  return false;
}

bool MayBeKept(const std::string& line) {
  auto words = SplitWords(line);
  if (!words || words->empty()) return false;
  // "3 AUTH secret" runs it three times; a number that is none is left out as well.
  TakeRepeatCount(*words);
  if (words->front().find_first_not_of("+-0123456789") == std::string::npos) {
    words->erase(words->begin());
  }
  return !CarriesPassword(*words);
}

std::vector<std::string> HistoryFile::Load() {
  std::vector<std::string> lines;
  if (path_.empty()) return lines;
  std::ifstream file(path_);
  for (std::string line; std::getline(file, line);) {
    // One that is no text, which the editor cannot show, would keep it from all that are older.
    if (!line.empty() && IsUtf8(line)) lines.push_back(std::move(line));
  }
  if (lines.size() <= kLinesMax) return lines;
  const bool rewrite = lines.size() > 2 * kLinesMax;
  lines.erase(lines.begin(), lines.end() - static_cast<long>(kLinesMax));
  if (rewrite) {
    std::string all;
    for (const std::string& line : lines) absl::StrAppend(&all, line, "\n");
    // To lose the history is no reason not to start.
    WriteLines(path_, all, O_TRUNC).IgnoreError();
  }
  return lines;
}

absl::Status HistoryFile::Append(const std::string& line) {
  if (path_.empty() || !MayBeKept(line)) return absl::OkStatus();
  return WriteLines(path_, absl::StrCat(line, "\n"), O_APPEND);
}

}  // namespace nacre::cli
