#include <algorithm>
#include <array>
#include <cstddef>
#include <limits>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "engine/index/key_compare.h"
#include "engine/index/node.h"
#include "engine/index/tree_core.h"

// Checks every node by itself, every link against the first key found below it, and every two
// neighbouring keys against the depth of the node that parts them. Together these mean that each
// entry is found under its key and that all are in order: a descent along a key takes, at each
// node, the link under the key's symbol, and exactly that is checked, without a descent for each
// key.

namespace nacre::index::internal {
namespace {

absl::Status Broken(const Node* node, const char* what) {
  return absl::InternalError(absl::StrCat("index node for ", node->capacity(),
                                          node->near() ? " near links" : " links", " at depth ",
                                          node->depth(), ": ", what));
}

absl::Status VerifyNode(const Node* node) {
  if (VersionLock::IsObsolete(node->lock().ReadBegin())) {
    return Broken(node, "obsolete, but in the tree");
  }
  if (node->count() < 2 && node->layout() != Layout::kRoot) return Broken(node, "needless");
  if (node->count() > node->capacity()) return Broken(node, "overfull");
  int links = 0;
  Symbol previous = -1;
  for (int i = 0; i < node->positions(); ++i) {
    const Link link = node->LinkAt(i);
    if (link.is_null() && node->layout() == Layout::kDirect) continue;
    ++links;
    if (link.is_null()) return Broken(node, "null link");
    if (node->layout() == Layout::kRoot) continue;
    const Symbol symbol = node->SymbolOf(i);
    if (symbol <= previous) return Broken(node, "symbols out of order");
    if (node->Rank(symbol) != i) return Broken(node, "rank differs from position");
    if (node->Find(symbol) != link) return Broken(node, "link not found under its symbol");
    previous = symbol;
  }
  return links == node->count() ? absl::OkStatus() : Broken(node, "wrong count");
}

struct Frame {
  const Node* node;
  int position;
};

// Sees the entries in order, each with the links that lead to it.
class Walk {
 public:
  // The last node of `path` goes on to its next link.
  void VisitLink(const std::vector<Frame>& path) {
    first_unchecked_ = std::min(first_unchecked_, path.size() - 1);
  }
  absl::Status VisitEntry(const std::vector<Frame>& path, std::string_view key);
  size_t entries() const { return entries_; }

 private:
  size_t entries_ = 0;
  std::string_view previous_;
  size_t first_unchecked_ = 0;  // The links of the path from here on are new since the last entry.
};

absl::Status Walk::VisitEntry(const std::vector<Frame>& path, std::string_view key) {
  if (entries_++ > 0) {
    const Node* fork = path[first_unchecked_].node;
    const size_t common = CommonPrefix(previous_, key);
    if (!(previous_ < key)) return Broken(fork, "keys out of order");
    if (fork->layout() == Layout::kRoot || common != fork->depth()) {
      return Broken(fork, "its keys part at another byte");
    }
  }
  for (size_t i = first_unchecked_; i < path.size(); ++i) {
    const Node* node = path[i].node;
    if (node->layout() == Layout::kRoot) continue;
    if (key.size() < node->depth() ||
        SymbolAt(key, node->depth()) != node->SymbolOf(path[i].position)) {
      return Broken(node, "a key below has another symbol here");
    }
  }
  previous_ = key;
  first_unchecked_ = std::numeric_limits<size_t>::max();
  return absl::OkStatus();
}

}  // namespace

absl::Status TreeCore::VerifyStructure() const {
  std::array<size_t, kNodeClasses> nodes{};
  Walk walk;
  std::vector<Frame> path = {{root_, -1}};
  absl::Status status = VerifyNode(root_);
  while (!path.empty() && status.ok()) {
    Frame& frame = path.back();
    if (++frame.position >= frame.node->positions()) {
      path.pop_back();
      continue;
    }
    const Link link = frame.node->LinkAt(frame.position);
    if (link.is_null()) continue;
    walk.VisitLink(path);
    if (link.is_entry()) {
      status = walk.VisitEntry(path, key_of_(link.entry()));
      continue;
    }
    const Node* child = link.node();
    if (child->depth() < EdgeStart(frame.node)) return Broken(child, "not deeper than its parent");
    ++nodes[static_cast<size_t>(child->node_class())];
    status = VerifyNode(child);
    path.push_back({child, -1});
  }
  if (!status.ok()) return status;
  const IndexStats counted = stats();
  if (counted.entries != walk.entries() || counted.nodes_by_class != nodes) {
    return absl::InternalError(absl::StrCat("the index counts ", counted.entries, " entries and ",
                                            counted.nodes, " nodes; it has ", walk.entries(),
                                            " entries"));
  }
  return absl::OkStatus();
}

}  // namespace nacre::index::internal
