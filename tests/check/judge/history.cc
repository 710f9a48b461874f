#include "nacre/check/history.h"

#include <algorithm>
#include <utility>

namespace nacre::check {
namespace {

template <typename T>
size_t BytesOf(const std::vector<T>& vector) {
  return vector.capacity() * sizeof(T);
}

// Columns that only some transactions have stay empty until the first that has one.
void SetSparse(std::vector<uint64_t>& column, TxnId t, std::optional<uint64_t> value) {
  if (!value.has_value()) return;
  column.resize(t + size_t{1}, kNever);
  column[t] = *value;
}

bool IsRead(const Op& op) { return !op.writes(); }

}  // namespace

TxnInfo History::info(TxnId t) const {
  return {.session = session(t),
          .outcome = outcome(t),
          .invoked = invoked(t),
          .completed = completed(t),
          .begin_timestamp = begin_timestamp(t),
          .commit_timestamp = commit_timestamp(t),
          .line = line(t),
          .number = number(t)};
}

size_t History::memory_bytes() const {
  return keys_.memory_bytes() + values_.memory_bytes() + sessions_.memory_bytes() +
         lists_.memory_bytes() + BytesOf(ops_) + BytesOf(first_op_) + BytesOf(outcomes_) +
         BytesOf(sessions_of_) + BytesOf(invoked_) + BytesOf(completed_) + BytesOf(begin_) +
         BytesOf(commit_) + BytesOf(lines_) + BytesOf(numbers_);
}

void HistoryBuilder::Push(OpKind kind, KeyId key, uint32_t value, uint32_t extra) {
  const bool read = kind == OpKind::kRead || kind == OpKind::kReadList;
  current_.push_back({.kind = kind,
                      .in_scan = read && scan_ != SIZE_MAX,
                      .key = key,
                      .value = value,
                      .extra = extra});
}

void HistoryBuilder::BeginList(KeyId key) { list_ = history_.lists_.Empty(key); }

void HistoryBuilder::Element(std::string_view text) {
  ValueId value = history_.lists_.Likely(list_);
  if (value == kNone || history_.values_.text(value) != text) value = Value(text);
  list_ = history_.lists_.Extend(list_, value);
}

void HistoryBuilder::EndList() {
  Push(OpKind::kReadList, history_.lists_.key(list_), list_.branch, list_.length);
}

void HistoryBuilder::ReadList(KeyId key, absl::Span<const ValueId> elements) {
  BeginList(key);
  for (const ValueId element : elements) list_ = history_.lists_.Extend(list_, element);
  EndList();
}

void HistoryBuilder::BeginScan(KeyId start, KeyId end, bool reverse, bool limited) {
  scan_ = current_.size();
  Push(OpKind::kScan, start, end);
  current_.back().reverse = reverse;
  current_.back().limited = limited;
}

void HistoryBuilder::EndScan() {
  current_[scan_].extra = static_cast<uint32_t>(current_.size() - scan_ - 1);
  scan_ = SIZE_MAX;
}

std::vector<Op> HistoryBuilder::Take() { return std::exchange(current_, {}); }

TxnId HistoryBuilder::Add(const TxnInfo& info) {
  const TxnId t = Add(info, current_);
  current_.clear();
  return t;
}

TxnId HistoryBuilder::Add(const TxnInfo& info, absl::Span<const Op> ops) {
  History& h = history_;
  const TxnId t = h.size();
  h.ops_.insert(h.ops_.end(), ops.begin(), ops.end());
  if (info.outcome == Outcome::kIndeterminate) {
    h.ops_.erase(
        std::remove_if(h.ops_.end() - static_cast<ptrdiff_t>(ops.size()), h.ops_.end(), IsRead),
        h.ops_.end());
  }
  h.first_op_.push_back(h.ops_.size());
  h.outcomes_.push_back(info.outcome);
  h.sessions_of_.push_back(info.session);
  h.invoked_.push_back(info.invoked);
  // A clock that went backwards says nothing.
  const bool ended = info.outcome != Outcome::kIndeterminate && info.completed >= info.invoked;
  h.completed_.push_back(ended ? info.completed : kNever);
  SetSparse(h.begin_, t, info.begin_timestamp);
  SetSparse(h.commit_, t, info.commit_timestamp);
  h.lines_.push_back(info.line);
  h.numbers_.push_back(info.number);
  h.has_real_time_ |= info.invoked != kAlways || info.completed != kNever;
  return t;
}

History HistoryBuilder::Finish() && {
  History& h = history_;
  h.has_timestamps_ = h.size() > 0;
  for (TxnId t = 0; t < h.size() && h.has_timestamps_; ++t) {
    if (!h.committed(t)) continue;
    const auto ops = h.ops(t);
    const bool writes =
        std::any_of(ops.begin(), ops.end(), [](const Op& op) { return op.writes(); });
    h.has_timestamps_ =
        h.begin_timestamp(t).has_value() && (!writes || h.commit_timestamp(t).has_value());
  }
  h.lists_.ShrinkToFit();
  return std::move(history_);
}

}  // namespace nacre::check
