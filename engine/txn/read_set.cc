#include "engine/txn/read_set.h"

#include <algorithm>
#include <array>
#include <memory>
#include <tuple>

#include "absl/strings/str_cat.h"
#include "engine/txn/prefetch.h"

namespace nacre::txn {
namespace {

constexpr size_t kRecordsPerBatch = 128;

absl::Status KeyChanged(std::string_view key) {
  return absl::AbortedError(
      absl::StrCat("key ", QuoteKey(key), " was changed after this transaction had read it"));
}

absl::Status RangeChanged(const KeyInterval& interval, std::string_view key) {
  return absl::AbortedError(absl::StrCat("range ", ToString(interval), " was changed, at key ",
                                         QuoteKey(key), ", after this transaction had read it"));
}

absl::Status ValidateRange(const ReadSet::ReadRange& range, const ReadView& view) {
  std::array<mvcc::Record*, kRecordsPerBatch> records;
  std::string_view from = range.interval.low;
  bool inclusive = range.interval.low_inclusive;
  for (;;) {
    const size_t count = range.tree->index.CollectForward(from, inclusive, absl::MakeSpan(records));
    PrefetchHeads(absl::MakeConstSpan(records.data(), count));
    for (size_t i = 0; i < count; ++i) {
      const std::string_view key = records[i]->key();
      if (!range.interval.BelowHigh(key)) return absl::OkStatus();
      if (mvcc::HasNewerThan(*records[i], view.read_timestamp, view.now)) {
        return RangeChanged(range.interval, key);
      }
    }
    if (count < records.size()) return absl::OkStatus();
    from = records[count - 1]->key();
    inclusive = false;
  }
}

// A key that is read again and again must not make the set grow for ever. Returns how many are
// left.
template <typename Reads, typename Identity>
size_t RemoveRepetitions(Reads& reads, Identity identity) {
  std::sort(reads.begin(), reads.end(),
            [&](const auto& a, const auto& b) { return identity(a) < identity(b); });
  const auto end = std::unique(reads.begin(), reads.end(), [&](const auto& a, const auto& b) {
    return identity(a) == identity(b);
  });
  return static_cast<size_t>(end - reads.begin());
}

// The size at which to do it again.
size_t CompactAgainAt(size_t left) { return std::max<size_t>(4096, 2 * left); }

}  // namespace

void ReadSet::AddPresentElse(mvcc::Record* record, const mvcc::Version* seen) {
  if (seen->expires()) NoteExpiry(seen->expiry(), record->key());
  if (!present_.empty() && present_.back().record == record) return;
  if (present_.full() && present_.size() >= compact_present_at_) CompactPresent();
  present_.emplace_back(record, seen);
}

void ReadSet::CompactPresent() {
  present_.truncate(RemoveRepetitions(
      present_, [](const Present& read) { return reinterpret_cast<uintptr_t>(read.record); }));
  compact_present_at_ = CompactAgainAt(present_.size());
}

void ReadSet::ClearRare() {
  std::destroy_at(this);
  std::construct_at(this);
}

void ReadSet::NoteExpiry(mvcc::ExpiryMs expiry, std::string_view key) {
  if (expiry >= earliest_expiry_) return;
  earliest_expiry_ = expiry;
  earliest_expiry_key_.assign(key);
}

void ReadSet::AddAbsent(const Tree* tree, std::string_view key) {
  absent_.push_back({tree, LatchTable::HashOf(tree->id, key), std::string(key)});
  if (absent_.size() < compact_absent_at_) return;
  const size_t left = RemoveRepetitions(
      absent_, [](const Absent& read) { return std::tie(read.hash, read.tree, read.key); });
  absent_.erase(absent_.begin() + static_cast<ptrdiff_t>(left), absent_.end());
  compact_absent_at_ = CompactAgainAt(left);
}

size_t ReadSet::AddRange(const Tree* tree, KeyInterval interval) {
  ranges_.push_back({tree, std::move(interval)});
  return ranges_.size() - 1;
}

void ReadSet::AddWholeTree(const Tree* tree) {
  if (std::find(whole_.begin(), whole_.end(), tree) != whole_.end()) return;
  whole_.push_back(tree);
  AddRange(tree, KeyInterval());
}

absl::Status ReadSet::Validate(const ReadView& view) const {
  if (!NACRE_BUG(kSkipReadValidation)) {
    for (const Present& present : present_) {
      if (present.record->head() == present.seen) continue;
      if (mvcc::HasNewerThan(*present.record, view.read_timestamp, view.now)) {
        return KeyChanged(present.record->key());
      }
    }
    for (const Absent& absent : absent_) {
      const mvcc::Record* record = absent.tree->index.Find(absent.key);
      if (record != nullptr && mvcc::HasNewerThan(*record, view.read_timestamp, view.now)) {
        return KeyChanged(absent.key);
      }
    }
  }
  if (!NACRE_BUG(kSkipRangeValidation)) {
    for (const ReadRange& range : ranges_) {
      if (absl::Status status = ValidateRange(range, view); !status.ok()) return status;
    }
  }
  return absl::OkStatus();
}

// Many seeks in one region leave many overlapping intervals. No cursor walks any more.
void ReadSet::MergeRanges() {
  std::sort(ranges_.begin(), ranges_.end(), [](const ReadRange& a, const ReadRange& b) {
    return std::tie(a.tree, a.interval.low, b.interval.low_inclusive) <
           std::tie(b.tree, b.interval.low, a.interval.low_inclusive);
  });
  std::vector<ReadRange> merged;
  for (ReadRange& range : ranges_) {
    const bool joins =
        !merged.empty() && merged.back().tree == range.tree &&
        (!merged.back().interval.has_high || range.interval.low <= merged.back().interval.high);
    if (joins) {
      merged.back().interval.ExtendHigh(range.interval);
    } else {
      merged.push_back(std::move(range));
    }
  }
  ranges_ = std::move(merged);
}

void ReadSet::PrepareToMatch() noexcept {
  if (prepared_ || IsShort()) return;
  prepared_ = true;
  if (ranges_.size() > kLinearSearchMax) MergeRanges();
  if (present_.size() > kLinearSearchMax) {
    records_.reserve(present_.size());
    for (const Present& present : present_) records_.insert(present.record);
  }
  if (absent_.size() > kLinearSearchMax) {
    hashes_.reserve(absent_.size());
    for (const Absent& absent : absent_) hashes_.insert(absent.hash);
  }
}

bool ReadSet::WasRead(const RecentWrite& write) const {
  const bool seen = records_.empty()
                        ? std::any_of(present_.begin(), present_.end(),
                                      [&](const Present& p) { return p.record == write.record; })
                        : records_.contains(write.record);
  if (seen) return true;
  return hashes_.empty() ? std::any_of(absent_.begin(), absent_.end(),
                                       [&](const Absent& a) { return a.hash == write.hash; })
                         : hashes_.contains(write.hash);
}

absl::Status ReadSet::ValidateWrite(const RecentWrite& write, const ReadView& view) const {
  const mvcc::Record& record = *write.record;
  // Two keys of one hash make a conflict without cause once in 2^64.
  if (!NACRE_BUG(kSkipReadValidation) && WasRead(write) &&
      mvcc::HasNewerThan(record, view.read_timestamp, view.now)) {
    return KeyChanged(record.key());
  }
  if (NACRE_BUG(kSkipRangeValidation)) return absl::OkStatus();
  for (const ReadRange& range : ranges_) {
    if (range.tree->id == record.tree_id() && range.interval.Contains(record.key()) &&
        mvcc::HasNewerThan(record, view.read_timestamp, view.now)) {
      return RangeChanged(range.interval, record.key());
    }
  }
  return absl::OkStatus();
}

}  // namespace nacre::txn
