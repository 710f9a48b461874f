#ifndef NACRE_ENGINE_BASE_ARENA_H_
#define NACRE_ENGINE_BASE_ARENA_H_

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <memory>
#include <string_view>
#include <vector>

#include "absl/types/span.h"

namespace nacre::base {

// Bytes that live until the arena is cleared. Thread-compatible.
class Arena {
 public:
  Arena() = default;
  // Takes from `first`, which outlives it, before it allocates.
  explicit Arena(absl::Span<char> first) : next_(first.data()), left_(first.size()) {}

  // A copy of `bytes` that stays where it is.
  std::string_view Copy(std::string_view bytes) {
    if (bytes.empty()) return {};
    if (bytes.size() > left_) Grow(bytes.size());
    char* copy = next_;
    std::memcpy(copy, bytes.data(), bytes.size());
    next_ += bytes.size();
    left_ -= bytes.size();
    return {copy, bytes.size()};
  }

  // Whether there is anything to free.
  bool has_memory() const { return chunks_.capacity() != 0; }

  // Makes room again if `copy` is what was copied last; else false.
  bool TakeBack(std::string_view copy) {
    if (copy.data() + copy.size() != next_) return copy.empty();
    next_ -= copy.size();
    left_ += copy.size();
    return true;
  }

 private:
  static constexpr size_t kFirstChunkBytes = 512;
  static constexpr size_t kChunkBytes = 4096;

  void Grow(size_t bytes) {
    // Most transactions need little, so the first chunk is small.
    const size_t chunk_bytes = std::max(bytes, chunks_.empty() ? kFirstChunkBytes : kChunkBytes);
    chunks_.push_back(std::make_unique_for_overwrite<char[]>(chunk_bytes));
    next_ = chunks_.back().get();
    left_ = chunk_bytes;
  }

  std::vector<std::unique_ptr<char[]>> chunks_;
  char* next_ = nullptr;
  size_t left_ = 0;
};

}  // namespace nacre::base

#endif  // NACRE_ENGINE_BASE_ARENA_H_
