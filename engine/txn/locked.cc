#include "engine/txn/locked.h"

#include <algorithm>

#include "absl/container/inlined_vector.h"
#include "absl/strings/str_cat.h"
#include "engine/base/check.h"
#include "engine/base/epoch.h"
#include "engine/txn/commit.h"

namespace nacre::txn {
namespace {

using Stripes = absl::InlinedVector<uint32_t, 8>;

// The newest state. The latches are held. The time stands still until the commit if there is any
// expiry to be seen: what these latches cover does not change, and with this it does not expire
// either (ONE-TIME).
ReadView DrawView(Store& store, ExpiryTime::Held& held) {
  ReadView view;
  if (store.expiry_used.load(std::memory_order_acquire)) {
    view.now = held.Hold();
    view.read_timestamp = store.sequencer.Clock();
    return view;
  }
  view.now = store.time.Last();
  view.read_timestamp = store.sequencer.Clock();
  // The first value with an expiry may have been committed meanwhile, below the read timestamp.
  return store.expiry_used.load(std::memory_order_acquire) ? DrawView(store, held) : view;
}

absl::Status CheckWatched(TransactionState& state, absl::Span<const WatchedKey> watched) {
  const uint32_t keyspace = state.keyspace();
  for (const WatchedKey& key : watched) {
    if (absl::Status status = state.Use(key.keyspace); !status.ok()) return status;
    absl::StatusOr<bool> changed = state.LatchedOrSeenChangedSince(key.key, *key.since);
    if (!changed.ok()) return changed.status();
    if (*changed) {
      return absl::AbortedError(absl::StrCat("watched key ", QuoteKey(key.key), " was changed"));
    }
  }
  return watched.empty() ? absl::OkStatus() : state.Use(keyspace);
}

absl::StatusOr<uint64_t> RunInsideGate(
    Store& store, absl::Span<const DeclaredKey> keys, absl::Span<const WatchedKey> watched,
    absl::FunctionRef<absl::Status(std::unique_ptr<TransactionState>& state)> run, LogPlace& log) {
  CommitGate::Passage passage(store.gate, /*owner=*/false);
  base::EpochPin pin;
  ReadView view;
  view.read_timestamp = store.sequencer.Clock();
  auto state = std::make_unique<TransactionState>(store, view, store.registry.NewId());
  Stripes stripes;
  state->writes().Reserve(keys.size());
  for (const DeclaredKey& key : keys) {
    absl::StatusOr<GenerationUse> use = state->Resolve(key.keyspace);
    if (!use.ok()) return use.status();
    stripes.push_back(store.latches.IndexOf(state->Declare(*use, key.key)));
  }
  for (const WatchedKey& key : watched) {
    absl::StatusOr<GenerationUse> use = state->Resolve(key.keyspace);
    if (!use.ok()) return use.status();
    stripes.push_back(store.latches.IndexOf(use->tree_id, key.key));
  }
  std::sort(stripes.begin(), stripes.end());
  stripes.erase(std::unique(stripes.begin(), stripes.end()), stripes.end());

  NACRE_STEP(kCommitStart);
  StripesLock latches(store.latches, stripes);
  NACRE_STEP(kCommitLatched);
  ExpiryTime::Held time_held(store.time);
  state->set_view(DrawView(store, time_held));
  if (absl::Status status = CheckWatched(*state, watched); !status.ok()) return status;
  if (absl::Status status = run(state); !status.ok()) return status;
  NACRE_CHECK(state != nullptr && state->active(),
              "a lock-first transaction is finished by RunLocked");
  if (state->writes().write_count() == 0) {
    store.counters.commits_read_only.Add(1);
    state->Finish();
    return state->view().read_timestamp;
  }
  if (absl::Status status = state->CheckMemory(); !status.ok()) return status;
  if (absl::Status status = log.Reserve(state->writes()); !status.ok()) return status;
  Committer committer(store, state->view(), state->writes(), nullptr, state->generations(), log);
  NACRE_CHECK(committer.LinkAndSequence().ok(), "a lock-first transaction has no conflicts");
  committer.Stamp();
  latches.Release();
  committer.HandOver();
  state->Finish();
  return committer.timestamp();
}

}  // namespace

absl::StatusOr<uint64_t> RunLocked(
    Store& store, absl::Span<const DeclaredKey> keys, absl::Span<const WatchedKey> watched,
    absl::FunctionRef<absl::Status(std::unique_ptr<TransactionState>& state)> run) {
  LogPlace log(store);
  absl::StatusOr<uint64_t> timestamp = RunInsideGate(store, keys, watched, run, log);
  store.garbage->Assist();
  if (!timestamp.ok()) return timestamp;
  if (absl::Status status = log.Await(); !status.ok()) return status;
  return timestamp;
}

}  // namespace nacre::txn
