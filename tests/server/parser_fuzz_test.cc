// Random mutations of valid requests: whatever arrives, however it is split, the parser gives one
// answer, reads nothing outside its input (the blocks are exact, so the address sanitizer sees it),
// and its words are where it says.

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <random>
#include <string>
#include <vector>

#include "tests/server/parse_all.h"

namespace nacre::server {
namespace {

// NACRE_FUZZ_SEED and NACRE_FUZZ_RUNS repeat a failure and lengthen a search.
uint64_t FromEnvironment(const char* name, uint64_t otherwise) {
  const char* text = std::getenv(name);
  return text == nullptr ? otherwise : std::strtoull(text, nullptr, 10);
}

class Mutator {
 public:
  explicit Mutator(uint64_t seed) : random_(seed) {}

  std::string Stream() {
    std::string stream;
    const size_t requests = Below(4) + 1;
    for (size_t i = 0; i < requests; ++i) stream += Request();
    const size_t mutations = Below(4);
    for (size_t i = 0; i < mutations; ++i) Mutate(stream);
    return stream;
  }

  std::vector<size_t> Cuts(size_t bytes) {
    std::vector<size_t> cuts(Below(6));
    for (size_t& cut : cuts) cut = Below(bytes + 1);
    std::sort(cuts.begin(), cuts.end());
    return cuts;
  }

 private:
  size_t Below(size_t bound) { return static_cast<size_t>(random_() % bound); }

  std::string Word() {
    static const std::vector<std::string> kWords = {"GET", "SET", "key", "\"q\"", "'s'", "\\x41",
                                                    "",    "*1",  "$3",  "\r\n",  "-1",  "\""};
    if (Below(4) != 0) return kWords[Below(kWords.size())];
    std::string word(Below(20), '\0');
    for (char& c : word) c = static_cast<char>(random_());
    return word;
  }

  std::string Request() {
    std::vector<std::string> words(Below(4) + 1);
    for (std::string& word : words) word = Word();
    if (Below(3) != 0) return Encode(words);
    std::string line;
    for (const std::string& word : words) line += word + " ";
    return line + "\r\n";
  }

  void Mutate(std::string& stream) {
    static const std::string kMarks = "*$\r\n-0129 \"'\\x";
    if (stream.empty()) return;
    const size_t at = Below(stream.size());
    switch (Below(6)) {
      case 0: stream[at] = static_cast<char>(random_()); break;
      case 1: stream[at] = kMarks[Below(kMarks.size())]; break;
      case 2: stream.insert(at, 1, kMarks[Below(kMarks.size())]); break;
      case 3: stream.erase(at, Below(8) + 1); break;
      case 4: stream.insert(at, stream.substr(Below(stream.size()), Below(16))); break;
      default: stream.resize(at);
    }
  }

  std::mt19937_64 random_;
};

TEST(RequestParserFuzz, AnySplitOfAnyInputGivesOneAnswer) {
  const uint64_t seed = FromEnvironment("NACRE_FUZZ_SEED", 20240601);
  const uint64_t runs = FromEnvironment("NACRE_FUZZ_RUNS", 20'000);
  const ParserLimits limits = {
      .bulk_bytes_max = 64, .args_max = 16, .inline_bytes_max = 48, .request_bytes_max = 160};
  Mutator mutator(seed);
  uint64_t with_requests = 0;
  uint64_t with_errors = 0;
  for (uint64_t run = 0; run < runs; ++run) {
    const std::string stream = mutator.Stream();
    const Parsed whole = ParseWhole(stream, limits);
    ASSERT_EQ(ParseInPieces(stream, mutator.Cuts(stream.size()), limits), whole)
        << "seed " << seed << " run " << run;
    const size_t kept = run % RequestBatch::kRequestsMax + 1;
    ASSERT_EQ(ParseInBatches(stream, mutator.Cuts(stream.size()), limits, kept), whole)
        << "seed " << seed << " run " << run << " in batches, " << kept << " kept";
    ASSERT_LE(whole.left, stream.size());
    with_requests += whole.requests.empty() ? 0 : 1;
    with_errors += whole.error.empty() ? 0 : 1;
  }
  // The search is worth nothing if it never gets past the first byte, or never makes a mistake.
  EXPECT_GT(with_requests, runs / 10);
  EXPECT_GT(with_errors, runs / 10);
}

}  // namespace
}  // namespace nacre::server
