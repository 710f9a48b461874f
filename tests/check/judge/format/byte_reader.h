#ifndef NACRE_TESTS_CHECK_JUDGE_FORMAT_BYTE_READER_H_
#define NACRE_TESTS_CHECK_JUDGE_FORMAT_BYTE_READER_H_

#include <array>
#include <cstdint>
#include <istream>
#include <string>
#include <string_view>

#include "absl/status/status.h"

namespace nacre::check::judge {

using ByteSet = std::array<bool, 256>;
constexpr ByteSet BytesOf(std::string_view bytes) {
  ByteSet set{};
  for (const char c : bytes) set[static_cast<uint8_t>(c)] = true;
  return set;
}

// A stream, a piece at a time. Knows where it is, for error messages.
class ByteReader {
 public:
  explicit ByteReader(std::istream& in) : in_(in), buffer_(kPieceBytes, '\0') {}

  // The next byte, or -1 at the end.
  int Peek() {
    if (at_ == end_ && !Fill()) return -1;
    return static_cast<uint8_t>(buffer_[at_]);
  }
  // Precondition: Peek() was not -1.
  void Skip() {
    if (buffer_[at_] == '\n') ++line_;
    ++at_;
  }
  // What stands before the next byte of `stops`, or the end. Precondition: '\n' is one of `stops`.
  // Valid until the next call of anything but line(), offset() and Error().
  std::string_view TakeUntil(const ByteSet& stops);
  // The next line without its end; false: there is none. Valid as of TakeUntil().
  bool NextLine(std::string_view& line);

  uint64_t line() const { return line_; }
  uint64_t offset() const { return base_ + at_; }
  absl::Status Error(std::string_view what) const;

 private:
  static constexpr size_t kPieceBytes = 32 * 1024;
  // Reads on, keeping what was not taken. False at the end.
  bool Fill();

  std::istream& in_;
  std::string buffer_;
  size_t at_ = 0;
  size_t end_ = 0;
  uint64_t base_ = 0;  // The offset of the buffer's first byte.
  uint64_t line_ = 1;
};

}  // namespace nacre::check::judge

#endif  // NACRE_TESTS_CHECK_JUDGE_FORMAT_BYTE_READER_H_
