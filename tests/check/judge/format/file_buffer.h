#ifndef NACRE_TESTS_CHECK_JUDGE_FORMAT_FILE_BUFFER_H_
#define NACRE_TESTS_CHECK_JUDGE_FORMAT_FILE_BUFFER_H_

#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <streambuf>
#include <string_view>
#include <vector>

namespace nacre::check::judge {

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

}  // namespace nacre::check::judge

#endif  // NACRE_TESTS_CHECK_JUDGE_FORMAT_FILE_BUFFER_H_
