#ifndef NACRE_SERVER_BASE_BYTE_BUFFER_H_
#define NACRE_SERVER_BASE_BYTE_BUFFER_H_

#include <cstddef>
#include <cstring>
#include <string_view>
#include <utility>

namespace nacre::server {

// Bytes that are appended at the end and taken from the front, in one flat block. Grows by doubling
// and, unlike std::string, leaves new room uninitialised: a socket writes there next.
//
// Thread-compatible. Views into it are valid until the next call that may grow or compact it.
class ByteBuffer {
 public:
  ByteBuffer() = default;
  ~ByteBuffer();
  ByteBuffer(const ByteBuffer&) = delete;
  ByteBuffer& operator=(const ByteBuffer&) = delete;
  ByteBuffer(ByteBuffer&& other) noexcept { swap(other); }
  ByteBuffer& operator=(ByteBuffer&& other) noexcept {
    swap(other);
    return *this;
  }

  const char* data() const { return block_ + begin_; }
  size_t size() const { return end_ - begin_; }
  bool empty() const { return begin_ == end_; }
  size_t capacity() const { return capacity_; }
  std::string_view view() const { return {data(), size()}; }

  // Room for at least `bytes` more at the end; write there, then Commit() what was written.
  char* Reserve(size_t bytes) {
    if (capacity_ - end_ < bytes) [[unlikely]]
      MakeRoom(bytes);
    return block_ + end_;
  }
  size_t room() const { return capacity_ - end_; }
  void Commit(size_t bytes) { end_ += bytes; }

  void Append(std::string_view bytes) {
    if (bytes.empty()) return;
    std::memcpy(Reserve(bytes.size()), bytes.data(), bytes.size());
    end_ += bytes.size();
  }

  // Takes bytes from the front. An emptied buffer starts again at its beginning.
  void Consume(size_t bytes) {
    begin_ += bytes;
    if (begin_ == end_) begin_ = end_ = 0;
  }
  // Drops what was appended after the buffer had this size.
  void Truncate(size_t size) { end_ = begin_ + size; }
  // Puts `bytes` in front of what stands at `offset`.
  void Insert(size_t offset, std::string_view bytes);
  void Clear() { begin_ = end_ = 0; }
  // Gives the block back if the buffer is empty and larger than `bytes`.
  void ShrinkTo(size_t bytes);

  void swap(ByteBuffer& other) noexcept {
    std::swap(block_, other.block_);
    std::swap(begin_, other.begin_);
    std::swap(end_, other.end_);
    std::swap(capacity_, other.capacity_);
  }

 private:
  void MakeRoom(size_t bytes);

  char* block_ = nullptr;
  size_t begin_ = 0;
  size_t end_ = 0;
  size_t capacity_ = 0;
};

}  // namespace nacre::server

#endif  // NACRE_SERVER_BASE_BYTE_BUFFER_H_
