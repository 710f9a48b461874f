#include "client/net/input_buffer.h"

#include <algorithm>
#include <cstring>

#include "client/base/check.h"

namespace nacre::client {

namespace {

// Less room than this behind the rest is not worth a read of its own.
constexpr size_t kRoomBytesMin = 4 << 10;

}  // namespace

size_t InputBuffer::Needed(size_t missing) const {
  const size_t trusted = std::max(kTrustedBytes, end_ - begin_);
  if (missing <= trusted) return missing;
  // Not before the room there is has been filled: making more moves all that has come.
  const size_t room = capacity_ - end_;
  return room >= kReadBytesMax ? room : trusted;
}

std::span<char> InputBuffer::Room(size_t missing) {
  const size_t needed = Needed(missing);
  const size_t size = end_ - begin_;
  const size_t wanted = std::max(needed, read_bytes_);
  const bool oversized = capacity_ > 2 * InputBuffer::kReadBytesMax;
  if (oversized && size + wanted <= 2 * kReadBytesMax) {
    Move(size + wanted);
  } else if (size == 0 && capacity_ >= wanted) {
    begin_ = end_ = 0;
  } else if (capacity_ - end_ < std::max(needed, kRoomBytesMin)) {
    if (size <= capacity_ / 2 && capacity_ - size >= wanted) {
      std::memmove(data_.get(), data_.get() + begin_, size);
      begin_ = 0;
      end_ = size;
    } else {
      // Exactly what is missing, if it is the larger part. Otherwise twice as much as there is: an
      // array of many large elements asks for one after the other.
      Move(size + std::max(wanted, needed >= size ? 0 : size));
    }
  }
  return {data_.get() + end_, capacity_ - end_};
}

void InputBuffer::Commit(size_t bytes) {
  NACRE_CLIENT_CHECK(bytes <= capacity_ - end_, "more was read than there was room for");
  if (bytes >= read_bytes_) read_bytes_ = std::min(2 * read_bytes_, kReadBytesMax);
  end_ += bytes;
}

void InputBuffer::Use(size_t bytes) {
  NACRE_CLIENT_CHECK(bytes <= end_ - begin_, "more was used than there was");
  begin_ += bytes;
}

void InputBuffer::Move(size_t capacity) {
  const size_t size = end_ - begin_;
  auto data = std::make_unique_for_overwrite<char[]>(capacity);
  if (size > 0) std::memcpy(data.get(), data_.get() + begin_, size);
  data_ = std::move(data);
  ++moves_;
  capacity_ = capacity;
  begin_ = 0;
  end_ = size;
}

}  // namespace nacre::client
