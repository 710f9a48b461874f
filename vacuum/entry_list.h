#ifndef NACRE_VACUUM_ENTRY_LIST_H_
#define NACRE_VACUUM_ENTRY_LIST_H_

#include <cstddef>
#include <list>
#include <utility>
#include <vector>

#include "engine/base/block.h"
#include "engine/txn/garbage_sink.h"

namespace nacre::vacuum {

using EntryBlock = std::vector<txn::Garbage, base::BlockAllocator<txn::Garbage>>;

// Garbage entries in rough order of arrival. Add() and Splice() are O(1): a list of millions moves
// as a whole. Thread-compatible.
class EntryList {
 public:
  // Of a full block. Small ones grow by doubling, so that a list of one entry costs little.
  static constexpr size_t kBlockEntries = 64;

  EntryList() = default;
  EntryList(EntryList&& other) noexcept { Splice(other); }
  EntryList(const EntryList&) = delete;
  EntryList& operator=(const EntryList&) = delete;

  void Add(const txn::Garbage& entry) {
    if (blocks_.empty() || blocks_.back().size() >= kBlockEntries) blocks_.emplace_back();
    blocks_.back().push_back(entry);
    ++size_;
  }

  void AddBlock(EntryBlock block) {
    if (block.empty()) return;
    size_ += block.size();
    blocks_.push_back(std::move(block));
  }

  // Moves all of `other` to the end of this list.
  void Splice(EntryList& other) {
    blocks_.splice(blocks_.end(), other.blocks_);
    size_ += std::exchange(other.size_, 0);
  }

  // Takes the oldest block; empty if there is none.
  EntryBlock TakeBlock() {
    if (blocks_.empty()) return {};
    EntryBlock block = std::move(blocks_.front());
    blocks_.pop_front();
    size_ -= block.size();
    return block;
  }

  // Moves the oldest blocks to `other` until it has got at least `count` entries.
  void MoveSome(size_t count, EntryList& other) {
    for (size_t moved = 0; moved < count && !blocks_.empty();) {
      const size_t entries = blocks_.front().size();
      other.blocks_.splice(other.blocks_.end(), blocks_, blocks_.begin());
      other.size_ += entries;
      size_ -= entries;
      moved += entries;
    }
  }

  size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }

  template <typename Visit>
  void ForEachBlock(Visit visit) {
    for (EntryBlock& block : blocks_) visit(absl::MakeSpan(block));
  }
  template <typename Visit>
  void ForEach(Visit visit) const {
    for (const EntryBlock& block : blocks_) {
      for (const txn::Garbage& entry : block) visit(entry);
    }
  }

 private:
  std::list<EntryBlock, base::BlockAllocator<EntryBlock>> blocks_;
  size_t size_ = 0;
};

}  // namespace nacre::vacuum

#endif  // NACRE_VACUUM_ENTRY_LIST_H_
