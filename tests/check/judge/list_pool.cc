#include "nacre/check/list_pool.h"

#include <algorithm>

namespace nacre::check {

ListRef ListPool::Empty(KeyId key) {
  if (roots_.size() <= key) roots_.resize(key + size_t{1}, kNone);
  if (roots_[key] == kNone) {
    roots_[key] = branches();
    branches_.emplace_back();
    branches_.back().key = key;
  }
  return {roots_[key], 0};
}

ListRef ListPool::Normal(ListRef list) const {
  while (branches_[list.branch].parent != kNone && list.length <= branches_[list.branch].fork) {
    list.branch = branches_[list.branch].parent;
  }
  return list;
}

ListRef ListPool::Extend(ListRef list, ValueId element) {
  Branch& branch = branches_[list.branch];
  const uint32_t at = list.length - branch.fork;
  if (at == branch.elements.size()) {
    branch.elements.push_back(element);
    return {list.branch, list.length + 1};
  }
  if (branch.elements[at] == element) return {list.branch, list.length + 1};
  const auto [it, created] = forks_.try_emplace({{list.branch, list.length}, element}, branches());
  if (created) {
    Branch& fork = branches_.emplace_back();
    fork.key = branches_[list.branch].key;
    fork.parent = list.branch;
    fork.fork = list.length;
    fork.elements.push_back(element);
  }
  return {it->second, list.length + 1};
}

ValueId ListPool::At(ListRef list, uint32_t index) const {
  const ListRef place = Normal({list.branch, index + 1});
  const Branch& branch = branches_[place.branch];
  return branch.elements[index - branch.fork];
}

uint32_t ListPool::CommonPrefix(ListRef a, ListRef b) const {
  uint32_t limit = std::min(a.length, b.length);
  // A branch is younger than its parent, so the younger of the two is never an ancestor of the
  // other.
  while (a.branch != b.branch) {
    ListRef& younger = a.branch > b.branch ? a : b;
    limit = std::min(limit, branches_[younger.branch].fork);
    younger.branch = branches_[younger.branch].parent;
  }
  return limit;
}

std::vector<ValueId> ListPool::Elements(ListRef list) const {
  std::vector<ValueId> elements(list.length);
  while (list.length > 0) {
    list = Normal(list);
    const Branch& branch = branches_[list.branch];
    std::copy(branch.elements.begin(), branch.elements.begin() + (list.length - branch.fork),
              elements.begin() + branch.fork);
    list.length = branch.fork;
  }
  return elements;
}

size_t ListPool::memory_bytes() const {
  size_t bytes = branches_.capacity() * sizeof(Branch) + roots_.capacity() * sizeof(uint32_t);
  for (const Branch& branch : branches_) bytes += branch.elements.capacity() * sizeof(ValueId);
  return bytes;
}

void ListPool::ShrinkToFit() {
  for (Branch& branch : branches_) branch.elements.shrink_to_fit();
  branches_.shrink_to_fit();
}

}  // namespace nacre::check
