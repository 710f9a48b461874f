#ifndef NACRE_ENGINE_INDEX_LINK_H_
#define NACRE_ENGINE_INDEX_LINK_H_

#include <atomic>
#include <cstddef>
#include <cstdint>

// What the nodes of the radix tree hold.

namespace nacre::index::internal {

class Node;

// Nothing, a node, or somebody's entry. Nothing is the entry at no address, so that one bit tells a
// descent whether to go on.
class Link {
 public:
  constexpr Link() = default;
  static Link ToNode(const Node* node) { return Link(reinterpret_cast<uintptr_t>(node)); }
  static Link ToEntry(const void* entry) {
    return Link(reinterpret_cast<uintptr_t>(entry) | kEntryBit);
  }

  bool is_null() const { return bits_ == kEntryBit; }
  bool is_entry() const { return !is_node() && !is_null(); }
  bool is_node() const { return (bits_ & kEntryBit) == 0; }
  Node* node() const { return reinterpret_cast<Node*>(bits_); }
  // nullptr of nothing. Precondition: not a node.
  void* entry() const { return reinterpret_cast<void*>(bits_ - kEntryBit); }
  // Starts loading what the link points at.
  void Prefetch() const { __builtin_prefetch(reinterpret_cast<const void*>(bits_ & ~kEntryBit)); }
  // The two lines behind that. Too much where many links are followed at once.
  void PrefetchRest() const {
    // Numbers, since it may be none. The bit of an entry changes no line.
    __builtin_prefetch(reinterpret_cast<const void*>(bits_ + 64));
    __builtin_prefetch(reinterpret_cast<const void*>(bits_ + 128));
  }

  friend bool operator==(Link, Link) = default;

 private:
  friend class NearLink;

  static constexpr uintptr_t kEntryBit = 1;
  explicit constexpr Link(uintptr_t bits) : bits_(bits) {}

  uintptr_t bits_ = kEntryBit;
};
static_assert(std::atomic<Link>::is_always_lock_free);

// A link to an entry in half the bytes: its distance, in units of 16 bytes, from an address that
// the first entry decides and that never changes again. See
// docs/decisions/0029-links-of-four-bytes.md.
class NearLink {
 public:
  // What a link reaches: so much below the first entry, since the system hands out memory
  // downwards, and the rest above it.
  static constexpr uintptr_t kReach = uintptr_t{1} << 36;
  static constexpr uintptr_t kReachBelow = kReach / 4 * 3;

  constexpr NearLink() = default;
  // Precondition: Fits(link).
  static NearLink Of(Link link) {
    return NearLink(static_cast<uint32_t>(DistanceOf(link) / kUnit));
  }
  // Not of nodes, of nothing, nor of what lies too far off or between two units.
  static bool Fits(Link link) {
    if (!link.is_entry()) return false;
    if (base_.load(std::memory_order_relaxed) == 0) ChooseBase(link);
    const uintptr_t distance = DistanceOf(link);
    return distance != 0 && distance < kReach && distance % kUnit == 0;
  }

  // The address that distances are from. 0 before the first Fits() of an entry.
  static uintptr_t base() { return base_.load(std::memory_order_relaxed); }

  // What it is where the first entry lies at `first`: a multiple of the unit, not 0.
  static constexpr uintptr_t BaseFor(uintptr_t first) {
    return first >= kReachBelow + kUnit ? (first - kReachBelow) / kUnit * kUnit : kUnit;
  }

  bool is_null() const { return units_ == 0; }
  // Precondition: not null.
  Link Expand() const {
    return Link(base_.load(std::memory_order_relaxed) + kUnit * units_ + Link::kEntryBit);
  }

 private:
  static constexpr uintptr_t kUnit = 16;
  explicit constexpr NearLink(uint32_t units) : units_(units) {}

  static uintptr_t DistanceOf(Link link) {
    return link.bits_ - Link::kEntryBit - base_.load(std::memory_order_relaxed);
  }
  static void ChooseBase(Link first);

  // 0: not chosen yet. Who reads a near link has seen it stored, and the choice before it. In a
  // line with nothing that is ever written.
  alignas(64) static inline std::atomic<uintptr_t> base_{0};

  uint32_t units_ = 0;
};
static_assert(std::atomic<NearLink>::is_always_lock_free);
static_assert(sizeof(std::atomic<Link>) == 8 && sizeof(std::atomic<NearLink>) == 4);

}  // namespace nacre::index::internal

#endif  // NACRE_ENGINE_INDEX_LINK_H_
