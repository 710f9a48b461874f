#ifndef NACRE_SERVER_RESP_PARSER_H_
#define NACRE_SERVER_RESP_PARSER_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/types/span.h"

namespace nacre::server {

// The words of a request, the command's name first. Views into the connection's input.
using Args = absl::Span<const std::string_view>;

struct ParserLimits {
  size_t bulk_bytes_max = 512u << 20;     // One argument.
  size_t args_max = 1 << 20;              // Arguments of one request.
  size_t inline_bytes_max = 64 << 10;     // A request that is a line of text.
  size_t request_bytes_max = 1024 << 20;  // A whole request, as it stands in the query buffer.
  // Of a client that has not said who it is: the limits are low, and errors say why.
  bool unauthenticated = false;
};

// Recognises requests at the front of a flat buffer: arrays of bulk strings, and lines of text
// ("inline commands"), as https://redis.io/docs/reference/protocol-spec describes them.
//
// Incremental: after kNeedMore, call again with the same bytes (wherever they have moved to) and
// more behind them; what was recognised is not read twice. The outcome does not depend on how the
// input was split. Nothing is allocated on the strength of an announced length.
//
// Thread-compatible.
class RequestParser {
 public:
  enum class Result {
    kRequest,   // args() and consumed() are set. args() is empty for a blank line or empty array.
    kNeedMore,  // The request is not complete.
    kError,     // error() says what is wrong. The stream can not be understood any further.
  };

  explicit RequestParser(const ParserLimits& limits) : limits_(limits) {}

  // From the next request on.
  void set_limits(const ParserLimits& limits) { limits_ = limits; }

  // `input` starts where the request does.
  Result Parse(std::string_view input);

  // Valid until the next call; the views point into the input, or into the parser where quotes had
  // to be taken off.
  Args args() const { return args_; }
  size_t consumed() const { return position_; }
  // Some of the views are not into the input.
  bool args_in_parser() const { return !unquoted_.empty(); }
  const std::string& error() const { return error_; }

  // Gives back the memory of a request of very many words. args() is empty then.
  void ReleaseWords();

  // The next input is not the continuation of the last one.
  void Reset() { Restart(); }

 private:
  enum class State : uint8_t { kStart, kInline, kBulkHeader, kBulkBody };
  struct Slice {
    size_t offset;
    size_t bytes;
  };

  void Restart();
  Result ParseInline(std::string_view input);
  Result ParseBulks(std::string_view input);
  // Reads "<marker><decimal>\r\n" at position_ and moves behind it.
  Result ReadLength(std::string_view input, const char* what, int64_t& length);
  Result Finish(std::string_view input);
  Result Fail(std::string_view what);

  ParserLimits limits_;
  State state_ = State::kStart;
  bool finished_ = false;      // The last call returned a request; the next one starts afresh.
  size_t position_ = 0;        // Bytes of this request that are recognised.
  size_t bulks_left_ = 0;      // Of the array that is being read.
  size_t bulk_bytes_ = 0;      // Of the bulk string that is being read.
  std::vector<Slice> slices_;  // The arguments so far; offsets, since the input may move.
  std::vector<std::string_view> args_;
  std::string unquoted_;  // Holds the arguments of an inline request that had quotes.
  std::string error_;
};

// Splits a line into words. "a b" and 'a b' are one word. Escapes are, inside double quotes, \n \r
// \t \b \a \xHH and a backslash before any other byte; inside single quotes only \'. A closing
// quote must be followed by a blank or the end. Words without quotes are views into `line`, the
// others into `storage`. False: unbalanced.
bool SplitInlineWords(std::string_view line, std::vector<std::string_view>& words,
                      std::string& storage);

}  // namespace nacre::server

#endif  // NACRE_SERVER_RESP_PARSER_H_
