#ifndef NACRE_TESTS_SERVER_PARSE_ALL_H_
#define NACRE_TESTS_SERVER_PARSE_ALL_H_

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "server/resp/parser.h"
#include "server/resp/request_batch.h"

namespace nacre::server {

// What a parser made of a stream.
struct Parsed {
  std::vector<std::vector<std::string>> requests;
  std::string error;  // Empty: none. Nothing is parsed after one.
  size_t left = 0;    // Bytes at the end that are no whole request.

  friend bool operator==(const Parsed& a, const Parsed& b) {
    return a.requests == b.requests && a.error == b.error && a.left == b.left;
  }
};

// Gives the stream to `recognise` in pieces that end at `cuts` (ascending), as a connection does:
// each time the unconsumed input lies at another address, in a block of exactly its size.
// It appends requests of its input to `parsed` and sets `taken` to their bytes.
template <typename Recognise>
Parsed RecogniseInPieces(std::string_view stream, const std::vector<size_t>& cuts,
                         Recognise recognise) {
  Parsed parsed;
  size_t consumed = 0;
  std::vector<size_t> ends = cuts;
  ends.push_back(stream.size());
  for (const size_t end : ends) {
    const size_t bytes = end - consumed;
    const auto block = std::make_unique<char[]>(bytes);
    stream.copy(block.get(), bytes, consumed);
    size_t at = 0;
    while (true) {
      size_t taken = 0;
      const auto result = recognise(std::string_view(block.get() + at, bytes - at), parsed, taken);
      if (result == RequestParser::Result::kNeedMore) break;
      if (result == RequestParser::Result::kError) return parsed;
      at += taken;
    }
    consumed += at;
  }
  parsed.left = stream.size() - consumed;
  return parsed;
}

inline Parsed ParseInPieces(std::string_view stream, const std::vector<size_t>& cuts,
                            const ParserLimits& limits = {}) {
  RequestParser parser(limits);
  return RecogniseInPieces(
      stream, cuts, [&](std::string_view input, Parsed& parsed, size_t& taken) {
        const auto result = parser.Parse(input);
        if (result == RequestParser::Result::kError) parsed.error = parser.error();
        if (result != RequestParser::Result::kRequest) return result;
        parsed.requests.emplace_back(parser.args().begin(), parser.args().end());
        taken = parser.consumed();
        return result;
      });
}

// The same by batches, of which the requests beyond the first `kept` are forgotten, each time, as
// when the input moves.
inline Parsed ParseInBatches(std::string_view stream, const std::vector<size_t>& cuts,
                             const ParserLimits& limits, size_t kept) {
  RequestBatch batch(limits);
  return RecogniseInPieces(
      stream, cuts, [&](std::string_view input, Parsed& parsed, size_t& taken) {
        const auto result = batch.Fill(input);
        if (result == RequestParser::Result::kError) parsed.error = batch.error();
        if (result != RequestParser::Result::kRequest) return result;
        for (size_t i = 0; i < kept && !batch.empty(); ++i) {
          parsed.requests.emplace_back(batch.front().begin(), batch.front().end());
          taken += batch.front_bytes();
          batch.Pop();
        }
        batch.Forget();
        return result;
      });
}

inline Parsed ParseWhole(std::string_view stream, const ParserLimits& limits = {}) {
  return ParseInPieces(stream, {}, limits);
}

// An array of bulk strings.
inline std::string Encode(const std::vector<std::string>& words) {
  std::string request = "*" + std::to_string(words.size()) + "\r\n";
  for (const std::string& word : words) {
    request += "$" + std::to_string(word.size()) + "\r\n" + word + "\r\n";
  }
  return request;
}

}  // namespace nacre::server

#endif  // NACRE_TESTS_SERVER_PARSE_ALL_H_
