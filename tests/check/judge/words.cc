#include "nacre/check/words.h"

#include <algorithm>
#include <array>
#include <vector>

#include "tests/check/judge/printable.h"
#include "tests/check/judge/shown.h"
#include "tests/check/judge/text.h"

namespace nacre::check {
namespace {

using judge::Cat;

// By Anomaly.
constexpr std::array<std::string_view, kAnomalies> kMeanings = {
    "a transaction read what nobody wrote",
    "a transaction read what an aborted transaction wrote",
    "a transaction read what its writer overwrote before it committed",
    "an append stands in a list more than once",
    "reads disagree about the order of the appends to a list, or a read with that of one writer",
    "an answer contradicts the transaction's own operations",
    "two reads of one key by one transaction differ, without a write of its own in between",
    "transactions overwrote each other's writes in a cycle",
    "each transaction of a cycle saw or overwrote the one before it, and so itself",
    "no order of the writes agrees with everything that was read",
    "a transaction saw one write of another transaction and missed a second one",
    "a transaction read a key and then wrote it, unaware of a write in between: an update is lost",
    "a transaction missed a write on which something that it saw depends",
    "a transaction missed a write that it had to see, by what else it saw or wrote",
    "two readers saw two writes in opposite orders",
    "transactions missed each other's writes in a cycle that no choice of snapshots explains",
    "two transactions each overwrote what the other had read, and neither saw the other",
    "transactions read what others overwrote, in a cycle that no serial order explains",
    "transactions read ranges into which others wrote, in a cycle that no serial order explains",
    "a transaction saw, or overwrote, a commit that is later than its snapshot",
    "a transaction missed a commit that its snapshot has to contain",
    "a transaction committed no later than it began",
    "what every transaction of the workload keeps true was seen broken",
};
static_assert(std::all_of(kMeanings.begin(), kMeanings.end(),
                          [](std::string_view meaning) { return !meaning.empty(); }));

bool IsAbout(const History& history, const Violation& violation, TxnId t, const Op& op) {
  if (violation.edges.empty()) return judge::Tells(violation.words, judge::PastText(history, op));
  return std::any_of(violation.edges.begin(), violation.edges.end(), [&](const Edge& edge) {
    if (edge.from != t && edge.to != t) return false;
    return edge.key == op.key || (op.kind == OpKind::kScan && edge.kind == EdgeKind::kRwPredicate);
  });
}

}  // namespace

std::string_view MeaningOf(Anomaly anomaly) { return kMeanings[static_cast<size_t>(anomaly)]; }

std::string OpWords(const History& history, TxnId t, uint32_t index) {
  constexpr uint32_t kResultsMax = 12;
  const absl::Span<const Op> ops = history.ops(t);
  const Op& op = ops[index];
  std::string text = judge::OpText(history, op);
  if (op.kind != OpKind::kScan) return text;
  if (op.reverse) text += " in reverse";
  if (op.limited) text += Cat(", at most ", op.results());
  text += " = {";
  for (uint32_t i = 0; i < op.results(); ++i) {
    if (i > 0) text += ", ";
    if (i >= kResultsMax) return text + Cat("and ", op.results() - i, " others}");
    const Op& found = ops[index + i + 1];
    const std::string value = found.kind == OpKind::kReadList
                                  ? judge::ListText(history, found.list())
                                  : judge::ValueText(history, found.value);
    text += Cat(judge::KeyText(history, found.key), " ", value);
  }
  return text + "}";
}

std::string TxnWords(const History& history, TxnId t, const Violation& violation) {
  constexpr size_t kShownMax = 24;
  std::string about;
  const auto add = [&](const std::string& part) { about += (about.empty() ? "" : ", ") + part; };
  if (history.line(t) != 0) add(Cat("line ", history.line(t)));
  if (history.session(t) != kNone) {
    add(Cat("session ", judge::SessionText(history, history.session(t))));
  }
  if (history.outcome(t) == Outcome::kAborted) add("aborted");
  if (history.outcome(t) == Outcome::kIndeterminate) add("outcome unknown");
  std::string text = history.name(t);
  if (!about.empty()) text += Cat(" (", about, ")");
  text += ':';
  const absl::Span<const Op> ops = history.ops(t);
  const auto own = static_cast<size_t>(
      std::count_if(ops.begin(), ops.end(), [](const Op& op) { return !op.in_scan; }));
  const bool all = own <= kShownMax;
  std::vector<uint32_t> shown;
  for (const bool wanted : {true, false}) {
    for (uint32_t i = 0; i < ops.size() && shown.size() < kShownMax; ++i) {
      if (ops[i].in_scan) continue;
      if (all ? wanted : IsAbout(history, violation, t, ops[i]) == wanted) shown.push_back(i);
    }
  }
  std::sort(shown.begin(), shown.end());
  std::string_view separator = " ";
  for (const uint32_t i : shown) {
    text += Cat(separator, OpWords(history, t, i));
    separator = "; ";
  }
  if (!all) text += Cat("; and ", own - kShownMax, " others");
  return text;
}

std::string CycleWords(const History& history, const Violation& violation) {
  std::string text;
  const auto show = [&](size_t i) {
    const Edge& edge = violation.edges[i];
    text += Cat(history.name(edge.from), " --", ToString(edge.kind),
                edge.key == kNone ? std::string() : Cat(" ", judge::KeyText(history, edge.key)),
                "--> ");
  };
  judge::ForEachShown(violation.edges.size(), show,
                      [&](size_t left_out) { text += Cat("(", left_out, " more) --> "); });
  if (!text.empty()) text += history.name(violation.edges.front().from);
  return text;
}

std::string ViolationWords(const History& history, const Violation& violation) {
  std::string text = Cat(violation.name(), ": ", MeaningOf(violation.anomaly), "\n");
  const auto left_out = [&text](size_t count) { text += Cat("  ... and ", count, " more\n"); };
  if (violation.edges.empty()) {
    text += Cat("  ", violation.words, "\n");
  } else {
    text += Cat("  ", CycleWords(history, violation), "\n");
    const auto show = [&](size_t i) { text += Cat("  - ", violation.edges[i].reason, "\n"); };
    judge::ForEachShown(violation.edges.size(), show, left_out);
    for (const std::string_view sentence : judge::Sentences(violation.remark)) {
      text += Cat("  - ", sentence, "\n");
    }
  }
  const auto show = [&](TxnId t) { text += Cat("  ", TxnWords(history, t, violation), "\n"); };
  judge::ForEachShown(
      violation.txns.size(), [&](size_t i) { show(violation.txns[i]); }, left_out);
  const size_t witnesses = judge::WitnessesShown(violation);
  for (size_t i = 0; i < witnesses; ++i) show(violation.witnesses[i]);
  if (witnesses < violation.witnesses.size()) left_out(violation.witnesses.size() - witnesses);
  return text;
}

}  // namespace nacre::check
