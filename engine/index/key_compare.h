#ifndef NACRE_ENGINE_INDEX_KEY_COMPARE_H_
#define NACRE_ENGINE_INDEX_KEY_COMPARE_H_

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace nacre::index::internal {

// How many bytes `a` and `b` have in common at their beginning, given that the first `known` agree.
inline size_t CommonPrefix(std::string_view a, std::string_view b, size_t known = 0) {
  const size_t limit = std::min(a.size(), b.size());
  size_t i = known;
  if constexpr (std::endian::native == std::endian::little) {
    for (; i + sizeof(uint64_t) <= limit; i += sizeof(uint64_t)) {
      uint64_t x;
      uint64_t y;
      std::memcpy(&x, a.data() + i, sizeof(x));
      std::memcpy(&y, b.data() + i, sizeof(y));
      if (x != y) return i + static_cast<size_t>(std::countr_zero(x ^ y)) / 8;
    }
  }
  while (i < limit && a[i] == b[i]) ++i;
  return i;
}

template <typename Word>
Word DifferenceAt(const char* a, const char* b, size_t at) {
  Word x;
  Word y;
  std::memcpy(&x, a + at, sizeof(x));
  std::memcpy(&y, b + at, sizeof(y));
  return x ^ y;
}

// a == b, without a call: by words, of which the last overlaps those before it.
inline bool SameBytes(std::string_view a, std::string_view b) {
  const size_t size = b.size();
  if (a.size() != size) return false;
  const char* const x = a.data();
  const char* const y = b.data();
  if (size >= sizeof(uint64_t)) [[likely]] {
    if ((DifferenceAt<uint64_t>(x, y, 0) | DifferenceAt<uint64_t>(x, y, size - sizeof(uint64_t))) !=
        0) {
      return false;
    }
    for (size_t end = 2 * sizeof(uint64_t); end < size; end += sizeof(uint64_t)) {
      if (DifferenceAt<uint64_t>(x, y, end - sizeof(uint64_t)) != 0) return false;
    }
    return true;
  }
  if (size >= sizeof(uint32_t)) {
    return (DifferenceAt<uint32_t>(x, y, 0) |
            DifferenceAt<uint32_t>(x, y, size - sizeof(uint32_t))) == 0;
  }
  return size == 0 || (x[0] == y[0] && x[size / 2] == y[size / 2] && x[size - 1] == y[size - 1]);
}

}  // namespace nacre::index::internal

#endif  // NACRE_ENGINE_INDEX_KEY_COMPARE_H_
