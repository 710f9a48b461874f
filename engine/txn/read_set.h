#ifndef NACRE_ENGINE_TXN_READ_SET_H_
#define NACRE_ENGINE_TXN_READ_SET_H_

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "absl/status/status.h"
#include "engine/base/short_list.h"
#include "engine/mvcc/record.h"
#include "engine/txn/key_interval.h"
#include "engine/txn/read_view.h"
#include "engine/txn/store.h"

namespace nacre::txn {

// What a serializable transaction has read, as far as others can change it. Thread-compatible.
//
// Every read path enters what it saw here: a key that is present by its record (which the snapshot
// holds in the index), a key that is absent by its bytes, a range by the interval that was walked.
// Forgetting one is a write skew that nobody reports.
//
// Invariant SEEN-STAYS: the record and the version in which a key was seen present stay in memory,
// and the record in the index, as long as the snapshot is registered (STAYS in record.h; a pruner
// leaves what a snapshot sees). Hence
//   - if that version is the head of the chain, nobody has committed a write of the key since: no
//     other version can stand at its address, and none that was superseded becomes the head again
//     (a commit that fails puts back what it found); if it is not, because its copy is (MOVED in
//     mover.h, PROMOTED in promoter.h), the timestamps say the same;
//   - the first write of the key since then goes to that record, whose address tells it.
// A snapshot that has grown too old registers nothing: who validates asks for that afterwards.
class ReadSet {
 public:
  struct ReadRange {
    const Tree* tree;
    KeyInterval interval;
  };

  ReadSet() {}  // Of its own: else all of it would be zeroed first.

  // `seen`: the version, a live one, that the snapshot sees in `record`.
  void AddPresent(mvcc::Record* record, const mvcc::Version* seen) {
    if (!TryAddPresent(record, seen)) [[unlikely]]
      AddPresentElse(record, seen);
  }
  // The same without a call. False, and nothing is noted, where it goes otherwise.
  bool TryAddPresent(mvcc::Record* record, const mvcc::Version* seen) {
    if (seen->expires() || present_.full()) [[unlikely]]
      return false;
    if (present_.empty() || present_.back().record != record) present_.emplace_back(record, seen);
    return true;
  }
  void AddAbsent(const Tree* tree, std::string_view key);
  // The caller extends the interval while it walks; the index stays valid.
  size_t AddRange(const Tree* tree, KeyInterval interval);
  // Every key, present or not. Once is enough for each tree.
  void AddWholeTree(const Tree* tree);
  KeyInterval& range(size_t index) { return ranges_[index].interval; }
  // A value inside a range that would vanish at `expiry`.
  void NoteExpiry(mvcc::ExpiryMs expiry, std::string_view key);

  // The earliest time at which something that was read as present is gone.
  mvcc::ExpiryMs earliest_expiry() const { return earliest_expiry_; }
  std::string_view earliest_expiry_key() const { return earliest_expiry_key_; }
  size_t range_count() const { return ranges_.size(); }
  // Forgets everything, and keeps no memory: nothing need be destroyed then. (`whole_` comes with
  // ranges; the sets come with more than a few keys, present or absent.)
  void Clear() {
    present_.clear();
    if (!absent_.empty() || !ranges_.empty() || !records_.empty() ||
        earliest_expiry_ != mvcc::kNoExpiry) [[unlikely]]
      ClearRare();
  }
  bool empty() const { return present_.empty() && absent_.empty() && ranges_.empty(); }

  // kAborted, naming the key or range, if something changed after the view's read timestamp. Called
  // after `clock` was loaded: everything up to it is seen. The caller is pinned, and the view is
  // not too old.
  absl::Status Validate(const ReadView& view) const;
  // The same question for one write of a recent commit. O(ranges), for so many writes as
  // WritesToMatchMax() says.
  absl::Status ValidateWrite(const RecentWrite& write, const ReadView& view) const;
  // When all is read.
  void PrepareToMatch() noexcept;
  // How many writes may be asked about in the time that the sequencer may be held: none where much
  // was read and nothing is prepared.
  uint64_t WritesToMatchMax() const {
    return prepared_ || IsShort() ? kComparisonsMax / (1 + ranges_.size()) : 0;
  }

 private:
  struct Present {
    mvcc::Record* record;
    const mvcc::Version* seen;
  };
  struct Absent {
    const Tree* tree;
    uint64_t hash;
    std::string key;
  };
  static constexpr size_t kLinearSearchMax = 16;
  static constexpr uint64_t kComparisonsMax = 1 << 16;

  bool IsShort() const {
    return std::max({present_.size(), absent_.size(), ranges_.size()}) <= kLinearSearchMax;
  }
  void ClearRare();
  bool WasRead(const RecentWrite& write) const;
  void AddPresentElse(mvcc::Record* record, const mvcc::Version* seen);
  void CompactPresent();
  void MergeRanges();

  base::ShortList<Present, kLinearSearchMax> present_;
  std::vector<Absent> absent_;
  std::vector<ReadRange> ranges_;
  std::vector<const Tree*> whole_;  // Trees that a range of ranges_ covers from end to end.
  // Of present_ and absent_, once PrepareToMatch() found too many.
  absl::flat_hash_set<const mvcc::Record*> records_;
  absl::flat_hash_set<uint64_t> hashes_;
  bool prepared_ = false;
  size_t compact_present_at_ = 4096;
  size_t compact_absent_at_ = 4096;
  mvcc::ExpiryMs earliest_expiry_ = mvcc::kNoExpiry;
  std::string earliest_expiry_key_;
};

}  // namespace nacre::txn

#endif  // NACRE_ENGINE_TXN_READ_SET_H_
