#ifndef NACRE_SERVER_RESP_REQUEST_BATCH_H_
#define NACRE_SERVER_RESP_REQUEST_BATCH_H_

#include <array>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "server/resp/parser.h"

namespace nacre::server {

// The next complete requests of a connection, recognised ahead of being run, so that what they will
// need can be loaded for all of them at once.
//
// Thread-compatible. The words are views into the input, which must not move while there are
// requests here: see Forget().
class RequestBatch {
 public:
  static constexpr size_t kRequestsMax = 16;

  explicit RequestBatch(const ParserLimits& limits) : parser_(limits) {}

  // What has been recognised so far will be again, under these limits.
  void set_limits(const ParserLimits& limits);

  bool empty() const { return next_ == count_; }
  size_t size() const { return count_ - next_; }

  // Recognises the requests at the front of `input`. kRequest: there is one at least; what stands
  // behind the last one is left for the next call, an error too. Precondition: empty(). As with the
  // parser, the input after kNeedMore begins with the same bytes.
  RequestParser::Result Fill(std::string_view input);
  const std::string& error() const { return parser_.error(); }

  // The words of the next request (none for a blank line), and the bytes it takes of the input.
  Args front() const { return Words(next_); }
  size_t front_bytes() const { return requests_[next_].bytes; }
  void Pop() {
    ++next_;
    if (empty()) parser_.ReleaseWords();
  }
  // The words of the request `ahead` places behind the next one.
  Args Ahead(size_t ahead) const { return Words(next_ + ahead); }

  // The input is about to move: what is not popped will be recognised again.
  void Forget();

 private:
  struct Request {
    size_t first_word;
    size_t words;
    size_t bytes;
  };

  Args Words(size_t index) const;

  RequestParser parser_;
  std::array<Request, kRequestsMax> requests_;
  size_t next_ = 0;
  size_t count_ = 0;
  bool words_in_parser_ = false;         // A single request, whose words are not copied.
  std::vector<std::string_view> words_;  // Of all requests, one after the other.
};

}  // namespace nacre::server

#endif  // NACRE_SERVER_RESP_REQUEST_BATCH_H_
