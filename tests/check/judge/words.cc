#include "nacre/check/words.h"

#include <algorithm>
#include <array>

#include "tests/check/judge/printable.h"
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

bool IsAbout(const Violation& violation, TxnId t, const Op& op) {
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
  size_t passed_over = 0;
  std::string_view separator = " ";
  for (uint32_t i = 0; i < ops.size(); ++i) {
    const Op& op = ops[i];
    if (op.in_scan) continue;
    if (ops.size() > kShownMax && !violation.edges.empty() && !IsAbout(violation, t, op)) {
      ++passed_over;
      continue;
    }
    text += Cat(separator, OpWords(history, t, i));
    separator = "; ";
  }
  if (passed_over > 0) text += Cat("; and ", passed_over, " others");
  return text;
}

std::string CycleWords(const History& history, const Violation& violation) {
  std::string text;
  for (const Edge& edge : violation.edges) {
    text += Cat(history.name(edge.from), " --", ToString(edge.kind),
                edge.key == kNone ? std::string() : Cat(" ", judge::KeyText(history, edge.key)),
                "--> ");
  }
  if (!text.empty()) text += history.name(violation.edges.front().from);
  return text;
}

std::string ViolationWords(const History& history, const Violation& violation) {
  std::string text = Cat(violation.name(), ": ", MeaningOf(violation.anomaly), "\n");
  if (violation.edges.empty()) {
    text += Cat("  ", violation.words, "\n");
  } else {
    text += Cat("  ", CycleWords(history, violation), "\n");
    for (const Edge& edge : violation.edges) text += Cat("  - ", edge.reason, "\n");
    for (const std::string_view sentence : judge::Sentences(violation.remark)) {
      text += Cat("  - ", sentence, "\n");
    }
  }
  for (const TxnId t : violation.txns) text += Cat("  ", TxnWords(history, t, violation), "\n");
  for (const TxnId t : violation.witnesses) {
    text += Cat("  ", TxnWords(history, t, violation), "\n");
  }
  return text;
}

}  // namespace nacre::check
