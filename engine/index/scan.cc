#include <algorithm>
#include <cstddef>
#include <cstring>
#include <optional>
#include <string_view>

#include "absl/container/inlined_vector.h"
#include "engine/index/key_compare.h"
#include "engine/index/node.h"
#include "engine/index/tree_core.h"

// Ordered collection. A scan walks the tree with an explicit stack of nodes and remembers in each
// the symbol up to which it has come, so a node may change, or freeze, under it (tree_core.h says
// why no entry is missed then). Keys are compared only where the scan begins and along its bound.

namespace nacre::index::internal {
namespace {

template <bool kForward>
class Scan {
 public:
  Scan(KeyOf key_of, TreeCore::Bound bound, size_t limit, void* out)
      : key_of_(key_of), bound_(bound), limit_(limit), out_(static_cast<char*>(out)) {}

  // Prepares to collect what follows `from`.
  void Seek(Link top, std::string_view from, bool inclusive);
  // Prepares to collect everything.
  void SeekToEnd(Link top) {
    if (!top.is_null()) Enter(top, bound_.has_value() ? AnyKeyBelow(top, key_of_) : "");
  }
  size_t Run() {
    while (!stack_.empty() && collected_ < limit_) Step();
    return collected_;
  }

 private:
  // Symbols from `next` on are to be visited; backward, those before `next`.
  struct Frame {
    const Node* node;
    Symbol next;
    bool bounded;  // The bound has the path of the node as its prefix, so it may lie below.
  };
  struct Stop {
    Link inner;  // The node in the way; null: there was none.
    Symbol symbol = kEndOfKey;
    bool last = false;
  };
  static constexpr Symbol kStart = kForward ? kEndOfKey : kSymbols;

  static bool Precedes(Symbol a, Symbol b) { return kForward ? a < b : a > b; }
  bool WithinBound(std::string_view key) const {
    return !bound_.has_value() || (kForward ? key < *bound_ : key >= *bound_);
  }

  void Step();
  Stop CopyEntries(const Node* node, Symbol begin, Symbol end);
  static void PrefetchBeyond(const Node* node, int position, int end, size_t wanted);
  void Enter(Link link, std::string_view key_below);
  void Store(size_t position, Link link) {
    const void* entry = link.entry();
    std::memcpy(out_ + position * sizeof(entry), &entry, sizeof(entry));
    link.Prefetch();
  }

  const KeyOf key_of_;
  const TreeCore::Bound bound_;
  const size_t limit_;
  char* const out_;
  size_t collected_ = 0;
  absl::InlinedVector<Frame, 24> stack_;
};

template <bool kForward>
void Scan<kForward>::Seek(Link top, std::string_view from, bool inclusive) {
  if (top.is_null()) return;
  Link link = top;
  while (link.is_node() && link.node()->depth() <= from.size()) {
    const Node* node = link.node();
    const Symbol symbol = SymbolAt(from, node->depth());
    stack_.push_back({node, kForward ? symbol + 1 : symbol, false});
    link = node->FindStable(symbol);
  }
  const std::string_view sample =
      AnyKeyBelow(link.is_null() ? Link::ToNode(stack_.back().node) : link, key_of_);
  const size_t common = CommonPrefix(from, sample);
  // The descent did not look at the bytes that nodes skip. Where `from` leaves the path, the whole
  // subtree lies on one side of it.
  while (!stack_.empty() && stack_.back().node->depth() > common) {
    link = Link::ToNode(stack_.back().node);
    stack_.pop_back();
  }
  if (bound_.has_value()) {
    const size_t shared = CommonPrefix(from, *bound_);
    for (Frame& frame : stack_) frame.bounded = frame.node->depth() <= shared;
  }
  if (link.is_null()) return;
  const bool equal = common == from.size() && common == sample.size();
  if (equal ? inclusive : Precedes(SymbolAt(from, common), SymbolAt(sample, common))) {
    Enter(link, sample);
  }
}

// Visits what is at or below `link`, as far as the bound allows; `key_below` is the key of some
// entry there.
template <bool kForward>
void Scan<kForward>::Enter(Link link, std::string_view key_below) {
  if (link.is_entry()) {
    if (WithinBound(key_below) && collected_ < limit_) Store(collected_++, link);
    return;
  }
  const bool bounded =
      bound_.has_value() && CommonPrefix(key_below, *bound_) >= link.node()->depth();
  if (bounded || WithinBound(key_below)) stack_.push_back({link.node(), kStart, bounded});
}

template <bool kForward>
void Scan<kForward>::Step() {
  Frame& frame = stack_.back();
  const Node* node = frame.node;
  // Below the symbols before `edge` the bound needs no attention.
  const Symbol edge =
      frame.bounded ? SymbolAt(*bound_, node->depth()) : (kForward ? kSymbols : kEndOfKey - 1);
  if (Precedes(frame.next, edge)) {
    const Stop stop =
        kForward ? CopyEntries(node, frame.next, edge) : CopyEntries(node, edge + 1, frame.next);
    if (!stop.inner.is_null()) {
      frame.next = kForward ? stop.symbol + 1 : stop.symbol;
      // A node that has nothing more to give makes place.
      if (stop.last && !frame.bounded) stack_.pop_back();
      stack_.push_back({stop.inner.node(), kStart, false});
      return;
    }
    if (collected_ == limit_) return;
  }
  if (!frame.bounded) {
    stack_.pop_back();
    return;
  }
  // Nothing beyond the link at the edge is wanted, here or above.
  const bool visited = kForward ? frame.next > edge : frame.next <= edge;
  stack_.clear();
  if (visited) return;
  const Link link = node->FindStable(edge);
  if (!link.is_null()) Enter(link, AnyKeyBelow(link, key_of_));
}

// Collects the entries under the symbols in [begin, end) until a node is in the way.
template <bool kForward>
typename Scan<kForward>::Stop Scan<kForward>::CopyEntries(const Node* node, Symbol begin,
                                                          Symbol end) {
  for (;;) {
    const uint64_t version = node->lock().ReadBegin();
    const int low = node->Rank(begin);
    const int high = node->Rank(end);
    size_t collected = collected_;
    Stop stop;
    for (int i = 0; i < high - low && collected < limit_; ++i) {
      const int position = kForward ? low + i : high - 1 - i;
      const Link link = node->LinkAt(position);
      if (link.is_entry()) {
        Store(collected++, link);
      } else if (link.is_node()) {
        stop = {link, node->SymbolOf(position), i + 1 == high - low};
        PrefetchBeyond(node, position, kForward ? high : low - 1, limit_ - collected);
        break;
      }
    }
    if (node->lock().Unchanged(version)) {
      collected_ = collected;
      return stop;
    }
  }
}

// The nodes of a level lie anywhere in memory: while one is visited, the next are fetched.
template <bool kForward>
void Scan<kForward>::PrefetchBeyond(const Node* node, int position, int end, size_t wanted) {
  constexpr size_t kAhead = 6;
  for (size_t left = std::min(wanted, kAhead); left > 0; --left) {
    position += kForward ? 1 : -1;
    if (position == end) return;
    node->LinkAt(position).Prefetch();
  }
}

}  // namespace

size_t TreeCore::CollectForward(std::string_view from, bool inclusive, Bound end, size_t limit,
                                void* out) const {
  if (end.has_value() && from >= *end) return 0;
  Scan</*kForward=*/true> scan(key_of_, end, limit, out);
  scan.Seek(top(), from, inclusive);
  return scan.Run();
}

size_t TreeCore::CollectBackward(std::string_view from, bool inclusive, Bound begin, size_t limit,
                                 void* out) const {
  if (begin.has_value() && from < *begin) return 0;
  Scan</*kForward=*/false> scan(key_of_, begin, limit, out);
  scan.Seek(top(), from, inclusive);
  return scan.Run();
}

size_t TreeCore::CollectLast(Bound begin, size_t limit, void* out) const {
  Scan</*kForward=*/false> scan(key_of_, begin, limit, out);
  scan.SeekToEnd(top());
  return scan.Run();
}

}  // namespace nacre::index::internal
