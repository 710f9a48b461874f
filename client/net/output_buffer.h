#ifndef NACRE_CLIENT_NET_OUTPUT_BUFFER_H_
#define NACRE_CLIENT_NET_OUTPUT_BUFFER_H_

// The bytes that a connection has to send, as one stream with absolute positions: [taken(), end())
// waits; what is before taken() has been handed to the system.
//
// Small requests gather in one segment, so that they leave in one write; a large one gets a segment
// of its own, so that its bytes are copied once and never moved. A request that is given up before
// anything of it has left is cut: its bytes stay where they are, as a hole that is passed over.
//
// Thread rule: none; the connection's thread.

#include <cstddef>
#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

namespace nacre::client {

class OutputBuffer {
 public:
  uint64_t taken() const { return taken_; }
  uint64_t end() const { return end_; }
  // Bytes held, holes included.
  size_t size() const { return static_cast<size_t>(end_ - taken_); }
  bool empty() const { return end_ == taken_; }
  // What it holds on to, for tests.
  size_t memory_bytes() const;

  void Append(std::string_view bytes);
  // The next bytes to send; empty if there are none. At most `bytes_max`. Valid until the next
  // change.
  std::string_view Next(size_t bytes_max) const;
  // The first `bytes` of Next() have been handed over.
  void Take(size_t bytes);
  // [begin, end), nothing of which has been taken, will not be sent.
  void Cut(uint64_t begin, uint64_t end);
  // Drops what is left, with the memory.
  void Clear();

 private:
  struct Segment {
    uint64_t begin;
    std::string bytes;
    uint64_t end() const { return begin + bytes.size(); }
  };
  struct Hole {
    uint64_t begin;
    uint64_t end;
  };

  void PassHoles();
  void TrimTail();
  void DropTaken();

  uint64_t taken_ = 0;
  uint64_t end_ = 0;
  // Consecutive. The first may begin before taken_. An empty one is kept for its memory.
  std::deque<Segment> segments_;
  std::vector<Hole> holes_;  // Ordered, apart from each other, all in [taken_, end_).
};

}  // namespace nacre::client

#endif  // NACRE_CLIENT_NET_OUTPUT_BUFFER_H_
