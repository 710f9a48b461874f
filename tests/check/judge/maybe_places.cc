#include "tests/check/judge/maybe_places.h"

#include <algorithm>
#include <functional>
#include <optional>
#include <queue>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "tests/check/judge/maybe_evidence.h"
#include "tests/check/judge/replay_state.h"
#include "tests/check/judge/text.h"

namespace nacre::check::judge {
namespace {

class Places {
 public:
  Places(const History& history, const MaybeEvidence& evidence)
      : history_(history), evidence_(evidence) {}

  // The first indeterminate transaction that has no place, or kNone.
  uint32_t Settle(const Stop& stop) {
    bounds_.resize(evidence_.maybes().size());
    for (uint32_t m = 0; m < bounds_.size(); ++m) {
      bounds_[m].last = evidence_.maybes()[m].to.last;
    }
    // Few rounds settle nearly everything; what is then still open, the replay decides.
    constexpr int kRoundsMax = 20;
    bool changed = true;
    for (int round = 0; changed && round < kRoundsMax && !stop(); ++round) {
      changed = false;
      for (uint32_t m = 0; m < bounds_.size(); ++m) {
        if (!Seen(m)) continue;
        changed |= Lower(m);
        if (bounds_[m].last < evidence_.maybes()[m].from.first) return m;
      }
      changed |= Spread(stop);
    }
    return kNone;
  }

  Violation ViolationOf(uint32_t m) const {
    const MaybeEvidence::Maybe& maybe = evidence_.maybes()[m];
    Violation violation;
    violation.anomaly = Anomaly::kGSIb;
    violation.txns = {maybe.txn};
    violation.words = Cat(TxnText(history_, maybe.txn),
                          ", whose outcome is unknown, can have committed at no time: ");
    Tell(maybe.from, true, violation);
    if (maybe.to.why != maybe.from.why) Tell(maybe.to, true, violation);
    TellExcluded(bounds_[m].excluded, violation);
    return violation;
  }

  // Of what several may have left as it was read: what none of them can have left. Or nothing.
  std::optional<Violation> LeftByNone(const Stop& stop) const {
    for (const MaybeEvidence::LeftByOne& left : evidence_.left_by_one()) {
      if (stop()) break;
      const KeyId key = left.interval.why.key;
      std::vector<Interval> excluded;
      const auto& writers = evidence_.WritersOf(key);
      const bool possible = std::any_of(writers.begin(), writers.end(), [&](uint32_t m) {
        return evidence_.LeftBy(evidence_.maybes()[m].txn, key) == left.value &&
               CanCommitIn(left.interval, m, excluded);
      });
      if (!possible) return ViolationOf(left, excluded);
    }
    return std::nullopt;
  }

  // WITNESS of ONE-PLACE: the history explains itself with the places chosen. Where an answer is
  // not explained, another that may have left it is tried, just before.
  bool Explain(const Stop& stop) {
    constexpr int kTriesMax = 30;
    std::vector<std::pair<uint64_t, TxnId>> commits;
    for (const uint32_t m : CommitOrder(stop)) {
      commits.emplace_back(CommitAt(bounds_[m].last), evidence_.maybes()[m].txn);
    }
    for (int i = 0; i < kTriesMax && !stop(); ++i) {
      const std::optional<Unexplained> unexplained = Replay(commits);
      if (!unexplained.has_value()) return IsFresh(commits);
      const uint32_t m = evidence_.UnseenThatLeft(unexplained->key, unexplained->value);
      if (m == kNone) return false;
      const std::pair<uint64_t, TxnId> commit = {CommitAt(unexplained->begin - 1),
                                                 evidence_.maybes()[m].txn};
      if (std::find(commits.begin(), commits.end(), commit) != commits.end()) return false;
      std::erase_if(commits, [&](const auto& other) { return other.second == commit.second; });
      commits.push_back(commit);
    }
    return false;
  }

 private:
  struct Bounds {
    int64_t last = 0;                // The last place that nothing excludes.
    std::vector<Interval> excluded;  // What `last` was lowered by.
  };
  struct Unexplained {
    KeyId key = kNone;  // kNone: something that is no answer.
    ValueId value = kNone;
    int64_t begin = 0;
  };

  // Otherwise adds to `excluded` why not.
  bool CanCommitIn(const Interval& interval, uint32_t m, std::vector<Interval>& excluded) const {
    const MaybeEvidence::Maybe& maybe = evidence_.maybes()[m];
    const auto exclude = [&](const Interval& other) {
      const bool overlaps = other.first <= interval.last && other.last >= interval.first;
      const auto same = [&](const Interval& told) {
        return told.first == other.first && told.last == other.last && told.why == other.why;
      };
      if (overlaps && std::none_of(excluded.begin(), excluded.end(), same)) {
        excluded.push_back(other);
      }
    };
    int64_t first = interval.first;
    int64_t last = interval.last;
    if (maybe.seen) {
      first = std::max(first, maybe.from.first);
      last = std::min(last, bounds_[m].last);
      exclude({-1, maybe.from.first - 1, maybe.from.why});
      exclude({maybe.to.last + 1, kForever, maybe.to.why});
      for (const Interval& other : bounds_[m].excluded) exclude(other);
    }
    while (last >= first) {
      const Interval* in = evidence_.Excludes(m, last);
      if (in == nullptr) return true;
      exclude(*in);
      last = in->first - 1;
    }
    return false;
  }

  Violation ViolationOf(const MaybeEvidence::LeftByOne& left,
                        const std::vector<Interval>& excluded) const {
    Violation violation;
    violation.anomaly = Anomaly::kGSIb;
    const KeyId key = left.interval.why.key;
    for (const uint32_t m : evidence_.WritersOf(key)) {
      const TxnId t = evidence_.maybes()[m].txn;
      if (evidence_.LeftBy(t, key) == left.value) violation.txns.push_back(t);
    }
    violation.words = Cat(violation.txns.size(), " transactions whose outcome is unknown left ",
                          KeyText(history_, key), " so, and none of them can have committed when ",
                          "one has to: ");
    Tell(left.interval, true, violation);
    TellExcluded(excluded, violation);
    return violation;
  }

  bool Seen(uint32_t m) const { return evidence_.maybes()[m].seen; }

  // FRESH, of the places chosen.
  bool IsFresh(const std::vector<std::pair<uint64_t, TxnId>>& commits) const {
    const auto& maybes = evidence_.maybes();
    return std::all_of(commits.begin(), commits.end(), [&](const auto& commit) {
      const auto it = std::partition_point(maybes.begin(), maybes.end(), [&](const auto& maybe) {
        return maybe.txn < commit.second;
      });
      const auto m = static_cast<uint32_t>(it - maybes.begin());
      return evidence_.OrderExcludes(m, (static_cast<int64_t>(commit.first) - 3) / 2) == nullptr;
    });
  }

  // Twice the timestamp and two more, so that something fits in between and before zero.
  static uint64_t CommitAt(int64_t place) { return static_cast<uint64_t>(2 * place + 3); }

  // Nothing, if all is explained. `commits` of one time are in their order.
  std::optional<Unexplained> Replay(std::vector<std::pair<uint64_t, TxnId>> commits) const {
    std::vector<std::pair<uint64_t, TxnId>> begins;
    for (TxnId t = 0; t < history_.size(); ++t) {
      if (!history_.committed(t)) continue;
      begins.emplace_back(2 * *history_.begin_timestamp(t) + 2, t);
      const auto ops = history_.ops(t);
      if (std::any_of(ops.begin(), ops.end(), [](const Op& op) { return op.writes(); })) {
        commits.emplace_back(2 * *history_.commit_timestamp(t) + 2, t);
      }
    }
    const auto earlier = [](const auto& a, const auto& b) { return a.first < b.first; };
    std::stable_sort(begins.begin(), begins.end(), earlier);
    std::stable_sort(commits.begin(), commits.end(), earlier);
    ReplayState state(history_, nullptr);
    auto commit = commits.begin();
    for (const auto& [begin, t] : begins) {
      for (; commit != commits.end() && commit->first <= begin; ++commit) {
        if (!Apply(*commit, state)) return Unexplained();
      }
      const ReplayState::Mismatch mismatch = state.Compare(t, begin);
      if (mismatch.op == kNone) continue;
      const Op& op = history_.ops(t)[mismatch.op];
      const auto at = static_cast<int64_t>(*history_.begin_timestamp(t));
      return Unexplained{mismatch.key, op.kind == OpKind::kRead ? op.value : kNone, at};
    }
    for (; commit != commits.end(); ++commit) {
      if (!Apply(*commit, state)) return Unexplained();
    }
    return std::nullopt;
  }

  bool Apply(const std::pair<uint64_t, TxnId>& commit, ReplayState& state) const {
    const auto [at, t] = commit;
    if (history_.committed(t)) {
      const uint64_t begin = 2 * *history_.begin_timestamp(t) + 2;
      for (const Op& op : history_.ops(t)) {
        if (!op.writes()) continue;
        const ReplayState::Key& key = state.key(op.key);
        if (key.writer != kNone && key.writer != t && key.committed > begin) return false;
      }
    }
    state.Apply(t, at);
    return true;
  }

  // Takes `last` down to a place that nothing excludes.
  bool Lower(uint32_t m) {
    Bounds& bounds = bounds_[m];
    const int64_t before = bounds.last;
    while (bounds.last >= evidence_.maybes()[m].from.first) {
      const Interval* interval = evidence_.Excludes(m, bounds.last);
      if (interval == nullptr) break;
      bounds.last = interval->first - 1;
      bounds.excluded.push_back(*interval);
    }
    return bounds.last != before;
  }

  // What follows for others from how late one can have committed.
  bool Spread(const Stop& stop) {
    bool changed = false;
    const auto lower = [&](uint32_t m, int64_t last, const Interval& interval) {
      bounds_[m].last = last;
      bounds_[m].excluded.push_back(interval);
      changed = true;
    };
    for (const auto& [earlier, later, why] : evidence_.in_order()) {
      const int64_t last = bounds_[later].last;
      if (bounds_[earlier].last > last) lower(earlier, last, {last + 1, kForever, why});
    }
    for (const MaybeEvidence::Shown& shown : evidence_.shown()) {
      const int64_t last = bounds_[shown.maybe].last;
      if (stop()) break;
      if (last >= shown.last) continue;
      for (const uint32_t m : evidence_.WritersOf(shown.key)) {
        const int64_t other = bounds_[m].last;
        const bool overwrites = Seen(m) && last < other && other <= shown.last;
        if (m != shown.maybe && overwrites) lower(m, last, {last + 1, shown.last, shown.why});
      }
    }
    return changed;
  }

  // Those that happened, so that of those of one place whoever has to be behind another is.
  std::vector<uint32_t> CommitOrder(const Stop& stop) const {
    std::vector<std::vector<uint32_t>> behind(bounds_.size());
    std::vector<uint32_t> arrivals(bounds_.size(), 0);
    ForEachInOnePlace(stop, [&](uint32_t earlier, uint32_t later) {
      behind[earlier].push_back(later);
      ++arrivals[later];
    });
    std::priority_queue<uint32_t, std::vector<uint32_t>, std::greater<>> ready;
    for (uint32_t m = 0; m < bounds_.size(); ++m) {
      if (Seen(m) && arrivals[m] == 0) ready.push(m);
    }
    std::vector<uint32_t> order;
    while (!ready.empty()) {
      const uint32_t m = ready.top();
      ready.pop();
      order.push_back(m);
      for (const uint32_t later : behind[m]) {
        if (--arrivals[later] == 0) ready.push(later);
      }
    }
    // Those on a cycle: there is no order, as the replay finds.
    for (uint32_t m = 0; m < bounds_.size(); ++m) {
      if (Seen(m) && arrivals[m] > 0) order.push_back(m);
    }
    return order;
  }

  // All pairs of one place, or pairs that they follow from, of which the second has to be behind
  // the first: as a list shows, or since a register was read as the second left it.
  template <typename Visit>
  void ForEachInOnePlace(const Stop& stop, const Visit& visit) const {
    for (const auto& [earlier, later, why] : evidence_.in_order()) {
      if (bounds_[earlier].last == bounds_[later].last) visit(earlier, later);
    }
    // Of each key those that were read, of one place in a chain. All others go before its first.
    const std::vector<MaybeEvidence::Shown>& shown = evidence_.shown();
    for (auto it = shown.begin(); it != shown.end() && !stop();) {
      const KeyId key = it->key;
      absl::flat_hash_map<int64_t, std::vector<uint32_t>> chains;
      absl::flat_hash_set<uint32_t> read;
      for (; it != shown.end() && it->key == key; ++it) {
        std::vector<uint32_t>& chain = chains[bounds_[it->maybe].last];
        if (!chain.empty()) visit(chain.back(), it->maybe);
        chain.push_back(it->maybe);
        read.insert(it->maybe);
      }
      for (const uint32_t m : evidence_.WritersOf(key)) {
        const auto chain = chains.find(bounds_[m].last);
        const bool other = Seen(m) && !read.contains(m);
        if (other && chain != chains.end()) visit(m, chain->second.front());
      }
    }
  }

  void TellExcluded(const std::vector<Interval>& excluded, Violation& violation) const {
    constexpr size_t kToldMax = 8;
    for (size_t i = 0; i < std::min(excluded.size(), kToldMax); ++i) {
      Tell(excluded[i], false, violation);
    }
    if (excluded.size() > kToldMax) {
      violation.words += Cat("; and ", excluded.size() - kToldMax, " more answers like these");
    }
  }

  // `required`: it committed within the interval, otherwise outside of it.
  void Tell(const Interval& interval, bool required, Violation& violation) const {
    const TxnId other = interval.why.txn;
    if (!violation.words.ends_with(": ")) violation.words += "; ";
    if (std::find(violation.txns.begin(), violation.txns.end(), other) == violation.txns.end()) {
      violation.txns.push_back(other);
    }
    if (interval.why.before != kNone) {
      TellOrder(interval, violation);
      return;
    }
    const std::string key = KeyText(history_, interval.why.key);
    violation.words += TxnText(history_, other);
    if (interval.why.op == kNone) {
      violation.anomaly = Anomaly::kGSIa;
      violation.words += Cat(" wrote ", key, " too, began at ", interval.first,
                             " and committed at ", interval.last + 1, ", so not in between");
      return;
    }
    const Op& op = history_.ops(other)[interval.why.op];
    const bool scan = op.kind == OpKind::kScan;
    violation.words +=
        scan ? Cat(" did not find ", key, " in a scan") : " " + PastText(history_, op);
    violation.words += Cat(" with a snapshot of ", *history_.begin_timestamp(other), ", so ",
                           required ? "" : "not ");
    if (interval.first >= 0) violation.words += Cat("after ", interval.first);
    if (interval.last == kForever) return;
    violation.words += Cat(interval.first >= 0 ? " and " : "", "before ", interval.last + 1);
  }

  void TellOrder(const Interval& interval, Violation& violation) const {
    const auto& [t, op, key, before, order] = interval.why;
    violation.order = std::max(violation.order, order);
    if (std::find(violation.txns.begin(), violation.txns.end(), before) == violation.txns.end()) {
      violation.txns.push_back(before);
    }
    violation.words +=
        Cat(TxnText(history_, before), " was at ", interval.last + 1, " and ",
            order == Order::kSession ? "stands before " : "had returned before ",
            TxnText(history_, t), order == Order::kSession ? " in its session" : " was begun");
    if (history_.committed(t)) {
      violation.words += Cat(", with a snapshot of ", interval.first, ", so not in between");
    } else {
      violation.words += ", so not before that";
    }
  }

  const History& history_;
  const MaybeEvidence& evidence_;
  std::vector<Bounds> bounds_;  // By indeterminate transaction.
};

// Whether all timestamps are small enough to be reckoned with.
bool Fits(const History& history) {
  for (TxnId t = 0; t < history.size(); ++t) {
    const uint64_t begin = history.begin_timestamp(t).value_or(0);
    if (std::max(begin, history.commit_timestamp(t).value_or(0)) >= uint64_t{kForever})
      return false;
  }
  return true;
}

}  // namespace

bool ExplainedByPlaces(const History& history, Level level, const Stop& stop, Verdict& verdict) {
  if (!Fits(history)) return false;
  using Ambiguous = MaybeEvidence::Ambiguous;
  for (const Ambiguous guess : {Ambiguous::kTellsNothing, Ambiguous::kFirst, Ambiguous::kLast}) {
    const MaybeEvidence evidence(history, level, guess, stop);
    Places places(history, evidence);
    const uint32_t without = places.Settle(stop);
    if (stop()) return false;
    if (without == kNone && places.Explain(stop)) return true;
    if (guess != Ambiguous::kTellsNothing) continue;
    std::optional<Violation> violation =
        without == kNone ? places.LeftByNone(stop) : places.ViolationOf(without);
    if (!violation.has_value()) continue;
    if (Forbids(level, violation->anomaly, violation->order)) {
      verdict.violations.push_back(*std::move(violation));
    }
    return false;
  }
  return false;
}

}  // namespace nacre::check::judge
