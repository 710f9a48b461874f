#ifndef NACRE_CLIENT_NET_INPUT_BUFFER_H_
#define NACRE_CLIENT_NET_INPUT_BUFFER_H_

// What has been received and not yet been used, as one flat piece. Using bytes at the front moves
// nothing; what is left moves only when the room behind it is used up.
//
// Thread rule: none; the connection's thread.

#include <cstddef>
#include <memory>
#include <span>
#include <string_view>

namespace nacre::client {

class InputBuffer {
 public:
  static constexpr size_t kReadBytesMin = 16 << 10;
  static constexpr size_t kReadBytesMax = 256 << 10;
  static constexpr size_t kTrustedBytes = 64 << 20;

  std::string_view unused() const { return {data_.get() + begin_, end_ - begin_}; }

  // Room behind what is there, for the next read; for all of the `missing` bytes that the reply
  // which has begun says it lacks, and no more than that if it is large. Its word alone gets
  // kTrustedBytes, or as much again as has come. May move what is there. Gives back what a large
  // reply has left behind.
  std::span<char> Room(size_t missing);
  // The first `bytes` of Room() have come.
  void Commit(size_t bytes);
  // The first `bytes` of unused() have been used.
  void Use(size_t bytes);

  size_t capacity() const { return capacity_; }
  // How often what is there has been moved to another place.
  size_t moves() const { return moves_; }

 private:
  size_t Needed(size_t missing) const;
  void Move(size_t capacity);

  std::unique_ptr<char[]> data_;
  size_t capacity_ = 0;
  size_t begin_ = 0;
  size_t end_ = 0;
  size_t moves_ = 0;
  size_t read_bytes_ = kReadBytesMin;  // What a read is given; grows if replies fill it.
};

}  // namespace nacre::client

#endif  // NACRE_CLIENT_NET_INPUT_BUFFER_H_
