#include "engine/index/tree_core.h"

// A random entry. Choosing at each node among its links does not choose evenly among entries: an
// entry that stands alone below a link of the top comes up as often as all entries below another
// link together. `weight`, the product of the numbers of links on the way, is one over the
// probability with which the entry was come upon: what a caller needs to even it out.

namespace nacre::index::internal {
namespace {

// A link of `node`, each with the same probability; `links` is how many there are.
Link RandomLink(const Node* node, absl::FunctionRef<uint64_t()> random, int* links) {
  for (;;) {
    const uint64_t version = node->lock().ReadBegin();
    const int positions = node->positions();
    Link link;
    // A kDirect node has gaps, but never many: it holds at least the links that made it grow so
    // large, or it would have shrunk.
    while (positions > 0 && link.is_null() && node->lock().Unchanged(version)) {
      link = node->LinkAt(static_cast<int>(random() % static_cast<uint64_t>(positions)));
    }
    *links = node->count();
    if (positions == 0) link = Link();
    if (node->lock().Unchanged(version)) return link;
  }
}

}  // namespace

void* TreeCore::RandomEntry(absl::FunctionRef<uint64_t()> random, double* weight) const {
  *weight = 1;
  Link link = top();
  while (link.is_node()) {
    int links = 0;
    link = RandomLink(link.node(), random, &links);
    *weight *= links;
  }
  return link.entry();
}

}  // namespace nacre::index::internal
