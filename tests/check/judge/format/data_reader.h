#ifndef NACRE_TESTS_CHECK_JUDGE_FORMAT_DATA_READER_H_
#define NACRE_TESTS_CHECK_JUDGE_FORMAT_DATA_READER_H_

#include <cstdint>
#include <istream>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "tests/check/judge/format/byte_reader.h"

namespace nacre::check::judge {

struct Token {
  enum class Kind : uint8_t {
    kEnd,
    kOpenList,  // [ or (
    kOpenMap,
    kOpenSet,  // #{
    kClose,    // Of any of them, and of the one that was opened last.
    kNil,
    kScalar,
  };
  Kind kind = Kind::kEnd;
  // Of a scalar, in a form that is the same for all ways to write it: 1 for +1 and 1N, and a string
  // with its quotes and the fewest escapes.
  std::string_view text;

  bool is(Kind other) const { return kind == other; }
};

// What a keyword, symbol or simple string says: append for :append and "append".
std::string_view WordOf(std::string_view scalar);
// `bytes` as a string of EDN.
std::string Quoted(std::string_view bytes);

// Splits EDN or JSON into tokens. Takes what both writers write, and does not complain of commas
// and colons in odd places. A closing bracket of another kind than the one that it has to close is
// an error: what a missing one swallowed would be no part of the history.
class DataReader {
 public:
  enum class Dialect : uint8_t { kEdn, kJson };
  DataReader(std::istream& in, Dialect dialect) : bytes_(in), dialect_(dialect) {}

  // The text of the token is valid until the next call.
  absl::Status Next(Token& token);
  // Passes over the value that begins with `token`.
  absl::Status SkipValue(Token token);
  uint64_t line() const { return bytes_.line(); }
  absl::Status Error(std::string_view what) const { return bytes_.Error(what); }

 private:
  void SkipBlanks();
  absl::Status Close(char bracket);
  absl::Status String(Token& token);
  absl::Status Escape(std::string& text);
  absl::Status HexCode(uint32_t& code);
  absl::Status Character(Token& token);
  absl::Status Tagged(Token& token, bool& none);
  void Scalar(Token& token);

  ByteReader bytes_;
  const Dialect dialect_;
  int depth_ = 0;     // Of #_ in #_.
  std::string open_;  // What closes the brackets that are open, the innermost last.
  std::string text_;
};

}  // namespace nacre::check::judge

#endif  // NACRE_TESTS_CHECK_JUDGE_FORMAT_DATA_READER_H_
