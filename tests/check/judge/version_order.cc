// The order of the versions of lists. A list read shows it whole: the longest one that was read of
// a key is the order, and all others have to be its prefixes.

#include <algorithm>
#include <utility>

#include "tests/check/judge/check.h"
#include "tests/check/judge/observer.h"
#include "tests/check/judge/text.h"

namespace nacre::check::judge {

void Observer::OrderVersions() {
  for (KeyId key = 0; key < history_.keys().size(); ++key) {
    if (longest_[key].length > 0) OrderKey(key);
    out_.versions.EndRow();
  }
  CheckReads();
  CollectUnread();
}

void Observer::OrderKey(KeyId key) {
  const std::vector<ValueId> elements = history_.lists().Elements(longest_[key]);
  next_append_.clear();
  for (uint32_t i = 0; i < elements.size(); ++i) {
    const TxnId writer = WriterOf(key, elements[i], i + 1);
    out_.versions.items.push_back({.writer = writer, .value = elements[i]});
  }
}

TxnId Observer::WriterOf(KeyId key, ValueId value, uint32_t position) {
  intermediate_.push_back(false);
  WriteIndex::Write* write = writes_.Find(key, value);
  if (write == nullptr) {
    AddFlaw({key, position, Anomaly::kThinAirRead, kNone});
    return kNone;
  }
  const bool duplicate = ++write->seen > std::max(write->appends, uint32_t{1});
  if (duplicate) AddFlaw({key, position, Anomaly::kDuplicateElement, write->txn});
  if (write->several) {
    if (out_.ambiguous++ == 0) {
      out_.ambiguous_example = Cat("more than one transaction appended ",
                                   ValueText(history_, value), " to ", KeyText(history_, key));
    }
    return kNone;
  }
  intermediate_.back() = write->intermediate;
  if (history_.outcome(write->txn) == Outcome::kAborted) {
    AddFlaw({key, position, Anomaly::kAbortedRead, write->txn});
    return kNone;
  }
  if (write->repeated && !duplicate) CheckOwnOrder(key, value, position, write->txn);
  out_.happened[write->txn] = true;
  return write->txn;
}

void Observer::AddFlaw(const Flaw& flaw) {
  for (auto it = flaws_.rbegin(); it != flaws_.rend() && it->key == flaw.key; ++it) {
    if (it->anomaly == flaw.anomaly) return;
  }
  flaws_.push_back(flaw);
}

// OWN-ORDER. What a transaction appended to a key stands in its list in the order in which it was
// appended, from the first on.
void Observer::CheckOwnOrder(KeyId key, ValueId value, uint32_t position, TxnId writer) {
  const absl::Span<const Op> ops = history_.ops(writer);
  const auto append_from = [&](uint32_t i) {
    while (i < ops.size() && (ops[i].kind != OpKind::kAppend || ops[i].key != key)) ++i;
    return i;
  };
  uint32_t& next = next_append_[writer];
  if (next == kNone) return;  // Told already.
  uint32_t i = append_from(next);
  // Where others appended the same, it is not known whose of those before it is meant.
  const auto unclear = [&](ValueId own) {
    const WriteIndex::Write* write = writes_.Find(key, own);
    return write->several && write->seen > 0;
  };
  while (i < ops.size() && ops[i].value != value && unclear(ops[i].value)) i = append_from(i + 1);
  if (i < ops.size() && ops[i].value == value) {
    next = i + 1;
    intermediate_.back() = append_from(next) < ops.size();
    return;
  }
  next = kNone;
  const ValueId missed = i < ops.size() ? ops[i].value : kNone;
  AddFlaw({key, position, Anomaly::kIncompatibleOrder, writer, missed});
}

// Fills in whose version each read saw, and tells what is wrong with it.
void Observer::CheckReads() {
  // The first read of a key that goes as far as a flaw is its witness.
  for (TxnId t = 0; t < history_.size(); ++t) {
    for (uint64_t r = out_.reads.first[t]; r < out_.reads.first[t + 1]; ++r) {
      ExternalRead& read = out_.reads.items[r];
      if (!out_.is_list[read.key]) continue;
      const ListRef base = bases_[r];
      if (base.length == 0) {
        read.from = kInitialTxn;
        continue;
      }
      if (base.branch != longest_[read.key].branch &&
          !history_.lists().IsPrefix(base, longest_[read.key])) {
        CheckStray(t, read, base);
        read.position = kNoPosition;
        continue;
      }
      const uint64_t version = out_.versions.first[read.key] + base.length - 1;
      read.from = out_.versions.items[version].writer;
      if (read.from == t) {
        Report(Anomaly::kInternal, {t},
               Cat(TxnText(history_, t), " ", PastText(history_, history_.ops(t)[read.op]),
                   " before it appended that itself"));
      } else if (intermediate_[version] && read.from != kNone) {
        Report(Anomaly::kIntermediateRead, {read.from, t},
               Cat(TxnText(history_, t), " ", PastText(history_, history_.ops(t)[read.op]),
                   ", without what ", TxnText(history_, read.from), " appended to it next"));
      }
    }
  }
  if (flaws_.empty()) return;
  for (TxnId t = 0; t < history_.size() && !flaws_.empty(); ++t) {
    for (const ExternalRead& read : out_.reads[t]) {
      if (!out_.is_list[read.key] || read.position == kNoPosition) continue;
      auto it = std::lower_bound(flaws_.begin(), flaws_.end(), read.key,
                                 [](const Flaw& flaw, KeyId key) { return flaw.key < key; });
      for (; it != flaws_.end() && it->key == read.key; ++it) {
        if (it->position == 0 || read.position < it->position) continue;
        const Version& version = out_.versions[it->key][it->position - 1];
        const std::string words =
            Cat(TxnText(history_, t), " ", PastText(history_, history_.ops(t)[read.op]),
                ", whose element ", ValueText(history_, version.value));
        std::vector<TxnId> txns = {t};
        if (it->writer != kNone) txns.insert(txns.begin(), it->writer);
        if (it->anomaly == Anomaly::kThinAirRead) {
          Report(it->anomaly, txns, Cat(words, " nobody appended"));
        } else if (it->anomaly == Anomaly::kAbortedRead) {
          Report(it->anomaly, txns,
                 Cat(words, " was appended by ", TxnText(history_, it->writer),
                     ", which was aborted"));
        } else if (it->anomaly == Anomaly::kIncompatibleOrder) {
          Report(it->anomaly, txns,
                 Cat(words, " stands in it without the ", ValueText(history_, it->missed), " that ",
                     TxnText(history_, it->writer), " appended before it"));
        } else {
          Report(it->anomaly, txns,
                 Cat(words, " stands in it more often than it was appended, as by ",
                     TxnText(history_, it->writer)));
        }
        it->position = 0;  // Told.
      }
    }
  }
}

// The first transaction and operation that read the longest list of `key`.
std::pair<TxnId, uint32_t> Observer::WitnessOf(KeyId key) const {
  for (TxnId t = 0; t < history_.size(); ++t) {
    for (uint64_t r = out_.reads.first[t]; r < out_.reads.first[t + 1]; ++r) {
      const ExternalRead& read = out_.reads.items[r];
      if (read.key == key && bases_[r] == longest_[key]) return {t, read.op};
    }
  }
  NACRE_JUDGE_CHECK(false, "a longest list that nobody read");
  return {};
}

// A read that is no prefix of the longest one.
void Observer::CheckStray(TxnId t, const ExternalRead& read, ListRef base) {
  const ListRef longest = longest_[read.key];
  const uint32_t common = history_.lists().CommonPrefix(base, longest);
  const std::string did =
      Cat(TxnText(history_, t), " ", PastText(history_, history_.ops(t)[read.op]));
  for (uint32_t i = common; i < base.length; ++i) {
    const ValueId value = history_.lists().At(base, i);
    WriteIndex::Write* write = writes_.Find(read.key, value);
    if (write == nullptr) {
      Report(Anomaly::kThinAirRead, {t},
             Cat(did, ", whose element ", ValueText(history_, value), " nobody appended"));
      return;
    }
    if (!write->several && history_.outcome(write->txn) == Outcome::kAborted) {
      Report(Anomaly::kAbortedRead, {write->txn, t},
             Cat(did, ", whose element ", ValueText(history_, value), " was appended by ",
                 TxnText(history_, write->txn), ", which was aborted"));
      return;
    }
  }
  if (told_[static_cast<size_t>(Anomaly::kIncompatibleOrder)] >= violations_max_) return;
  const auto [other, op] = WitnessOf(read.key);
  Report(Anomaly::kIncompatibleOrder, {t, other},
         Cat(did, ", but ", TxnText(history_, other), " ",
             PastText(history_, history_.ops(other)[op])));
}

// Appends and writes by transactions that happened and whose value no list shows.
void Observer::CollectUnread() {
  std::vector<std::vector<TxnId>> unread(history_.keys().size());
  for (TxnId t = 0; t < history_.size(); ++t) {
    if (!out_.happened[t]) continue;
    for (const Op& op : history_.ops(t)) {
      if (op.kind != OpKind::kAppend) continue;
      const WriteIndex::Write* write = writes_.Find(op.key, op.value);
      // Of several of one value in one transaction some may not have been read.
      const bool read = write->seen > 0 && (write->several || write->seen >= write->appends);
      if (read || (write->txn != t && !write->several)) continue;
      std::vector<TxnId>& row = unread[op.key];
      if (row.empty() || row.back() != t) row.push_back(t);
    }
  }
  for (const std::vector<TxnId>& row : unread) {
    out_.unread.items.insert(out_.unread.items.end(), row.begin(), row.end());
    out_.unread.EndRow();
  }
}

}  // namespace nacre::check::judge
