// The share of the work that committers do: each for its own garbage, and for that of all where it
// is made faster than it is pruned.
//
// OWN-FIRST. A thread that keeps committing prunes and frees what it has superseded itself, as soon
// as there is enough of it to pay for a scan and an epoch (GarbageQueue::kOwnEntries). By then the
// records and versions are in the cache of its processor still, so that this costs it less than it
// costs another one to fetch them; and what it frees is what it allocates next, in the cache too,
// from a list of its own (block.h). That is freed in the rate in which it is allocated: a
// few hundred objects at once are more than such a list takes. What it takes it lays to rest, and
// looks at it with the next share: then most slots can be written again at once, and what was
// promoted be freed, without being retired (RESTED in promoter.h). The vacuum's thread looks after
// threads that have stopped, or are slow (GarbageQueue::TakeUntended()), and after what rests
// there.
//
// Invariant BACKPRESSURE: while the queue is longer than vacuum_backlog_max, each commit looks at
// more than three times as many entries as it made, and no other entries are pushed (but those of
// keys that expire, which the thread prunes next): at three quarters of that length versions are no
// longer displaced from slots, nor promoted into those. So the queue can not grow, whether or not
// the vacuum's thread gets to run, but by what was made since the last scan (ScanForShare): half of
// vacuum_backlog_max, or as many entries as a quarter of the snapshots. That is set aside, so that
// shares until the next scan have older ones to look at. While more than kRetiredMax objects wait
// to be freed, each commit frees twice as many as it retired, as far as no pin holds them
// (NOBODY-HOLDS-UP in retire.h). A share is bounded by what the commit itself did: in entries, in
// steps along chains, in objects freed.
//   Forbidden: a scan that may lag behind what was taken. The newest entries are taken first, so a
//   thread that lags by a few commits would keep all of them, and the next share takes the same.
//   Forbidden: to leave what no scan knows where the next share takes it again. A hundred shares
//   then look at the same entries and prune none, and each commit adds more.
//   Forbidden: to promote whatever is freed. When a pin ends that has held a hundred thousand
//   slots, a commit frees some hundreds, and would add as many entries where it looks at 67
//   (Promoter). Forbidden: to free a fixed number. A commit of ten thousand writes that fails
//   retires all its versions and records, and inserts retire the nodes of the index that they
//   replace.

#include <algorithm>
#include <memory>
#include <utility>
#include <vector>

#include "engine/base/check.h"
#include "engine/base/epoch.h"
#include "engine/base/faults.h"
#include "vacuum/vacuum.h"

namespace nacre::vacuum {
namespace {

// Beyond three times what the commit made.
constexpr size_t kShareEntries = 64;
constexpr size_t kShareLatchesPerEntry = 2;
constexpr size_t kShareStepsPerEntry = 64;
constexpr size_t kEntriesPerRound = 16;
// Twice what the thread is woken for: where it gets to run, it frees them all.
constexpr size_t kRetiredMax = 8192;

uint64_t NewestOf(absl::Span<const txn::Garbage> entries) {
  uint64_t newest = 0;
  for (const txn::Garbage& entry : entries) newest = std::max(newest, entry.superseded_at);
  return newest;
}

void MoveTo(std::vector<txn::Garbage>& others, OwnGarbage& garbage) {
  garbage.ForEach([&others](const txn::Garbage& entry) { others.push_back(entry); });
  garbage = {};
}

}  // namespace

void Vacuum::Assist() noexcept {
  scanner_.NoteClock();
  // Asked each time: a commit owes for itself only.
  const size_t retired = base::RetireList::TakeOwed();
  // Also where the queue is short: inserts retire nodes of the index and make no garbage.
  const size_t waiting = store_.retired.waiting();
  if (waiting > kRetiredRing) bell_.Ring();
  const bool too_many_retired = waiting > kRetiredMax;
  const size_t pushed = queue_.TakePushed();
  const bool too_many = queue_.approximate_size() > store_.options.vacuum_backlog_max;
  const bool own_is_due = queue_.OwnIsDue();
  if (!too_many_retired && pushed == 0 && !too_many && !own_is_due) return;
  shares_running_.fetch_add(1, std::memory_order_seq_cst);
  if (!shares_paused_.load(std::memory_order_seq_cst)) {
    if (too_many_retired) FreeShare(2 * retired);
    // What was pruned is freed little by little, as it is allocated again.
    if (pushed != 0) CountFreed(store_.retired.ReclaimOwn(pushed + pushed / 4));
    if (too_many) {
      ShareForAll();
    } else if (own_is_due) {
      ShareOfOwn();
    }
  }
  shares_running_.fetch_sub(1, std::memory_order_seq_cst);
  // What the share had in hand, a pass meanwhile could not see.
  bell_.Ring();
}

void Vacuum::ShareForAll() {
  store_.counters.vacuum_assists.fetch_add(1, std::memory_order_relaxed);
  const size_t share = kShareEntries + 3 * queue_.TakeOwed();
  std::vector<txn::Garbage> taken;
  queue_.TakeSome(share, LastScanned(), taken);
  promoter_.NameEntries(absl::MakeSpan(taken));
  // All that was taken: what others have done since decides nothing here.
  const std::shared_ptr<const Scan> scan = ScanForShare(taken.size(), UINT64_MAX);
  if (scan != nullptr) {
    DoShare(*scan, {}, absl::MakeSpan(taken), share);
  } else {
    queue_.Return(taken);
  }
  // It has retired versions, and records and nodes with them.
  FreeShare(2 * base::RetireList::TakeOwed());
}

// It looks at what the last one has laid to rest, and lays to rest what has come since.
void Vacuum::ShareOfOwn() {
  auto [rested, young, known] = queue_.TakeOwn(LastScanned());
  promoter_.NameEntries(absl::MakeSpan(young.entries));
  promoter_.NameEntries(absl::MakeSpan(young.promoted));
  std::vector<txn::Garbage> others(known.begin(), known.end());
  // Where snapshots grow too old, a read is not over when its snapshot is no longer active.
  if (young.CanRest() && !store_.snapshots_grow_old) {
    young.epoch = base::EpochDomain::Advance();
    queue_.Rest(std::move(young));
  } else {
    MoveTo(others, young);
  }
  if (rested.size() != 0 && !base::EpochDomain::HasPassed(rested.epoch) && !NACRE_BUG(kSkipRest)) {
    MoveTo(others, rested);
  }
  if (rested.size() == 0 && others.empty()) return;

  const uint64_t newest =
      std::max({NewestOf(rested.entries), NewestOf(rested.promoted), NewestOf(others)});
  // What is more than makes a share due was there before, or was promoted.
  const size_t entries = std::min(rested.size() + others.size(), GarbageQueue::kOwnEntries);
  const std::shared_ptr<const Scan> scan = ScanForShare(entries, newest);
  if (scan != nullptr) {
    FreePromoted(rested.promoted, *scan, others);
    DoShare(*scan, absl::MakeSpan(rested.entries), absl::MakeSpan(others),
            rested.entries.size() + others.size());
  } else {
    MoveTo(others, rested);
    queue_.Return(others);
  }
  store_.retired.CloseOwn();
}

void Vacuum::FreePromoted(absl::Span<const txn::Garbage> rested, const Scan& scan,
                          std::vector<txn::Garbage>& needed) {
  // Mostly one look is enough for all of them.
  const bool all = scan.AllReadFrom(NewestOf(rested));
  const auto may_go = [&](const txn::Garbage& entry) {
    return all || scan.JudgeMoved(entry.version->commit_timestamp(), entry.superseded_at).verdict ==
                      Scan::Verdict::kPrune;
  };
  std::vector<void*> versions;
  versions.reserve(rested.size());
  for (const txn::Garbage& entry : rested) {
    NACRE_CHECK(entry.record == nullptr && entry.version->unlinked(),
                "what is freed as promoted stands in a chain");
    if (may_go(entry)) {
      versions.push_back(entry.version);
    } else {
      needed.push_back(entry);
    }
  }
  if (!versions.empty()) store_.retired.AddPassed(versions, mvcc::Version::Free);
}

uint64_t Vacuum::LastScanned() const {
  const std::shared_ptr<const Scan> last = scanner_.Last();
  return last == nullptr ? 0 : last->clock;
}

// A scan costs O(snapshots), so a share takes a new one when as many entries were taken since as
// the last one found snapshots; or half of what may wait, where that is less, but a quarter of the
// snapshots in any case. Until then the last one will do (SCAN-FOREVER in scan.h): it may keep too
// much, and knows nothing of what was superseded since.
std::shared_ptr<const Scan> Vacuum::ScanForShare(size_t entries, uint64_t known_up_to) {
  std::shared_ptr<const Scan> last = scanner_.Last();
  const size_t credit = scan_credit_.fetch_add(entries, std::memory_order_relaxed) + entries;
  const size_t points = last == nullptr ? 0 : last->points.size();
  const size_t price =
      std::max(points / 4, std::min(points, store_.options.vacuum_backlog_max / 2));
  if (last != nullptr && credit < price) return last;
  std::shared_ptr<const Scan> fresh = scanner_.TryTake(known_up_to);
  if (fresh == nullptr) return last;
  scan_credit_.store(0, std::memory_order_relaxed);
  room_.Advance(*fresh);
  return fresh;
}

void Vacuum::DoShare(const Scan& scan, absl::Span<txn::Garbage> rested,
                     absl::Span<txn::Garbage> others, size_t share) {
  EntryProcessor processor(store_, pruner_, mover_, displacer_, promoter_, room_, scan,
                           kShareLatchesPerEntry);
  const auto too_far = [&] { return processor.steps() > share * kShareStepsPerEntry; };
  // Returns how many it has looked at before it walked too far.
  const auto process = [&](absl::Span<const txn::Garbage> entries, EntryProcessor::Age age) {
    size_t looked_at = 0;
    while (looked_at < entries.size() && !too_far()) {
      const absl::Span<const txn::Garbage> round = entries.subspan(looked_at, kEntriesPerRound);
      processor.Process(round, age);
      processor.Flush();
      looked_at += round.size();
    }
    return looked_at;
  };
  // What the scan knows nothing of has not been looked at, and would be taken again at once.
  const auto process_known = [&](absl::Span<txn::Garbage> entries, EntryProcessor::Age age) {
    const auto known = std::partition(
        entries.begin(), entries.end(),
        [&scan](const txn::Garbage& entry) { return entry.superseded_at <= scan.clock; });
    const auto known_count = static_cast<size_t>(known - entries.begin());
    const size_t done = process(entries.first(known_count), age);
    queue_.Return(entries.subspan(done, known_count - done));
    queue_.SetAside(entries.subspan(known_count), scan.clock);
  };
  process_known(rested, EntryProcessor::Age::kRested);
  process_known(others, EntryProcessor::Age::kAny);
  // The vacuum's thread may be out of breath for long: what is free by now is looked at too.
  EntryList again;
  if (!too_far()) room_.TakeReady(share, again);
  if (!too_far() && room_.pending() > share) room_.TakePending(share, again);
  EntryList not_reached;
  while (!again.empty()) {
    EntryBlock block = again.TakeBlock();
    const size_t done = process(block, EntryProcessor::Age::kAny);
    block.erase(block.begin(), block.begin() + static_cast<ptrdiff_t>(done));
    not_reached.AddBlock(std::move(block));
  }
  // Not to the queue, which they would make longer.
  room_.ReturnReady(not_reached);
  steps_.fetch_add(processor.steps(), std::memory_order_relaxed);
}

void Vacuum::FreeShare(size_t objects) {
  const size_t least = std::max(objects, base::RetireList::kBatchObjects);
  CountFreed(store_.retired.ReclaimBatches(least));
}

}  // namespace nacre::vacuum
