#ifndef NACRE_TESTS_SERVER_REPLY_READER_H_
#define NACRE_TESTS_SERVER_REPLY_READER_H_

#include <string>
#include <string_view>

namespace nacre::server {

// Checks that bytes are replies as the protocol has them. Strict: what a lenient client might take
// counts as wrong.
class ReplyReader {
 public:
  // RESP3 has more types than RESP2, and one null instead of two. With `mixed`, both are right: a
  // queue of commands may change the protocol half way.
  enum class Protocol { kTwo, kThree, kMixed };

  ReplyReader(std::string_view bytes, Protocol protocol) : bytes_(bytes), protocol_(protocol) {}

  // What is wrong with the bytes as exactly one reply; empty if nothing is.
  std::string WhatIsWrong();

 private:
  bool ReadReply(int depth);
  bool ReadAggregate(std::string_view line, size_t values_each, int depth);
  bool ReadBulk(std::string_view line);
  bool ReadLine(std::string_view& line);
  bool Fail(std::string_view why);

  std::string_view bytes_;
  const Protocol protocol_;
  size_t at_ = 0;
  std::string wrong_;
};

}  // namespace nacre::server

#endif  // NACRE_TESTS_SERVER_REPLY_READER_H_
