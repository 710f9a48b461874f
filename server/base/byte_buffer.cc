#include "server/base/byte_buffer.h"

#include <algorithm>
#include <cstdlib>
#include <new>

namespace nacre::server {

namespace {
constexpr size_t kFirstBlockBytes = 2048;
}  // namespace

ByteBuffer::~ByteBuffer() { std::free(block_); }

void ByteBuffer::MakeRoom(size_t bytes) {
  const size_t used = size();
  // Moving the content to the front is enough if that frees at least half of the block: otherwise a
  // buffer that is almost full would move its content for every few bytes.
  if (begin_ > 0 && begin_ >= used && capacity_ - used >= bytes) {
    std::memmove(block_, block_ + begin_, used);
    begin_ = 0;
    end_ = used;
    return;
  }
  const size_t capacity = std::max({kFirstBlockBytes, 2 * capacity_, used + bytes});
  char* block = nullptr;
  if (begin_ == 0) {
    block = static_cast<char*>(std::realloc(block_, capacity));
    if (block == nullptr) throw std::bad_alloc();
  } else {
    block = static_cast<char*>(std::malloc(capacity));
    if (block == nullptr) throw std::bad_alloc();
    std::memcpy(block, block_ + begin_, used);
    std::free(block_);
  }
  block_ = block;
  begin_ = 0;
  end_ = used;
  capacity_ = capacity;
}

void ByteBuffer::Insert(size_t offset, std::string_view bytes) {
  Reserve(bytes.size());
  char* at = block_ + begin_ + offset;
  std::memmove(at + bytes.size(), at, size() - offset);
  std::memcpy(at, bytes.data(), bytes.size());
  end_ += bytes.size();
}

void ByteBuffer::ShrinkTo(size_t bytes) {
  if (!empty() || capacity_ <= bytes) return;
  std::free(block_);
  block_ = nullptr;
  begin_ = end_ = capacity_ = 0;
}

}  // namespace nacre::server
