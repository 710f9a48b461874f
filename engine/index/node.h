#ifndef NACRE_ENGINE_INDEX_NODE_H_
#define NACRE_ENGINE_INDEX_NODE_H_

#include <array>
#include <atomic>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <type_traits>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

#include "engine/index/link.h"
#include "engine/index/version_lock.h"

// One node of the radix tree: an ordered map from symbols to links, of a fixed capacity. It knows
// neither keys nor the tree.
//
// Invariant CHILDREN-DENSE: except in kDirect nodes, the links of a node are its first count()
// positions, in ascending order of their symbols; a link at the end of the key comes first. So a
// scan copies a stretch of pointers, whatever the node's layout.
// Invariant NEAR-LEAVES: a node with near links has nothing but entries that lie near. So what
// takes a node's place, wherever it lies, fits the parent: that has a node below it, and whole
// links.

namespace nacre::index::internal {

// What a key has at a byte position: 0 where it ends, else its byte + 1. Comparing symbols compares
// keys, because a key precedes its extensions.
using Symbol = int;
inline constexpr Symbol kEndOfKey = 0;
inline constexpr Symbol kSymbols = 257;

// Precondition: position <= key.size().
inline Symbol SymbolAt(std::string_view key, size_t position) {
  return position == key.size() ? kEndOfKey : Symbol{static_cast<uint8_t>(key[position])} + 1;
}

// How a node finds the position of a byte.
enum class Layout : uint8_t {
  kRoot,    // One link, whatever the symbol: what the tree itself holds.
  kSmall,   // Up to 8 sorted bytes in one word.
  kWide,    // Up to 16 sorted bytes, compared at once.
  kBitmap,  // A bit for each of the 256 bytes; links stand in the order of the bits that are set.
  kDirect,  // The symbol is the position.
};

// A layout, and whether the links are near: what a look-up asks with one comparison.
enum class Form : uint8_t {};
inline constexpr uint8_t kNearForm = 8;
constexpr Form FormOf(Layout layout, bool near) {
  return Form{static_cast<uint8_t>(static_cast<uint8_t>(layout) | (near ? kNearForm : 0))};
}

enum class NodeClass : uint8_t {
  kRoot,
  k2,
  k4,
  k8,
  k16,
  k24,
  k32,
  k48,
  k64,
  k96,
  k128,
  k192,
  k256,
  // With near links.
  kNear2,
  kNear4,
  kNear8,
  kNear16,
  kNear24,
  kNear32,
  kNear48,
  kNear64,
  kNear96,
  kNear128,
  kNear192
};
inline constexpr size_t kNodeClasses = 24;
constexpr bool IsNear(NodeClass node_class) { return node_class >= NodeClass::kNear2; }

struct NodeShape {
  Layout layout;
  uint8_t words;      // Of 8 bytes, between the header and the links.
  uint16_t capacity;  // Links, with the one at the end of the key.
};
inline constexpr std::array<NodeShape, kNodeClasses> kNodeShapes = {{
    {Layout::kRoot, 0, 1},          {Layout::kSmall, 1, 2},    {Layout::kSmall, 1, 4},
    {Layout::kSmall, 1, 8},         {Layout::kWide, 2, 16},    {Layout::kBitmap, 5, 24},
    {Layout::kBitmap, 5, 32},       {Layout::kBitmap, 5, 48},  {Layout::kBitmap, 5, 64},
    {Layout::kBitmap, 5, 96},       {Layout::kBitmap, 5, 128}, {Layout::kBitmap, 5, 192},
    {Layout::kDirect, 0, kSymbols}, {Layout::kSmall, 1, 2},    {Layout::kSmall, 1, 4},
    {Layout::kSmall, 1, 8},         {Layout::kWide, 2, 16},    {Layout::kBitmap, 5, 24},
    {Layout::kBitmap, 5, 32},       {Layout::kBitmap, 5, 48},  {Layout::kBitmap, 5, 64},
    {Layout::kBitmap, 5, 96},       {Layout::kBitmap, 5, 128}, {Layout::kBitmap, 5, 192},
}};

// Threads: New, Free and CopyLinks work on a node that nobody else sees. Insert, Erase and Replace
// need the lock. All that is const may be called by anybody, and means something only if the
// version of the lock is unchanged afterwards (READ-STABLE), or the caller holds the lock.
class Node {
 public:
  static constexpr size_t kHeaderBytes = 16;

  // `depth`: the position of the byte by which the links of this node differ.
  static Node* New(NodeClass node_class, uint32_t depth);
  static void Free(void* object);
  // The smallest class with room for `count` links. `near`: all of them fit a near one; there is no
  // such class for more than 192.
  static NodeClass ClassFor(int count, bool near);
  static size_t BytesOf(NodeClass node_class) {
    const NodeShape& shape = kNodeShapes[static_cast<size_t>(node_class)];
    const size_t link_bytes = IsNear(node_class) ? sizeof(NearLink) : sizeof(Link);
    return kHeaderBytes + 8 * size_t{shape.words} + link_bytes * shape.capacity;
  }

  Node(const Node&) = delete;
  Node& operator=(const Node&) = delete;

  VersionLock& lock() const { return lock_; }
  uint32_t depth() const { return depth_; }
  NodeClass node_class() const { return class_; }
  Layout layout() const {
    return static_cast<Layout>(static_cast<uint8_t>(form_) & ~unsigned{kNearForm});
  }
  bool near() const { return (static_cast<uint8_t>(form_) & kNearForm) != 0; }
  int capacity() const { return shape().capacity; }
  int count() const { return count_.load(std::memory_order_acquire) & kCountMask; }

  // The link under `symbol`, or none.
  Link Find(Symbol symbol) const;
  // Find() that has validated what it read. An obsolete node answers with its last content.
  Link FindStable(Symbol symbol) const;
  // FindStable() of what `key` has at this node's depth; none if the key ends before that. Not of
  // the root, which has no depth.
  Link FindStable(std::string_view key) const;
  // The same without a call. False where a writer came by (or the processor can not count ones).
  bool TryFindStable(std::string_view key, Link* link) const;

  // Positions number the links in the order of symbols; in kDirect nodes with gaps (null links).
  int positions() const { return layout() == Layout::kDirect ? kSymbols : count(); }
  // The number of positions whose symbol is below `symbol`. 0 <= symbol <= kSymbols.
  int Rank(Symbol symbol) const;
  Symbol SymbolOf(int position) const;
  Link LinkAt(int position) const {
    if (!near()) return links<Link>(shape().words)[position].load(kAcquire);
    const NearLink link = links<NearLink>(shape().words)[position].load(kAcquire);
    return link.is_null() ? Link() : link.Expand();
  }
  // Of a kRoot node.
  Link OnlyLink() const { return LoadFullLink(0); }

  bool full() const { return count() == capacity(); }
  bool CanHold(Link link) const { return !near() || NearLink::Fits(link); }
  // Whether all links, but the one under `without` (kSymbols: all), fit near ones.
  bool FitsNear(Symbol without) const;
  // Preconditions: not full; CanHold(link); `symbol` absent.
  void Insert(Symbol symbol, Link link);
  // Precondition: `symbol` present.
  void Erase(Symbol symbol);
  // Preconditions: `symbol` present; CanHold(link).
  void Replace(Symbol symbol, Link link);
  // Copies the links of `from`, all but the one under `without` (kSymbols: all), to this empty
  // node. Preconditions: they fit; the lock of `from` is held.
  void CopyLinks(const Node& from, Symbol without);

 private:
  Node(NodeClass node_class, uint32_t depth)
      : depth_(depth),
        class_(node_class),
        form_(FormOf(kNodeShapes[static_cast<size_t>(node_class)].layout, IsNear(node_class))) {}
  ~Node() = default;

  const NodeShape& shape() const { return kNodeShapes[static_cast<size_t>(class_)]; }
  // The words follow the header, and the links follow the words.
  std::atomic<uint64_t>* words() const {
    return reinterpret_cast<std::atomic<uint64_t>*>(const_cast<Node*>(this) + 1);
  }
  // In kBitmap nodes, for each word of the bitmap: the position of its first link, or of the first
  // one after it. A byte each, since such a node has at most 192 links.
  std::atomic<uint8_t>* starts() const {
    return reinterpret_cast<std::atomic<uint8_t>*>(words() + kStartsWord);
  }
  // Moves the starts of the words from `word` on, by one.
  void MoveStarts(unsigned word, int change);
  template <typename L>
  std::atomic<L>* links(int words_before) const {
    return reinterpret_cast<std::atomic<L>*>(words() + words_before);
  }
  template <typename Act>
  void OnLinks(Act act) {
    near() ? act(links<NearLink>(shape().words)) : act(links<Link>(shape().words));
  }
  // Of nodes without words, whose links are never near.
  Link LoadFullLink(size_t position) const {
    return links<Link>(0)[position].load(std::memory_order_acquire);
  }
  // Precondition: position < count(), except where a writer came by.
  Link LoadLink(int words_before, size_t position) const {
    return near() ? LoadLink<NearLink>(words_before, position)
                  : LoadLink<Link>(words_before, position);
  }
  template <typename L>
  Link LoadLink(int words_before, size_t position) const {
    const L link = links<L>(words_before)[position].load(kAcquire);
    if constexpr (std::is_same_v<L, NearLink>) {
      return link.Expand();
    } else {
      return link;
    }
  }
  void StoreLink(int position, Link link, std::memory_order order);

  // `form` is the node's: neither kDirect nor kRoot.
  template <int (*kCountOnes)(uint64_t)>
  Link FindByte(Form form, unsigned byte) const;
  // FindStable(), where a writer came by.
  [[gnu::noinline, gnu::cold]] Link FindAgain(unsigned byte) const;
  Link FindSmall(unsigned byte) const;
  Link FindWide(unsigned byte) const;
  template <int (*kCountOnes)(uint64_t), typename L>
  Link FindBitmap(unsigned byte) const;

  int RankOfByte(unsigned byte) const;
  unsigned KeyByte(int position) const;
  void InsertKeyByte(int position, unsigned byte);
  void EraseKeyByte(int position);
  // The bitmap and the starts, where the link under `symbol` comes (+1) or goes (-1).
  void ChangeBitmap(Symbol symbol, int change);
  int FindPosition(Symbol symbol) const;
  // Insert() where `symbol` is beyond all others, in a node that nobody else sees.
  void Append(Symbol symbol, Link link);
  void ShiftUp(int position, int count);
  void ShiftDown(int position, int count);

  bool has_end() const { return (count_.load(std::memory_order_acquire) & kHasEnd) != 0; }
  void StoreCount(int count, bool has_end) {
    count_.store(static_cast<uint16_t>(count | (has_end ? kHasEnd : 0)), std::memory_order_release);
  }

  static constexpr std::memory_order kAcquire = std::memory_order_acquire;
  static constexpr Form kDirectForm = FormOf(Layout::kDirect, /*near=*/false);
  static constexpr int kCountMask = 0x1ff;
  static constexpr int kHasEnd = 0x8000;  // The first link is the one at the end of the key.
  static constexpr int kBitmapWords = 4;
  static constexpr int kStartsWord = 4;  // After the bitmap. See starts().

  mutable VersionLock lock_;
  const uint32_t depth_;
  std::atomic<uint16_t> count_{0};  // Of links, and kHasEnd. Written under the lock.
  const NodeClass class_;
  const Form form_;  // Of the class; a look-up would wait for a table else.
};
static_assert(sizeof(Node) == Node::kHeaderBytes);
static_assert(sizeof(std::atomic<uint64_t>) == 8);

namespace bits {

inline constexpr uint64_t kEachByte = 0x0101010101010101;

// The high bit of each byte of `word` that equals `byte`. Exact, unlike the shorter formula whose
// borrow can run into the byte above a match.
inline uint64_t MatchBytes(uint64_t word, unsigned byte) {
  constexpr uint64_t kLow7 = 0x7f * kEachByte;
  const uint64_t difference = word ^ (kEachByte * byte);
  return ~(((difference & kLow7) + kLow7) | difference | kLow7);
}

inline int CountOnesByHand(uint64_t word) {
  word -= (word >> 1) & 0x5555555555555555;
  word = (word & 0x3333333333333333) + ((word >> 2) & 0x3333333333333333);
  word = (word + (word >> 4)) & 0x0f0f0f0f0f0f0f0f;
  return static_cast<int>((word * kEachByte) >> 56);
}

#if defined(__x86_64__) && !defined(__POPCNT__)
// The baseline x86-64 has no such instruction, and the library's replacement reads a table. False
// until the program's variables are initialized, which is as good.
inline const bool can_count_ones = __builtin_cpu_supports("popcnt") != 0;

inline int CountOnesAtOnce(uint64_t word) {
  uint64_t ones;
  asm("popcnt %1, %0" : "=r"(ones) : "r"(word) : "cc");
  return static_cast<int>(ones);
}
#else
inline constexpr bool can_count_ones = true;

inline int CountOnesAtOnce(uint64_t word) { return std::popcount(word); }
#endif

inline int CountOnes(uint64_t word) {
  return can_count_ones ? CountOnesAtOnce(word) : CountOnesByHand(word);
}

}  // namespace bits

inline Link Node::FindSmall(unsigned byte) const {
  const int count_word = count_.load(std::memory_order_acquire);
  const uint64_t keys = words()[0].load(std::memory_order_acquire);
#if defined(__SSE2__)
  auto match = static_cast<unsigned>(
      _mm_movemask_epi8(_mm_cmpeq_epi8(_mm_cvtsi64_si128(static_cast<int64_t>(keys)),
                                       _mm_set1_epi8(static_cast<char>(byte)))) &
      0xff);
  if ((count_word & kHasEnd) != 0) match &= ~1U;
  if (match == 0) return Link();
  const int position = std::countr_zero(match);
#else
  uint64_t match = bits::MatchBytes(keys, byte);
  if ((count_word & kHasEnd) != 0) match &= ~uint64_t{0xff};
  if (match == 0) return Link();
  const int position = std::countr_zero(match) / 8;
#endif
  // Bytes past the count are leftovers of what was erased.
  return position < (count_word & kCountMask) ? LoadLink(1, static_cast<size_t>(position)) : Link();
}

inline Link Node::FindWide(unsigned byte) const {
  const int count_word = count_.load(std::memory_order_acquire);
  const uint64_t low = words()[0].load(std::memory_order_acquire);
  const uint64_t high = words()[1].load(std::memory_order_acquire);
#if defined(__SSE2__)
  const __m128i keys = _mm_set_epi64x(static_cast<int64_t>(high), static_cast<int64_t>(low));
  auto match = static_cast<unsigned>(
      _mm_movemask_epi8(_mm_cmpeq_epi8(keys, _mm_set1_epi8(static_cast<char>(byte)))));
  if ((count_word & kHasEnd) != 0) match &= ~1U;
  if (match == 0) return Link();
  const int position = std::countr_zero(match);
#else
  uint64_t match = bits::MatchBytes(low, byte);
  if ((count_word & kHasEnd) != 0) match &= ~uint64_t{0xff};
  int position = std::countr_zero(match) / 8;
  if (match == 0) {
    match = bits::MatchBytes(high, byte);
    if (match == 0) return Link();
    position = 8 + std::countr_zero(match) / 8;
  }
#endif
  return position < (count_word & kCountMask) ? LoadLink(2, static_cast<size_t>(position)) : Link();
}

template <int (*kCountOnes)(uint64_t), typename L>
[[gnu::always_inline]] inline Link Node::FindBitmap(unsigned byte) const {
  const uint64_t word = words()[byte / 64].load(std::memory_order_acquire);
  // The bit of `byte` on top, and below it those of lower bytes.
  const uint64_t up_to_byte = word << (63 - byte % 64);
  if (static_cast<int64_t>(up_to_byte) >= 0) return Link();
  const unsigned links_up_to_byte = static_cast<unsigned>(kCountOnes(up_to_byte)) +
                                    starts()[byte / 64].load(std::memory_order_acquire);
  // Racing with a writer, the sum may be out of bounds; otherwise the test is always true.
  if (links_up_to_byte > static_cast<unsigned>(count())) return Link();
  return LoadLink<L>(kBitmapWords + 1, size_t{links_up_to_byte} - 1);
}

template <int (*kCountOnes)(uint64_t)>
[[gnu::always_inline]] inline Link Node::FindByte(Form form, unsigned byte) const {
  if (form == FormOf(Layout::kBitmap, /*near=*/true)) {
    return FindBitmap<kCountOnes, NearLink>(byte);
  }
  if (form == FormOf(Layout::kBitmap, /*near=*/false)) return FindBitmap<kCountOnes, Link>(byte);
  return layout() == Layout::kWide ? FindWide(byte) : FindSmall(byte);
}

inline Link Node::Find(Symbol symbol) const {
  if (layout() == Layout::kDirect) return LoadFullLink(static_cast<size_t>(symbol));
  if (layout() == Layout::kRoot) return OnlyLink();
  if (symbol == kEndOfKey) return has_end() ? LinkAt(0) : Link();
  return FindByte<bits::CountOnes>(form_, static_cast<unsigned>(symbol - 1));
}

inline Link Node::FindStable(Symbol symbol) const {
  // One load of one link is stable by itself.
  if (layout() == Layout::kDirect) return LoadFullLink(static_cast<size_t>(symbol));
  for (;;) {
    const uint64_t version = lock_.ReadBegin();
    const Link link = Find(symbol);
    if (__builtin_expect(lock_.Unchanged(version), 1)) return link;
  }
}

[[gnu::always_inline]] inline bool Node::TryFindStable(std::string_view key, Link* link) const {
  const size_t depth = depth_;
  const Form form = form_;
  uint64_t version;
  if (depth >= key.size()) [[unlikely]] {
    if (depth > key.size()) {
      *link = Link();
      return true;
    }
    if (form == kDirectForm) {
      *link = LoadFullLink(kEndOfKey);
      return true;
    }
    if (!lock_.TryReadBegin(&version)) return false;
    *link = has_end() ? LinkAt(0) : Link();
    return lock_.Unchanged(version);
  }
  const unsigned byte = static_cast<uint8_t>(key[depth]);
  if (form == kDirectForm) {
    *link = LoadFullLink(size_t{byte} + 1);
    return true;
  }
  // Asked of the small ones too: to tell them apart would take as long.
  if (!bits::can_count_ones) [[unlikely]]
    return false;
  if (!lock_.TryReadBegin(&version)) [[unlikely]]
    return false;
  *link = FindByte<bits::CountOnesAtOnce>(form, byte);
  // A branch, so that the answer is not made into a value and asked again by the caller.
  if (!lock_.Unchanged(version)) [[unlikely]]
    return false;
  return true;
}

// The step of the look-ups that may wait, whose instructions are counted: see decision 18.
[[gnu::always_inline]] inline Link Node::FindStable(std::string_view key) const {
  const size_t depth = depth_;
  if (depth >= key.size()) [[unlikely]]
    return depth == key.size() ? FindStable(kEndOfKey) : Link();
  const unsigned byte = static_cast<uint8_t>(key[depth]);
  const Form form = form_;
  if (form == kDirectForm) return LoadFullLink(size_t{byte} + 1);
  const uint64_t version = lock_.ReadBegin();
  const Link link = FindByte<bits::CountOnes>(form, byte);
  if (lock_.Unchanged(version)) [[likely]]
    return link;
  return FindAgain(byte);
}

}  // namespace nacre::index::internal

#endif  // NACRE_ENGINE_INDEX_NODE_H_
