#include "client/policy/deadline_heap.h"

#include "client/base/check.h"

namespace nacre::client {

void DeadlineHeap::Insert(Node& node) {
  nodes_.push_back(&node);
  Rise(&node, nodes_.size() - 1);
}

void DeadlineHeap::Remove(Node& node) {
  const size_t place = node.place_;
  NACRE_CLIENT_CHECK(place < nodes_.size() && nodes_[place] == &node, "not in this heap");
  Node* const last = nodes_.back();
  nodes_.pop_back();
  if (last == &node) return;
  Rise(last, place);
  Sink(last, last->place_);
}

void DeadlineHeap::Rise(Node* node, size_t place) {
  while (place > 0) {
    const size_t parent = (place - 1) / 2;
    if (nodes_[parent]->deadline <= node->deadline) break;
    Put(nodes_[parent], place);
    place = parent;
  }
  Put(node, place);
}

void DeadlineHeap::Sink(Node* node, size_t place) {
  for (;;) {
    size_t child = 2 * place + 1;
    if (child >= nodes_.size()) break;
    if (child + 1 < nodes_.size() && nodes_[child + 1]->deadline < nodes_[child]->deadline) ++child;
    if (node->deadline <= nodes_[child]->deadline) break;
    Put(nodes_[child], place);
    place = child;
  }
  Put(node, place);
}

}  // namespace nacre::client
