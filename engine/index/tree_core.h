#ifndef NACRE_ENGINE_INDEX_TREE_CORE_H_
#define NACRE_ENGINE_INDEX_TREE_CORE_H_

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "engine/base/retire.h"
#include "engine/index/node.h"

// The tree without the type of its entries: a radix tree over bytes whose nodes say at which
// position of the key to look next, and nothing about the bytes they skip. Those are known from any
// entry below, because a key stands in its entry.
//
// Invariants
//
// PATH-CONSTANT  Every node has one path, the first depth() bytes of all keys that were ever below
//                it, for as long as it exists. Splitting an edge makes a node above the edge;
//                joining one hangs the child higher; growing and shrinking copy. Nothing moves a
//                node to another path. So an entry reached through a node, at any time, tells the
//                node's path.
// FROZEN         A node that was replaced keeps its last content: it is marked obsolete and never
//                written again. The moment it freezes is the store to its parent that replaces it.
// BRANCHES       A node in the tree has at least two links.
// WRITERS-NEAR   A writer locks the node it changes, and the parent too when the node is replaced.
// It
//                locks only what is unchanged since it was read, never waits with a lock held, and
//                starts again if it can not lock; so there is no deadlock.
//
// Why readers need not start again. Let a reader load, from node N, the link to C. By induction
// there is a moment, within the call, at which N was in the tree. If N is in the tree still when
// the link is loaded, C is in the tree at that moment; else N has frozen meanwhile, and C was in
// the tree when N froze. Either way C was in the tree at a moment within the call that is not
// before N's. So
//   - an entry that is found was in the tree at such a moment;
//   - a symbol that is missing in C, or a skipped byte that differs (then a later comparison with
//   the
//     entry fails: PATH-CONSTANT), shows that the key was absent at such a moment;
//   - an entry that is in the tree during the whole call is below every node on its path when that
//   is
//     read or freezes: so a scan meets it, and once, since the paths of siblings exclude each
//     other.
// Therefore reads repeat at most one node, and validate no parent.
//
// Why retired nodes are safe: a reader gets to a frozen node only through links that it loaded
// before or that frozen ancestors hold, and thus has been pinned since before the unlinking.

namespace nacre::index {

struct IndexStats {
  size_t entries = 0;
  size_t nodes = 0;
  size_t node_bytes = 0;                                        // As requested from the allocator.
  std::array<size_t, internal::kNodeClasses> nodes_by_class{};  // By NodeClass.
};

namespace internal {

// Descents that take turns: enough to hide most of one's wait behind the others.
inline constexpr size_t kKeysSideBySide = 16;

using KeyOf = std::string_view (*)(const void* entry);

// The key of an entry at or below `link`, which is not null: it tells the path of a node.
std::string_view AnyKeyBelow(Link link, KeyOf key_of);

class TreeCore {
 public:
  using Bound = std::optional<std::string_view>;

  TreeCore(KeyOf key_of, base::RetireList& retired);
  ~TreeCore();
  TreeCore(const TreeCore&) = delete;
  TreeCore& operator=(const TreeCore&) = delete;

  // What the tree holds at its top.
  Link top() const { return root_->OnlyLink(); }

  // See RadixTree.
  void* FindOrInsert(std::string_view key, absl::FunctionRef<void*()> make,
                     bool* inserted) noexcept;
  bool Remove(std::string_view key, const void* entry) noexcept;

  // Stores up to `limit` pointers to entries at `out`, an array of pointers to objects.
  size_t CollectForward(std::string_view from, bool inclusive, Bound end, size_t limit,
                        void* out) const;
  size_t CollectBackward(std::string_view from, bool inclusive, Bound begin, size_t limit,
                         void* out) const;
  size_t CollectLast(Bound begin, size_t limit, void* out) const;

  // See sample.cc. nullptr: none was met.
  void* RandomEntry(absl::FunctionRef<uint64_t()> random, double* weight) const;

  IndexStats stats() const;
  absl::Status VerifyStructure() const;

 private:
  // Where a descent along a key ended: `node` has `link` under the key's symbol.
  struct Place {
    Node* parent = nullptr;
    uint64_t parent_version = 0;
    Node* node = nullptr;
    uint64_t version = 0;
    Link link;
    Symbol parent_symbol = kEndOfKey;  // Of `node` in `parent`.
    Symbol symbol = kEndOfKey;
    bool nothing_skipped = true;  // The key is known to agree with the path of `node`.
  };
  enum class Attempt { kDone, kAgain };

  // Counts what is in the tree, spread over shards. Exact when nobody writes.
  struct alignas(64) CounterShard {
    std::atomic<int64_t> entries{0};
    std::array<std::atomic<int64_t>, kNodeClasses> nodes{};
  };
  static constexpr size_t kCounterShards = 8;

  // Descends to the last node whose depth is at most `depth_max` and below the key's length.
  Place Descend(std::string_view key, size_t depth_max) const;
  // The first byte position that the links of `node` decide alone.
  size_t EdgeStart(const Node* node) const { return node == root_ ? 0 : size_t{node->depth()} + 1; }

  // False, and nothing is done, where another writer came by.
  bool InsertAt(const Place& place, Link entry);
  bool SplitEdge(const Place& place, std::string_view key, std::string_view other, size_t depth,
                 Link entry);
  bool LockBoth(const Place& place);
  void Substitute(const Place& place, Link replacement);
  Attempt Unlink(const Place& place);

  Node* NewNode(NodeClass node_class, size_t depth);
  // Of all links but the one under `without`. Precondition: the lock of `node` is held.
  Node* CopyOf(const Node& node, NodeClass node_class, Symbol without);
  void RetireNode(Node* node);
  void CountEntry(int64_t change);
  CounterShard& MyCounters();

  const KeyOf key_of_;
  base::RetireList& retired_;
  Node* const root_;  // Of Layout::kRoot, never replaced.
  std::array<CounterShard, kCounterShards> counters_;
};

}  // namespace internal
}  // namespace nacre::index

#endif  // NACRE_ENGINE_INDEX_TREE_CORE_H_
