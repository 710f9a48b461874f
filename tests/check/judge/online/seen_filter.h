#ifndef NACRE_TESTS_CHECK_JUDGE_ONLINE_SEEN_FILTER_H_
#define NACRE_TESTS_CHECK_JUDGE_ONLINE_SEEN_FILTER_H_

#include <bit>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "absl/hash/hash.h"
#include "absl/strings/string_view.h"

namespace nacre::check::judge {

inline uint64_t HashOfText(std::string_view text) {
  return absl::HashOf(absl::string_view(text.data(), text.size()));
}
// Of a sequence, one at a time.
inline uint64_t ChainHash(uint64_t hash, std::string_view text) {
  return (std::rotl(hash, 29) ^ HashOfText(text)) * 0x9e3779b97f4a7c15;
}

// What was put in is always found; what was not is found rarely (Bloom 1970), the more often the
// fuller it is.
class SeenFilter {
 public:
  explicit SeenFilter(size_t bytes) : words_(std::bit_ceil(bytes < 64 ? 64 : bytes) / 8) {}

  void Insert(uint64_t hash) {
    ForEachBit(hash, [](uint64_t& word, uint64_t bit) {
      word |= bit;
      return true;
    });
  }
  bool Contains(uint64_t hash) {
    return ForEachBit(hash, [](uint64_t& word, uint64_t bit) { return (word & bit) != 0; });
  }
  size_t memory_bytes() const { return words_.capacity() * sizeof(uint64_t); }

 private:
  template <typename Visit>
  bool ForEachBit(uint64_t hash, Visit visit) {
    const uint64_t step = std::rotl(hash * 0xd6e8feb86659fd93, 32) | 1;
    for (int i = 0; i < 8; ++i, hash += step) {
      const uint64_t bit = (hash * 0x9e3779b97f4a7c15) >> 16;
      if (!visit(words_[(bit / 64) & (words_.size() - 1)], uint64_t{1} << (bit % 64))) return false;
    }
    return true;
  }

  std::vector<uint64_t> words_;
};

}  // namespace nacre::check::judge

#endif  // NACRE_TESTS_CHECK_JUDGE_ONLINE_SEEN_FILTER_H_
