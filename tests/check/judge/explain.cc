#include "tests/check/judge/explain.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "tests/check/judge/cycle_search.h"
#include "tests/check/judge/shown.h"
#include "tests/check/judge/text.h"

namespace nacre::check::judge {
namespace {

// The last write of `key` by `t`.
ValueId LastWriteOf(const History& history, TxnId t, KeyId key) {
  const absl::Span<const Op> ops = history.ops(t);
  for (size_t i = ops.size(); i-- > 0;) {
    if (ops[i].writes() && ops[i].key == key) return ops[i].value;
  }
  return kNone;
}

// The write by `to` that `edge` leads to: the first one behind `position`.
ValueId WriteBehind(const History& history, const Observations& seen, const Edge& edge,
                    uint32_t position) {
  if (position != kNoPosition) {
    const absl::Span<const Version> versions = seen.versions[edge.key];
    for (; position < versions.size(); ++position) {
      if (versions[position].writer != edge.to) continue;
      // Of versions that stand there by their commit timestamps, no read told the value.
      const ValueId value = versions[position].value;
      return value == kNone ? LastWriteOf(history, edge.to, edge.key) : value;
    }
  }
  return LastWriteOf(history, edge.to, edge.key);
}

// "2", "its deletion".
std::string WrittenText(const History& history, ValueId value) {
  return value == kNone ? "its deletion" : ValueText(history, value);
}

std::string ReadWriteReason(const History& history, const Observations& seen, const Edge& edge) {
  const std::string from = history.name(edge.from);
  const std::string to = history.name(edge.to);
  const std::string key = KeyText(history, edge.key);
  const ExternalRead* read = nullptr;
  for (const ExternalRead& candidate : seen.reads[edge.from]) {
    if (candidate.key == edge.key) read = &candidate;
  }
  const ValueId value =
      WriteBehind(history, seen, edge, read == nullptr ? kNoPosition : read->position);
  const std::string written = WrittenText(history, value);
  if (read == nullptr) return Cat(from, " read ", key, ", without ", written, " by ", to);
  const Op& op = history.ops(edge.from)[read->op];
  const std::string did = Cat(from, " ", PastText(history, op));
  if (seen.is_list[edge.key]) {
    const std::string where = op.kind == OpKind::kScan ? Cat(" to ", key) : std::string();
    return Cat(did, ", without the ", written, " that ", to, " appended", where);
  }
  if (op.kind == OpKind::kScan) {
    return Cat(did, " and did not find ", key, ", which ", to, " wrote later, with ", written);
  }
  if (op.value == kNone) return Cat(did, "; ", to, " wrote ", key, " = ", written, " later");
  if (value == kNone) return Cat(did, ", which ", to, " deleted later");
  return Cat(did, ", which ", to, " overwrote with ", written);
}

std::string WriteReadReason(const History& history, const Observations& seen, const Edge& edge) {
  const std::string from = history.name(edge.from);
  for (const ExternalRead& read : seen.reads[edge.to]) {
    if (read.key != edge.key || read.from != edge.from) continue;
    const Op& op = history.ops(edge.to)[read.op];
    const std::string did = Cat(history.name(edge.to), " ", PastText(history, op));
    if (!seen.is_list[edge.key]) return Cat(did, ", which ", from, " wrote");
    if (read.position == kNoPosition || read.position == 0) return Cat(did, ", after ", from);
    const ValueId value = seen.versions[edge.key][read.position - 1].value;
    return Cat(did, ", whose ", ValueText(history, value), " ", from, " appended");
  }
  return Cat(history.name(edge.to), " read what ", from, " wrote to ", KeyText(history, edge.key));
}

std::string WriteWriteReason(const History& history, const Observations& seen, const Edge& edge) {
  ValueId before = kNone;
  ValueId after = kNone;
  const absl::Span<const Version> versions = seen.versions[edge.key];
  for (size_t i = 0; i < versions.size(); ++i) {
    if (versions[i].writer == edge.from && after == kNone) before = versions[i].value;
    if (versions[i].writer == edge.to && before != kNone && after == kNone) {
      after = versions[i].value;
    }
  }
  const bool unseen = after == kNone;
  if (before == kNone) before = LastWriteOf(history, edge.from, edge.key);
  if (after == kNone) after = LastWriteOf(history, edge.to, edge.key);
  const std::string key = KeyText(history, edge.key);
  const std::string did =
      seen.is_list[edge.key]
          ? Cat(history.name(edge.from), " appended ", ValueText(history, before), " to ", key)
          : Cat(history.name(edge.from), before == kNone ? " deleted " : " wrote ", key,
                before == kNone ? std::string() : Cat(" = ", ValueText(history, before)));
  const std::string to = history.name(edge.to);
  if (!seen.is_list[edge.key]) {
    return after == kNone ? Cat(did, ", and ", to, " deleted it later")
                          : Cat(did, ", which ", to, " overwrote with ", ValueText(history, after));
  }
  return Cat(did, ", and the ", ValueText(history, after), " of ", to,
             unseen ? ", which no read shows, came later" : " stands behind it");
}

}  // namespace

std::string ReasonOf(const History& history, const Observations& seen, const Edge& edge) {
  const std::string from = history.name(edge.from);
  const std::string to = history.name(edge.to);
  switch (edge.kind) {
    case EdgeKind::kWw: return WriteWriteReason(history, seen, edge);
    case EdgeKind::kWr: return WriteReadReason(history, seen, edge);
    case EdgeKind::kRw:
    case EdgeKind::kRwPredicate: return ReadWriteReason(history, seen, edge);
    case EdgeKind::kWwForced:
      return Cat(from, " read ", KeyText(history, edge.key), " and wrote it, so ", to,
                 ", which wrote it too, unseen by any read, has to come later");
    case EdgeKind::kSession:
      return Cat(from, " came before ", to, " in session ",
                 SessionText(history, history.session(edge.from)));
    case EdgeKind::kRealTime:
      return Cat(from, " had returned at ", history.completed(edge.from), ", before ", to,
                 " was begun at ", history.invoked(edge.to));
  }
  return "";
}

namespace {

// Told last is the edge that contradicts the others: best an rw, which says what was not seen;
// never the order of a session or of time, unless there is nothing else.
int RankAsLast(EdgeKind kind) {
  switch (kind) {
    case EdgeKind::kRw:
    case EdgeKind::kRwPredicate: return 0;
    case EdgeKind::kWr: return 1;
    case EdgeKind::kWw:
    case EdgeKind::kWwForced: return 2;
    case EdgeKind::kSession:
    case EdgeKind::kRealTime: return 3;
  }
  return 3;
}

void PutContradictionLast(std::vector<Edge>& cycle) {
  const auto last = std::min_element(cycle.begin(), cycle.end(), [](const Edge& a, const Edge& b) {
    return std::pair(RankAsLast(a.kind), a.to) < std::pair(RankAsLast(b.kind), b.to);
  });
  std::rotate(cycle.begin(), std::next(last), cycle.end());
}

}  // namespace

Violation ViolationOf(const History& history, const Observations& seen, std::vector<Edge> cycle,
                      Anomaly anomaly) {
  Violation violation;
  violation.anomaly = anomaly;
  violation.order = OrderOf(cycle);
  PutContradictionLast(cycle);
  std::string picture;
  std::string reasons;
  for (Edge& edge : cycle) {
    if (edge.reason.empty()) edge.reason = ReasonOf(history, seen, edge);
    violation.txns.push_back(edge.from);
  }
  const auto show = [&](size_t i) {
    const Edge& edge = cycle[i];
    picture +=
        Cat(TxnText(history, edge.from), " --", ToString(edge.kind),
            edge.key == kNone ? std::string() : Cat(" ", KeyText(history, edge.key)), "--> ");
    reasons += Cat("; ", edge.reason);
  };
  ForEachShown(cycle.size(), show, [&](size_t left_out) {
    picture += Cat("(", left_out, " more) --> ");
    reasons += Cat("; and so on, ", left_out, " more");
  });
  violation.words = Cat(picture, history.name(cycle.front().from), reasons);
  violation.edges = std::move(cycle);
  return violation;
}

void AddRemark(std::string remark, Violation& violation) {
  violation.words += Cat("; ", remark);
  violation.remark = std::move(remark);
}

void AddWitnesses(absl::Span<const TxnId> txns, Violation& violation) {
  const auto has = [](const std::vector<TxnId>& all, TxnId t) {
    return std::find(all.begin(), all.end(), t) != all.end();
  };
  for (const TxnId t : txns) {
    if (has(violation.txns, t) || has(violation.witnesses, t)) continue;
    violation.witnesses.push_back(t);
  }
}

}  // namespace nacre::check::judge
