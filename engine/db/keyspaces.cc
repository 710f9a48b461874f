#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "engine/base/epoch.h"
#include "engine/db/convert.h"
#include "engine/db/database_impl.h"
#include "engine/txn/keyspace_commit.h"

// The keyspaces of a database: names, and changes of generation.

namespace nacre {
namespace {

absl::Status NoKeyspace(Keyspace keyspace) {
  return absl::NotFoundError(absl::StrCat("there is no keyspace ", keyspace.id()));
}

// A keyspace that is being opened has its name before it is there.
bool HasBegun(const txn::Store& store, uint32_t keyspace) {
  base::EpochPin pin;
  for (;;) {
    const uint64_t clock = store.sequencer.Clock();
    const txn::Generation* const newest = store.keyspaces.Newest(keyspace);
    if (newest == nullptr) return false;
    // Else it is being replaced, and what was before may be pruned already.
    if (newest->timestamp <= clock) return newest->tree != nullptr;
  }
}

}  // namespace

absl::StatusOr<Keyspace> Database::OpenKeyspace(std::string_view name) {
  txn::Store& store = impl_->store;
  base::MutexLock changes(store.keyspaces.changes_mutex());
  if (std::optional<uint32_t> found = store.keyspaces.FindName(name)) return Keyspace(*found);
  const std::optional<uint32_t> added = store.keyspaces.AddName(name);
  if (!added && store.keyspaces.size() == txn::KeyspaceTable::kKeyspaceIdsMax) {
    return absl::ResourceExhaustedError(
        absl::StrCat(txn::KeyspaceTable::kKeyspaceIdsMax,
                     " keyspaces were opened, which is all that a database can have in its life; "
                     "flush keyspaces and use them again instead of dropping them"));
  }
  if (!added) {
    return absl::ResourceExhaustedError(
        absl::StrCat("keyspaces_max, ", options().keyspaces_max, ", keyspaces exist"));
  }
  const txn::GenerationChange change{*added, store.keyspaces.NewTree()};
  txn::CommitGenerations(store, {&change, 1});
  return Keyspace(*added);
}

std::optional<Keyspace> Database::FindKeyspace(std::string_view name) const {
  const std::optional<uint32_t> found = impl_->store.keyspaces.FindName(name);
  if (!found || !HasBegun(impl_->store, *found)) return std::nullopt;
  return Keyspace(*found);
}

std::vector<std::pair<std::string, Keyspace>> Database::ListKeyspaces() const {
  std::vector<std::pair<std::string, Keyspace>> keyspaces;
  for (auto& [name, id] : impl_->store.keyspaces.List()) {
    if (HasBegun(impl_->store, id)) keyspaces.emplace_back(std::move(name), Keyspace(id));
  }
  return keyspaces;
}

absl::StatusOr<Timestamp> Database::FlushKeyspace(Keyspace keyspace) {
  txn::Store& store = impl_->store;
  base::MutexLock changes(store.keyspaces.changes_mutex());
  const txn::Generation* newest = store.keyspaces.Newest(keyspace.id());
  if (newest == nullptr || newest->tree == nullptr) return NoKeyspace(keyspace);
  const txn::GenerationChange change{keyspace.id(), store.keyspaces.NewTree()};
  return Timestamp{txn::CommitGenerations(store, {&change, 1})};
}

absl::StatusOr<Timestamp> Database::FlushAllKeyspaces() {
  txn::Store& store = impl_->store;
  base::MutexLock changes(store.keyspaces.changes_mutex());
  std::vector<txn::GenerationChange> flushed;
  for (const auto& [name, id] : store.keyspaces.List()) {
    flushed.push_back({id, store.keyspaces.NewTree()});
  }
  return Timestamp{txn::CommitGenerations(store, flushed)};
}

absl::StatusOr<Timestamp> Database::DropKeyspace(Keyspace keyspace) {
  if (keyspace == Keyspace()) {
    return absl::InvalidArgumentError("the default keyspace can not be dropped; flush it instead");
  }
  txn::Store& store = impl_->store;
  base::MutexLock changes(store.keyspaces.changes_mutex());
  const txn::Generation* newest = store.keyspaces.Newest(keyspace.id());
  if (newest == nullptr || newest->tree == nullptr) return NoKeyspace(keyspace);
  store.keyspaces.RemoveName(keyspace.id());
  const txn::GenerationChange change{keyspace.id(), nullptr};
  return Timestamp{txn::CommitGenerations(store, {&change, 1})};
}

absl::StatusOr<Timestamp> Database::SwapKeyspaces(Keyspace a, Keyspace b) {
  txn::Store& store = impl_->store;
  base::MutexLock changes(store.keyspaces.changes_mutex());
  for (const Keyspace keyspace : {a, b}) {
    const txn::Generation* newest = store.keyspaces.Newest(keyspace.id());
    if (newest == nullptr || newest->tree == nullptr) return NoKeyspace(keyspace);
  }
  if (a == b) return clock();
  const txn::GenerationChange swapped[] = {{a.id(), store.keyspaces.Newest(b.id())->tree},
                                           {b.id(), store.keyspaces.Newest(a.id())->tree}};
  return Timestamp{txn::CommitGenerations(store, swapped)};
}

}  // namespace nacre
