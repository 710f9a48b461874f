#include "tests/check/program/input.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <istream>
#include <string_view>

#include "absl/status/status.h"
#include "nacre/check/file_buffer.h"

namespace nacre::check {
namespace {

std::string_view MessageOf(const absl::Status& status) {
  return {status.message().data(), status.message().size()};
}

absl::Status CannotRead(std::string_view name, int error) {
  std::string words("cannot read ");
  words.append(name).append(": ").append(std::strerror(error));
  return absl::NotFoundError(words);
}

}  // namespace

absl::StatusOr<History> ReadInput(const std::string& path, std::optional<Format> format) {
  const bool standard = path == "-";
  const std::string name = standard ? "standard input" : path;
  const int fd = standard ? STDIN_FILENO : open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return CannotRead(name, errno);
  FileBuffer buffer(fd);
  const std::string_view beginning = buffer.Beginning();
  if (!format.has_value()) format = GuessFormat(beginning);
  if (buffer.error() != 0) return CannotRead(name, buffer.error());
  if (!format.has_value()) {
    return absl::InvalidArgumentError(name +
                                      (beginning.empty()
                                           ? " is empty, so its format cannot be told"
                                           : ": its format cannot be told by how it begins") +
                                      "; name it by --format edn, json, text or native");
  }
  std::istream in(&buffer);
  absl::StatusOr<History> history = ReadHistory(in, *format);
  if (buffer.error() != 0) return CannotRead(name, buffer.error());
  if (history.ok()) return history;
  std::string words = name + " cannot be read as ";
  words.append(ToString(*format)).append(": ").append(MessageOf(history.status()));
  return absl::InvalidArgumentError(words);
}

}  // namespace nacre::check
