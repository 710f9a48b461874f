#include "nacre/database.h"

#include <algorithm>
#include <random>
#include <thread>
#include <utility>

#include "absl/container/inlined_vector.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "engine/base/check.h"
#include "engine/base/epoch.h"
#include "engine/db/convert.h"
#include "engine/db/database_impl.h"
#include "engine/db/snapshot_shared.h"
#include "engine/txn/begin.h"
#include "engine/txn/latest.h"
#include "engine/txn/locked.h"
#include "engine/txn/prefetch.h"
#include "engine/txn/transaction_state.h"

namespace nacre {

Database::Database(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Database::~Database() = default;

absl::StatusOr<std::unique_ptr<Database>> Database::Open(const Options& options) {
  if (absl::Status status = CheckOptions(options); !status.ok()) return status;
  return std::unique_ptr<Database>(new Database(std::make_unique<Impl>(options)));
}

absl::StatusOr<Snapshot> Database::TakeSnapshot(uint64_t owner) const {
  auto shared = std::make_shared<Snapshot::Shared>(impl_->store);
  txn::BegunView begun;
  absl::Status status = txn::BeginView(impl_->store, owner, begun);
  if (!status.ok()) return status;
  shared->Begin(begun);
  return Snapshot(std::move(shared));
}

absl::StatusOr<Snapshot> Database::GetSnapshotAt(Timestamp timestamp) const {
  auto shared = std::make_shared<Snapshot::Shared>(impl_->store);
  txn::BegunView begun;
  absl::Status status = txn::BeginViewAt(impl_->store, ToInteger(timestamp), 0, begun);
  if (!status.ok()) return status;
  shared->Begin(begun);
  return Snapshot(std::move(shared));
}

namespace {

// Full jitter: anything up to a bound that doubles.
absl::Duration BackoffAfter(int conflicts, const TransactOptions& options) {
  // Different in each thread is all that is asked of it.
  thread_local std::minstd_rand random(
      static_cast<uint32_t>(base::EpochDomain::ThreadIndex() + absl::GetCurrentTimeNanos()));
  const absl::Duration bound =
      std::min(options.backoff_max,
               options.backoff_base * static_cast<double>(1 << std::min(conflicts, 30)));
  return bound * std::uniform_real_distribution<double>(0, 1)(random);
}

// Below this, a pause is shorter than what the system takes to wake a thread.
constexpr absl::Duration kSleepMin = absl::Microseconds(50);

void Pause(absl::Duration pause) {
  if (pause < kSleepMin) {
    std::this_thread::yield();
  } else {
    absl::SleepFor(pause);
  }
}

}  // namespace

absl::StatusOr<Timestamp> Database::RunOnce(absl::FunctionRef<absl::Status(Transaction&)> fn,
                                            const TransactionOptions& options, bool gate_is_mine) {
  Transaction transaction = Begin(options);
  txn::TransactionState* const state = transaction.state_.get();
  state->set_managed(true);
  absl::Status status = fn(transaction);
  NACRE_CHECK(transaction.state_.get() == state,
              "a function of Transact() must not move its transaction");
  state->set_managed(false);
  if (!status.ok()) return status;
  return ToTimestamp(state->Commit(gate_is_mine));
}

absl::StatusOr<Timestamp> Database::Transact(absl::FunctionRef<absl::Status(Transaction&)> fn,
                                             const TransactOptions& options) {
  if (options.attempts_max < 1) {
    return absl::InvalidArgumentError("TransactOptions::attempts_max is at least 1");
  }
  for (int attempt = 1;; ++attempt) {
    absl::StatusOr<Timestamp> result;
    if (attempt >= options.exclusive_from_attempt) {
      // Before the gate, in case that the function swaps keyspaces: who holds it may be waiting for
      // the gate.
      base::MutexLock changes(impl_->store.keyspaces.changes_mutex());
      txn::CommitGate::Closed closed(impl_->store.gate);
      // Nor does anything expire meanwhile (ONE-TIME). Whoever else holds the time is inside the
      // gate, so nobody.
      txn::ExpiryTime::Held time_held(impl_->store.time);
      if (impl_->store.expiry_used.load(std::memory_order_acquire)) time_held.Hold();
      impl_->store.counters.commits_exclusive.fetch_add(1, std::memory_order_relaxed);
      result = RunOnce(fn, options.transaction, /*gate_is_mine=*/true);
    } else {
      result = RunOnce(fn, options.transaction, /*gate_is_mine=*/false);
    }
    if (!absl::IsAborted(result.status()) || attempt == options.attempts_max) return result;
    if (attempt + 1 < options.exclusive_from_attempt) Pause(BackoffAfter(attempt, options));
  }
}

absl::StatusOr<Timestamp> Database::TransactLocked(absl::Span<const LockedKey> keys,
                                                   absl::FunctionRef<absl::Status(Transaction&)> fn,
                                                   absl::Span<const WatchedKey> watched) {
  absl::InlinedVector<txn::DeclaredKey, 4> declared;
  for (const LockedKey& key : keys) declared.push_back({key.keyspace.id(), key.key});
  absl::InlinedVector<txn::WatchedKey, 4> watched_views;
  for (const WatchedKey& key : watched) {
    watched_views.push_back({key.keyspace.id(), key.key, &key.since->shared_->view});
  }
  return ToTimestamp(txn::RunLocked(
      impl_->store, declared, watched_views, [&](std::unique_ptr<txn::TransactionState>& state) {
        txn::TransactionState* const running = state.get();
        Transaction transaction(state.release());
        running->set_managed(true);
        absl::Status status = running->Use(keys.empty() ? 0 : keys.front().keyspace.id());
        if (status.ok()) status = fn(transaction);
        NACRE_CHECK(transaction.state_.get() == running,
                    "a function of TransactLocked() must not move its transaction");
        running->set_managed(false);
        state.reset(transaction.state_.release());
        return status;
      }));
}

absl::StatusOr<Timestamp> Database::Modify(
    std::string_view key, absl::FunctionRef<Modification(std::optional<std::string_view> value)> fn,
    Keyspace keyspace) {
  const LockedKey locked{keyspace, key};
  return TransactLocked({&locked, 1}, [&](Transaction& transaction) -> absl::Status {
    absl::StatusOr<std::optional<std::string_view>> value = transaction.Get(key);
    if (!value.ok()) return value.status();
    const Modification modification = fn(*value);
    switch (modification.kind) {
      case Modification::Kind::kKeep: break;
      case Modification::Kind::kPut:
        return transaction.Put(key, modification.value, modification.options);
      case Modification::Kind::kDelete: return transaction.Delete(key);
    }
    return absl::OkStatus();
  });
}

absl::StatusOr<Timestamp> Database::Write(const WriteBatch& batch) {
  std::vector<LockedKey> keys;
  keys.reserve(batch.size());
  for (const WriteBatch::Write& write : batch.writes()) keys.push_back({write.keyspace, write.key});
  return TransactLocked(keys, [&](Transaction& transaction) -> absl::Status {
    for (const WriteBatch::Write& write : batch.writes()) {
      absl::Status status = transaction.Use(write.keyspace);
      if (status.ok()) {
        status = write.is_delete ? transaction.Delete(write.key)
                                 : transaction.Put(write.key, write.value, write.options);
      }
      if (!status.ok()) return status;
    }
    return absl::OkStatus();
  });
}

absl::Status Database::ReadLatest(
    std::string_view key,
    absl::FunctionRef<void(std::optional<std::string_view> value, absl::Time expiry)> visit,
    Keyspace keyspace) const {
  base::EpochPin pin;
  absl::StatusOr<txn::LatestVersion> latest = txn::FindLatest(impl_->store, keyspace.id(), key);
  if (!latest.ok()) return latest.status();
  if (latest->version == nullptr || !mvcc::IsLive(*latest->version, latest->now)) {
    visit(std::nullopt, absl::InfiniteFuture());
  } else {
    visit(latest->version->value(), ToTime(latest->version->expiry()));
  }
  return absl::OkStatus();
}

void Database::Prefetch(absl::Span<const std::string_view> keys, Keyspace keyspace) const {
  txn::Prefetch(impl_->store, keyspace.id(), keys);
}

Timestamp Database::clock() const { return Timestamp{impl_->store.sequencer.Clock()}; }

absl::Time Database::now() const { return absl::FromUnixMillis(impl_->store.time.Refresh()); }

const Options& Database::options() const { return impl_->store.options; }

void Database::SetMemoryBytesMax(size_t bytes) {
  impl_->store.memory_bytes_max.store(bytes, std::memory_order_relaxed);
}

size_t Database::RunVacuumOnce() { return impl_->vacuum.RunOnce(); }

absl::Status Database::Verify() const { return VerifyStore(impl_->store, impl_->vacuum); }

}  // namespace nacre
