#include "tests/check/judge/explain.h"

#include <utility>

#include "tests/check/judge/cycle_search.h"
#include "tests/check/judge/text.h"

namespace nacre::check::judge {
namespace {

// "x = 2", "x with 2 at its end"
std::string VersionText(const History& history, const Observations& seen, KeyId key,
                        ValueId value) {
  if (seen.is_list[key]) return Cat(history.value(value), " to ", history.key(key));
  return value == kNone ? Cat("no ", history.key(key))
                        : Cat(history.key(key), " = ", history.value(value));
}

std::string_view Verb(const Observations& seen, KeyId key) {
  return seen.is_list[key] ? "appended" : "wrote";
}

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
      if (versions[position].writer == edge.to) return versions[position].value;
    }
  }
  return LastWriteOf(history, edge.to, edge.key);
}

std::string ReadWriteReason(const History& history, const Observations& seen, const Edge& edge) {
  const ExternalRead* read = nullptr;
  for (const ExternalRead& candidate : seen.reads[edge.from]) {
    if (candidate.key == edge.key) read = &candidate;
  }
  const std::string did = read == nullptr
                              ? Cat(history.name(edge.from), " read ", history.key(edge.key))
                              : Cat(history.name(edge.from), " did ",
                                    OpText(history, history.ops(edge.from)[read->op]));
  const ValueId value =
      WriteBehind(history, seen, edge, read == nullptr ? kNoPosition : read->position);
  return Cat(did, ", before ", history.name(edge.to), " ", Verb(seen, edge.key), " ",
             VersionText(history, seen, edge.key, value));
}

std::string WriteReadReason(const History& history, const Observations& seen, const Edge& edge) {
  for (const ExternalRead& read : seen.reads[edge.to]) {
    if (read.key != edge.key || read.from != edge.from) continue;
    const ValueId value = read.position == kNoPosition || read.position == 0
                              ? history.ops(edge.to)[read.op].value
                              : seen.versions[edge.key][read.position - 1].value;
    return Cat(history.name(edge.from), " ", Verb(seen, edge.key), " ",
               VersionText(history, seen, edge.key, value), ", and ", history.name(edge.to),
               " did ", OpText(history, history.ops(edge.to)[read.op]));
  }
  return "";
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
  std::string_view why = "";
  if (before == kNone) before = LastWriteOf(history, edge.from, edge.key);
  if (after == kNone) {
    after = LastWriteOf(history, edge.to, edge.key);
    if (seen.is_list[edge.key]) why = " later: no read shows it";
  }
  return Cat(history.name(edge.from), " ", Verb(seen, edge.key), " ",
             VersionText(history, seen, edge.key, before), ", and ", history.name(edge.to), " ",
             Verb(seen, edge.key), " ", VersionText(history, seen, edge.key, after), why);
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
      return Cat(from, " read ", history.key(edge.key), " and wrote it, so ", to,
                 ", which wrote it too, unseen by any read, has to come later");
    case EdgeKind::kSession:
      return Cat(from, " came before ", to, " in session ",
                 history.sessions().text(history.session(edge.from)));
    case EdgeKind::kRealTime:
      return Cat(from, " had returned at ", history.completed(edge.from), ", before ", to,
                 " was begun at ", history.invoked(edge.to));
  }
  return "";
}

Violation ViolationOf(const History& history, const Observations& seen, std::vector<Edge> cycle,
                      Anomaly anomaly) {
  Violation violation;
  violation.anomaly = anomaly;
  violation.order = OrderOf(cycle);
  std::string picture;
  std::string reasons;
  for (Edge& edge : cycle) {
    if (edge.reason.empty()) edge.reason = ReasonOf(history, seen, edge);
    violation.txns.push_back(edge.from);
    picture += Cat(TxnText(history, edge.from), " --", ToString(edge.kind),
                   edge.key == kNone ? std::string() : Cat(" ", history.key(edge.key)), "--> ");
    reasons += Cat("; ", edge.reason);
  }
  violation.words = Cat(picture, history.name(cycle.front().from), reasons);
  violation.edges = std::move(cycle);
  return violation;
}

void AddRemark(std::string remark, Violation& violation) {
  violation.words += Cat("; ", remark);
  violation.remark = std::move(remark);
}

}  // namespace nacre::check::judge
