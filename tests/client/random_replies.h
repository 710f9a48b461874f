#ifndef NACRE_TESTS_CLIENT_RANDOM_REPLIES_H_
#define NACRE_TESTS_CLIENT_RANDOM_REPLIES_H_

// Random replies of both protocol versions, and what they must be read as.

#include <cstddef>
#include <cstdint>
#include <random>
#include <string>
#include <vector>

namespace nacre::client {

struct RandomReply {
  std::string bytes;
  std::string dump;  // As DumpOf() writes it.
};

class RandomReplies {
 public:
  explicit RandomReplies(uint64_t seed) : random_(seed) {}

  // Possibly with attributes, possibly a push message.
  RandomReply Next();
  // Some damage to a stream.
  void Mutate(std::string& stream);
  // Up to `count` ascending places to cut `bytes` at.
  std::vector<size_t> Cuts(size_t bytes, size_t count);
  size_t Below(size_t bound) { return static_cast<size_t>(random_() % bound); }

 private:
  RandomReply Element(size_t depth);
  RandomReply Scalar();
  RandomReply Text();
  RandomReply Aggregate(const char* mark, const char* name, size_t each, size_t depth);
  std::string Attributes(size_t depth);
  std::string Bytes(bool line);

  std::mt19937_64 random_;
};

}  // namespace nacre::client

#endif  // NACRE_TESTS_CLIENT_RANDOM_REPLIES_H_
