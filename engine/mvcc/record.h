#ifndef NACRE_ENGINE_MVCC_RECORD_H_
#define NACRE_ENGINE_MVCC_RECORD_H_

#include <atomic>
#include <cstdint>
#include <string_view>

#include "engine/base/retire.h"
#include "engine/mvcc/version.h"

namespace nacre::mvcc {

// A key and the head of its version chain, newest first. The key's bytes follow in the same
// allocation, and behind them the slot, if the record has one: room for one version, so that a read
// which has found the key has found its value.
//
// Found through the index under an epoch pin. A record leaves the index only when its chain is a
// lone committed tombstone (or empty, after an aborted insert), under the latch of its key. (Those
// of a dropped tree leave it with whatever they hold, but only when the epoch has passed in which
// somebody could find the tree: UNREACHED in tree_reaper.h. So a commit looks for its records under
// the pin that it still has when it relies on VALUED.) Hence:
//   STAYS   A transaction whose snapshot sees a value in a record may keep the pointer for as long
//           as the snapshot is registered.
//   VALUED  Under the latch of its key, a record whose head is a value stands in the index: what
//           was removed keeps the head with which it was removed, since every writer takes its
//           record from the index, or by this rule.
//   INLINE  The slot is *taken* from the moment a version is copied into it, under the latch of the
//           key, until that version was retired and its epoch has passed: FreeSlot() then, or who
//           called it copies the next one there, under the latch. (Or until it has rested: then
//           the next one is copied there in the same hold of the latch, RESTED in
//           vacuum/promoter.h.) So nobody reads a value in a slot while it is written, and the
//           block lasts as long as either the record is reached or its slot is taken: what is freed
//           last frees it. Whoever has the slot in hand looks, under the
//           latch, whether the record has left the index: of one that has, the head may be gone.
class Record {
 public:
  static constexpr uint32_t kTreeIdMax = (uint32_t{1} << 31) - 1;
  // Of a slot, behind the version's header.
  static constexpr size_t kSlotBytesMax = 255 * 8;

  // With a slot for what `first` needs, unless that is a tombstone or has more than
  // `inline_bytes_max` (at most kSlotBytesMax) behind its header.
  static Record* New(uint32_t tree_id, std::string_view key, const Version& first,
                     size_t inline_bytes_max);
  static Record* New(uint32_t tree_id, std::string_view key);  // Without one.
  // What RetireList wants. Not its versions.
  static void Free(void* record);
  // The same for the slot of the record, with the version there.
  static void FreeSlot(void* record);

  Record(const Record&) = delete;
  Record& operator=(const Record&) = delete;

  std::string_view key() const { return {reinterpret_cast<const char*>(this + 1), key_bytes_}; }
  uint32_t tree_id() const { return tree_id_ & ~kHasSlot; }
  // What the allocation asked for.
  size_t memory_bytes() const;
  static size_t MemoryBytes(size_t key_bytes) { return sizeof(Record) + key_bytes; }

  // Precondition: the latch of the key is held. See VALUED.
  bool HeadIsValue() const {
    const Version* newest = head();
    return newest != nullptr && !newest->is_tombstone();
  }

  // Written under the latch of the key. Release: whoever finds the version sees its contents.
  Version* head() const { return head_.load(std::memory_order_acquire); }
  void set_head(Version* version) { head_.store(version, std::memory_order_release); }

  // --- The slot. The latch of the key is held. See INLINE. ---
  // A copy of `original`, neither stamped nor linked, in the slot; nullptr if there is none, or it
  // is taken or too small, or if `original` is a tombstone or inline.
  Version* TryInline(const Version& original);
  // The same for the caller that has just got the slot back and has it still.
  Version* InlineAgain(const Version& original);
  // The same for the head, over the version in the slot that was just unlinked from below it, and
  // that some may still pass by (RESTED in vacuum/promoter.h). nullptr also if only one of them
  // expires.
  Version* InlineOver(const Version& original);
  // `copy`, of the same contents, takes the place in the chain of the version in the slot, below
  // `above`.
  void Displace(Version* above, Version* copy);
  // Said when the record leaves the index.
  void NoteRemoved();
  bool removed() const;
  // `copy`, of the same contents, takes the place of the head. Returns that, unlinked.
  Version* ReplaceHead(Version* copy);

 private:
  // In tree_id_.
  static constexpr uint32_t kHasSlot = uint32_t{1} << 31;
  // In Version::slot_state_ of what stands in the slot, or stood there last.
  static constexpr uint8_t kTaken = 1;
  static constexpr uint8_t kRemoved = 2;
  static constexpr uint8_t kFreed = 4;  // And Version::kDisplaced.

  Record(uint32_t tree_id, uint32_t key_bytes) : tree_id_(tree_id), key_bytes_(key_bytes) {}
  ~Record() = default;

  static Record* Allocate(uint32_t tree_id, std::string_view key, size_t slot_units);
  static size_t BytesBeforeSlot(size_t key_bytes) {
    return sizeof(Record) + (key_bytes + 7) / 8 * 8;
  }
  bool has_slot() const { return (tree_id_ & kHasSlot) != 0; }
  // Precondition: has_slot().
  bool FitsSlot(const Version& original) const;
  // Precondition: has_slot().
  Version* slot() const;
  void FreeBlock();

  std::atomic<Version*> head_{nullptr};
  const uint32_t tree_id_;
  const uint32_t key_bytes_;
};
static_assert(sizeof(Record) == 16, "one for each key in memory");

// A version of `record` that is unlinked: when nobody can reach it any more, and when those who
// have found it may still read.
void FreeVersion(Record* record, Version* version);
void RetireVersion(base::RetireList& retired, Record* record, Version* version);

}  // namespace nacre::mvcc

#endif  // NACRE_ENGINE_MVCC_RECORD_H_
