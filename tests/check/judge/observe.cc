// One walk over the committed transactions: what each saw of others, and what contradicts itself.

#include <algorithm>
#include <numeric>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "tests/check/judge/observer.h"
#include "tests/check/judge/text.h"

namespace nacre::check::judge {

Observer::Observer(const History& history, uint32_t violations_max)
    : history_(history), violations_max_(violations_max), writes_(history), sorted_keys_(history) {
  out_.happened.resize(history.size());
  out_.is_list.resize(history.keys().size());
  longest_.resize(history.keys().size());
}

void Observer::ClassifyKeys() {
  std::vector<bool> is_register(history_.keys().size());
  std::vector<bool> is_data(history_.keys().size());
  for (TxnId t = 0; t < history_.size(); ++t) {
    for (const Op& op : history_.ops(t)) {
      if (op.kind == OpKind::kScan) continue;
      is_data[op.key] = true;
      if (op.kind == OpKind::kAppend || op.kind == OpKind::kReadList) {
        out_.is_list[op.key] = true;
      } else if (op.kind == OpKind::kWrite || op.kind == OpKind::kDelete ||
                 (op.kind == OpKind::kRead && op.value != kNone)) {
        is_register[op.key] = true;
      }
    }
  }
  for (KeyId key = 0; key < is_data.size(); ++key) {
    if (is_register[key] && out_.is_list[key]) out_.mixed.push_back(key);
    if (is_data[key] && !out_.is_list[key]) out_.has_registers = true;
  }
}

void Observer::Report(Anomaly anomaly, std::vector<TxnId> txns, std::string words) {
  uint32_t& told = told_[static_cast<size_t>(anomaly)];
  if (told++ < violations_max_) {
    Violation violation;
    violation.anomaly = anomaly;
    violation.txns = std::move(txns);
    violation.words = std::move(words);
    out_.direct.push_back(std::move(violation));
  }
}

void Observer::WalkTransactions() {
  for (TxnId t = 0; t < history_.size(); ++t) {
    if (history_.committed(t)) {
      out_.happened[t] = true;
      WalkTransaction(t);
    }
    out_.reads.EndRow();
  }
}

void Observer::WalkTransaction(TxnId t) {
  const absl::Span<const Op> ops = history_.ops(t);
  own_.Clear();
  previous_append_.assign(ops.size(), kNone);
  for (uint32_t i = 0; i < ops.size(); ++i) {
    const Op& op = ops[i];
    switch (op.kind) {
      case OpKind::kAppend: {
        OwnKey& own = own_[op.key];
        previous_append_[i] = own.last_write;
        own.last_write = i;
        ++own.appends;
        break;
      }
      case OpKind::kWrite:
      case OpKind::kDelete: own_[op.key].last_write = i; break;
      case OpKind::kReadList: WalkList(t, i, op.key, op.list(), false); break;
      case OpKind::kRead:
        if (out_.is_list[op.key]) {
          // An absent list is an empty one; anything else is a mixed key, which nobody judges.
          WalkList(t, i, op.key, {.branch = kNone, .length = 0}, false);
        } else {
          WalkRegister(t, i, op.key, op.value, false);
        }
        break;
      case OpKind::kScan: WalkScan(t, i); break;
    }
  }
}

bool Observer::EndsWithOwn(TxnId t, const OwnKey& own, ListRef list) const {
  if (list.length < own.appends) return false;
  uint32_t place = list.length;
  for (uint32_t i = own.last_write; i != kNone; i = previous_append_[i]) {
    if (history_.lists().At(list, --place) != history_.ops(t)[i].value) return false;
  }
  return true;
}

void Observer::WalkList(TxnId t, uint32_t i, KeyId key, ListRef list, bool predicate) {
  OwnKey& own = own_[key];
  const auto shown = [&](uint32_t op) { return PastText(history_, history_.ops(t)[op]); };
  if (!EndsWithOwn(t, own, list)) {
    Report(Anomaly::kInternal, {t},
           Cat(TxnText(history_, t), " ", shown(own.last_write), ", and then ", shown(i),
               ", which does not end with its own appends"));
    return;
  }
  ListRef base = {.branch = kNone, .length = 0};
  if (list.length > own.appends) {
    base = history_.lists().Prefix(list, list.length - own.appends);
  }
  if (own.last_read != kNone) {
    if (base == own.base) return;
    Report(Anomaly::kNonRepeatableRead, {t},
           Cat(TxnText(history_, t), " ", shown(own.last_read), ", and later ", shown(i),
               ": others' appends came or went in between"));
  }
  own.last_read = i;
  own.base = base;
  if (base.length > longest_[key].length) longest_[key] = base;
  bases_.push_back(base);
  out_.reads.items.push_back(
      {.key = key, .op = i, .position = base.length, .predicate = predicate});
}

void Observer::WalkRegister(TxnId t, uint32_t i, KeyId key, ValueId value, bool predicate) {
  OwnKey& own = own_[key];
  const auto shown = [&](uint32_t op) { return PastText(history_, history_.ops(t)[op]); };
  const auto missed = [&] {
    return predicate ? Cat(" without finding the key ", KeyText(history_, key)) : std::string();
  };
  if (own.last_write != kNone) {
    const Op& write = history_.ops(t)[own.last_write];
    if ((write.kind == OpKind::kDelete ? kNone : write.value) == value) return;
    Report(
        Anomaly::kInternal, {t},
        Cat(TxnText(history_, t), " ", shown(own.last_write), ", and then ", shown(i), missed()));
    return;
  }
  if (own.last_read != kNone) {
    if (own.value == value) return;
    Report(
        Anomaly::kNonRepeatableRead, {t},
        Cat(TxnText(history_, t), " ", shown(own.last_read), ", and later ", shown(i), missed()));
  }
  own.last_read = i;
  own.value = value;
  bases_.emplace_back();
  ExternalRead external = {.key = key, .op = i, .predicate = predicate};
  FindSource(t, value, external);
  out_.reads.items.push_back(external);
}

// Whose version `read` saw.
void Observer::FindSource(TxnId t, ValueId value, ExternalRead& read) {
  const auto did = [&] {
    return Cat(TxnText(history_, t), " ", PastText(history_, history_.ops(t)[read.op]));
  };
  const WriteIndex::Write* write = value == kNone ? nullptr : writes_.Find(read.key, value);
  if (value == kNone ? writes_.Deleted(read.key) : write != nullptr && write->several) {
    if (out_.ambiguous++ == 0) out_.ambiguous_example = did();
    read.open = true;
    return;
  }
  if (value == kNone) {
    read.from = kInitialTxn;
    return;
  }
  if (write == nullptr) {
    Report(Anomaly::kThinAirRead, {t}, Cat(did(), ", which nobody wrote"));
    return;
  }
  if (write->txn == t) {
    Report(Anomaly::kInternal, {t}, Cat(did(), " before it wrote that itself"));
    return;
  }
  if (history_.outcome(write->txn) == Outcome::kAborted) {
    Report(Anomaly::kAbortedRead, {write->txn, t},
           Cat(did(), ", which ", TxnText(history_, write->txn), " wrote, and that was aborted"));
    return;
  }
  if (write->intermediate) {
    Report(Anomaly::kIntermediateRead, {write->txn, t},
           Cat(did(), ", which ", TxnText(history_, write->txn), " overwrote before it committed"));
  }
  out_.happened[write->txn] = true;
  read.from = write->txn;
}

// A scan read every key of its range: those that it did not return were absent.
void Observer::WalkScan(TxnId t, uint32_t i) {
  const absl::Span<const Op> ops = history_.ops(t);
  const Op& scan = ops[i];
  auto [from, to] = sorted_keys_.RangeOf(ops, i);
  found_.clear();
  for (uint32_t r = 1; r <= scan.results(); ++r) found_.insert(ops[i + r].key);
  for (; from < to; ++from) {
    const KeyId key = sorted_keys_[from];
    if (found_.contains(key)) continue;
    if (out_.is_list[key]) {
      WalkList(t, i, key, {.branch = kNone, .length = 0}, true);
    } else {
      WalkRegister(t, i, key, kNone, true);
    }
  }
}

Observations Observe(const History& history, uint32_t violations_max) {
  Observer observer(history, violations_max);
  observer.ClassifyKeys();
  // What is read of a key that is both makes no sense.
  if (observer.mixed()) return observer.Take();
  observer.WalkTransactions();
  observer.OrderVersions();
  return observer.Take();
}

void AddHappened(const History& history, const std::vector<bool>& also, Observations& seen) {
  std::vector<std::vector<TxnId>> unread(seen.unread.size());
  absl::flat_hash_map<KeyId, absl::flat_hash_set<ValueId>> shown_of;
  for (TxnId t = 0; t < history.size(); ++t) {
    if (!also[t] || seen.happened[t]) continue;
    seen.happened[t] = true;
    for (const Op& op : history.ops(t)) {
      if (op.kind != OpKind::kAppend) continue;
      const auto [shown, first] = shown_of.try_emplace(op.key);
      if (first) {
        for (const Version& version : seen.versions[op.key]) shown->second.insert(version.value);
      }
      if (!shown->second.contains(op.value)) unread[op.key].push_back(t);
    }
  }
  Rows<TxnId> all;
  for (KeyId key = 0; key < unread.size(); ++key) {
    std::vector<TxnId>& row = unread[key];
    row.insert(row.end(), seen.unread[key].begin(), seen.unread[key].end());
    std::sort(row.begin(), row.end());
    row.erase(std::unique(row.begin(), row.end()), row.end());
    all.items.insert(all.items.end(), row.begin(), row.end());
    all.EndRow();
  }
  seen.unread = std::move(all);
}

}  // namespace nacre::check::judge
