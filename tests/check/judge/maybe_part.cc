#include "tests/check/judge/maybe_part.h"

#include <algorithm>

#include "tests/check/judge/own_view.h"

namespace nacre::check::judge {

Part PartMaker::Make(const std::vector<TxnId>& txns) {
  builder_ = HistoryBuilder();
  in_ = {txns.begin(), txns.end()};
  Part part = {.history = {}, .txns = txns, .ops = {}};
  for (const TxnId t : txns) {
    ops_.clear();
    Transaction(t);
    part.ops.push_back(ops_);
    TxnInfo info = whole_.info(t);
    if (info.session != kNone) {
      info.session = builder_.Session(whole_.sessions().text(info.session));
    }
    builder_.Add(info);
  }
  part.history = std::move(builder_).Finish();
  return part;
}

void PartMaker::Transaction(TxnId t) {
  const absl::Span<const Op> ops = whole_.ops(t);
  absl::flat_hash_map<KeyId, uint32_t> appends;  // Of its own so far.
  absl::flat_hash_set<KeyId> replaced;
  for (uint32_t i = 0; i < ops.size(); ++i) {
    const Op& op = ops[i];
    if (op.writes()) {
      Write(op);
      ops_.push_back(i);
      if (op.kind == OpKind::kAppend) {
        ++appends[op.key];
      } else {
        replaced.insert(op.key);
      }
    } else if (op.kind == OpKind::kScan) {
      const auto [from, to] = sorted_.RangeOf(ops, i);
      const absl::Span<const Op> found = ops.subspan(i + size_t{1}, op.results());
      for (size_t rank = from; rank < to; ++rank) {
        const KeyId key = sorted_[rank];
        const bool missed =
            evidence_.IsOpen(key) && !replaced.contains(key) && !appends.contains(key) &&
            std::none_of(found.begin(), found.end(), [&](const Op& r) { return r.key == key; });
        if (!missed || !ValueStands(t, key, kNone)) continue;
        builder_.ReadAbsent(Key(key));
        ops_.push_back(i);
      }
    } else if (evidence_.IsOpen(op.key) && !evidence_.TellsNothing(op.key) &&
               !replaced.contains(op.key)) {
      const auto own = appends.find(op.key);
      if (op.kind == OpKind::kReadList && op.list().length > 0) {
        ReadList(t, i, own == appends.end() ? 0 : own->second);
      } else if (own == appends.end() &&
                 ValueStands(t, op.key, op.kind == OpKind::kRead ? op.value : kNone)) {
        op.kind == OpKind::kRead&& op.value != kNone ? builder_.Read(Key(op.key), Value(op.value))
                                                     : builder_.ReadAbsent(Key(op.key));
        ops_.push_back(i);
      }
    }
  }
}

void PartMaker::Write(const Op& op) {
  switch (op.kind) {
    case OpKind::kAppend: builder_.Append(Key(op.key), Value(op.value)); break;
    case OpKind::kWrite: builder_.Write(Key(op.key), Value(op.value)); break;
    default: builder_.Delete(Key(op.key)); break;
  }
}

// Whether all that may have left it so are there.
bool PartMaker::ValueStands(TxnId reader, KeyId key, ValueId value) const {
  if (evidence_.TellsNothing(key)) return false;
  const bool list = evidence_.IsList(key);
  const TxnId last = evidence_.LastCommitted(key, reader, list);
  if (last != kNone && !in_.contains(last) && (list || evidence_.LeftBy(last, key) == value)) {
    return false;
  }
  const std::vector<uint32_t>& writers = evidence_.WritersOf(key);
  return list || std::all_of(writers.begin(), writers.end(), [&](uint32_t m) {
           const TxnId t = evidence_.maybes()[m].txn;
           return in_.contains(t) || evidence_.LeftBy(t, key) != value;
         });
}

void PartMaker::ReadList(TxnId t, uint32_t i, uint32_t own_appends) {
  const Op& op = whole_.ops(t)[i];
  if (!ValueStands(t, op.key, kNone)) return;
  std::vector<ValueId> elements;
  for (const ValueId value : whole_.lists().Elements(op.list())) {
    const std::vector<TxnId>& appenders = AppendersOf(op.key, value);
    const auto there = std::count_if(appenders.begin(), appenders.end(),
                                     [&](TxnId appender) { return in_.contains(appender); });
    if (there > 0 && static_cast<size_t>(there) < appenders.size()) return;
    if (there > 0) elements.push_back(Value(value));
  }
  if (elements.size() < own_appends) return;
  builder_.ReadList(Key(op.key), elements);
  ops_.push_back(i);
}

const std::vector<TxnId>& PartMaker::AppendersOf(KeyId key, ValueId value) {
  const auto [it, added] = appenders_.try_emplace(key);
  if (added) it->second = evidence_.AppendersOf(key);
  return it->second[value];
}

}  // namespace nacre::check::judge
