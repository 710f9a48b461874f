#include "nacre/transaction.h"

#include <utility>

#include "engine/base/check.h"
#include "engine/base/faults.h"
#include "engine/db/convert.h"
#include "engine/db/database_impl.h"
#include "engine/db/iterator_source.h"
#include "engine/db/snapshot_shared.h"
#include "engine/txn/transaction_state.h"
#include "engine/txn/version_walk.h"

namespace nacre {
namespace {

using PlainRead = txn::TransactionState::PlainRead;
using Keeping = txn::TransactionState::Keeping;
using Tracking = txn::TransactionState::Tracking;
using Value = txn::TransactionState::Value;

absl::Status MovedFrom() {
  return absl::FailedPreconditionError(
      "the transaction was moved from; use the one it was moved to");
}

absl::StatusOr<std::optional<std::string_view>> ToView(
    const absl::StatusOr<std::optional<Value>>& value) {
  if (!value.ok()) return value.status();
  if (!*value) return std::nullopt;
  return (*value)->bytes;
}

// The beginning, a read and the end of a transaction are a function each, with everything that
// stands in headers: see TryReadPlain() in transaction_state.h.

Tracking TrackExistence() {
  return NACRE_BUG(kForgetExistsRead) ? Tracking::kUntracked : Tracking::kTracked;
}

}  // namespace

void Transaction::Deleter::operator()(txn::TransactionState* state) const { delete state; }

[[gnu::flatten]] txn::TransactionState* Database::NewTransaction(
    const TransactionOptions& options) {
  txn::TransactionState* const state = txn::TransactionState::TryBegin(impl_->store, options);
  if (state == nullptr || state->LacksTime()) [[unlikely]]
    return NewTransactionElse(options, state);
  return state;
}

[[gnu::noinline, gnu::flatten]] txn::TransactionState* Database::NewTransactionElse(
    const TransactionOptions& options, txn::TransactionState* begun) {
  if (begun == nullptr) {
    begun = txn::TransactionState::TryBeginSerializable(impl_->store, options);
    if (begun != nullptr && !begun->LacksTime()) [[likely]]
      return begun;
  }
  if (begun != nullptr) txn::TransactionState::TakeBack(begun);
  return new txn::TransactionState(impl_->store, options);
}

Timestamp Transaction::read_timestamp() const {
  return state_ == nullptr ? Timestamp{} : Timestamp{state_->view().read_timestamp};
}
uint64_t Transaction::id() const { return state_ == nullptr ? 0 : state_->id(); }
Isolation Transaction::isolation() const {
  return state_ != nullptr && state_->serializable() ? Isolation::kSerializable
                                                     : Isolation::kSnapshot;
}
bool Transaction::read_only() const { return state_ != nullptr && state_->read_only(); }
bool Transaction::active() const { return state_ != nullptr && state_->active(); }
Keyspace Transaction::keyspace() const {
  return state_ == nullptr ? Keyspace() : Keyspace(state_->keyspace());
}

absl::Status Transaction::Use(Keyspace keyspace) {
  return state_ == nullptr ? MovedFrom() : state_->Use(keyspace.id());
}

[[gnu::flatten]] Transaction::Seen Transaction::See(std::string_view key) {
  txn::TransactionState* const state = state_.get();
  if (state == nullptr) [[unlikely]]
    return {nullptr, kElse};
  std::string_view value;
  switch (state->TryReadPlain(key, &value)) {
    case PlainRead::kFound: return {value.data(), value.size()};
    case PlainRead::kAbsent: return {nullptr, kAbsent};
    case PlainRead::kNotPlain: break;
  }
  return {nullptr, kElse};
}

absl::StatusOr<std::optional<std::string_view>> Transaction::GetElse(std::string_view key) {
  if (state_ == nullptr) return MovedFrom();
  std::string_view value;
  switch (state_->ReadPlain(key, &value)) {
    case PlainRead::kFound: return value;
    case PlainRead::kAbsent: return std::nullopt;
    case PlainRead::kNotPlain: break;
  }
  return ToView(state_->Get(key));
}

absl::Status Transaction::MultiGet(absl::Span<const std::string_view> keys,
                                   absl::Span<std::optional<std::string_view>> values) {
  if (keys.size() != values.size()) {
    return absl::InvalidArgumentError("MultiGet needs one place for a value for each key");
  }
  if (state_ == nullptr) return MovedFrom();
  return state_->MultiGet(keys, values);
}

absl::StatusOr<std::optional<std::string_view>> Transaction::GetForUpdate(std::string_view key) {
  if (state_ == nullptr) return MovedFrom();
  return ToView(state_->GetForUpdate(key));
}

absl::StatusOr<bool> Transaction::Exists(std::string_view key) {
  if (state_ == nullptr) return MovedFrom();
  absl::StatusOr<std::optional<Value>> value = state_->GetInfo(key, TrackExistence());
  if (!value.ok()) return value.status();
  return value->has_value();
}

absl::StatusOr<std::optional<KeyInfo>> Transaction::GetInfo(std::string_view key) {
  if (state_ == nullptr) return MovedFrom();
  absl::StatusOr<std::optional<Value>> value = state_->GetInfo(key);
  if (!value.ok()) return value.status();
  if (!*value) return std::nullopt;
  return ToKeyInfo(key, **value);
}

absl::Status Transaction::Scan(
    const Range& range,
    absl::FunctionRef<bool(std::string_view key, std::string_view value)> visit) {
  if (state_ == nullptr) return MovedFrom();
  // `visit` may move the transaction, or throw.
  const txn::TransactionState& state = *state_;
  if (const txn::Tree* tree = state_->PlainTree()) {
    txn::ScanPlainly(state.store(), state.view(), *tree, range,
                     [&](std::string_view key, std::string_view value) {
                       return visit(key, value) && state.active();
                     });
    return absl::OkStatus();
  }
  absl::StatusOr<std::unique_ptr<txn::Cursor>> cursor = state_->NewCursor(range, Keeping::kKeeps);
  if (!cursor.ok()) return cursor.status();
  Iterator::Source source(state_.get());
  return Walk(source.Take(*std::move(cursor)), range, [&](const txn::CursorItem& item) {
    return visit(item.key, item.value) && state.active();
  });
}

absl::StatusOr<uint64_t> Transaction::Count(const Range& range) {
  if (state_ == nullptr) return MovedFrom();
  absl::StatusOr<std::unique_ptr<txn::Cursor>> cursor =
      state_->NewCursor(range, Keeping::kForgets, TrackExistence());
  if (!cursor.ok()) return cursor.status();
  Iterator::Source source(state_.get());
  return CountKeys(source.Take(*std::move(cursor)), range);
}

Iterator Transaction::NewIterator(const Range& range) {
  if (state_ == nullptr) return Iterator(std::make_unique<Iterator::Source>(MovedFrom()));
  auto source = std::make_unique<Iterator::Source>(state_.get());
  absl::StatusOr<std::unique_ptr<txn::Cursor>> cursor = state_->NewCursor(range, Keeping::kForgets);
  if (!cursor.ok()) return Iterator(std::make_unique<Iterator::Source>(cursor.status()));
  source->Take(*std::move(cursor));
  return Iterator(std::move(source));
}

absl::StatusOr<std::optional<std::string_view>> Transaction::RandomKey() {
  return state_ == nullptr ? MovedFrom() : state_->RandomKey();
}

absl::StatusOr<bool> Transaction::ChangedSince(std::string_view key, const Snapshot& since) {
  if (state_ == nullptr) return MovedFrom();
  return state_->ChangedSince(key, since.shared_->view);
}

absl::Status Transaction::Put(std::string_view key, std::string_view value,
                              const PutOptions& options) {
  return state_ == nullptr ? MovedFrom() : state_->Put(key, value, options);
}

absl::Status Transaction::Delete(std::string_view key) {
  return state_ == nullptr ? MovedFrom() : state_->Delete(key);
}

absl::Status Transaction::SwapKeyspaces(Keyspace a, Keyspace b) {
  return state_ == nullptr ? MovedFrom() : state_->Swap(a.id(), b.id());
}

Savepoint Transaction::SetSavepoint() {
  return state_ == nullptr ? Savepoint() : Savepoint(state_->SetSavepoint());
}

absl::Status Transaction::RollbackTo(Savepoint savepoint) {
  return state_ == nullptr ? MovedFrom() : state_->RollbackTo(savepoint.number_);
}

[[gnu::flatten]] Transaction::Ended Transaction::TryEnd() {
  txn::TransactionState* const state = state_.get();
  if (state == nullptr || state->managed() || !state->TryEndPlainly()) return {false, {}};
  if (state->SnapshotsAreAwaited()) [[unlikely]]
    return EndAwaited();
  return {true, Timestamp{state->view().read_timestamp}};
}

[[gnu::noinline]] Transaction::Ended Transaction::EndAwaited() {
  state_->NoteSnapshotEnded();
  return {true, Timestamp{state_->view().read_timestamp}};
}

absl::StatusOr<Timestamp> Transaction::CommitElse() {
  if (state_ == nullptr) return MovedFrom();
  NACRE_CHECK(!state_->managed(), "a function of Transact() or TransactLocked() must not commit");
  return ToTimestamp(state_->Commit());
}

void Transaction::Rollback() {
  if (state_ == nullptr) return;
  NACRE_CHECK(!state_->managed(),
              "a function of Transact() or TransactLocked() must not roll back");
  state_->Rollback();
}

}  // namespace nacre
