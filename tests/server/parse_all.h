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

// Gives the stream to a parser in pieces that end at `cuts` (ascending), as a connection does: each
// time the unconsumed input lies at another address, in a block of exactly its size.
inline Parsed ParseInPieces(std::string_view stream, const std::vector<size_t>& cuts,
                            const ParserLimits& limits = {}) {
  Parsed parsed;
  RequestParser parser(limits);
  size_t consumed = 0;
  std::vector<size_t> ends = cuts;
  ends.push_back(stream.size());
  for (const size_t end : ends) {
    const size_t bytes = end - consumed;
    const auto block = std::make_unique<char[]>(bytes);
    stream.copy(block.get(), bytes, consumed);
    size_t at = 0;
    while (true) {
      const auto result = parser.Parse(std::string_view(block.get() + at, bytes - at));
      if (result == RequestParser::Result::kNeedMore) break;
      if (result == RequestParser::Result::kError) {
        parsed.error = parser.error();
        return parsed;
      }
      std::vector<std::string> words;
      for (const std::string_view word : parser.args()) words.emplace_back(word);
      parsed.requests.push_back(std::move(words));
      at += parser.consumed();
    }
    consumed += at;
  }
  parsed.left = stream.size() - consumed;
  return parsed;
}

// The same by batches, of which the requests beyond the first `kept` are forgotten, each time, as
// when the input moves.
inline Parsed ParseInBatches(std::string_view stream, const std::vector<size_t>& cuts,
                             const ParserLimits& limits, size_t kept) {
  Parsed parsed;
  RequestBatch batch(limits);
  size_t consumed = 0;
  std::vector<size_t> ends = cuts;
  ends.push_back(stream.size());
  for (const size_t end : ends) {
    const size_t bytes = end - consumed;
    const auto block = std::make_unique<char[]>(bytes);
    stream.copy(block.get(), bytes, consumed);
    size_t at = 0;
    while (true) {
      const auto result = batch.Fill(std::string_view(block.get() + at, bytes - at));
      if (result == RequestParser::Result::kNeedMore) break;
      if (result == RequestParser::Result::kError) {
        parsed.error = batch.error();
        return parsed;
      }
      for (size_t i = 0; i < kept && !batch.empty(); ++i) {
        parsed.requests.emplace_back(batch.front().begin(), batch.front().end());
        at += batch.front_bytes();
        batch.Pop();
      }
      batch.Forget();
    }
    consumed += at;
  }
  parsed.left = stream.size() - consumed;
  return parsed;
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
