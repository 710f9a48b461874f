#include "vacuum/vacuum.h"

#include <algorithm>
#include <utility>

#include "absl/cleanup/cleanup.h"
#include "engine/base/block.h"
#include "engine/base/check.h"
#include "engine/base/epoch.h"
#include "engine/base/faults.h"

namespace nacre::vacuum {
namespace {

// Freeing is done between chunks of entries, so that a large pass does not hoard.
constexpr size_t kEntriesPerChunk = 1024;
constexpr size_t kRetiredKept = 4096;
constexpr size_t kFreedPerChunk = 4096;
constexpr size_t kFreedPerPass = 1 << 16;
// The latch of one key, for one entry: as often as it takes, almost.
constexpr size_t kLatchesPerEntry = SIZE_MAX;
// What a pass may find of each thread for the next one to come later. An update leaves two entries:
// what it superseded, and what is promoted then; and as many rest as are young. In the build for
// faults tests are to meet passes.
constexpr size_t kLittle = kMovesAlways ? 0 : 4 * GarbageQueue::kOwnEntries;
// The thread does not ask about what is pending more often than this.
constexpr int64_t kPendingEveryNs = 1'000'000;

// Objects that the calling thread had freed when it told so last.
constinit thread_local size_t freed_told = 0;

}  // namespace

Vacuum::Vacuum(txn::Store& store, const Tuning& tuning)
    : store_(store),
      tuning_(tuning),
      queue_(store.options.vacuum_backlog_max, NACRE_OWN_SHARE_ENTRIES(GarbageQueue::kOwnEntries)),
      promoter_(store, queue_),
      displacer_(store, queue_),
      scanner_(store, tuning),
      pruner_(store, waiting_tombstones_),
      expirer_(store, expiries_),
      reaper_(store, expiries_, waiting_tombstones_),
      mover_(store, tuning_) {
  store_.retired.SetTaker(mvcc::Record::FreeSlot, &promoter_);
}

Vacuum::~Vacuum() { Stop(); }

void Vacuum::Accept(absl::Span<const txn::Garbage> garbage) noexcept {
  queue_.Push(garbage);
  bell_.Ring();
}

void Vacuum::ExpiryChanged(mvcc::Record* record, mvcc::ExpiryMs before,
                           mvcc::ExpiryMs after) noexcept {
  // While there are expiries the thread looks at the time by itself.
  if (expiries_.Change(record, before, after)) bell_.Ring();
}

bool Vacuum::TakeTombstone(mvcc::Record* record, mvcc::Version* tombstone) noexcept {
  return waiting_tombstones_.Take(record, tombstone);
}

void Vacuum::AcceptGeneration(uint32_t keyspace, txn::Generation* generation,
                              uint64_t superseded_at) noexcept {
  generations_.Add(keyspace, generation, superseded_at);
  bell_.Ring();
}

void Vacuum::AwaitedSnapshotEnded() noexcept { bell_.Ring(); }

size_t Vacuum::RunOnce() {
  base::MutexLock pass(pass_mutex_);
  // What was refused since the queue was long is displaced by the next round, what was displaced
  // freed, which promotes, by the one after it, and that by one more.
  constexpr int kRoundsMore = 3;
  const auto copied = [this] {
    return static_cast<size_t>(store_.counters.versions_promoted.Sum()) +
           displacer_.versions_displaced();
  };
  size_t versions = 0;
  bool moving = false;
  bool again = false;
  int rounds = 0;
  do {
    const size_t before = copied();
    const PassResult round = WholeRound();
    versions += round.versions;
    moving = round.moving;
    again = copied() != before && rounds++ < kRoundsMore;
  } while (again || moving);
  TellFreed(kFreedBeforeRest);
  // What is left for later was taken from under the eyes of the thread, which may sleep by now.
  bell_.Ring();
  return versions;
}

Vacuum::PassResult Vacuum::WholeRound() noexcept {
  PassResult round;
  AskAboutPending();
  // For all that waits, should it be set free now; others may set free more and more.
  size_t passes_for_ready =
      1 + (room_.ready() + room_.parked() + room_.retained()) / queue_.portion();
  do {
    const PassResult pass = Pass(/*whole=*/true);
    round.versions += pass.versions;
    round.moving |= pass.moving;
  } while (pending_left_ != 0 || (room_.ready() != 0 && passes_for_ready-- != 0));
  return round;
}

void Vacuum::AskAboutPending() {
  pending_left_ = room_.pending();
  pending_looked_at_ns_ = scanner_.NowNs();
}

Vacuum::PassResult Vacuum::Pass(bool whole) noexcept {
  PassResult result;
  store_.counters.vacuum_passes.fetch_add(1, std::memory_order_relaxed);
  const size_t keys_max = whole ? SIZE_MAX : kKeysExpiredPerPass;
  const size_t keys_expired = expirer_.RemoveDue(keys_max);

  // The work is taken before the clock is loaded: none of it was superseded after.
  EntryList work;
  size_t threads = 1;
  if (whole) {
    queue_.TakeAll(work);
  } else {
    threads = std::max(threads, queue_.TakeUntended(work));
  }
  work.ForEachBlock([this](absl::Span<txn::Garbage> block) { promoter_.NameEntries(block); });
  const bool any = !work.empty();
  const size_t arrived = work.size() + keys_expired;
  result.progress = arrived != 0;
  if (!whole && pending_left_ == 0 && scanner_.NowNs() - pending_looked_at_ns_ >= kPendingEveryNs) {
    AskAboutPending();
  }
  TakePending(work);
  NACRE_STEP(kPruneStart);
  // While there is always more to do, it is done soon enough by the next pass.
  const bool goes_on = any || pending_left_ != 0;
  const Scanner::Reach reach =
      whole || !goes_on ? Scanner::Reach::kNow : Scanner::Reach::kNearlyNow;
  const std::shared_ptr<const Scan> scan = scanner_.Take(reach);
  NACRE_STEP(kPruneScanned);
  room_.Advance(*scan);
  room_.TakeReady(queue_.portion(), work);

  size_t reaped;
  const size_t records_max = whole ? SIZE_MAX : kRecordsReapedPerPass;
  {
    EntryProcessor processor(store_, pruner_, mover_, displacer_, promoter_, room_, *scan,
                             kLatchesPerEntry);
    ProcessAll(work, processor);
    reaped = ReapTrees(*scan, records_max, processor);
    processor.Flush();
    result.versions = processor.versions_unlinked();
    steps_.fetch_add(processor.steps(), std::memory_order_relaxed);
  }
  size_t freed;
  do {
    freed = Reclaim(whole, kFreedPerPass);
    if (freed != 0) result.progress = true;
  } while (whole && freed >= kFreedPerPass);
  // The caller's next commit does not owe for what the pass retired.
  base::RetireList::TakeOwed();
  if (result.versions != 0) result.progress = true;
  result.much = std::max({arrived, result.versions, freed}) > threads * kLittle;
  const bool more_dies = room_.ready() != 0 || pending_left_ != 0 || keys_expired >= keys_max ||
                         reaped >= records_max || freed >= kFreedPerPass ||
                         (any && queue_.approximate_size() > store_.options.vacuum_backlog_max / 4);
  result.moving = MoveSurvivors(more_dies);
  result.more = more_dies || result.moving;
  return result;
}

void Vacuum::TakePending(EntryList& work) {
  if (pending_left_ == 0) return;
  const size_t before = work.size();
  room_.TakePending(std::min(pending_left_, queue_.portion()), work);
  // What is not there any more was taken by shares.
  const size_t taken = work.size() - before;
  pending_left_ = taken == 0 ? 0 : pending_left_ - std::min(pending_left_, taken);
}

void Vacuum::ProcessAll(EntryList& work, EntryProcessor& processor) {
  while (!work.empty()) {
    const EntryBlock block = work.TakeBlock();
    for (size_t i = 0; i < block.size(); i += kEntriesPerChunk) {
      processor.Process(absl::MakeConstSpan(block).subspan(i, kEntriesPerChunk));
      if (store_.retired.waiting() > kRetiredKept) Reclaim(/*whole=*/true, kFreedPerChunk);
    }
  }
}

size_t Vacuum::ReapTrees(const Scan& scan, size_t records_max, EntryProcessor& processor) {
  if (generations_.size() != 0) {
    for (txn::Tree* tree : generations_.Prune(store_.keyspaces, scan)) reaper_.Add(tree);
  }
  size_t reaped = 0;
  while (reaper_.trees() != 0 && reaped < records_max) {
    PruneTally tally;
    std::vector<txn::Garbage> again;
    const size_t asked = std::min(records_max - reaped, kEntriesPerChunk);
    const size_t count = reaper_.Reap(asked, tally, again);
    processor.Add(tally);
    processor.Process(again);
    if (store_.retired.waiting() > kRetiredKept) Reclaim(/*whole=*/true, kFreedPerChunk);
    reaped += count;
    if (count < asked) break;
  }
  trees_dying_.store(reaper_.trees(), std::memory_order_relaxed);
  return reaped;
}

void Vacuum::TellFreed(size_t at_least) {
  const size_t freed = base::RetireList::FreedByThread() - freed_told;
  if (freed < at_least) return;
  freed_told += freed;
  base::Blocks::GiveBackCache();
  if (store_.options.on_memory_freed) store_.options.on_memory_freed(freed);
}

bool Vacuum::MoveSurvivors(bool more_dies) {
  mover_.Look(/*may_begin=*/!more_dies);
  if (!mover_.CanMove() || store_.retired.waiting() > kRetiredRing) return false;
  // What the thread has freed lies anywhere: the copies should not.
  if (mover_.begins_batch()) TellFreed(1);
  std::vector<txn::Garbage> moved;
  mover_.Move(kRecordsMovedPerPass, moved);
  // They are looked at first by a scan that is younger than they are.
  std::vector<WaitingRoom::Arrival> arrivals;
  for (const txn::Garbage& entry : moved) arrivals.push_back({entry, {Scan::Verdict::kLater}});
  room_.Admit(arrivals);
  return true;
}

// What committers free soon is freed where it will be allocated again.
size_t Vacuum::Reclaim(bool whole, size_t limit) {
  const bool all = whole || store_.retired.waiting() > kRetiredRing;
  const size_t freed = all ? store_.retired.Reclaim(limit) : store_.retired.ReclaimUntended(limit);
  CountFreed(freed);
  return freed;
}

void Vacuum::CountFreed(size_t objects) {
  if (objects != 0) store_.counters.objects_freed.Add(static_cast<int64_t>(objects));
}

template <typename Visit>
void Vacuum::ForEachEntry(Visit visit) const {
  queue_.ForEach(visit);
  room_.ForEach(visit);
  waiting_tombstones_.ForEach([&visit](mvcc::Record* record, mvcc::Version* tombstone) {
    visit(txn::Garbage{record, tombstone, 0});
  });
}

void Vacuum::Stop() {
  EndThread();
  base::MutexLock pass(pass_mutex_);
  ForEachEntry([](const txn::Garbage& entry) {
    if (entry.version->unlinked()) mvcc::FreeVersion(entry.record, entry.version);
  });
  EntryList forgotten;
  queue_.TakeAll(forgotten);
  room_.Clear();
  waiting_tombstones_.Clear();
  mover_.Clear();
  store_.retired.SetTaker(mvcc::Record::FreeSlot, nullptr);
}

absl::Status Vacuum::WhilePaused(absl::FunctionRef<absl::Status()> inspect) {
  base::MutexLock pass(pass_mutex_);
  shares_paused_.store(true, std::memory_order_seq_cst);
  const absl::Cleanup go_on = [this] { shares_paused_.store(false, std::memory_order_release); };
  while (shares_running_.load(std::memory_order_seq_cst) != 0) std::this_thread::yield();
  return inspect();
}

uint64_t Vacuum::CountChainedEntries() const {
  uint64_t count = 0;
  ForEachEntry([&count](const txn::Garbage& entry) {
    if (!entry.version->unlinked()) ++count;
  });
  return count;
}

}  // namespace nacre::vacuum
