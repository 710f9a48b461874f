#ifndef NACRE_CLIENT_POLICY_DEADLINE_HEAP_H_
#define NACRE_CLIENT_POLICY_DEADLINE_HEAP_H_

// Things with a deadline, the earliest first. Each knows its place, so that one whose turn has come
// before its deadline is taken out in O(log n).
//
// Thread rule: one thread at a time.

#include <cstddef>
#include <vector>

#include "client/policy/time.h"

namespace nacre::client {

class DeadlineHeap {
 public:
  // In one heap at most, and not moved while it is.
  class Node {
   public:
    TimePoint deadline;

   private:
    friend class DeadlineHeap;
    size_t place_ = 0;
  };

  bool empty() const { return nodes_.empty(); }
  // The earliest; null if empty.
  Node* first() const { return nodes_.empty() ? nullptr : nodes_.front(); }
  void Insert(Node& node);
  void Remove(Node& node);

 private:
  void Put(Node* node, size_t place) {
    nodes_[place] = node;
    node->place_ = place;
  }
  void Rise(Node* node, size_t place);
  void Sink(Node* node, size_t place);

  std::vector<Node*> nodes_;
};

}  // namespace nacre::client

#endif  // NACRE_CLIENT_POLICY_DEADLINE_HEAP_H_
