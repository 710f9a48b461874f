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

}  // namespace nacre::index::internal

#endif  // NACRE_ENGINE_INDEX_KEY_COMPARE_H_
