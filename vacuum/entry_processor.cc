#include "vacuum/entry_processor.h"

#include "engine/base/epoch.h"

namespace nacre::vacuum {
namespace {
// Entries whose memory is being loaded while one is worked on.
constexpr size_t kLookAhead = 8;
}  // namespace

void EntryProcessor::Process(absl::Span<const txn::Garbage> entries) {
  for (size_t i = 0; i < entries.size(); ++i) {
    if (i + kLookAhead < entries.size()) {
      __builtin_prefetch(entries[i + kLookAhead].version);
      __builtin_prefetch(entries[i + kLookAhead].record);
    }
    ProcessOne(entries[i]);
    while (!again_.empty()) {
      const txn::Garbage next = again_.back();
      again_.pop_back();
      ProcessOne(next);
    }
    if (arrivals_.size() >= kArrivalsMax) Flush();
  }
}

void EntryProcessor::ProcessOne(txn::Garbage entry) {
  using Outcome = ChainPruner::Outcome;
  base::EpochPin pin;
  if (entry.version->unlinked()) {
    store_.retired.Add(entry.version, mvcc::Version::Free);
    return;
  }
  Scan::Judgement judgement;
  if (entry.superseded_at != 0) {
    // The version is the entry's own: what is needed is told without a look at the chain.
    judgement = scan_.Judge(entry.version->commit_timestamp(), entry.superseded_at);
    if (judgement.verdict != Scan::Verdict::kPrune) {
      arrivals_.push_back({entry, judgement});
      return;
    }
  }
  switch (pruner_.Prune(entry, scan_, latches_max_, tally_, again_)) {
    case Outcome::kUnlinked: store_.retired.Add(entry.version, mvcc::Version::Free); return;
    case Outcome::kWaits: return;
    case Outcome::kNeeded:
      judgement = scan_.Judge(entry.version->commit_timestamp(), entry.superseded_at);
      break;
    case Outcome::kBusy:
    case Outcome::kUnfinished: judgement = {Scan::Verdict::kLater}; break;
  }
  arrivals_.push_back({entry, judgement});
}

void EntryProcessor::Add(const PruneTally& tally) {
  tally_.versions += tally.versions;
  tally_.records += tally.records;
  tally_.bytes += tally.bytes;
  tally_.steps += tally.steps;
}

void EntryProcessor::Flush() {
  room_.Admit(arrivals_);
  arrivals_.clear();
  tally_.AddTo(store_.counters);
  versions_unlinked_ += tally_.versions;
  steps_ += tally_.steps;
  tally_ = {};
}

}  // namespace nacre::vacuum
