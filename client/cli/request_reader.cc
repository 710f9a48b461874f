#include "client/cli/request_reader.h"

#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "client/cli/text.h"
#include "client/cli/words.h"

namespace nacre::cli {

void RequestReader::Feed(std::string_view bytes) {
  if (position_ > 0) {
    bytes_before_ += position_;
    buffer_.erase(0, position_);
    position_ = 0;
  }
  buffer_ += bytes;
}

absl::StatusOr<std::optional<std::vector<std::string>>> RequestReader::Next() {
  for (;;) {
    std::vector<std::string> words;
    if (words_left_ == 0 && rest().empty()) return std::nullopt;
    const bool is_array = words_left_ > 0 || rest().front() == '*';
    absl::StatusOr<Step> step = is_array ? NextArray(words) : NextLine(words);
    if (!step.ok()) return step.status();
    if (*step == Step::kDone) return words;
    if (*step == Step::kSkip) continue;
    if (finished_) return Mistake("the input ends inside of a request");
    return std::nullopt;
  }
}

absl::StatusOr<RequestReader::Step> RequestReader::NextLine(std::vector<std::string>& words) {
  const size_t end = rest().find('\n', searched_);
  if (end == std::string_view::npos) {
    searched_ = rest().size();
    if (searched_ > kLineBytesMax) return Mistake("the line is too long");
    if (!finished_) return Step::kNeedMore;
  }
  searched_ = 0;
  std::optional<std::vector<std::string>> split = SplitWords(rest().substr(0, end));
  if (!split) return Mistake("unbalanced quotes");
  position_ = end == std::string_view::npos ? buffer_.size() : position_ + end + 1;
  words = *std::move(split);
  return words.empty() ? Step::kSkip : Step::kDone;
}

absl::StatusOr<RequestReader::Step> RequestReader::NextArray(std::vector<std::string>& words) {
  if (words_left_ == 0) {
    absl::StatusOr<Step> header = ReadHeader();
    if (!header.ok() || *header != Step::kDone) return header;
  }
  while (words_left_ > 0) {
    absl::StatusOr<Step> bulk = ReadBulk();
    if (!bulk.ok() || *bulk != Step::kDone) return bulk;
  }
  words = std::exchange(words_, {});
  return Step::kDone;
}

absl::StatusOr<RequestReader::Step> RequestReader::ReadHeader() {
  const absl::StatusOr<std::optional<int64_t>> count = TakeNumber('*');
  if (!count.ok()) return count.status();
  if (!*count) return Step::kNeedMore;
  if (**count > static_cast<int64_t>(kWordsMax)) return Mistake("too many words");
  if (**count <= 0) return Step::kSkip;
  words_left_ = **count;
  return Step::kDone;
}

absl::StatusOr<RequestReader::Step> RequestReader::ReadBulk() {
  if (bulk_bytes_ < 0) {
    const absl::StatusOr<std::optional<int64_t>> bytes = TakeNumber('$');
    if (!bytes.ok()) return bytes.status();
    if (!*bytes) return Step::kNeedMore;
    if (**bytes < 0 || **bytes > static_cast<int64_t>(kBulkBytesMax)) {
      return Mistake("a length out of bounds");
    }
    bulk_bytes_ = **bytes;
  }
  const auto bytes = static_cast<size_t>(bulk_bytes_);
  if (rest().size() < bytes + 2) return Step::kNeedMore;
  if (rest().substr(bytes, 2) != "\r\n") return Mistake("a bulk string that does not end in CRLF");
  words_.emplace_back(rest().substr(0, bytes));
  position_ += bytes + 2;
  bulk_bytes_ = -1;
  --words_left_;
  return Step::kDone;
}

absl::StatusOr<std::optional<int64_t>> RequestReader::TakeNumber(char mark) {
  constexpr size_t kNumberBytesMax = 32;
  if (rest().empty()) return std::nullopt;
  if (rest().front() != mark) return Mistake(absl::StrCat("no '", std::string(1, mark), "'"));
  const size_t end = rest().substr(0, kNumberBytesMax).find("\r\n");
  if (end == std::string_view::npos) {
    if (rest().size() >= kNumberBytesMax) return Mistake("no number");
    return std::nullopt;
  }
  int64_t number = 0;
  if (!absl::SimpleAtoi(ToAbsl(rest().substr(1, end - 1)), &number)) return Mistake("no number");
  position_ += end + 2;
  return number;
}

absl::Status RequestReader::Mistake(std::string_view what) const {
  return absl::InvalidArgumentError(
      absl::StrCat("input byte ", bytes_before_ + position_, ": ", ToAbsl(what)));
}

}  // namespace nacre::cli
