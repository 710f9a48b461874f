#ifndef NACRE_CHECK_LIST_POOL_H_
#define NACRE_CHECK_LIST_POOL_H_

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "nacre/check/interner.h"

namespace nacre::check {

using KeyId = uint32_t;
using ValueId = uint32_t;

// A list that somebody read: the first `length` elements of a branch. Two lists of one key are
// equal if and only if these two numbers are.
struct ListRef {
  uint32_t branch = 0;
  uint32_t length = 0;
  friend bool operator==(const ListRef&, const ListRef&) = default;
};

// All lists that were read of all keys. In a sound store every list read of a key is a prefix of
// the longest one, so a key has one branch and a read costs two numbers however long it is. A list
// that departs from that opens a branch at the place where it departs: branches form a tree, and no
// two of one parent go on with the same element from the same place.
class ListPool {
 public:
  // The empty list of a key, from which Extend() leads to all others.
  ListRef Empty(KeyId key);
  // `list` with one more element. Amortized O(1), as long as lists agree.
  ListRef Extend(ListRef list, ValueId element);
  // The element that most probably follows `list`: what another read of the key had there. kNone if
  // `list` is as long as any. Saves the look-up of a value whose text is compared with it.
  ValueId Likely(ListRef list) const {
    const Branch& branch = branches_[list.branch];
    const uint32_t at = list.length - branch.fork;
    return at < branch.elements.size() ? branch.elements[at] : kNone;
  }

  // Precondition: index < list.length.
  ValueId At(ListRef list, uint32_t index) const;
  uint32_t CommonPrefix(ListRef a, ListRef b) const;  // Of one key.
  bool IsPrefix(ListRef a, ListRef b) const { return CommonPrefix(a, b) == a.length; }
  // The first `length` elements of `list`.
  ListRef Prefix(ListRef list, uint32_t length) const { return Normal({list.branch, length}); }
  std::vector<ValueId> Elements(ListRef list) const;
  KeyId key(ListRef list) const { return branches_[list.branch].key; }
  uint32_t branches() const { return static_cast<uint32_t>(branches_.size()); }
  uint32_t parent(uint32_t branch) const { return branches_[branch].parent; }  // kNone: a root.
  uint32_t fork(uint32_t branch) const { return branches_[branch].fork; }
  // The elements behind the fork.
  const std::vector<ValueId>& tail(uint32_t branch) const { return branches_[branch].elements; }
  size_t memory_bytes() const;
  void ShrinkToFit();

 private:
  struct Branch {
    std::vector<ValueId> elements;  // Those from `fork` on.
    KeyId key = 0;
    uint32_t parent = kNone;
    uint32_t fork = 0;
  };
  // A list no longer than the fork of its branch belongs to the parent.
  ListRef Normal(ListRef list) const;

  std::vector<Branch> branches_;
  std::vector<uint32_t> roots_;  // By key.
  absl::flat_hash_map<std::pair<std::pair<uint32_t, uint32_t>, ValueId>, uint32_t> forks_;
};

}  // namespace nacre::check

#endif  // NACRE_CHECK_LIST_POOL_H_
