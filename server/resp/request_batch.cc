#include "server/resp/request_batch.h"

namespace nacre::server {

namespace {
// A batch ends once it has so many words, and a longer request comes alone: what is loaded ahead
// should be used before it is lost, and what shares a commit locks all that it names.
constexpr size_t kWordsMax = 128;
}  // namespace

Args RequestBatch::Words(size_t index) const {
  if (words_in_parser_) return parser_.args();
  const Request& request = requests_[index];
  return Args(words_.data() + request.first_word, request.words);
}

RequestParser::Result RequestBatch::Fill(std::string_view input) {
  next_ = count_ = 0;
  words_.clear();
  const RequestParser::Result first = parser_.Parse(input);
  if (first != RequestParser::Result::kRequest) return first;
  requests_[count_++] = {0, parser_.args().size(), parser_.consumed()};
  input.remove_prefix(parser_.consumed());
  // Words of a line may stand in the parser, which the next call of it empties.
  words_in_parser_ = input.empty() || parser_.args_in_parser() || parser_.args().size() > kWordsMax;
  if (words_in_parser_) return first;
  words_.assign(parser_.args().begin(), parser_.args().end());
  while (count_ < kRequestsMax && words_.size() < kWordsMax && !input.empty() &&
         input.front() == '*') {
    const RequestParser::Result result = parser_.Parse(input);
    if (result == RequestParser::Result::kError) parser_.Reset();
    if (result != RequestParser::Result::kRequest) break;
    if (parser_.args().size() > kWordsMax) {  // Will come by itself.
      parser_.Reset();
      break;
    }
    requests_[count_++] = {words_.size(), parser_.args().size(), parser_.consumed()};
    words_.insert(words_.end(), parser_.args().begin(), parser_.args().end());
    input.remove_prefix(parser_.consumed());
  }
  return first;
}

void RequestBatch::set_limits(const ParserLimits& limits) {
  next_ = count_ = 0;
  parser_.Reset();
  parser_.set_limits(limits);
}

void RequestBatch::Forget() {
  if (empty()) return;
  next_ = count_ = 0;
  parser_.Reset();
}

}  // namespace nacre::server
