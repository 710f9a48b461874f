#include "vacuum/entry_processor.h"

#include <algorithm>
#include <array>

#include "engine/base/epoch.h"
#include "engine/base/prefetch.h"

namespace nacre::vacuum {

void EntryProcessor::Process(absl::Span<const txn::Garbage> entries, Age age) {
  Prefetch(entries.first(std::min(kSideBySide, entries.size())));
  while (!entries.empty()) {
    const size_t count = std::min(kSideBySide, entries.size());
    const absl::Span<const txn::Garbage> group = entries.first(count);
    entries.remove_prefix(count);
    ProcessGroup(group, entries.first(std::min(kSideBySide, entries.size())), age);
    if (arrivals_.size() >= kArrivalsMax) Flush();
  }
  Retire();
}

// What is gone by now may be named here: a prefetch touches nothing.
void EntryProcessor::Prefetch(absl::Span<const txn::Garbage> entries) {
  for (const txn::Garbage& entry : entries) {
    base::PrefetchForWrite(entry.version);
    __builtin_prefetch(entry.record);
  }
}

inline void EntryProcessor::Consume(const txn::Garbage& entry) {
  if (entry.version->is_inline()) {
    slots_.push_back(entry.record);
  } else {
    unlinked_.push_back(entry.version);
  }
}

void EntryProcessor::ProcessGroup(absl::Span<const txn::Garbage> group,
                                  absl::Span<const txn::Garbage> next, Age age) {
  const base::EpochPin pin;
  std::array<Task, kSideBySide> tasks;
  size_t count = 0;
  for (const txn::Garbage& entry : group) {
    if (MayGo(entry) || Judge(entry)) tasks[count++] = Prepare(entry);
  }
  Prefetch(next);
  for (size_t i = 0; i < count; ++i) {
    const auto& [entry, stripe] = tasks[i];
    if (age == Age::kRested && Replace(tasks[i])) continue;
    // What was not known to be superseded was not judged.
    if (entry.superseded_at != 0 && pruner_.PruneBelowHead(entry, *stripe, tally_)) [[likely]] {
      Consume(entry);
    } else {
      PruneAll(tasks[i]);
    }
  }
  if (unlinked_.size() + slots_.size() >= kUnlinkedMax) Retire();
}

// Of what Judge() allows to prune, most. The version is the entry's own: what is needed is told
// without a look at the chain.
inline bool EntryProcessor::MayGo(const txn::Garbage& entry) const {
  return entry.superseded_at != 0 && entry.record != nullptr && !entry.version->unlinked() &&
         scan_.MayPrune(entry.version->commit_timestamp(), entry.superseded_at);
}

inline bool EntryProcessor::Replace(const Task& task) {
  const txn::Garbage& entry = task.entry;
  if (!entry.version->is_inline()) return false;
  const Promoter::Replacement done = promoter_.Replace(entry, *task.stripe, tally_);
  if (!done.unlinked) return false;
  if (done.promoted != nullptr) {
    promoted_.push_back({nullptr, done.promoted, 0});
  } else {
    Consume(entry);
  }
  return true;
}

void EntryProcessor::PruneAll(const Task& task) {
  Prune(task);
  while (!again_.empty()) {
    const txn::Garbage again = again_.back();
    again_.pop_back();
    if (Judge(again)) Prune(Prepare(again));
  }
}

bool EntryProcessor::Judge(txn::Garbage entry) {
  if (entry.record == nullptr || entry.version->displaced()) {
    const Scan::Judgement judgement =
        scan_.JudgeMoved(entry.version->commit_timestamp(), entry.superseded_at);
    if (judgement.verdict != Scan::Verdict::kPrune) {
      arrivals_.push_back({entry, judgement});
      return false;
    }
    mover_.Freed(entry.superseded_at);
  }
  if (entry.version->unlinked()) {
    Consume(entry);
    return false;
  }
  if (entry.superseded_at == 0) return true;
  Scan::Judgement judgement = scan_.Judge(entry.version->commit_timestamp(), entry.superseded_at);
  if (judgement.verdict == Scan::Verdict::kPrune) return true;
  if (judgement.verdict == Scan::Verdict::kPark && entry.version->is_inline()) {
    judgement = Displace(entry, judgement);
  }
  arrivals_.push_back({entry, judgement});
  return false;
}

Scan::Judgement EntryProcessor::Displace(txn::Garbage& entry, const Scan::Judgement& parked) {
  const Scan::Judgement looks =
      scan_.JudgeLooks(entry.version->commit_timestamp(), entry.superseded_at);
  if (looks.verdict != Scan::Verdict::kPrune) return looks;
  if (!displacer_.TryDisplace(entry, tally_)) return {Scan::Verdict::kLater};
  return parked;
}

inline EntryProcessor::Task EntryProcessor::Prepare(const txn::Garbage& entry) {
  const mvcc::Record& record = *entry.record;
  txn::Stripe& stripe = store_.latches.at(store_.latches.IndexOf(record.tree_id(), record.key()));
  base::PrefetchForWrite(&stripe);
  // Mostly what stands above the version.
  base::PrefetchForWrite(record.head());
  return {entry, &stripe};
}

void EntryProcessor::Prune(Task task) {
  using Outcome = ChainPruner::Outcome;
  txn::Garbage& entry = task.entry;
  Scan::Judgement judgement{Scan::Verdict::kLater};
  switch (pruner_.Prune(entry, *task.stripe, scan_, latches_max_, tally_, again_)) {
    case Outcome::kUnlinked: Consume(entry); return;
    case Outcome::kWaits: return;
    case Outcome::kNeeded:
      judgement = scan_.Judge(entry.version->commit_timestamp(), entry.superseded_at);
      break;
    case Outcome::kBusy:
    case Outcome::kUnfinished: break;
  }
  arrivals_.push_back({entry, judgement});
}

void EntryProcessor::Retire() {
  if (!unlinked_.empty()) store_.retired.AddAll(unlinked_, mvcc::Version::Free);
  if (!slots_.empty()) store_.retired.AddAll(slots_, mvcc::Record::FreeSlot);
  if (!promoted_.empty()) promoter_.PushReplacing(promoted_);
  unlinked_.clear();
  slots_.clear();
  promoted_.clear();
}

void EntryProcessor::Add(const PruneTally& tally) {
  tally_.versions += tally.versions;
  tally_.records += tally.records;
  tally_.bytes += tally.bytes;
  tally_.steps += tally.steps;
}

void EntryProcessor::Flush() {
  Retire();
  room_.Admit(arrivals_);
  arrivals_.clear();
  tally_.AddTo(store_.counters);
  versions_unlinked_ += tally_.versions;
  steps_ += tally_.steps;
  tally_ = {};
}

}  // namespace nacre::vacuum
