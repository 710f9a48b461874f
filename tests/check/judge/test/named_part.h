#ifndef NACRE_TESTS_CHECK_JUDGE_TEST_NAMED_PART_H_
#define NACRE_TESTS_CHECK_JUDGE_TEST_NAMED_PART_H_

#include <algorithm>
#include <iterator>
#include <set>
#include <string_view>
#include <utility>
#include <vector>

#include "nacre/check/history.h"
#include "nacre/check/verdict.h"

namespace nacre::check {

// The transactions that a violation names, taken by themselves.
class NamedPart {
 public:
  NamedPart(const History& whole, const Violation& violation)
      : whole_(whole), named_(violation.txns.begin(), violation.txns.end()) {
    named_.insert(violation.witnesses.begin(), violation.witnesses.end());
  }
  NamedPart(const History& whole, std::set<TxnId> named)
      : whole_(whole), named_(std::move(named)) {}

  const std::set<TxnId>& named() const { return named_; }

  // With all that they were answered.
  History AsTheyAre() {
    for (const TxnId t : named_) {
      for (const Op& op : whole_.ops(t)) Copy(op, op.kind == OpKind::kReadList);
      End(t);
    }
    return std::move(std::exchange(builder_, HistoryBuilder())).Finish();
  }

  // Only with what they alone can have made: with answers that others may have left, or whose
  // elements others may have appended, left out. By timestamps. If some times explain the whole,
  // the same explain this, so it is violated only if the named ones contradict each other.
  // Of scans only the reads of keys are left.
  History Provable() {
    for (const TxnId t : named_) {
      const absl::Span<const Op> ops = whole_.ops(t);
      own_.clear();
      for (size_t i = 0; i < ops.size(); ++i) {
        if (ops[i].kind == OpKind::kScan) {
          Missed(t, ops.subspan(i, ops[i].results() + size_t{1}));
        } else if (ops[i].writes()) {
          own_.insert(ops[i].key);
          Copy(ops[i], false);
        } else {
          CopyProvable(t, ops[i]);
        }
      }
      End(t);
    }
    return std::move(std::exchange(builder_, HistoryBuilder())).Finish();
  }

 private:
  KeyId Key(KeyId key) { return builder_.Key(whole_.key(key)); }
  ValueId Value(ValueId value) { return builder_.Value(whole_.value(value)); }

  void Copy(const Op& op, bool list) {
    std::vector<ValueId> elements;
    if (list) elements = whole_.lists().Elements(op.list());
    for (ValueId& element : elements) element = Value(element);
    switch (op.kind) {
      case OpKind::kAppend: builder_.Append(Key(op.key), Value(op.value)); break;
      case OpKind::kWrite: builder_.Write(Key(op.key), Value(op.value)); break;
      case OpKind::kDelete: builder_.Delete(Key(op.key)); break;
      case OpKind::kReadList: builder_.ReadList(Key(op.key), elements); break;
      case OpKind::kRead:
        op.value == kNone ? builder_.ReadAbsent(Key(op.key))
                          : builder_.Read(Key(op.key), Value(op.value));
        break;
      case OpKind::kScan:
        scan_left_ = op.results();
        builder_.BeginScan(Key(op.key), op.scan_end() == kNone ? kNone : Key(op.scan_end()),
                           op.reverse, op.limited);
        if (scan_left_ == 0) builder_.EndScan();
        return;
    }
    if (op.in_scan && scan_left_ > 0 && --scan_left_ == 0) builder_.EndScan();
  }

  void End(TxnId t) {
    TxnInfo info = whole_.info(t);
    if (info.session != kNone) {
      info.session = builder_.Session(whole_.sessions().text(info.session));
    }
    builder_.Add(info);
  }

  // What of the key's writes of `t` others can see: the last operation, or nullptr.
  const Op* LastWrite(TxnId t, KeyId key) const {
    const absl::Span<const Op> ops = whole_.ops(t);
    const auto it = std::find_if(ops.rbegin(), ops.rend(),
                                 [key](const Op& op) { return op.writes() && op.key == key; });
    return it == ops.rend() ? nullptr : &*it;
  }
  bool Replaces(TxnId t, KeyId key) const {
    const absl::Span<const Op> ops = whole_.ops(t);
    return std::any_of(ops.begin(), ops.end(), [key](const Op& op) {
      return op.writes() && op.key == key && op.kind != OpKind::kAppend;
    });
  }
  bool Appends(TxnId t, KeyId key, ValueId value) const {
    const absl::Span<const Op> ops = whole_.ops(t);
    return std::any_of(ops.begin(), ops.end(), [&](const Op& op) {
      return op.kind == OpKind::kAppend && op.key == key && op.value == value;
    });
  }

  // Whether whoever may have been the last in the reader's snapshot for whom `is` holds is named.
  template <typename Is>
  bool IsNamed(TxnId reader, KeyId key, bool only_if_last, const Is& is) const {
    TxnId last = kNone;
    for (TxnId t = 0; t < whole_.size(); ++t) {
      if (whole_.outcome(t) == Outcome::kAborted || LastWrite(t, key) == nullptr) continue;
      if (!whole_.committed(t)) {
        if (is(t) && !named_.contains(t)) return false;
      } else if (*whole_.commit_timestamp(t) <= *whole_.begin_timestamp(reader) &&
                 (only_if_last || is(t)) &&
                 (last == kNone || *whole_.commit_timestamp(t) >= *whole_.commit_timestamp(last))) {
        last = t;
      }
    }
    return last == kNone || !is(last) || named_.contains(last);
  }

  bool ValueIsProvable(TxnId reader, KeyId key, ValueId value) const {
    return IsNamed(reader, key, true, [&](TxnId t) {
      const Op& write = *LastWrite(t, key);
      return write.kind == OpKind::kDelete ? value == kNone
                                           : write.kind == OpKind::kWrite && write.value == value;
    });
  }

  void CopyProvable(TxnId t, const Op& op) {
    // What stands behind its own writes hangs on them alone, but for what a list had before.
    const bool list = op.kind == OpKind::kReadList && op.list().length > 0;
    if (!list) {
      const ValueId value = op.kind == OpKind::kRead ? op.value : kNone;
      if (own_.contains(op.key) || ValueIsProvable(t, op.key, value))
        Copy(op, op.kind == OpKind::kReadList);
      return;
    }
    if (!IsNamed(t, op.key, false, [&](TxnId other) { return Replaces(other, op.key); })) return;
    std::vector<ValueId> elements;
    for (const ValueId value : whole_.lists().Elements(op.list())) {
      int named = 0;
      int others = 0;
      for (TxnId other = 0; other < whole_.size(); ++other) {
        if (whole_.outcome(other) == Outcome::kAborted || !Appends(other, op.key, value)) continue;
        ++(named_.contains(other) ? named : others);
      }
      if (named > 0 && others > 0) return;
      if (others == 0) elements.push_back(Value(value));
    }
    builder_.ReadList(Key(op.key), elements);
  }

  // The keys that a scan has not found, as reads.
  void Missed(TxnId t, absl::Span<const Op> scan) {
    const Op& op = scan[0];
    std::set<std::string_view> found;
    for (const Op& result : scan.subspan(1)) found.insert(whole_.key(result.key));
    for (KeyId key = 0; key < whole_.keys().size(); ++key) {
      const std::string_view text = whole_.key(key);
      bool there = text >= whole_.key(op.key) &&
                   (op.scan_end() == kNone || text < whole_.key(op.scan_end()));
      if (op.limited) {
        const std::string_view last = whole_.key(scan.back().key);
        there = there && (op.reverse ? text > last : text < last);
      }
      if (!there || found.contains(text)) continue;
      if (own_.contains(key) || ValueIsProvable(t, key, kNone)) builder_.ReadAbsent(Key(key));
    }
  }

  const History& whole_;
  std::set<TxnId> named_;
  std::set<KeyId> own_;  // That the transaction at hand has written so far.
  HistoryBuilder builder_;
  uint32_t scan_left_ = 0;
};

}  // namespace nacre::check

#endif  // NACRE_TESTS_CHECK_JUDGE_TEST_NAMED_PART_H_
