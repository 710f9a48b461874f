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
  static constexpr Symbol kStart = kForward ? kEndOfKey : kSymbols;

  static bool Precedes(Symbol a, Symbol b) { return kForward ? a < b : a > b; }
  bool WithinBound(std::string_view key) const {
    return !bound_.has_value() || (kForward ? key < *bound_ : key >= *bound_);
  }

  void Step();
  Link CopyEntries(const Node* node, Symbol begin, Symbol end, Symbol* stopped_at);
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
    Symbol stopped_at = edge;
    const Link inner = kForward ? CopyEntries(node, frame.next, edge, &stopped_at)
                                : CopyEntries(node, edge + 1, frame.next, &stopped_at);
    if (!inner.is_null()) {
      frame.next = kForward ? stopped_at + 1 : stopped_at;
      stack_.push_back({inner.node(), kStart, false});
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

// Collects the entries under the symbols in [begin, end) until a node is in the way; returns that.
template <bool kForward>
Link Scan<kForward>::CopyEntries(const Node* node, Symbol begin, Symbol end, Symbol* stopped_at) {
  for (;;) {
    const uint64_t version = node->lock().ReadBegin();
    const int low = node->Rank(begin);
    const int high = node->Rank(end);
    size_t collected = collected_;
    Link inner;
    for (int i = 0; i < high - low && collected < limit_; ++i) {
      const int position = kForward ? low + i : high - 1 - i;
      const Link link = node->LinkAt(position);
      if (link.is_entry()) {
        Store(collected++, link);
      } else if (link.is_node()) {
        inner = link;
        *stopped_at = node->SymbolOf(position);
        if (i + 1 < high - low) node->LinkAt(kForward ? position + 1 : position - 1).Prefetch();
        break;
      }
    }
    if (node->lock().Unchanged(version)) {
      collected_ = collected;
      return inner;
    }
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
