#include "tests/check/judge/replay.h"

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include "tests/check/judge/newest_before.h"
#include "tests/check/judge/replay_state.h"
#include "tests/check/judge/text.h"
#include "tests/check/judge/write_index.h"

namespace nacre::check::judge {
namespace {

bool Writes(const History& history, TxnId t) {
  const auto ops = history.ops(t);
  return std::any_of(ops.begin(), ops.end(), [](const Op& op) { return op.writes(); });
}

class Replay {
 public:
  Replay(const History& history, Level level, const JudgeOptions& options, Verdict& verdict)
      : history_(history),
        level_(level),
        options_(options),
        verdict_(verdict),
        serial_(Forbids(level, Anomaly::kG2Item, Order::kData)),
        maybe_(history),
        state_(history, serial_ ? nullptr : &maybe_) {}

  ReplayResult Run() {
    Collect();
    CheckFreshness();
    Sweep();
    // What was found needs no assumption, so nothing that is undecided explains it away.
    if (!verdict_.violations.empty()) return ReplayResult::kViolated;
    return undecided_ || state_.assumed() ? ReplayResult::kUndecided : ReplayResult::kHolds;
  }

 private:
  using Event = std::pair<uint64_t, TxnId>;

  void Collect() {
    for (TxnId t = 0; t < history_.size(); ++t) {
      if (!history_.committed(t)) continue;
      const uint64_t begin = *history_.begin_timestamp(t);
      if (!Writes(history_, t)) {
        // A serial order may take a read-only transaction at its commit, if it has one.
        begins_.emplace_back(
            serial_ ? std::max(begin, history_.commit_timestamp(t).value_or(begin)) : begin, t);
        continue;
      }
      const uint64_t commit = *history_.commit_timestamp(t);
      commits_.emplace_back(commit, t);
      if (!serial_) begins_.emplace_back(begin, t);
      if (commit <= begin) {
        Fail(Anomaly::kTimestampOrder, Order::kData, {t},
             Cat(TxnText(history_, t), " began at ", begin, " and committed at ", commit));
      }
    }
    std::sort(begins_.begin(), begins_.end());
    std::sort(commits_.begin(), commits_.end());
  }

  void Sweep() {
    auto commit = commits_.begin();
    for (const auto& [begin, t] : begins_) {
      for (; commit != commits_.end() && commit->first <= begin; ++commit) Commit(*commit);
      if (Full()) return;
      Compare(t, begin);
    }
    for (; commit != commits_.end() && !Full(); ++commit) Commit(*commit);
  }

  bool Full() const { return undecided_ || verdict_.violations.size() >= options_.violations_max; }

  void Commit(const Event& event) {
    const auto& [timestamp, t] = event;
    if (Full()) return;
    if (serial_) {
      Compare(t, timestamp);
    } else {
      CheckFirstCommitter(t);
    }
    state_.Apply(t, timestamp);
  }

  void CheckFirstCommitter(TxnId t) {
    const uint64_t begin = *history_.begin_timestamp(t);
    const absl::Span<const Op> ops = history_.ops(t);
    for (const Op& op : ops) {
      if (!op.writes()) continue;
      const ReplayState::Key& key = state_.key(op.key);
      if (key.writer == kNone || key.writer == t || key.committed <= begin) continue;
      const bool read = std::any_of(ops.begin(), ops.end(), [&](const Op& other) {
        return other.key == op.key && !other.writes() && other.kind != OpKind::kScan;
      });
      Fail(read ? Anomaly::kLostUpdate : Anomaly::kGSIa, Order::kData, {key.writer, t},
           Cat(TxnText(history_, key.writer), " and ", TxnText(history_, t), " both wrote ",
               KeyText(history_, op.key), ", and ", history_.name(t), " began at ", begin,
               ", before the other committed at ", key.committed));
      return;
    }
  }

  void Compare(TxnId t, uint64_t timestamp) {
    const ReplayState::Mismatch mismatch = state_.Compare(t, timestamp);
    if (mismatch.op == kNone) return;
    if (serial_) {
      undecided_ = true;
      return;
    }
    Explain(t, timestamp, mismatch);
  }

  void Explain(TxnId t, uint64_t timestamp, const ReplayState::Mismatch& mismatch) {
    const Op& op = history_.ops(t)[mismatch.op];
    const std::string did = Cat(TxnText(history_, t), " ", PastText(history_, op));
    if (mismatch.own) {
      Fail(Anomaly::kInternal, Order::kData, {t},
           Cat(did, ", which contradicts its own write of ", KeyText(history_, mismatch.key)));
      return;
    }
    const ReplayState::Key& key = state_.key(mismatch.key);
    const TxnId missed = CommittedAppendMissedBy(op, mismatch.key);
    const std::string there =
        missed != kNone
            ? Cat(TxnText(history_, missed), " had committed ", KeyText(history_, mismatch.key),
                  " at ", *history_.commit_timestamp(missed))
        : key.maybe ? Cat("what a transaction of unknown outcome had written to ",
                          KeyText(history_, mismatch.key), " was there, as that of ",
                          TxnText(history_, key.observer), " shows")
        : key.writer == kNone
            ? Cat("nobody had written ", KeyText(history_, mismatch.key))
            : Cat(TxnText(history_, key.writer), " had committed ", KeyText(history_, mismatch.key),
                  " at ", key.committed, " as the last");
    const std::string words = Cat(did, " with a snapshot of ", timestamp, ", when ", there);
    const auto [anomaly, writer] = WhatWasRead(t, op, mismatch.key, timestamp);
    std::vector<TxnId> txns = {t};
    if (writer != kNone) txns.insert(txns.begin(), writer);
    switch (anomaly) {
      case Anomaly::kThinAirRead:
        Fail(anomaly, Order::kData, txns, Cat(words, "; nobody wrote that"));
        return;
      case Anomaly::kAbortedRead:
        Fail(anomaly, Order::kData, txns,
             Cat(words, "; ", TxnText(history_, writer), " wrote that and was aborted"));
        return;
      case Anomaly::kIntermediateRead:
        Fail(anomaly, Order::kData, txns,
             Cat(words, "; ", TxnText(history_, writer), " overwrote that before it committed"));
        return;
      case Anomaly::kGSIa:
        Fail(anomaly, Order::kData, txns,
             Cat(words, "; ", TxnText(history_, writer), " committed that only at ",
                 *history_.commit_timestamp(writer)));
        return;
      default: break;
    }
    txns.clear();
    const auto add = [&](TxnId of) {
      const bool known = std::find(txns.begin(), txns.end(), of) != txns.end();
      if (of != kNone && of != t && !known) txns.push_back(of);
    };
    add(missed != kNone ? missed : key.writer);
    for (const TxnId of : ShownBy(op, mismatch.key)) add(of);
    txns.push_back(t);
    Fail(Anomaly::kGSIb, Order::kData, txns, words);
  }

  // Whose writes and answers, besides the last commit, show what was there instead.
  std::vector<TxnId> ShownBy(const Op& op, KeyId id) {
    const ReplayState::Key& key = state_.key(id);
    std::vector<TxnId> by;
    const auto add = [&by](const std::vector<TxnId>& more) {
      by.insert(by.end(), more.begin(), more.end());
    };
    if (key.maybe) add(maybe_.WhoWrote(id, key.value));
    if (op.kind != OpKind::kReadList && key.list.empty()) {
      // When somebody else can have left what was read, who saw that it was overwritten.
      add(maybe_.WhoWrote(id, op.kind == OpKind::kRead ? op.value : kNone));
    } else {
      add(ListShownBy(op, id));
    }
    const bool seen = key.maybe || (!by.empty() && key.observed >= key.committed);
    if (seen) by.push_back(key.observer);
    return by;
  }

  using Elements = std::vector<ValueId>;

  // Of a list: the first element that is missing, and of those that were read the first that stands
  // elsewhere and the first of unknown outcome, unless the missing one is nowhere. kNone: none.
  struct Differences {
    ValueId missing = kNone;
    ValueId misplaced = kNone;
    ValueId maybe = kNone;
  };
  Differences DifferencesOf(const Op& op, KeyId id) const {
    const Elements& there = state_.key(id).list;
    Elements read;
    if (op.kind == OpKind::kReadList) read = history_.lists().Elements(op.list());
    Differences differences;
    size_t known = 0;
    for (const ValueId value : read) {
      if (known < there.size() && value == there[known]) {
        ++known;
      } else if (maybe_.WhoWrote(id, value).empty()) {
        differences.misplaced = value;
        break;
      } else if (differences.maybe == kNone) {
        differences.maybe = value;
      }
    }
    if (known == there.size()) return differences;
    differences.missing = there[known];
    const bool nowhere = std::find(read.begin(), read.end(), there[known]) == read.end();
    return nowhere ? Differences{.missing = there[known]} : differences;
  }

  // Who alone appended the first element that is missing, if it committed; or kNone.
  TxnId CommittedAppendMissedBy(const Op& op, KeyId id) {
    const ValueId missing = DifferencesOf(op, id).missing;
    if (missing == kNone) return kNone;
    if (!writes_.has_value()) writes_.emplace(history_);
    const WriteIndex::Write* const write = writes_->Find(id, missing);
    const bool alone = write != nullptr && write->appends == 1 && history_.committed(write->txn);
    return alone ? write->txn : kNone;
  }

  // Of a list: who appended what is missing, or stands where it cannot.
  std::vector<TxnId> ListShownBy(const Op& op, KeyId id) {
    std::vector<TxnId> by;
    const auto [missing, misplaced, maybe] = DifferencesOf(op, id);
    for (const ValueId value : {missing, misplaced, maybe}) {
      if (value == kNone) continue;
      const std::vector<TxnId> who = maybe_.WhoWrote(id, value);
      by.insert(by.end(), who.begin(), who.end());
      const WriteIndex::Write* const write = writes_->Find(id, value);
      if (who.empty() && write != nullptr) by.push_back(write->txn);
    }
    return by;
  }

  // Where the answer came from, if it did not come from an older state.
  std::pair<Anomaly, TxnId> WhatWasRead(TxnId t, const Op& op, KeyId key, uint64_t timestamp) {
    std::vector<ValueId> values;
    if (op.kind == OpKind::kRead && op.value != kNone) values = {op.value};
    if (op.kind == OpKind::kReadList) values = history_.lists().Elements(op.list());
    if (!writes_.has_value()) writes_.emplace(history_);
    std::pair<Anomaly, TxnId> worst = {Anomaly::kGSIb, kNone};
    for (size_t i = 0; i < values.size(); ++i) {
      const WriteIndex::Write* write = writes_->Find(key, values[i]);
      if (write == nullptr) return {Anomaly::kThinAirRead, kNone};
      const TxnId writer = write->txn;
      if (writer == t) continue;
      if (history_.outcome(writer) == Outcome::kAborted) return {Anomaly::kAbortedRead, writer};
      if (write->intermediate && i + 1 == values.size()) {
        worst = {Anomaly::kIntermediateRead, writer};
      } else if (history_.commit_timestamp(writer).value_or(0) > timestamp &&
                 worst.second == kNone) {
        worst = {Anomaly::kGSIa, writer};
      }
    }
    return worst;
  }

  // FRESH. Only commits that wrote something can be missed.
  void CheckFreshness() {
    ForEachNewestBefore(
        history_, level_, [this](TxnId t) { return PlaceOf(t); },
        [this](TxnId before, TxnId t, Order order) {
          if (history_.committed(t)) CheckFresh(before, t, order);
        });
  }

  // `before` had returned before `t` was begun.
  void CheckFresh(TxnId before, TxnId t, Order order) {
    if (Full()) return;
    const uint64_t place = PlaceOf(before);
    const uint64_t begin = *history_.begin_timestamp(t);
    // In the order of commits, a transaction that wrote stands at its commit.
    if (serial_) undecided_ |= PlaceOf(t) < place;
    if (serial_ || begin >= place) return;
    std::vector<TxnId> txns = {before, t};
    std::string did = " had committed at ";
    if (!Writes(history_, before)) {
      const TxnId seen =
          std::prev(std::upper_bound(commits_.begin(), commits_.end(), Event(place, kNone)))
              ->second;
      txns.insert(txns.begin(), seen);
      did = Cat(" had seen the commit of ", TxnText(history_, seen), " at ");
    }
    Fail(Anomaly::kGSIb, order, std::move(txns),
         Cat(TxnText(history_, before), did, place,
             order == Order::kSession ? ", and next in its session " : ", and had returned when ",
             TxnText(history_, t), " began, with a snapshot of ", begin));
  }

  // What is visible to all that follow: the transaction's own commit, or the last that it saw.
  uint64_t PlaceOf(TxnId t) const {
    if (Writes(history_, t)) return *history_.commit_timestamp(t);
    uint64_t begin = *history_.begin_timestamp(t);
    if (serial_) begin = std::max(begin, history_.commit_timestamp(t).value_or(begin));
    const auto seen = std::upper_bound(commits_.begin(), commits_.end(), Event(begin, kNone));
    return seen == commits_.begin() ? 0 : std::prev(seen)->first;
  }

  void Fail(Anomaly anomaly, Order order, std::vector<TxnId> txns, std::string words) {
    if (!Forbids(level_, anomaly, order) || Full()) return;
    Violation violation;
    violation.anomaly = anomaly;
    violation.order = order;
    violation.txns = std::move(txns);
    violation.words = std::move(words);
    verdict_.violations.push_back(std::move(violation));
  }

  const History& history_;
  const Level level_;
  const JudgeOptions& options_;
  Verdict& verdict_;
  const bool serial_;
  MaybeWrites maybe_;
  ReplayState state_;
  std::vector<Event> begins_;
  std::vector<Event> commits_;
  std::optional<WriteIndex> writes_;  // Only made for an explanation.
  bool undecided_ = false;
};

}  // namespace

ReplayResult JudgeByReplay(const History& history, Level level, const JudgeOptions& options,
                           Verdict& verdict) {
  return Replay(history, level, options, verdict).Run();
}

}  // namespace nacre::check::judge
