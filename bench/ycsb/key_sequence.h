#ifndef NACRE_BENCH_YCSB_KEY_SEQUENCE_H_
#define NACRE_BENCH_YCSB_KEY_SEQUENCE_H_

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

namespace nacre::bench {

enum class Distribution : uint8_t { kUniform, kZipf };

inline std::string_view Name(Distribution distribution) {
  return distribution == Distribution::kZipf ? "zipf" : "uniform";
}

// Indices of keys, drawn before anything is timed: drawing from a zipf distribution costs as much
// as a look-up. Read one after the other, in a circle. Thread-compatible.
class KeySequence {
 public:
  // Zipf has the parameter 0.99; the popular keys are spread over the whole range.
  KeySequence(Distribution distribution, uint64_t keys, uint64_t seed);

  uint32_t Next() {
    const uint32_t index = indices_[next_];
    next_ = (next_ + 1) & (indices_.size() - 1);
    return index;
  }

 private:
  static constexpr size_t kDrawn = size_t{1} << 20;
  std::vector<uint32_t> indices_;
  size_t next_ = 0;
};

// 0 to keys - 1 in random order.
std::vector<uint32_t> RandomOrder(uint64_t keys, uint64_t seed);
void Shuffle(std::vector<uint32_t>& order, uint64_t seed);

}  // namespace nacre::bench

#endif  // NACRE_BENCH_YCSB_KEY_SEQUENCE_H_
