// The report for programs. docs/CHECKING.md describes its fields.

#include "tests/check/program/report_json.h"

#include <nlohmann/json.hpp>
#include <optional>

#include "nacre/check/words.h"

namespace nacre::check {
namespace {

using Json = nlohmann::ordered_json;

std::string_view OutcomeName(Outcome outcome) {
  switch (outcome) {
    case Outcome::kCommitted: return "ok";
    case Outcome::kAborted: return "fail";
    case Outcome::kIndeterminate: return "info";
  }
  return "";
}

Json TxnAsJson(const History& history, TxnId t) {
  Json json = {{"name", history.name(t)}, {"outcome", OutcomeName(history.outcome(t))}};
  if (history.line(t) != 0) json["line"] = history.line(t);
  if (history.session(t) != kNone) json["session"] = history.sessions().text(history.session(t));
  if (history.invoked(t) != kAlways) json["invoked"] = history.invoked(t);
  if (history.completed(t) != kNever) json["completed"] = history.completed(t);
  const std::optional<uint64_t> begin = history.begin_timestamp(t);
  const std::optional<uint64_t> commit = history.commit_timestamp(t);
  if (begin.has_value()) json["begin_timestamp"] = *begin;
  if (commit.has_value()) json["commit_timestamp"] = *commit;
  Json ops = Json::array();
  for (uint32_t i = 0; i < history.ops(t).size(); ++i) {
    if (!history.ops(t)[i].in_scan) ops.push_back(OpWords(history, t, i));
  }
  json["operations"] = std::move(ops);
  return json;
}

Json ViolationAsJson(const History& history, const Violation& violation) {
  Json json = {{"name", violation.name()},
               {"class", ToString(ClassOf(violation.anomaly))},
               {"meaning", MeaningOf(violation.anomaly)},
               {"words", violation.words}};
  Json txns = Json::array();
  for (const TxnId t : violation.txns) txns.push_back(TxnAsJson(history, t));
  if (!violation.remark.empty()) json["remark"] = violation.remark;
  json["transactions"] = std::move(txns);
  if (!violation.witnesses.empty()) {
    Json witnesses = Json::array();
    for (const TxnId t : violation.witnesses) witnesses.push_back(TxnAsJson(history, t));
    json["witnesses"] = std::move(witnesses);
  }
  Json edges = Json::array();
  for (const Edge& edge : violation.edges) {
    Json one = {{"from", history.name(edge.from)},
                {"to", history.name(edge.to)},
                {"kind", ToString(edge.kind)}};
    if (edge.key != kNone) one["key"] = history.key(edge.key);
    one["reason"] = edge.reason;
    edges.push_back(std::move(one));
  }
  json["edges"] = std::move(edges);
  return json;
}

Json VerdictAsJson(const History& history, Level level, const Verdict& verdict) {
  Json json = {{"level", ToString(level)}, {"verdict", RulingName(verdict.ruling)}};
  if (verdict.ruling == Ruling::kUnknown) json["reason"] = verdict.reason;
  Json violations = Json::array();
  for (const Violation& violation : verdict.violations) {
    violations.push_back(ViolationAsJson(history, violation));
  }
  json["violations"] = std::move(violations);
  json["notes"] = verdict.notes;
  return json;
}

void AddFacts(const History& history, const ReportOptions& options, Json& json) {
  if (!options.source.empty()) json["source"] = options.source;
  if (options.is_whole) {
    json["transactions"] = history.size();
    json["operations"] = history.operations();
    json["sessions"] = history.sessions().size();
    json["keys"] = history.keys().size();
  }
  if (options.facts.empty()) return;
  Json facts = Json::object();
  for (const auto& [name, value] : options.facts) facts[name] = value;
  json["facts"] = std::move(facts);
}

std::string Dump(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace

std::string ReportAsJson(const History& history, Level level, const Verdict& verdict,
                         const ReportOptions& options) {
  Json json = VerdictAsJson(history, level, verdict);
  AddFacts(history, options, json);
  return Dump(json);
}

std::string LevelsAsJson(const History& history, const std::vector<LevelVerdict>& verdicts,
                         const ReportOptions& options) {
  Json json = Json::object();
  AddFacts(history, options, json);
  Json levels = Json::array();
  for (const LevelVerdict& v : verdicts) {
    levels.push_back(VerdictAsJson(history, v.level, v.verdict));
  }
  json["levels"] = std::move(levels);
  return Dump(json);
}

}  // namespace nacre::check
