#include "engine/txn/commit.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "engine/base/check.h"
#include "engine/base/faults.h"
#include "engine/mvcc/visibility.h"

namespace nacre::txn {
namespace {

// Validations outside the sequencer before the exclusive gate is asked for.
constexpr int kValidationsMax = 4;

mvcc::ExpiryMs ValueExpiry(const mvcc::Version* version) {
  return version == nullptr || version->is_tombstone() ? mvcc::kNoExpiry : version->expiry();
}

mvcc::Version* CopyOf(const mvcc::Version& version) {
  return version.is_tombstone() ? mvcc::Version::NewTombstone()
                                : mvcc::Version::NewBytes(version.value(), version.expiry());
}

bool IsValue(const mvcc::Version* version) {
  return version != nullptr && !version->is_tombstone();
}

}  // namespace

void Committer::SortStripes() {
  std::sort(stripes_.begin(), stripes_.end());
  stripes_.truncate(
      static_cast<size_t>(std::unique(stripes_.begin(), stripes_.end()) - stripes_.begin()));
}

absl::Status Committer::CheckFirstCommitterWins() ABSL_NO_THREAD_SAFETY_ANALYSIS {
  NACRE_STEP(kCommitLatched);
  for (WriteEntry& entry : writes_.entries()) {
    if (!entry.takes_part()) continue;
    // What was found before the latch may have left the index, unless its head says that it has
    // not.
    if (entry.record == nullptr || !entry.record->HeadIsValue()) {
      entry.record = entry.tree->index.Find(entry.key);
    }
    const mvcc::Record* const record = entry.record;
    if (NACRE_BUG(kSkipWriteConflict)) continue;
    const bool newer = record != nullptr
                           ? mvcc::HasNewerThan(*record, view_.read_timestamp, view_.now)
                           : !NACRE_BUG(kIgnoreFloor) &&
                                 store_.latches.at(store_.latches.IndexOf(entry.hash)).floor >
                                     view_.read_timestamp;
    if (!newer) continue;
    store_.counters.conflicts_write.Add(1);
    return absl::AbortedError(absl::StrCat(
        "key ", QuoteKey(entry.key), " was written by another transaction after this one began"));
  }
  NACRE_STEP(kCommitChecked);
  return absl::OkStatus();
}

void Committer::Insert(WriteEntry& entry) {
  mvcc::Record* made = nullptr;
  const auto [record, is_new] = entry.tree->index.FindOrInsert(entry.key, [&] {
    return made = mvcc::Record::New(entry.tree->id, entry.key, *entry.version,
                                    store_.options.inline_value_bytes_max);
  });
  NACRE_CHECK(is_new || made == nullptr, "nobody inserts a key while another holds its latch");
  entry.record = record;
  entry.record_is_new = is_new;
}

inline void Committer::Link(WriteEntry& entry) {
  if (entry.record == nullptr) [[unlikely]]
    Insert(entry);
  mvcc::Record* const record = entry.record;
  entry.superseded = record->head();
  if (mvcc::Version* const copy = record->TryInline(*entry.version); copy != nullptr) {
    mvcc::Version::Free(entry.version);  // Nobody else has seen it.
    entry.version = copy;
  }
  if (leader_ == nullptr) {
    leader_ = entry.version;
    leader_->PrepareAsLeader();
  } else {
    entry.version->PrepareAsFollowerOf(*leader_);
  }
  entry.version->set_previous(entry.superseded);
  record->set_head(entry.version);
  recent_.push_back({record, entry.hash});
  CountLive(entry);
  changes_expiry_ |= ValueExpiry(entry.superseded) != ValueExpiry(entry.version);
}

inline void Committer::CountLive(const WriteEntry& entry) {
  const int delta = IsValue(entry.version) - IsValue(entry.superseded);
  if (delta == 0) return;
  for (auto& [tree, sum] : live_deltas_) {
    if (tree != entry.tree) continue;
    sum += delta;
    return;
  }
  live_deltas_.emplace_back(entry.tree, delta);
}

// The prepared versions may be in the hands of readers: those see no timestamp and pass them by,
// and the memory goes through the epoch like any other, all of it after the last follower is
// unlinked (LEADER). A repetition gets copies, so that it links versions nobody has seen.
void Committer::UnlinkAll(bool will_repeat) {
  for (WriteEntry& entry : writes_.entries()) {
    if (entry.version == nullptr) continue;
    NACRE_CHECK(entry.record->head() == entry.version,
                "a prepared version is the head of its chain as long as its latch is held");
    entry.record->set_head(entry.superseded);
    if (!entry.record_is_new) continue;
    NACRE_CHECK(entry.tree->index.Remove(entry.key, entry.record),
                "an inserted record is in the index");
    entry.record->NoteRemoved();
  }
  NACRE_STEP(kCommitTakenBack);
  for (WriteEntry& entry : writes_.entries()) {
    if (entry.version != nullptr) {
      mvcc::Version* const prepared = entry.version;
      entry.version = will_repeat ? CopyOf(*prepared) : nullptr;
      mvcc::RetireVersion(store_.retired, entry.record, prepared);
      if (entry.record_is_new) store_.retired.Add(entry.record, &mvcc::Record::Free);
    }
    entry.record = nullptr;
    entry.record_is_new = false;
  }
  changes_expiry_ = false;
  leader_ = nullptr;
  recent_.clear();
  live_deltas_.clear();
}

bool Committer::MustStand(const GenerationUse& use) const {
  if (reads_ != nullptr || use.tree != use.committed) return true;
  const auto& entries = writes_.entries();
  return std::any_of(entries.begin(), entries.end(), [&](const WriteEntry& entry) {
    return entry.takes_part() && entry.tree == use.committed;
  });
}

[[gnu::always_inline]] inline bool Committer::GenerationsStand() const {
  for (const GenerationUse& use : generations_) {
    if (store_.keyspaces.Newest(use.keyspace) != use.generation) return false;
  }
  return true;
}

// True: what was read can not have changed since it was validated. Else CheckInSequencer() tells.
[[gnu::always_inline]] inline bool Committer::NothingPassedBy(uint64_t validated_up_to) const {
  return reads_ == nullptr || (store_.sequencer.Clock() == validated_up_to &&
                               reads_->earliest_expiry() == mvcc::kNoExpiry);
}

absl::Status Committer::CheckGenerations() const {
  if (GenerationsStand() || NACRE_BUG(kIgnoreGeneration)) return absl::OkStatus();
  for (const GenerationUse& use : generations_) {
    if (store_.keyspaces.Newest(use.keyspace) == use.generation || !MustStand(use)) continue;
    store_.counters.conflicts_keyspace.Add(1);
    return absl::AbortedError(
        absl::StrCat("keyspace ", use.keyspace,
                     " was opened, flushed, dropped or swapped after this transaction began"));
  }
  return absl::OkStatus();
}

absl::Status Committer::CheckInSequencer(uint64_t validated_up_to, bool& passed_by) {
  if (absl::Status status = CheckGenerations(); !status.ok()) return status;
  if (reads_ == nullptr) return absl::OkStatus();
  if (!NACRE_BUG(kIgnoreExpiryCycle) && reads_->earliest_expiry() <= store_.time.Last()) {
    store_.counters.conflicts_read.Add(1);
    return absl::AbortedError(absl::StrCat("key ", QuoteKey(reads_->earliest_expiry_key()),
                                           " expired after this transaction had read it"));
  }
  if (NACRE_BUG(kValidateBeforeTimestamp)) return absl::OkStatus();
  absl::Status conflict;
  const Sequencer::Recall recall = store_.sequencer.RecallSince(
      validated_up_to, reads_->WritesToMatchMax(), [&](const RecentWrite& write) {
        conflict = reads_->ValidateWrite(write, view_);
        return conflict.ok();
      });
  passed_by = recall == Sequencer::Recall::kForgotten;
  if (!conflict.ok()) store_.counters.conflicts_read.Add(1);
  return conflict;
}

[[gnu::always_inline]] inline Committer::Sequenced Committer::Sequence(uint64_t validated_up_to,
                                                                       absl::Status& conflict) {
  base::MutexLock lock(store_.sequencer.mutex());
  if (!GenerationsStand() || !NothingPassedBy(validated_up_to)) [[unlikely]] {
    bool passed_by = false;
    conflict = CheckInSequencer(validated_up_to, passed_by);
    if (passed_by) return Sequenced::kPassedBy;
    if (!conflict.ok()) return Sequenced::kConflict;
  }

  // Until the index of expiries has followed, in Stamp(). Who waits for the sequencer, or fails
  // above, has changed nothing that is counted.
  if (changes_expiry_) store_.expiry_changes_pending.fetch_add(1, std::memory_order_relaxed);
  timestamp_ = store_.sequencer.Clock() + 1;
  if (NACRE_BUG(kSplitSequencer)) {
    store_.sequencer.mutex().Unlock();
    NACRE_STEP(kCommitInSequencer);
    store_.sequencer.mutex().Lock();
  }
  log_.Place(timestamp_);
  store_.sequencer.Remember(timestamp_, recent_);
  for (const auto& [tree, delta] : live_deltas_) {
    tree->live_keys.fetch_add(delta, std::memory_order_relaxed);
  }
  if (NACRE_BUG(kPublishBeforeLinking)) {
    store_.sequencer.Publish(timestamp_);
    NACRE_STEP(kCommitPublished);
  }
  if (!changes_.empty()) [[unlikely]]
    PushGenerations();
  if (leader_ != nullptr) leader_->Stamp(timestamp_);
  store_.sequencer.Publish(timestamp_);
  return Sequenced::kDone;
}

void Committer::PushGenerations() {
  for (const GenerationChange& change : changes_) {
    superseded_generations_.push_back(store_.keyspaces.Newest(change.keyspace));
    store_.keyspaces.Push(change.keyspace, new Generation(change.contents), timestamp_);
  }
}

// A commit waits for nothing as long as for its records, and what stood in the last of them is
// mostly the last to come.
inline void Committer::PrefetchSequencer() const {
  if (writes_.entries().empty()) return;
  const mvcc::Version* const superseded = writes_.entries().back().superseded;
  store_.sequencer.PrefetchForCommit(superseded == nullptr ? 0 : superseded->commit_timestamp());
}

[[gnu::noinline]] absl::Status Committer::ValidateReads(uint64_t& validated_up_to) {
  reads_->PrepareToMatch();
  // Who commits while that takes its time has not passed by.
  validated_up_to = store_.sequencer.Clock();
  absl::Status conflict = reads_->Validate(view_);
  if (!conflict.ok()) store_.counters.conflicts_read.Add(1);
  return conflict;
}

absl::Status Committer::LinkAndSequence() noexcept {
  for (WriteEntry& entry : writes_.entries()) {
    if (entry.version != nullptr) Link(entry);
  }
  NACRE_STEP(kCommitLinked);
  absl::Status conflict;
  for (int validation = 0; validation < kValidationsMax; ++validation) {
    uint64_t validated_up_to = 0;
    if (reads_ != nullptr) {
      validated_up_to = store_.sequencer.Clock();
      if (validated_up_to != view_.read_timestamp) {
        conflict = ValidateReads(validated_up_to);
      }
      // The validation walks ranges like any read (TOO-OLD): what it did not meet may have been
      // unlinked.
      if (conflict.ok() && view_.IsTooOld()) conflict = TooOldError();
      if (!conflict.ok()) {
        UnlinkAll(/*will_repeat=*/false);
        return conflict;
      }
      NACRE_STEP(kCommitValidated);
    }
    PrefetchSequencer();
    switch (Sequence(validated_up_to, conflict)) {
      case Sequenced::kDone: NACRE_STEP(kCommitPublished); return absl::OkStatus();
      case Sequenced::kConflict: UnlinkAll(/*will_repeat=*/false); return conflict;
      case Sequenced::kPassedBy: continue;
    }
  }
  UnlinkAll(/*will_repeat=*/true);
  return absl::UnavailableError("too many commits passed by");
}

void Committer::TellExpiry(const WriteEntry& entry) {
  const mvcc::ExpiryMs before = ValueExpiry(entry.superseded);
  const mvcc::ExpiryMs after = ValueExpiry(entry.version);
  if (before != after) store_.garbage->ExpiryChanged(entry.record, before, after);
}

void Committer::Stamp() noexcept {
  int64_t memory_bytes = 0;
  for (WriteEntry& entry : writes_.entries()) {
    if (entry.version == nullptr) continue;
    if (entry.version != leader_) entry.version->Stamp(timestamp_);
    if (changes_expiry_) [[unlikely]]
      TellExpiry(entry);
    // A tombstone has its entry already; where that is at rest, it must be looked at again.
    if (entry.superseded != nullptr &&
        (!entry.superseded->is_tombstone() ||
         store_.garbage->TakeTombstone(entry.record, entry.superseded))) {
      garbage_.push_back({entry.record, entry.superseded, timestamp_});
    }
    if (entry.version->is_tombstone()) garbage_.push_back({entry.record, entry.version, 0});
    memory_bytes += static_cast<int64_t>(entry.version->memory_bytes());
    if (entry.record_is_new) memory_bytes += static_cast<int64_t>(entry.record->memory_bytes());
    entry.version = nullptr;  // The chain owns it.
  }
  if (changes_expiry_) store_.expiry_changes_pending.fetch_sub(1, std::memory_order_release);
  const base::ThreadPart part;
  store_.counters.commits.Add(1, part);
  store_.counters.versions_created.Add(static_cast<int64_t>(recent_.size()), part);
  store_.counters.memory_bytes.Add(memory_bytes, part);
  NACRE_STEP(kCommitStamped);
}

void Committer::HandOver() noexcept {
  NACRE_STEP(kCommitReleased);
  if (!garbage_.empty()) store_.garbage->Accept(garbage_);
  for (size_t i = 0; i < superseded_generations_.size(); ++i) {
    store_.garbage->AcceptGeneration(changes_[i].keyspace, superseded_generations_[i], timestamp_);
  }
}

}  // namespace nacre::txn
