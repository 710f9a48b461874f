#ifndef NACRE_BENCH_YCSB_RECORD_H_
#define NACRE_BENCH_YCSB_RECORD_H_

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace nacre::bench {

// The shape of every record: a key of 16 bytes (a number, big-endian, so that bytes are in the
// order of the numbers, and 8 bytes of padding) and a value of 100 bytes.
inline constexpr size_t kKeyBytes = 16;
inline constexpr size_t kValueBytes = 100;

using KeyBytes = std::array<char, kKeyBytes>;
using ValueBytes = std::array<char, kValueBytes>;

inline KeyBytes MakeKey(uint64_t number) {
  // Made as a whole. Where it is put together in memory and then copied, a processor makes the copy
  // wait until all that came before is done, and what it measures is how long one operation waits
  // for the other.
  constexpr uint64_t kPadding = 0x0101010101010101 * uint64_t{'.'};
  return std::bit_cast<KeyBytes>(std::array<uint64_t, 2>{__builtin_bswap64(number), kPadding});
}

// Loaded keys have even numbers; those that a workload inserts are odd, and lie between them.
inline KeyBytes LoadedKey(uint64_t index) { return MakeKey(2 * index); }
inline KeyBytes InsertedKey(uint64_t index) { return MakeKey(2 * index + 1); }

// A value that tells who wrote it, so that no write can be left out as being without effect.
inline ValueBytes MakeValue(uint64_t stamp) {
  ValueBytes value;
  value.fill('v');
  std::memcpy(value.data(), &stamp, sizeof(stamp));
  return value;
}

// Whether it is one of those, and not what was there before nothing was read into it.
inline bool IsValue(const ValueBytes& value) {
  return std::all_of(value.begin() + sizeof(uint64_t), value.end(),
                     [](char byte) { return byte == 'v'; });
}

template <size_t kBytes>
std::string_view View(const std::array<char, kBytes>& bytes) {
  return std::string_view(bytes.data(), bytes.size());
}

}  // namespace nacre::bench

#endif  // NACRE_BENCH_YCSB_RECORD_H_
