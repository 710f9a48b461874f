#include "engine/index/tree_core.h"

#include <algorithm>
#include <limits>
#include <vector>

#include "engine/base/check.h"
#include "engine/base/epoch.h"
#include "engine/index/key_compare.h"

namespace nacre::index::internal {
namespace {

constexpr size_t kAnyDepth = std::numeric_limits<size_t>::max();

// The most links with which a node is replaced by a smaller one: fewer than that one has room for,
// so that a key that comes and goes does not cause a copy each time.
int ShrinkAt(NodeClass node_class) {
  if (node_class <= NodeClass::k2 || node_class == NodeClass::kNear2) return 0;
  const int smaller = kNodeShapes[static_cast<size_t>(node_class) - 1].capacity;
  return smaller - (smaller + 7) / 8;
}

}  // namespace

TreeCore::TreeCore(KeyOf key_of, base::RetireList& retired)
    : key_of_(key_of), retired_(retired), root_(Node::New(NodeClass::kRoot, 0)) {}

TreeCore::~TreeCore() {
  std::vector<Node*> doomed = {root_};
  while (!doomed.empty()) {
    Node* node = doomed.back();
    doomed.pop_back();
    const int positions = node->positions();
    for (int i = 0; i < positions; ++i) {
      const Link link = node->LinkAt(i);
      if (link.is_node()) doomed.push_back(link.node());
    }
    Node::Free(node);
  }
}

TreeCore::Place TreeCore::Descend(std::string_view key, size_t depth_max) const {
  const size_t deepest = std::min(depth_max, key.size());
  Place place;
  place.node = root_;
  place.version = root_->lock().ReadBegin();
  for (;;) {
    const Link link = place.node->Find(place.symbol);
    if (!place.node->lock().Unchanged(place.version)) {
      // What was read of this node is void; that it stood on the key's path is not.
      place.version = place.node->lock().ReadBegin();
      continue;
    }
    place.link = link;
    if (!link.is_node() || link.node()->depth() > deepest) return place;
    Node* next = link.node();
    place.nothing_skipped &= next->depth() == EdgeStart(place.node);
    place.parent = place.node;
    place.parent_version = place.version;
    place.parent_symbol = place.symbol;
    place.node = next;
    place.version = next->lock().ReadBegin();
    place.symbol = SymbolAt(key, next->depth());
  }
}

std::string_view AnyKeyBelow(Link link, KeyOf key_of) {
  while (link.is_node()) {
    const Node* node = link.node();
    Link first;
    // A node is never empty (BRANCHES), but in a kDirect one the links may come and go meanwhile.
    for (int i = 0; first.is_null(); i = (i + 1) % kSymbols) {
      const uint64_t version = node->lock().ReadBegin();
      if (i < node->positions()) first = node->LinkAt(i);
      if (!node->lock().Unchanged(version)) first = Link();
    }
    link = first;
  }
  return key_of(link.entry());
}

void* TreeCore::FindOrInsert(std::string_view key, absl::FunctionRef<void*()> make,
                             bool* inserted) noexcept {
  NACRE_CHECK(key.size() < std::numeric_limits<uint32_t>::max(), "a depth has 32 bits");
  *inserted = false;
  void* made = nullptr;
  const auto link_to_made = [&] {
    if (made == nullptr) made = make();
    return Link::ToEntry(made);
  };
  size_t depth_max = kAnyDepth;
  for (;;) {
    const Place place = Descend(key, depth_max);
    const bool missing = place.link.is_null();
    if (missing && place.nothing_skipped) {
      *inserted = InsertAt(place, link_to_made());
      depth_max = kAnyDepth;
    } else {
      // An entry below shows how far the key agrees with the path.
      const std::string_view other =
          AnyKeyBelow(missing ? Link::ToNode(place.node) : place.link, key_of_);
      const size_t common = CommonPrefix(key, other);
      if (place.link.is_entry() && common == key.size() && common == other.size()) {
        return place.link.entry();
      }
      const size_t edge_start = EdgeStart(place.node);
      const bool below_path = missing ? common + 1 >= edge_start : common >= edge_start;
      if (!below_path) {
        depth_max = common;  // The edge to split is higher up.
        continue;
      }
      depth_max = kAnyDepth;
      if (missing) {
        *inserted = InsertAt(place, link_to_made());
      } else if (place.link.is_entry() || place.link.node()->depth() > common) {
        *inserted = SplitEdge(place, key, other, common, link_to_made());
      }
    }
    if (*inserted) {
      CountEntry(+1);
      return made;
    }
  }
}

bool TreeCore::InsertAt(const Place& place, Link entry) {
  Node* node = place.node;
  if (!node->full() && node->CanHold(entry)) {
    if (!node->lock().TryLock(place.version)) return false;
    node->Insert(place.symbol, entry);
    node->lock().Unlock();
    return true;
  }
  if (!LockBoth(place)) return false;
  const bool near = NearLink::Fits(entry) && node->FitsNear(kSymbols);
  Node* larger = CopyOf(*node, Node::ClassFor(node->count() + 1, near), kSymbols);
  larger->Insert(place.symbol, entry);
  Substitute(place, Link::ToNode(larger));
  return true;
}

bool TreeCore::SplitEdge(const Place& place, std::string_view key, std::string_view other,
                         size_t depth, Link entry) {
  Node* node = place.node;
  const bool replaces = node->near();  // NEAR-LEAVES
  if (replaces ? !LockBoth(place) : !node->lock().TryLock(place.version)) return false;
  const bool near = NearLink::Fits(place.link) && NearLink::Fits(entry);
  Node* fork = NewNode(Node::ClassFor(2, near), depth);
  fork->Insert(SymbolAt(other, depth), place.link);
  fork->Insert(SymbolAt(key, depth), entry);
  if (!replaces) {
    node->Replace(place.symbol, Link::ToNode(fork));
    node->lock().Unlock();
    return true;
  }
  Node* holder = CopyOf(*node, Node::ClassFor(node->count(), /*near=*/false), kSymbols);
  holder->Replace(place.symbol, Link::ToNode(fork));
  Substitute(place, Link::ToNode(holder));
  return true;
}

bool TreeCore::LockBoth(const Place& place) {
  // The root is never replaced: it looks full to who read it while somebody else filled it.
  if (place.node == root_) return false;
  if (!place.parent->lock().TryLock(place.parent_version)) return false;
  if (place.node->lock().TryLock(place.version)) return true;
  place.parent->lock().UnlockUnchanged();
  return false;
}

// Ends what LockBoth() began: `replacement` takes the place of the node.
void TreeCore::Substitute(const Place& place, Link replacement) {
  place.parent->Replace(place.parent_symbol, replacement);
  place.node->lock().UnlockObsolete();
  place.parent->lock().Unlock();
  RetireNode(place.node);
}

bool TreeCore::Remove(std::string_view key, const void* entry) noexcept {
  const Link link = Link::ToEntry(entry);
  for (;;) {
    const Place place = Descend(key, kAnyDepth);
    if (place.link != link) return false;
    if (Unlink(place) == Attempt::kDone) {
      CountEntry(-1);
      return true;
    }
  }
}

TreeCore::Attempt TreeCore::Unlink(const Place& place) {
  Node* node = place.node;
  const int left = node->count() - 1;
  if (node == root_ || (left > 1 && left > ShrinkAt(node->node_class()))) {
    if (!node->lock().TryLock(place.version)) return Attempt::kAgain;
    node->Erase(place.symbol);
    node->lock().Unlock();
    return Attempt::kDone;
  }
  if (!LockBoth(place)) return Attempt::kAgain;
  if (left == 1) {
    // The last link hangs directly under the parent from now on.
    const Link sibling = node->LinkAt(node->LinkAt(0) == place.link ? 1 : 0);
    Substitute(place, sibling);
    return Attempt::kDone;
  }
  const NodeClass node_class = Node::ClassFor(left, node->FitsNear(place.symbol));
  Substitute(place, Link::ToNode(CopyOf(*node, node_class, place.symbol)));
  return Attempt::kDone;
}

Node* TreeCore::NewNode(NodeClass node_class, size_t depth) {
  MyCounters().nodes[static_cast<size_t>(node_class)].fetch_add(1, std::memory_order_relaxed);
  return Node::New(node_class, static_cast<uint32_t>(depth));
}

Node* TreeCore::CopyOf(const Node& node, NodeClass node_class, Symbol without) {
  Node* copy = NewNode(node_class, node.depth());
  copy->CopyLinks(node, without);
  return copy;
}

void TreeCore::RetireNode(Node* node) {
  MyCounters().nodes[static_cast<size_t>(node->node_class())].fetch_sub(1,
                                                                        std::memory_order_relaxed);
  retired_.Add(node, &Node::Free);
}

TreeCore::CounterShard& TreeCore::MyCounters() {
  return counters_[base::EpochDomain::ThreadIndex() % kCounterShards];
}

void TreeCore::CountEntry(int64_t change) {
  MyCounters().entries.fetch_add(change, std::memory_order_relaxed);
}

IndexStats TreeCore::stats() const {
  int64_t entries = 0;
  std::array<int64_t, kNodeClasses> nodes{};
  for (const CounterShard& shard : counters_) {
    entries += shard.entries.load(std::memory_order_relaxed);
    for (size_t i = 0; i < kNodeClasses; ++i) {
      nodes[i] += shard.nodes[i].load(std::memory_order_relaxed);
    }
  }
  IndexStats stats;
  stats.entries = static_cast<size_t>(std::max<int64_t>(entries, 0));
  for (size_t i = 0; i < kNodeClasses; ++i) {
    stats.nodes_by_class[i] = static_cast<size_t>(std::max<int64_t>(nodes[i], 0));
    stats.nodes += stats.nodes_by_class[i];
    stats.node_bytes += stats.nodes_by_class[i] * Node::BytesOf(static_cast<NodeClass>(i));
  }
  return stats;
}

}  // namespace nacre::index::internal
