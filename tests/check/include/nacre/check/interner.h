#ifndef NACRE_CHECK_INTERNER_H_
#define NACRE_CHECK_INTERNER_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace nacre::check {

inline constexpr uint32_t kNone = 0xffffffff;

// Numbers strings from 0 in the order of their first appearance. All bytes stand in one block, so
// that millions of short strings cost little more than their bytes and twelve more.
class Interner {
 public:
  // Precondition: fewer than kNone strings.
  uint32_t Intern(std::string_view text);
  uint32_t Find(std::string_view text) const;  // kNone if it was never interned.
  // Valid until the next Intern().
  std::string_view text(uint32_t id) const {
    const uint64_t start = id == 0 ? 0 : ends_[id - 1];
    return std::string_view(bytes_).substr(start, ends_[id] - start);
  }
  uint32_t size() const { return static_cast<uint32_t>(ends_.size()); }
  size_t memory_bytes() const;

 private:
  size_t SlotOf(std::string_view text) const;
  void Grow();

  std::string bytes_;
  std::vector<uint64_t> ends_;
  std::vector<uint32_t> slots_;  // Ids by hash, linear probing; a power of two, at most half full.
};

}  // namespace nacre::check

#endif  // NACRE_CHECK_INTERNER_H_
