#include "tests/check/judge/cycle_judge.h"

#include <algorithm>
#include <numeric>
#include <optional>
#include <set>
#include <utility>
#include <vector>

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

  void Run() {
    if (search_.Components(Strongest()).empty()) {
      if (seen_.unread.items.size() > 1 && SnapshotLevel()) OrderUnread();
      return;
    }
    for (const Order order : {Order::kData, Order::kSession, Order::kRealTime}) {
      if (!Knows(level_, order)) continue;
      for (const Step& step : StepsOf(order)) Take(step);
    }
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
  // snapshot isolation it matters in which: there has to be one that makes no cycle. (A serial
  // order of all transactions is one for them too, so nothing is to be done for serializability.)
  void OrderUnread() {
    std::vector<std::vector<TxnId>> orders;
    const CycleClass serial = {Strongest().kinds, false};
    if (search_.Components(serial).empty()) return;
    orders.push_back(search_.Order(Strongest()));
    std::vector<TxnId> by_end(history_.size());
    std::iota(by_end.begin(), by_end.end(), 0);
    std::stable_sort(by_end.begin(), by_end.end(), [this](TxnId a, TxnId b) {
      return history_.completed(a) < history_.completed(b);
    });
    orders.push_back(std::move(by_end));
    for (const std::vector<TxnId>& order : orders) {
      if (HoldsInOrder(order)) return;
    }
    verdict_.ruling = Ruling::kUnknown;
    KeyId key = 0;
    while (seen_.unread[key].size() < 2) ++key;
    verdict_.reason =
        Cat("it depends on the order of writes that no read shows, such as those of ",
            history_.name(seen_.unread[key][0]), " and ", history_.name(seen_.unread[key][1]),
            " to ", history_.key(key), ", and none of the orders tried explains the history");
  }

  bool HoldsInOrder(const std::vector<TxnId>& order) const {
    std::vector<uint32_t> rank(order.size());
    for (uint32_t i = 0; i < order.size(); ++i) rank[order[i]] = i;
    Observations ordered = seen_;
    ordered.versions = {};
    for (KeyId key = 0; key < seen_.versions.size(); ++key) {
      for (const Version& version : seen_.versions[key]) ordered.versions.items.push_back(version);
      std::vector<TxnId> unread(seen_.unread[key].begin(), seen_.unread[key].end());
      std::sort(unread.begin(), unread.end(), [&](TxnId a, TxnId b) { return rank[a] < rank[b]; });
      for (const TxnId writer : unread) ordered.versions.items.push_back({.writer = writer});
      ordered.versions.EndRow();
    }
    ordered.unread = {};
    ordered.unread.first.assign(seen_.unread.first.size(), 0);
    const DependencyGraph graph(history_, ordered, GraphOptions());
    return CycleSearch(history_, graph).Components(Strongest()).empty();
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

void JudgeByCycles(const History& history, const Observations& seen, Level level,
                   const JudgeOptions& options, Verdict& verdict) {
  CycleJudge(history, seen, level, options, verdict).Run();
}

}  // namespace nacre::check::judge
