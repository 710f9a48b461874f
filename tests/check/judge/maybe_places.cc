#include "tests/check/judge/maybe_places.h"

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include "tests/check/judge/maybe_bounds.h"
#include "tests/check/judge/maybe_evidence.h"
#include "tests/check/judge/maybe_proof.h"
#include "tests/check/judge/replay_state.h"

namespace nacre::check::judge {
namespace {

class Places {
 public:
  Places(const History& history, const MaybeEvidence& evidence, const MaybeBounds& bounds)
      : history_(history), evidence_(evidence), bounds_(bounds) {}

  // WITNESS of ONE-PLACE: the history explains itself with the places chosen. Where an answer is
  // not explained, another that may have left it is tried, just before.
  bool Explain(const Stop& stop) {
    constexpr int kTriesMax = 30;
    std::vector<std::pair<uint64_t, TxnId>> commits;
    for (const uint32_t m : bounds_.CommitOrder(stop)) {
      commits.emplace_back(CommitAt(bounds_.last(m)), evidence_.maybes()[m].txn);
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
  struct Unexplained {
    KeyId key = kNone;  // kNone: something that is no answer.
    ValueId value = kNone;
    int64_t begin = 0;
  };

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
    if (const auto known = history_.begin_timestamp(t); known.has_value()) {
      const uint64_t begin = 2 * *known + 2;
      if (at <= begin) return false;
      for (const Op& op : history_.ops(t)) {
        if (!op.writes()) continue;
        const ReplayState::Key& key = state.key(op.key);
        if (key.writer != kNone && key.writer != t && key.committed > begin) return false;
      }
    }
    state.Apply(t, at);
    return true;
  }

  const History& history_;
  const MaybeEvidence& evidence_;
  const MaybeBounds& bounds_;
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
    const MaybeBounds bounds(evidence, stop);
    if (stop()) return false;
    const bool possible = bounds.without_place() == kNone && bounds.Cycle(stop).empty();
    if (possible && Places(history, evidence, bounds).Explain(stop)) return true;
    if (guess != Ambiguous::kTellsNothing) continue;
    std::optional<Violation> violation =
        possible ? LeftByNone(history, level, evidence, bounds, stop)
                 : ContradictionOfPlaces(history, level, evidence, bounds, stop);
    if (!violation.has_value()) continue;
    if (Forbids(level, violation->anomaly, violation->order)) {
      verdict.violations.push_back(*std::move(violation));
    }
    return false;
  }
  return false;
}

}  // namespace nacre::check::judge
