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

// Of most keys, which are compared without a call.
inline bool IsUsualSize(size_t size) {
  return size >= sizeof(uint64_t) && size <= 4 * sizeof(uint64_t);
}

// a == b. Precondition: both have the same usual size.
inline bool SameWords(std::string_view a, std::string_view b) {
  const size_t size = b.size();
  const auto differ = [&](size_t at) {
    uint64_t x;
    uint64_t y;
    std::memcpy(&x, a.data() + at, sizeof(x));
    std::memcpy(&y, b.data() + at, sizeof(y));
    return x ^ y;
  };
  // The last words overlap those before them.
  uint64_t difference = differ(0) | differ(size - 8);
  if (size > 16) difference |= differ(8) | differ(size - 16);
  return difference == 0;
}

// a == b.
inline bool SameBytes(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return false;
  return IsUsualSize(b.size()) ? SameWords(a, b) : a == b;
}

}  // namespace nacre::index::internal

#endif  // NACRE_ENGINE_INDEX_KEY_COMPARE_H_
