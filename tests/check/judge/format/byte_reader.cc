#include "tests/check/judge/format/byte_reader.h"

#include <cstring>

#include "tests/check/judge/text.h"

namespace nacre::check::judge {

bool ByteReader::Fill() {
  if (at_ > 0) {
    std::memmove(buffer_.data(), buffer_.data() + at_, end_ - at_);
    base_ += at_;
    end_ -= at_;
    at_ = 0;
  }
  if (end_ == buffer_.size()) buffer_.resize(2 * buffer_.size());
  in_.read(buffer_.data() + end_, static_cast<std::streamsize>(buffer_.size() - end_));
  const auto got = static_cast<size_t>(in_.gcount());
  end_ += got;
  return got > 0;
}

std::string_view ByteReader::TakeUntil(const ByteSet& stops) {
  size_t length = 0;
  while (true) {
    while (at_ + length < end_ && !stops[static_cast<uint8_t>(buffer_[at_ + length])]) ++length;
    if (at_ + length < end_ || !Fill()) break;
  }
  const std::string_view taken(buffer_.data() + at_, length);
  at_ += length;
  return taken;
}

bool ByteReader::NextLine(std::string_view& line) {
  size_t length = 0;
  while (true) {
    const void* end = std::memchr(buffer_.data() + at_ + length, '\n', end_ - at_ - length);
    if (end != nullptr) {
      length = static_cast<size_t>(static_cast<const char*>(end) - buffer_.data()) - at_;
      break;
    }
    length = end_ - at_;
    if (!Fill()) {
      if (length == 0) return false;
      line = std::string_view(buffer_.data() + at_, length);
      at_ += length;
      return true;
    }
  }
  line = std::string_view(buffer_.data() + at_, length);
  at_ += length + 1;
  ++line_;
  return true;
}

absl::Status ByteReader::Error(std::string_view what) const {
  return absl::InvalidArgumentError(Cat("line ", line_, ", byte ", offset(), ": ", what));
}

}  // namespace nacre::check::judge
