#include "tests/check/judge/picture/scene.h"

#include <algorithm>
#include <map>
#include <utility>

#include "nacre/check/words.h"
#include "tests/check/judge/printable.h"
#include "tests/check/judge/shown.h"
#include "tests/check/judge/text.h"

namespace nacre::check::judge {
namespace {

constexpr uint32_t kOpCellsMax = 44;
constexpr uint32_t kLabelCellsMax = 30;
constexpr size_t kLinesMax = 14;

// Whether `op` of the edge's first (or second) transaction is why the edge is there.
bool Concerns(const History& history, const Edge& edge, bool first, const Op& op) {
  const bool reads_first = edge.kind == EdgeKind::kRw || edge.kind == EdgeKind::kRwPredicate;
  const bool reads = first ? reads_first : edge.kind == EdgeKind::kWr;
  if (edge.key == kNone) return false;
  if (op.kind == OpKind::kScan) {
    if (!reads) return false;
    const std::string_view key = history.key(edge.key);
    return history.key(op.key) <= key &&
           (op.scan_end() == kNone || key < history.key(op.scan_end()));
  }
  return op.key == edge.key && op.writes() != reads;
}

bool IsStrong(const History& history, const Violation& violation, TxnId t, const Op& op) {
  if (violation.edges.empty()) return Tells(violation.words, PastText(history, op));
  return std::any_of(violation.edges.begin(), violation.edges.end(), [&](const Edge& edge) {
    return (edge.from == t && Concerns(history, edge, true, op)) ||
           (edge.to == t && Concerns(history, edge, false, op));
  });
}

std::string AboutOf(const History& history, const Violation& violation, TxnId t) {
  std::string about;
  const auto add = [&](const std::string& part) { about += (about.empty() ? "" : ", ") + part; };
  const auto number = [](uint64_t value, uint64_t unknown) {
    return value == unknown ? std::string("?") : std::to_string(value);
  };
  if (history.outcome(t) == Outcome::kAborted) add("aborted");
  if (history.outcome(t) == Outcome::kIndeterminate) add("outcome unknown");
  if (history.line(t) != 0) add(Cat("line ", history.line(t)));
  const auto begin = history.begin_timestamp(t);
  const auto commit = history.commit_timestamp(t);
  if (begin.has_value() || commit.has_value()) {
    add(Cat("time ", number(begin.value_or(kNever), kNever), "..",
            number(commit.value_or(kNever), kNever)));
  }
  if (violation.order == Order::kRealTime) {
    add(Cat("real ", number(history.invoked(t), kAlways), "..",
            number(history.completed(t), kNever)));
  }
  return about;
}

TxnBox BoxOf(const History& history, const Violation& violation, TxnId t) {
  TxnBox box = {.txn = t, .name = history.name(t), .about = AboutOf(history, violation, t)};
  const absl::Span<const Op> ops = history.ops(t);
  for (uint32_t i = 0; i < ops.size(); ++i) {
    if (ops[i].in_scan) continue;
    OpLine line = {.full = OpWords(history, t, i), .op = i};
    line.strong = IsStrong(history, violation, t, ops[i]);
    line.text = Shortened(line.full, kOpCellsMax);
    box.lines.push_back(std::move(line));
  }
  if (box.lines.size() <= kLinesMax) return box;
  // What the violation is about, and of the rest as much as there is room for.
  size_t strong = 0;
  for (const OpLine& line : box.lines) strong += line.strong;
  size_t room = kLinesMax - std::min(kLinesMax, strong);
  size_t left_out = 0;
  std::vector<OpLine> kept;
  for (OpLine& line : box.lines) {
    if (kept.size() >= 2 * kLinesMax || (!line.strong && room == 0)) {
      ++left_out;
      continue;
    }
    if (!line.strong) --room;
    kept.push_back(std::move(line));
  }
  const std::string more = Cat("... and ", left_out, " more");
  if (left_out > 0) kept.push_back({.text = more, .full = more});
  box.lines = std::move(kept);
  return box;
}

// Along the cycle; in real time if that is what it is about.
std::vector<TxnId> OrderOfTxns(const History& history, const Violation& violation) {
  std::vector<TxnId> txns;
  const std::vector<Edge>& edges = violation.edges;
  ForEachShown(edges.size(), [&](size_t i) { txns.push_back(edges[i].from); });
  ForEachShown(edges.size(), [&](size_t i) { txns.push_back(edges[i].to); });
  // Of a cycle they are those of its edges.
  if (edges.size() <= kEdgesShownMax) {
    ForEachShown(violation.txns.size(), [&](size_t i) { txns.push_back(violation.txns[i]); });
  }
  for (size_t i = 0; i < WitnessesShown(violation); ++i) txns.push_back(violation.witnesses[i]);
  std::vector<TxnId> once;
  for (const TxnId t : txns) {
    if (std::find(once.begin(), once.end(), t) == once.end()) once.push_back(t);
  }
  if (violation.order == Order::kRealTime) {
    std::stable_sort(once.begin(), once.end(),
                     [&](TxnId a, TxnId b) { return history.invoked(a) < history.invoked(b); });
  }
  return once;
}

void PutInLanes(const History& history, Scene& scene) {
  std::map<SessionId, uint32_t> lanes;
  for (TxnBox& box : scene.boxes) {
    const SessionId session = history.session(box.txn);
    const auto next = static_cast<uint32_t>(scene.lanes.size());
    box.lane = session == kNone ? next : lanes.try_emplace(session, next).first->second;
    if (box.lane < next) continue;
    scene.lanes.push_back(session == kNone
                              ? "no session"
                              : Cat("session ", Shortened(SessionText(history, session), 24)));
  }
}

Arrow ArrowOf(const History& history, const Scene& scene, const Edge& edge) {
  const auto box_of = [&](TxnId t) {
    uint32_t i = 0;
    while (scene.boxes[i].txn != t) ++i;
    return i;
  };
  Arrow arrow = {.from = box_of(edge.from), .to = box_of(edge.to), .kind = edge.kind};
  arrow.label = std::string(ToString(edge.kind));
  if (edge.key != kNone) arrow.label += Cat(" ", KeyText(history, edge.key));
  arrow.label = Shortened(arrow.label, kLabelCellsMax);
  arrow.reason = edge.reason;
  const std::vector<OpLine>& lines = scene.boxes[arrow.from].lines;
  for (uint32_t i = 0; i < lines.size() && arrow.from_line == kNone; ++i) {
    if (lines[i].op == kNone) continue;
    if (Concerns(history, edge, true, history.ops(edge.from)[lines[i].op])) arrow.from_line = i;
  }
  return arrow;
}

}  // namespace

Scene SceneOf(const History& history, const Violation& violation) {
  Scene scene = {.name = violation.name(), .meaning = std::string(MeaningOf(violation.anomaly))};
  for (const TxnId t : OrderOfTxns(history, violation)) {
    scene.boxes.push_back(BoxOf(history, violation, t));
  }
  PutInLanes(history, scene);
  const auto left_out = [&scene](size_t count, std::string_view what) {
    if (count > 0) scene.words.push_back(Cat("Not drawn: ", count, " more ", what, "."));
  };
  ForEachShown(
      violation.edges.size(),
      [&](size_t i) { scene.arrows.push_back(ArrowOf(history, scene, violation.edges[i])); },
      [&](size_t count) { left_out(count, "edges of the cycle, between the first and the last"); });
  if (violation.edges.empty()) {
    ForEachShown(
        violation.txns.size(), [](size_t) {},
        [&](size_t count) { left_out(count, "transactions"); });
  }
  left_out(violation.witnesses.size() - WitnessesShown(violation), "transactions besides");
  if (scene.arrows.empty()) scene.words.push_back(violation.words);
  for (const std::string_view sentence : Sentences(violation.remark)) {
    scene.words.emplace_back(sentence);
  }
  return scene;
}

}  // namespace nacre::check::judge
