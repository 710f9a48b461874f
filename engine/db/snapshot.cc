#include "nacre/snapshot.h"

#include <chrono>
#include <utility>

#include "absl/strings/str_cat.h"
#include "engine/base/epoch.h"
#include "engine/db/convert.h"
#include "engine/db/iterator_source.h"
#include "engine/db/snapshot_shared.h"
#include "engine/txn/version_walk.h"

namespace nacre {

absl::StatusOr<const txn::Tree*> Snapshot::Shared::TreeOf(Keyspace keyspace) const {
  if (view.IsTooOld()) return txn::TooOldError();
  const txn::Generation* generation = store.keyspaces.Find(keyspace.id(), view.read_timestamp);
  if (view.IsTooOld()) return txn::TooOldError();
  if (generation == nullptr) {
    return absl::NotFoundError(
        absl::StrCat("there is no keyspace ", keyspace.id(), " at the read timestamp"));
  }
  return generation->tree;
}

namespace {

// Calls `use` with the live version of the key, if there is one, inside a pin.
template <typename Shared, typename Use>
absl::StatusOr<bool> WithVersion(const Shared& shared, std::string_view key, Keyspace keyspace,
                                 Use use) {
  base::EpochPin pin;
  absl::StatusOr<const txn::Tree*> tree = shared.TreeOf(keyspace);
  if (!tree.ok()) return tree.status();
  const mvcc::Version* version = txn::FindVersion(**tree, key, shared.view);
  if (shared.view.IsTooOld()) return txn::TooOldError();
  if (version == nullptr || !mvcc::IsLive(*version, shared.view.now)) return false;
  use(*version);
  return true;
}

}  // namespace

Snapshot::Snapshot(std::shared_ptr<Shared> shared) : shared_(std::move(shared)) {}
Snapshot::Snapshot(const Snapshot&) = default;
Snapshot& Snapshot::operator=(const Snapshot&) = default;
Snapshot::Snapshot(Snapshot&&) noexcept = default;
Snapshot& Snapshot::operator=(Snapshot&&) noexcept = default;
Snapshot::~Snapshot() = default;

Timestamp Snapshot::read_timestamp() const { return Timestamp{shared_->view.read_timestamp}; }

absl::Duration Snapshot::age() const {
  const auto now = std::chrono::steady_clock::now().time_since_epoch();
  const std::chrono::nanoseconds began(
      shared_->view.registration.slot->began_ns.load(std::memory_order_relaxed));
  return absl::FromChrono(now - began);
}

absl::StatusOr<bool> Snapshot::Read(std::string_view key,
                                    absl::FunctionRef<void(std::string_view value)> visit,
                                    Keyspace keyspace) const {
  return WithVersion(*shared_, key, keyspace,
                     [&](const mvcc::Version& version) { visit(version.value()); });
}

absl::StatusOr<std::optional<std::string>> Snapshot::Get(std::string_view key,
                                                         Keyspace keyspace) const {
  std::optional<std::string> value;
  absl::StatusOr<bool> found = Read(
      key, [&](std::string_view bytes) { value.emplace(bytes); }, keyspace);
  if (!found.ok()) return found.status();
  return value;
}

absl::StatusOr<std::optional<KeyInfo>> Snapshot::GetInfo(std::string_view key,
                                                         Keyspace keyspace) const {
  std::optional<KeyInfo> info;
  absl::StatusOr<bool> found =
      WithVersion(*shared_, key, keyspace, [&](const mvcc::Version& version) {
        info = ToKeyInfo(key, {version.value(), version.expiry(), version.commit_timestamp()});
      });
  if (!found.ok()) return found.status();
  return info;
}

absl::Status Snapshot::Scan(
    const Range& range, absl::FunctionRef<bool(std::string_view key, std::string_view value)> visit,
    Keyspace keyspace) const {
  absl::StatusOr<const txn::Tree*> tree = [&] {
    base::EpochPin pin;
    return shared_->TreeOf(keyspace);
  }();
  if (!tree.ok()) return tree.status();
  const Shared::Look look(shared_);
  if (!shared_->store.snapshots_grow_old) {
    txn::ScanPlainly(shared_->store, shared_->view, **tree, range, visit);
    return absl::OkStatus();
  }
  txn::Cursor cursor(shared_->store, shared_->view, *tree, txn::KeyInterval::Of(range), nullptr,
                     nullptr, nullptr);
  return Walk(cursor, range,
              [&](const txn::CursorItem& item) { return visit(item.key, item.value); });
}

absl::StatusOr<uint64_t> Snapshot::Count(const Range& range, Keyspace keyspace) const {
  uint64_t count = 0;
  absl::Status status = Scan(
      range,
      [&](std::string_view, std::string_view) {
        ++count;
        return true;
      },
      keyspace);
  if (!status.ok()) return status;
  return count;
}

Iterator Snapshot::NewIterator(const Range& range, Keyspace keyspace) const {
  absl::StatusOr<const txn::Tree*> tree = [&] {
    base::EpochPin pin;
    return shared_->TreeOf(keyspace);
  }();
  if (!tree.ok()) return Iterator(std::make_unique<Iterator::Source>(tree.status()));
  auto cursor = std::make_unique<txn::Cursor>(
      shared_->store, shared_->view, *tree, txn::KeyInterval::Of(range), nullptr, nullptr, nullptr);
  return Iterator(std::make_unique<Iterator::Source>(shared_, std::move(cursor)));
}

}  // namespace nacre
