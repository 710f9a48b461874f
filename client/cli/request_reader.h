#ifndef NACRE_CLIENT_CLI_REQUEST_READER_H_
#define NACRE_CLIENT_CLI_REQUEST_READER_H_

// Takes requests, as a server would read them, out of a stream of bytes: RESP arrays of bulk
// strings, and lines of words.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

namespace nacre::cli {

class RequestReader {
 public:
  // As much of one request as a server takes; more is a mistake in the input.
  static constexpr size_t kBulkBytesMax = size_t{512} << 20;
  static constexpr size_t kWordsMax = size_t{1} << 20;
  static constexpr size_t kLineBytesMax = size_t{64} << 10;

  void Feed(std::string_view bytes);
  // No more bytes will come: what is left of a line counts as a line.
  void Finish() { finished_ = true; }

  // The next request; nullopt: more bytes are needed, or after Finish(), there is none. Requests
  // without words, which servers pass over, are passed over. kInvalidArgument: the input is no
  // request; says where, and stays.
  absl::StatusOr<std::optional<std::vector<std::string>>> Next();

 private:
  enum class Step { kDone, kNeedMore, kSkip };
  absl::StatusOr<Step> NextLine(std::vector<std::string>& words);
  absl::StatusOr<Step> NextArray(std::vector<std::string>& words);
  absl::StatusOr<Step> ReadHeader();
  absl::StatusOr<Step> ReadBulk();
  absl::StatusOr<std::optional<int64_t>> TakeNumber(char mark);
  absl::Status Mistake(std::string_view what) const;
  std::string_view rest() const { return std::string_view(buffer_).substr(position_); }

  std::string buffer_;
  size_t position_ = 0;        // Of buffer_, up to where it has been read.
  size_t searched_ = 0;        // Of rest(), known to hold no end of line.
  uint64_t bytes_before_ = 0;  // Of the stream, before buffer_.
  bool finished_ = false;

  // Of an array that has begun.
  int64_t words_left_ = 0;
  int64_t bulk_bytes_ = -1;  // -1: its length has not been read.
  std::vector<std::string> words_;
};

}  // namespace nacre::cli

#endif  // NACRE_CLIENT_CLI_REQUEST_READER_H_
