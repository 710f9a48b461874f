#include "tests/check/program/input.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <istream>
#include <streambuf>
#include <string_view>
#include <vector>

#include "absl/status/status.h"

namespace nacre::check {
namespace {

// Reads a file descriptor. Its beginning can be looked at before it is consumed, which a pipe
// allows only where the bytes stay in the buffer.
class FileBuffer : public std::streambuf {
 public:
  explicit FileBuffer(int fd) : fd_(fd), bytes_(size_t{1} << 18) {}
  ~FileBuffer() override {
    if (fd_ > STDERR_FILENO) close(fd_);
  }
  FileBuffer(const FileBuffer&) = delete;
  FileBuffer& operator=(const FileBuffer&) = delete;

  // Before anything was consumed.
  std::string_view Beginning() {
    constexpr size_t kEnough = 4096;
    size_t size = 0;
    while (size < kEnough) {
      const size_t more = Read(bytes_.data() + size, bytes_.size() - size);
      if (more == 0) break;
      size += more;
    }
    setg(bytes_.data(), bytes_.data(), bytes_.data() + size);
    return {bytes_.data(), size};
  }

  int error() const { return error_; }

 protected:
  int_type underflow() override {
    const size_t size = Read(bytes_.data(), bytes_.size());
    setg(bytes_.data(), bytes_.data(), bytes_.data() + size);
    return size == 0 ? traits_type::eof() : traits_type::to_int_type(bytes_[0]);
  }

 private:
  // 0: the end, or an error.
  size_t Read(char* to, size_t size) {
    while (true) {
      const ssize_t got = read(fd_, to, size);
      if (got >= 0) return static_cast<size_t>(got);
      if (errno == EINTR) continue;
      error_ = errno;
      return 0;
    }
  }

  const int fd_;
  std::vector<char> bytes_;
  int error_ = 0;
};

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
