#ifndef NACRE_ENGINE_MVCC_RECORD_H_
#define NACRE_ENGINE_MVCC_RECORD_H_

#include <atomic>
#include <cstdint>
#include <string_view>

#include "engine/mvcc/version.h"

namespace nacre::mvcc {

// A key and the head of its version chain, newest first. The key's bytes follow in the same
// allocation.
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
class Record {
 public:
  static Record* New(uint32_t tree_id, std::string_view key);
  static void Free(void* record);  // Not its versions.

  Record(const Record&) = delete;
  Record& operator=(const Record&) = delete;

  std::string_view key() const { return {reinterpret_cast<const char*>(this + 1), key_bytes_}; }
  uint32_t tree_id() const { return tree_id_; }
  size_t memory_bytes() const { return MemoryBytes(key_bytes_); }
  static size_t MemoryBytes(size_t key_bytes) { return sizeof(Record) + key_bytes; }

  // Precondition: the latch of the key is held. See VALUED.
  bool HeadIsValue() const {
    const Version* newest = head();
    return newest != nullptr && !newest->is_tombstone();
  }

  // Written under the latch of the key. Release: whoever finds the version sees its contents.
  Version* head() const { return head_.load(std::memory_order_acquire); }
  void set_head(Version* version) { head_.store(version, std::memory_order_release); }

 private:
  Record(uint32_t tree_id, uint32_t key_bytes) : tree_id_(tree_id), key_bytes_(key_bytes) {}
  ~Record() = default;

  std::atomic<Version*> head_{nullptr};
  const uint32_t tree_id_;
  const uint32_t key_bytes_;
};
static_assert(sizeof(Record) == 16, "one for each key in memory");

}  // namespace nacre::mvcc

#endif  // NACRE_ENGINE_MVCC_RECORD_H_
