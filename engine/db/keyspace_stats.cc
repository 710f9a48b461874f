#include <thread>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "engine/base/epoch.h"
#include "engine/db/database_impl.h"

// How many keys a keyspace has.
//
// Every commit counts the keys that it adds and removes (Tree::live_keys), so what is left to find
// are those whose time has come and that the vacuum has not removed yet: usually none, and never
// many for long. The index of expiries has them in front. Both are read inside the sequencer, where
// nothing is committed and the time stands, so the answer is that of one instant.
//
// Invariant SAME-INSTANT: a key is counted iff a read at the same instant finds it. (The index of
// expiries follows a commit with a delay: Store::expiry_changes_pending says so.)

namespace nacre {
namespace {

// Expired keys that may be counted while nobody commits.
constexpr size_t kDueMax = 512;
// Looks before the keys are counted one by one. Between publication and index a commit does what
// takes microseconds, unless it is very large or has lost its processor.
constexpr int kLooks = 40;
constexpr int kLooksInARow = 8;
constexpr absl::Duration kPauseBetweenLooks = absl::Microseconds(100);

void PauseAfter(int look) {
  if (look < kLooksInARow) {
    std::this_thread::yield();
  } else {
    absl::SleepFor(kPauseBetweenLooks);
  }
}

bool HasManyExpired(txn::Store& store, const vacuum::Vacuum& vacuum) {
  if (store.expiry_used.load(std::memory_order_acquire)) store.time.Refresh();
  return vacuum.CountDue(store.time.Last(), kDueMax) >= kDueMax;
}

// A look inside the sequencer: nothing if the index of expiries is behind, or too much is due.
std::optional<KeyspaceStats> TryCount(txn::Store& store, const vacuum::Vacuum& vacuum,
                                      const txn::Tree& tree)
    ABSL_EXCLUSIVE_LOCKS_REQUIRED(store.sequencer.mutex()) {
  if (store.expiry_changes_pending.load(std::memory_order_acquire) != 0) return std::nullopt;
  const mvcc::ExpiryMs now = store.time.Last();
  const std::optional<vacuum::ExpiryIndex::TreeTotal> mortal =
      vacuum.CountMortal(tree.id, now, kDueMax);
  if (!mortal) return std::nullopt;
  KeyspaceStats stats;
  stats.keys = static_cast<uint64_t>(tree.live_keys.load(std::memory_order_relaxed)) - mortal->due;
  stats.keys_with_expiry = mortal->keys - mortal->due;
  stats.time_to_live_mean = absl::Milliseconds(mortal->MeanTimeToLive(now));
  return stats;
}

}  // namespace

bool Database::CountingIsSlow() const {
  txn::Store& store = impl_->store;
  return store.expiry_changes_pending.load(std::memory_order_relaxed) != 0 ||
         HasManyExpired(store, impl_->vacuum);
}

absl::StatusOr<KeyspaceStats> Database::GetKeyspaceStats(Keyspace keyspace) const {
  txn::Store& store = impl_->store;
  for (int look = 0; look < kLooks && !HasManyExpired(store, impl_->vacuum); ++look) {
    {
      base::EpochPin pin;
      base::MutexLock sequencer(store.sequencer.mutex());
      const txn::Generation* newest = store.keyspaces.Newest(keyspace.id());
      if (newest == nullptr || newest->tree == nullptr) {
        return absl::NotFoundError(absl::StrCat("there is no keyspace ", keyspace.id()));
      }
      const std::optional<KeyspaceStats> stats = TryCount(store, impl_->vacuum, *newest->tree);
      if (stats) return *stats;
    }
    PauseAfter(look);
  }
  const absl::StatusOr<Snapshot> snapshot = TakeSnapshot();
  if (!snapshot.ok()) return snapshot.status();
  const absl::Time time = now();
  KeyspaceStats stats;
  double millis = 0;
  Iterator it = snapshot->NewIterator({}, keyspace);
  for (it.SeekToFirst(); it.Valid(); it.Next()) {
    ++stats.keys;
    if (it.expiry() == absl::InfiniteFuture()) continue;
    ++stats.keys_with_expiry;
    millis += absl::ToDoubleMilliseconds(it.expiry() - time);
  }
  if (!it.status().ok()) return it.status();
  if (stats.keys_with_expiry != 0) {
    stats.time_to_live_mean =
        absl::Milliseconds(std::max(0.0, millis / static_cast<double>(stats.keys_with_expiry)));
  }
  return stats;
}

absl::StatusOr<uint64_t> Database::KeyCount(Keyspace keyspace) const {
  const absl::StatusOr<KeyspaceStats> stats = GetKeyspaceStats(keyspace);
  if (!stats.ok()) return stats.status();
  return stats->keys;
}

}  // namespace nacre
