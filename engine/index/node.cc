#include "engine/index/node.h"

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <new>

#include "engine/base/block.h"
#include "engine/base/check.h"

namespace nacre::index::internal {
namespace {

// The position of the first of `count` ascending bytes, lowest first, that is at least `byte`.
int LowerBound(uint64_t low, uint64_t high, int count, unsigned byte) {
#if defined(__SSE2__)
  const __m128i keys = _mm_set_epi64x(static_cast<int64_t>(high), static_cast<int64_t>(low));
  const __m128i wanted = _mm_set1_epi8(static_cast<char>(byte));
  const auto at_least =
      static_cast<unsigned>(_mm_movemask_epi8(_mm_cmpeq_epi8(_mm_max_epu8(keys, wanted), keys)));
  return std::countr_zero(at_least | (1U << count));
#else
  int position = 0;
  for (uint64_t word = low; position < count && (word & 0xff) < byte; word >>= 8) {
    if (++position == 8) {
      while (position < count && (high & 0xff) < byte) ++position, high >>= 8;
      break;
    }
  }
  return position;
#endif
}

// Makes place for a byte at `position` of the sequence that the two words hold, lowest byte first.
void OpenByte(uint64_t& low, uint64_t& high, int position, uint64_t byte) {
  uint64_t& word = position < 8 ? low : high;
  const int shift = position % 8 * 8;
  const uint64_t keep = (uint64_t{1} << shift) - 1;
  const uint64_t carry = word >> 56;
  word = (word & keep) | (byte << shift) | ((word & ~keep) << 8);
  if (position < 8) high = (high << 8) | carry;
}

void CloseByte(uint64_t& low, uint64_t& high, int position) {
  uint64_t& word = position < 8 ? low : high;
  const uint64_t keep = (uint64_t{1} << (position % 8 * 8)) - 1;
  word = (word & keep) | ((word >> 8) & ~keep);
  if (position < 8) {
    low |= high << 56;
    high >>= 8;
  }
}

}  // namespace

void NearLink::ChooseBase(Link first) {
  uintptr_t none = 0;
  base_.compare_exchange_strong(none, BaseFor(first.bits_ - Link::kEntryBit),
                                std::memory_order_relaxed);
}

Node* Node::New(NodeClass node_class, uint32_t depth) {
  void* memory = base::Blocks::Allocate(BytesOf(node_class));
  auto* node = new (memory) Node(node_class, depth);
  const NodeShape& shape = node->shape();
  const bool has_starts = shape.layout == Layout::kBitmap;
  const int words = has_starts ? kBitmapWords : shape.words;
  for (int i = 0; i < words; ++i) new (node->words() + i) std::atomic<uint64_t>(0);
  for (int i = 0; has_starts && i < kBitmapWords; ++i)
    new (node->starts() + i) std::atomic<uint8_t>(0);
  node->OnLinks([&](auto* links) {
    for (int i = 0; i < shape.capacity; ++i) new (links + i) std::remove_pointer_t<decltype(links)>;
  });
  return node;
}

void Node::Free(void* object) {
  auto* node = static_cast<Node*>(object);
  // All members are trivially destructible.
  base::Blocks::Free(node, BytesOf(node->node_class()));
}

NodeClass Node::ClassFor(int count, bool near) {
  const bool has_class = near && count <= kNodeShapes.back().capacity;
  auto node_class = static_cast<size_t>(has_class ? NodeClass::kNear2 : NodeClass::k2);
  while (kNodeShapes[node_class].capacity < count) ++node_class;
  return static_cast<NodeClass>(node_class);
}

void Node::StoreLink(int position, Link link, std::memory_order order) {
  if (!near()) return links<Link>(shape().words)[position].store(link, order);
  NACRE_CHECK(NearLink::Fits(link), "a node with near links holds nothing else (NEAR-LEAVES)");
  links<NearLink>(shape().words)[position].store(NearLink::Of(link), order);
}

bool Node::FitsNear(Symbol without) const {
  const int end = positions();
  for (int position = 0; position < end; ++position) {
    const Link link = LinkAt(position);
    if (link.is_null() || NearLink::Fits(link)) continue;
    if (SymbolOf(position) != without) return false;
  }
  return true;
}

unsigned Node::KeyByte(int position) const {
  const uint64_t word = words()[position / 8].load(std::memory_order_acquire);
  return static_cast<unsigned>(word >> (position % 8 * 8)) & 0xff;
}

Link Node::FindAgain(unsigned byte) const { return FindStable(static_cast<Symbol>(byte) + 1); }

int Node::RankOfByte(unsigned byte) const {
  if (layout() == Layout::kBitmap) {
    const uint64_t word = words()[byte / 64].load(std::memory_order_acquire);
    const uint64_t below = (uint64_t{1} << (byte % 64)) - 1;
    const int start = starts()[byte / 64].load(std::memory_order_acquire);
    return start + bits::CountOnes(word & below);
  }
  const uint64_t low = words()[0].load(std::memory_order_acquire);
  const uint64_t high = layout() == Layout::kWide ? words()[1].load(std::memory_order_acquire) : 0;
  // The byte beside the link at the end of the key is 0: below all others, and not to be found.
  return std::max(LowerBound(low, high, count(), byte), has_end() ? 1 : 0);
}

int Node::Rank(Symbol symbol) const {
  if (layout() == Layout::kDirect) return symbol;
  if (symbol == kEndOfKey) return 0;
  const int all = count();
  if (symbol == kSymbols) return all;
  return std::min(all, RankOfByte(static_cast<unsigned>(symbol - 1)));
}

Symbol Node::SymbolOf(int position) const {
  if (layout() == Layout::kDirect) return position;
  const bool end = has_end();
  if (end && position == 0) return kEndOfKey;
  if (layout() != Layout::kBitmap) return static_cast<Symbol>(KeyByte(position)) + 1;
  if (end) --position;
  for (int i = 0; i < kBitmapWords; ++i) {
    uint64_t word = words()[i].load(std::memory_order_acquire);
    const int ones = bits::CountOnes(word);
    if (position >= ones) {
      position -= ones;
      continue;
    }
    for (; position > 0; --position) word &= word - 1;
    return 64 * i + std::countr_zero(word) + 1;
  }
  return kSymbols;  // Racing with a writer; the reader repeats.
}

int Node::FindPosition(Symbol symbol) const {
  if (layout() == Layout::kDirect) return symbol;
  if (layout() == Layout::kRoot) return 0;
  return Rank(symbol);
}

void Node::ShiftUp(int position, int count) {
  OnLinks([&](auto* links) {
    for (int i = count; i > position; --i) {
      links[i].store(links[i - 1].load(std::memory_order_relaxed), std::memory_order_release);
    }
  });
}

void Node::ShiftDown(int position, int count) {
  OnLinks([&](auto* links) {
    for (int i = position; i + 1 < count; ++i) {
      links[i].store(links[i + 1].load(std::memory_order_relaxed), std::memory_order_release);
    }
  });
}

void Node::InsertKeyByte(int position, unsigned byte) {
  uint64_t low = words()[0].load(std::memory_order_relaxed);
  uint64_t high = shape().words > 1 ? words()[1].load(std::memory_order_relaxed) : 0;
  OpenByte(low, high, position, byte);
  words()[0].store(low, std::memory_order_release);
  if (shape().words > 1) words()[1].store(high, std::memory_order_release);
}

void Node::EraseKeyByte(int position) {
  uint64_t low = words()[0].load(std::memory_order_relaxed);
  uint64_t high = shape().words > 1 ? words()[1].load(std::memory_order_relaxed) : 0;
  CloseByte(low, high, position);
  words()[0].store(low, std::memory_order_release);
  if (shape().words > 1) words()[1].store(high, std::memory_order_release);
}

void Node::MoveStarts(unsigned word, int change) {
  for (; word < kBitmapWords; ++word) {
    const int start = starts()[word].load(std::memory_order_relaxed);
    starts()[word].store(static_cast<uint8_t>(start + change), std::memory_order_release);
  }
}

void Node::ChangeBitmap(Symbol symbol, int change) {
  if (symbol == kEndOfKey) return MoveStarts(0, change);
  const auto byte = static_cast<unsigned>(symbol - 1);
  std::atomic<uint64_t>& word = words()[byte / 64];
  word.store(word.load(std::memory_order_relaxed) ^ (uint64_t{1} << (byte % 64)),
             std::memory_order_release);
  MoveStarts(byte / 64 + 1, change);
}

void Node::Insert(Symbol symbol, Link link) {
  const int before = count();
  const bool end = has_end() || symbol == kEndOfKey;
  NACRE_CHECK(before < capacity(), "a link more than a node can hold");
  const int position = FindPosition(symbol);
  if (layout() == Layout::kSmall || layout() == Layout::kWide) {
    ShiftUp(position, before);
    InsertKeyByte(position, symbol == kEndOfKey ? 0 : static_cast<unsigned>(symbol - 1));
  } else if (layout() == Layout::kBitmap) {
    ShiftUp(position, before);
    ChangeBitmap(symbol, +1);
  }
  StoreLink(position, link, std::memory_order_release);
  // After the links: a racing reader never looks past what has been stored.
  StoreCount(before + 1, end);
}

void Node::Erase(Symbol symbol) {
  const int before = count();
  const bool end = has_end() && symbol != kEndOfKey;
  const int position = FindPosition(symbol);
  if (layout() == Layout::kDirect || layout() == Layout::kRoot) {
    StoreLink(position, Link(), std::memory_order_release);
  } else {
    ShiftDown(position, before);
    if (layout() == Layout::kBitmap) {
      ChangeBitmap(symbol, -1);
    } else {
      EraseKeyByte(position);
    }
  }
  StoreCount(before - 1, end);
}

void Node::Replace(Symbol symbol, Link link) {
  StoreLink(FindPosition(symbol), link, std::memory_order_release);
}

void Node::Append(Symbol symbol, Link link) {
  const int position = layout() == Layout::kDirect ? symbol : count();
  StoreLink(position, link, std::memory_order_relaxed);
  if (layout() == Layout::kBitmap) {
    ChangeBitmap(symbol, +1);
  } else if (symbol != kEndOfKey && layout() != Layout::kDirect) {
    std::atomic<uint64_t>& word = words()[position / 8];
    const uint64_t key_byte = static_cast<uint64_t>(symbol - 1) << (position % 8 * 8);
    word.store(word.load(std::memory_order_relaxed) | key_byte, std::memory_order_relaxed);
  }
  StoreCount(count() + 1, has_end() || symbol == kEndOfKey);
}

void Node::CopyLinks(const Node& from, Symbol without) {
  const auto append = [&](Symbol symbol, int position) {
    const Link link = from.LinkAt(position);
    if (symbol != without && !link.is_null()) Append(symbol, link);
  };
  if (from.layout() != Layout::kBitmap) {
    const int end = from.positions();
    for (int position = 0; position < end; ++position) append(from.SymbolOf(position), position);
    return;
  }
  int position = 0;
  if (from.has_end()) append(kEndOfKey, position++);
  for (int i = 0; i < kBitmapWords; ++i) {
    uint64_t word = from.words()[i].load(std::memory_order_relaxed);
    for (; word != 0; word &= word - 1) append(64 * i + std::countr_zero(word) + 1, position++);
  }
}

}  // namespace nacre::index::internal
