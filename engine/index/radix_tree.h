#ifndef NACRE_ENGINE_INDEX_RADIX_TREE_H_
#define NACRE_ENGINE_INDEX_RADIX_TREE_H_

#include <algorithm>
#include <array>
#include <cstddef>
#include <optional>
#include <string_view>
#include <utility>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/types/span.h"
#include "engine/base/check.h"
#include "engine/base/epoch.h"
#include "engine/base/retire.h"
#include "engine/index/key_compare.h"
#include "engine/index/node.h"
#include "engine/index/tree_core.h"

namespace nacre::index {

// An ordered map from keys to entries that stand elsewhere: an adaptive radix tree (Leis et al.,
// ICDE 2013). Keys are any bytes, the empty key included, shorter than 4 GiB; they are in the order
// of std::string_view.
//
// `Entry` has `std::string_view key() const`, whose bytes never change, and is aligned to 2 bytes
// or more. The tree stores pointers and owns no entry.
//
// Thread-safe. Every call needs a base::EpochPin of the calling thread; what it returns can be read
// while that pin lasts, if whoever removes entries retires them. Readers take no lock and are never
// made to start again; writers lock one or two nodes for the time of a few stores, or of copying
// one node. Costs are O(nodes on the key's path), of which there are at most key.size() + 1.
template <typename Entry>
class RadixTree {
 public:
  // Replaced nodes are put on `retired`, which must outlive the tree.
  explicit RadixTree(base::RetireList& retired) : core_(&KeyOf, retired) {}
  // Frees the nodes. Precondition: nobody uses the tree.
  ~RadixTree() = default;
  RadixTree(const RadixTree&) = delete;
  RadixTree& operator=(const RadixTree&) = delete;

  // The entry under `key`, or null.
  Entry* Find(std::string_view key) const {
    CheckPinned();
    internal::Link link = core_.top();
    while (link.is_node()) link = link.node()->FindStable(key);
    // What stands behind the key is wanted when that has been compared.
    link.PrefetchRest();
    auto* entry = static_cast<Entry*>(link.entry());
    return entry != nullptr && internal::SameBytes(entry->key(), key) ? entry : nullptr;
  }

  // Find() without a call. False where a writer came by: whoever has to know then asks Find().
  bool TryFind(std::string_view key, Entry** found) const {
    CheckPinned();
    internal::Link link = core_.top();
    while (link.is_node()) {
      if (!link.node()->TryFindStable(key, &link)) [[unlikely]]
        return false;
    }
    link.PrefetchRest();
    auto* entry = static_cast<Entry*>(link.entry());
    *found = entry != nullptr && internal::SameBytes(entry->key(), key) ? entry : nullptr;
    return true;
  }

  // Find() of each key, side by side, so that their waits for memory overlap. found.size() is
  // keys.size().
  void FindEach(absl::Span<const std::string_view> keys, absl::Span<Entry*> found) const {
    for (size_t first = 0; first < keys.size(); first += internal::kKeysSideBySide) {
      const size_t count = std::min(keys.size() - first, internal::kKeysSideBySide);
      FindSideBySide(keys.data() + first, found.data() + first, count);
    }
  }

  // The entry under `key`, and whether it is new. `make()` returns an Entry* with that key; it is
  // called at most once, and only where the key was absent, with no lock held. If another entry is
  // returned, somebody else was sooner, and what it made is the caller's. It may not throw.
  template <typename Make>
  std::pair<Entry*, bool> FindOrInsert(std::string_view key, Make make) noexcept {
    CheckPinned();
    bool inserted = false;
    void* entry = core_.FindOrInsert(
        key,
        [&make]() -> void* {
          Entry* made = make();
          return made;
        },
        &inserted);
    return {static_cast<Entry*>(entry), inserted};
  }

  // Unlinks `entry`. False, and nothing is done, if it is not what the tree has under `key`. The
  // caller retires the entry afterwards.
  bool Remove(std::string_view key, const Entry* entry) noexcept {
    CheckPinned();
    return core_.Remove(key, entry);
  }

  // Fills `out` with the entries that follow `from` in ascending (Forward) or descending (Backward)
  // order, and returns how many; fewer than out.size() means that there are no more. Contains every
  // entry that is in the tree during the whole call; entries that come or go meanwhile may be
  // missing. The order is strict. Starts loading the entries into the cache.
  //
  // `end` (exclusive) and `begin` (inclusive) bound the scan; what is beyond is not visited. The
  // range
  // ("", inclusive) is everything.
  size_t CollectForward(std::string_view from, bool inclusive, absl::Span<Entry*> out,
                        std::optional<std::string_view> end = std::nullopt) const {
    CheckPinned();
    return core_.CollectForward(from, inclusive, end, out.size(), out.data());
  }
  size_t CollectBackward(std::string_view from, bool inclusive, absl::Span<Entry*> out,
                         std::optional<std::string_view> begin = std::nullopt) const {
    CheckPinned();
    return core_.CollectBackward(from, inclusive, begin, out.size(), out.data());
  }
  // CollectBackward() from past the last key.
  size_t CollectLast(absl::Span<Entry*> out,
                     std::optional<std::string_view> begin = std::nullopt) const {
    CheckPinned();
    return core_.CollectLast(begin, out.size(), out.data());
  }

  // An entry come upon by choosing at random among the links of each node, and one over the
  // probability of that. nullptr if the tree is empty, or its only entries came or went meanwhile.
  // `random` gives 64 random bits.
  Entry* Random(absl::FunctionRef<uint64_t()> random, double* weight) const {
    CheckPinned();
    return static_cast<Entry*>(core_.RandomEntry(random, weight));
  }

  // Of the nodes in the tree, without those that wait on the retire list. O(1); approximate while
  // others write.
  size_t memory_bytes() const { return core_.stats().node_bytes; }
  IndexStats stats() const { return core_.stats(); }

  // Walks everything. Precondition: nobody writes meanwhile.
  absl::Status VerifyStructure() const { return core_.VerifyStructure(); }

 private:
  static_assert(sizeof(Entry*) == sizeof(void*));

  void FindSideBySide(const std::string_view* keys, Entry** found, size_t count) const {
    CheckPinned();
    std::array<internal::Link, internal::kKeysSideBySide> links;
    links.fill(core_.top());
    for (bool descending = true; descending;) {
      descending = false;
      for (size_t i = 0; i < count; ++i) {
        if (!links[i].is_node()) continue;
        links[i] = links[i].node()->FindStable(keys[i]);
        links[i].Prefetch();
        links[i].PrefetchRest();
        descending |= links[i].is_node();
      }
    }
    for (size_t i = 0; i < count; ++i) {
      auto* entry = static_cast<Entry*>(links[i].entry());
      found[i] = entry != nullptr && internal::SameBytes(entry->key(), keys[i]) ? entry : nullptr;
    }
  }

  static std::string_view KeyOf(const void* entry) {
    return static_cast<const Entry*>(entry)->key();
  }
  static void CheckPinned() {
    NACRE_DCHECK(base::EpochDomain::IsPinned(), "the index is used without an epoch pin");
  }

  internal::TreeCore core_;
};

}  // namespace nacre::index

#endif  // NACRE_ENGINE_INDEX_RADIX_TREE_H_
