#include "tests/check/judge/cycle_judge.h"

#include <algorithm>
#include <optional>
#include <set>
#include <utility>
#include <vector>

#include "tests/check/judge/check.h"
#include "tests/check/judge/cycle_search.h"
#include "tests/check/judge/explain.h"
#include "tests/check/judge/text.h"

namespace nacre::check::judge {
namespace {

constexpr EdgeKinds kWrites = Bit(EdgeKind::kWw);
constexpr EdgeKinds kReads = kWrites | Bit(EdgeKind::kWr);
constexpr EdgeKinds kAll = kReads | Bit(EdgeKind::kWwForced) | kAntiDependencies;

// A class of cycles, and the edges of which one has to be in it: those that the classes before it
// do not have.
struct Step {
  CycleClass cycles;
  EdgeKinds required;
};

class CycleJudge {
 public:
  CycleJudge(const History& history, const Observations& seen, Level level,
             const JudgeOptions& options, Verdict& verdict)
      : history_(history),
        seen_(seen),
        level_(level),
        options_(options),
        verdict_(verdict),
        graph_(history, seen, GraphOptions()),
        search_(history, graph_) {}

  // Whether it also depends on the order of versions that nobody read.
  bool Run() {
    if (search_.Components(Strongest()).empty()) {
      return seen_.unread.items.size() > 1 && SnapshotLevel() && UnreadMatter();
    }
    for (const Order order : {Order::kData, Order::kSession, Order::kRealTime}) {
      if (!Knows(level_, order)) continue;
      for (const Step& step : StepsOf(order)) Take(step);
    }
    // COMPONENT-HAS-CYCLE. Components and paths are found by different means; where they disagree,
    // "holds" would be a guess.
    NACRE_JUDGE_CHECK(!verdict_.violations.empty(), "a component without a forbidden cycle");
    return false;
  }

 private:
  DependencyGraph::Options GraphOptions() const {
    return {.sessions = Knows(level_, Order::kSession),
            .real_time = Knows(level_, Order::kRealTime),
            .forced = Forbids(level_, Anomaly::kLostUpdate, Order::kData)};
  }
  bool SerialLevel() const { return Forbids(level_, Anomaly::kG2Item, Order::kData); }
  bool SnapshotLevel() const {
    return Forbids(level_, Anomaly::kLostUpdate, Order::kData) && !SerialLevel();
  }

  static EdgeKinds KindsOf(Order order) {
    if (order == Order::kData) return 0;
    if (order == Order::kSession) return Bit(EdgeKind::kSession);
    return Bit(EdgeKind::kSession) | Bit(EdgeKind::kRealTime);
  }

  std::vector<Step> StepsOf(Order order) const {
    const EdgeKinds more = KindsOf(order);
    const auto step = [&](EdgeKinds kinds, bool no_adjacent_rw, EdgeKinds required) {
      if (order == Order::kSession) required = Bit(EdgeKind::kSession);
      if (order == Order::kRealTime) required = Bit(EdgeKind::kRealTime);
      return Step{{static_cast<EdgeKinds>(kinds | more), no_adjacent_rw}, required};
    };
    std::vector<Step> steps = {step(kWrites, false, kWrites),
                               step(kReads, false, Bit(EdgeKind::kWr))};
    if (Forbids(level_, Anomaly::kGSingle, Order::kData)) {
      steps.push_back(step(kAll, true, kAntiDependencies | Bit(EdgeKind::kWwForced)));
    }
    if (SerialLevel()) steps.push_back(step(kAll, false, kAntiDependencies));
    return steps;
  }

  CycleClass Strongest() const {
    Order order = Order::kData;
    if (Knows(level_, Order::kSession)) order = Order::kSession;
    if (Knows(level_, Order::kRealTime)) order = Order::kRealTime;
    return StepsOf(order).back().cycles;
  }

  void Take(const Step& step) {
    uint32_t looked_at = 0;
    for (const std::vector<TxnId>& component : search_.Components(step.cycles)) {
      if (verdict_.violations.size() >= options_.violations_max ||
          looked_at++ >= options_.violations_max) {
        return;
      }
      std::optional<std::vector<Edge>> cycle =
          search_.Shortest(component, step.cycles, step.required);
      if (!cycle.has_value()) continue;
      const Anomaly anomaly = Classify(*cycle);
      Violation violation = ViolationOf(history_, seen_, *std::move(cycle), anomaly);
      std::vector<TxnId> txns = violation.txns;
      std::sort(txns.begin(), txns.end());
      if (told_.insert(std::move(txns)).second) {
        verdict_.violations.push_back(std::move(violation));
      }
    }
  }

  // Several versions of a key that nobody read may have been written in any order, and under
  // snapshot isolation it matters in which. (A serial order of all transactions is one for them
  // too, so nothing is to be done for serializability.)
  //
  // COMPONENTS-SUFFICE. Between components of the graph with all edges, any order that agrees with
  // the edges will do, since it closes no cycle. So only writers of one key in one component
  // matter.
  bool UnreadMatter() {
    const std::vector<uint32_t> ranks = search_.Ranks(Strongest().kinds);
    std::vector<uint32_t> row;
    for (KeyId key = 0; key < seen_.unread.size(); ++key) {
      row.clear();
      for (const TxnId t : seen_.unread[key]) row.push_back(ranks[t]);
      std::sort(row.begin(), row.end());
      if (std::adjacent_find(row.begin(), row.end()) != row.end()) return true;
    }
    return false;
  }

  const History& history_;
  const Observations& seen_;
  const Level level_;
  const JudgeOptions& options_;
  Verdict& verdict_;
  const DependencyGraph graph_;
  CycleSearch search_;
  std::set<std::vector<TxnId>> told_;
};

}  // namespace

bool JudgeByCycles(const History& history, const Observations& seen, Level level,
                   const JudgeOptions& options, Verdict& verdict) {
  return CycleJudge(history, seen, level, options, verdict).Run();
}

}  // namespace nacre::check::judge
