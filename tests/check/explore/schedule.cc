#include "tests/check/explore/schedule.h"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <filesystem>
#include <fstream>
#include <map>
#include <set>
#include <sstream>

namespace nacre::check::explore {
namespace {

constexpr ScheduleVerdict kWritableVerdicts[] = {
    ScheduleVerdict::kPrevented, ScheduleVerdict::kAllowed, ScheduleVerdict::kStronger,
    ScheduleVerdict::kRequired, ScheduleVerdict::kFalseAbort};

std::string Trim(std::string_view text) {
  while (!text.empty() && std::isspace(static_cast<unsigned char>(text.front()))) {
    text.remove_prefix(1);
  }
  while (!text.empty() && std::isspace(static_cast<unsigned char>(text.back()))) {
    text.remove_suffix(1);
  }
  return std::string(text);
}

std::vector<std::string> Split(std::string_view text) {
  std::istringstream stream{std::string(text)};
  std::vector<std::string> words;
  for (std::string word; stream >> word;) words.push_back(word);
  return words;
}

// Cuts `text` at the first `separator`; nullopt if there is none.
std::optional<std::pair<std::string, std::string>> Cut(std::string_view text,
                                                       std::string_view separator) {
  const size_t at = text.find(separator);
  if (at == std::string_view::npos) return std::nullopt;
  return std::make_pair(Trim(text.substr(0, at)), Trim(text.substr(at + separator.size())));
}

bool IsSession(std::string_view word) {
  return word.size() >= 2 && std::isupper(static_cast<unsigned char>(word[0])) &&
         std::all_of(word.begin() + 1, word.end(),
                     [](unsigned char c) { return std::isdigit(c) != 0; });
}

absl::Status Invalid(const std::string& why) { return absl::InvalidArgumentError(why); }

absl::StatusOr<State> ParseState(const std::string& text) {
  State state;
  if (text == "{}") return state;
  for (const std::string& word : Split(text)) {
    auto pair = Cut(word, "=");
    if (!pair || pair->first.empty()) return Invalid("expected key=value, found '" + word + "'");
    if (!state.emplace(pair->first, pair->second).second) {
      return Invalid("key '" + pair->first + "' is given twice");
    }
  }
  return state;
}

// Reads the lines of one schedule. Each method answers without the line number; Parse() adds it.
class Parser {
 public:
  absl::StatusOr<Schedule> Parse(std::string_view text) {
    std::istringstream stream{std::string(text)};
    std::string line;
    while (std::getline(stream, line)) {
      ++line_;
      line = Trim(line);
      if (line.empty() || line[0] == '#') continue;
      if (absl::Status status = ParseLine(line); !status.ok()) return At(line_, status);
    }
    if (absl::Status status = CheckWhole(); !status.ok()) {
      return line_ == 0 ? status : At(line_, status);
    }
    return schedule_;
  }

 private:
  static absl::Status At(int line, const absl::Status& status) {
    return Invalid("line " + std::to_string(line) + ": " + std::string(status.message()));
  }

  absl::Status ParseLine(const std::string& line) {
    auto parts = Cut(line, ":");
    if (!parts) return Invalid("expected 'name: ...'");
    const auto& [name, rest] = *parts;
    if (IsSession(name)) return ParseStep(name, rest);
    if (name == "anomaly") return SetOnce(schedule_.anomaly, name, rest);
    if (name == "source") return SetOnce(schedule_.source, name, rest);
    if (name == "licence") return SetOnce(schedule_.licence, name, rest);
    if (name == "initial") {
      if (!schedule_.steps.empty()) return Invalid("'initial' must stand before the first step");
      if (has_initial_) return Invalid("'initial' is given twice");
      absl::StatusOr<State> state = ParseState(rest);
      if (!state.ok()) return state.status();
      schedule_.initial = *std::move(state);
      has_initial_ = true;
      return absl::OkStatus();
    }
    if (name == "expiry") return ParseExpiries(rest);
    if (name == "snapshots") {
      if (schedule_.short_lived_snapshots) return Invalid("'snapshots' is given twice");
      if (rest != "short-lived") return Invalid("snapshots can be short-lived, and nothing else");
      schedule_.short_lived_snapshots = true;
      return absl::OkStatus();
    }
    return ParseOutcome(name, rest);
  }

  absl::Status ParseExpiries(const std::string& rest) {
    if (!schedule_.expiries.empty()) return Invalid("'expiry' is given twice");
    absl::StatusOr<State> pairs = ParseState(rest);
    if (!pairs.ok()) return pairs.status();
    for (const auto& [key, text] : *pairs) {
      int64_t second = 0;
      auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), second);
      if (error != std::errc() || end != text.data() + text.size() || second <= 0) {
        return Invalid("'" + text + "' is not a second behind 0");
      }
      if (second > kSecondMax) return Invalid("time ends with the second 1000000000");
      schedule_.expiries[key] = second;
    }
    return absl::OkStatus();
  }

  static absl::Status SetOnce(std::string& field, const std::string& name,
                              const std::string& text) {
    if (!field.empty()) return Invalid("'" + name + "' is given twice");
    if (text.empty()) return Invalid("'" + name + "' is empty");
    field = text;
    return absl::OkStatus();
  }

  absl::Status ParseStep(const std::string& session, const std::string& rest) {
    if (!schedule_.outcomes.empty()) return Invalid("steps must stand before the outcomes");
    Step step{.line = line_, .session = session, .operation = {}, .expected = std::nullopt};
    std::string text = rest;
    if (auto parts = Cut(rest, "->"); parts) {
      text = parts->first;
      if (parts->second.empty()) return Invalid("expected a value after '->'");
      step.expected = parts->second;
    }
    absl::StatusOr<Operation> operation = ParseOperation(text);
    if (!operation.ok()) return operation.status();
    step.operation = *std::move(operation);

    const bool begins = step.operation.kind == OperationKind::kBegin;
    const auto opened = open_.find(session);
    const bool open = opened != open_.end();
    if (step.operation.outside_transactions()) {
      if (open) return Invalid(session + " is inside its transaction");
      if (step.expected) return Invalid("there is no answer to expect");
      if (step.operation.kind == OperationKind::kAdvance) {
        const int64_t seconds = std::stoll(step.operation.value);
        if (seconds > kSecondMax - now_s_) return Invalid("time ends with the second 1000000000");
        now_s_ += seconds;
      }
      if (step.operation.kind == OperationKind::kFlush) NameTransaction(session);
      schedule_.steps.push_back(std::move(step));
      return absl::OkStatus();
    }
    if (begins && open) return Invalid(session + " begins inside its transaction");
    if (!begins && !open) return Invalid(session + " is not in a transaction");
    if (begins) {
      open_[session] = {.read_only = step.operation.read_only};
      NameTransaction(session);
    } else if (step.operation.ends_transaction()) {
      open_.erase(session);
    } else if (absl::Status status = CheckInside(step, opened->second); !status.ok()) {
      return status;
    }
    schedule_.steps.push_back(std::move(step));
    return absl::OkStatus();
  }

  void NameTransaction(const std::string& session) {
    names_.insert(TransactionName(session, ++transactions_[session]));
  }

  struct OpenTransaction {
    bool read_only = false;
    bool has_savepoint = false;
  };

  // What the engine has to refuse says nothing about isolation.
  static absl::Status CheckInside(const Step& step, OpenTransaction& open) {
    if (open.read_only && step.operation.writes()) {
      return Invalid("the transaction of " + step.session + " is READONLY");
    }
    if (step.operation.kind == OperationKind::kSavepoint) open.has_savepoint = true;
    if (step.operation.kind == OperationKind::kRollbackTo && !open.has_savepoint) {
      return Invalid("there is no SAVEPOINT to go back to");
    }
    return absl::OkStatus();
  }

  absl::Status ParseOutcome(const std::string& name, const std::string& rest) {
    const std::vector<std::string> words = Split(name);
    if (words.size() != 2) return Invalid("unknown line '" + name + "'");
    std::vector<Isolation> levels;
    if (words[0] == "snapshot" || words[0] == "both") levels.push_back(Isolation::kSnapshot);
    if (words[0] == "serializable" || words[0] == "both") {
      levels.push_back(Isolation::kSerializable);
    }
    if (levels.empty()) return Invalid("unknown isolation level '" + words[0] + "'");

    ScheduleOutcome outcome;
    outcome.line = line_;
    const auto* verdict = std::find_if(std::begin(kWritableVerdicts), std::end(kWritableVerdicts),
                                       [&](ScheduleVerdict v) { return words[1] == Name(v); });
    if (verdict == std::end(kWritableVerdicts))
      return Invalid("unknown verdict '" + words[1] + "'");
    outcome.verdict = *verdict;

    auto parts = Cut(rest, "->");
    if (!parts) return Invalid("expected 'transactions -> final state'");
    if (parts->first != "none") outcome.committed = Split(parts->first);
    if (outcome.committed.empty() && parts->first != "none") return Invalid("who committed?");
    for (const std::string& transaction : outcome.committed) {
      if (names_.count(transaction) == 0) return Invalid("no transaction '" + transaction + "'");
    }
    std::sort(outcome.committed.begin(), outcome.committed.end());
    absl::StatusOr<State> state = ParseState(parts->second);
    if (!state.ok()) return state.status();
    outcome.final_state = *std::move(state);
    for (Isolation level : levels) {
      outcome.level = level;
      schedule_.outcomes.push_back(outcome);
    }
    return absl::OkStatus();
  }

  absl::Status CheckWhole() const {
    if (schedule_.anomaly.empty()) return Invalid("'anomaly' is missing");
    if (!has_initial_) return Invalid("'initial' is missing");
    if (schedule_.steps.empty()) return Invalid("there are no steps");
    if (!open_.empty()) return Invalid(open_.begin()->first + " never ends its transaction");
    for (const auto& [key, second] : schedule_.expiries) {
      if (schedule_.initial.count(key) == 0) return Invalid("no key '" + key + "' can expire");
    }
    if (schedule_.outcomes.empty()) return absl::OkStatus();
    for (Isolation level : {Isolation::kSnapshot, Isolation::kSerializable}) {
      if (std::none_of(schedule_.outcomes.begin(), schedule_.outcomes.end(),
                       [&](const ScheduleOutcome& outcome) { return outcome.level == level; })) {
        return Invalid(std::string("no outcome is given for ") + Name(level));
      }
    }
    return absl::OkStatus();
  }

  int line_ = 0;
  bool has_initial_ = false;
  int64_t now_s_ = 0;  // Behind all steps.
  Schedule schedule_;
  std::map<std::string, OpenTransaction> open_;  // By session.
  std::map<std::string, int> transactions_;      // How many each session has begun.
  std::set<std::string> names_;                  // Of all transactions.
};

}  // namespace

const char* Name(ScheduleVerdict verdict) {
  switch (verdict) {
    case ScheduleVerdict::kPrevented: return "prevented";
    case ScheduleVerdict::kAllowed: return "allowed";
    case ScheduleVerdict::kStronger: return "stronger";
    case ScheduleVerdict::kRequired: return "required";
    case ScheduleVerdict::kFalseAbort: return "false-abort";
    case ScheduleVerdict::kViolated: return "violated";
    case ScheduleVerdict::kUnlisted: return "unlisted";
  }
  return "unknown-verdict";
}

const char* Name(Isolation level) {
  return level == Isolation::kSnapshot ? "snapshot" : "serializable";
}

std::string TransactionName(const std::string& session, int count) {
  return count == 1 ? session : session + "/" + std::to_string(count);
}

bool Schedule::has_expiry() const {
  return !expiries.empty() || std::any_of(steps.begin(), steps.end(), [](const Step& step) {
    return step.operation.expires_s.has_value();
  });
}

bool Schedule::has_flush() const {
  return std::any_of(steps.begin(), steps.end(),
                     [](const Step& step) { return step.operation.kind == OperationKind::kFlush; });
}

std::vector<std::string> Schedule::Sessions() const {
  std::vector<std::string> sessions;
  for (const Step& step : steps) {
    if (std::find(sessions.begin(), sessions.end(), step.session) == sessions.end()) {
      sessions.push_back(step.session);
    }
  }
  return sessions;
}

std::string ToText(const Schedule& schedule) {
  auto state = [](const State& pairs) {
    std::string text;
    for (const auto& [key, value] : pairs) text += " " + key + "=" + value;
    return text.empty() ? " {}" : text;
  };
  std::string text = "anomaly: " + schedule.anomaly + "\n";
  if (!schedule.source.empty()) text += "source: " + schedule.source + "\n";
  if (!schedule.licence.empty()) text += "licence: " + schedule.licence + "\n";
  text += "initial:" + state(schedule.initial) + "\n";
  if (!schedule.expiries.empty()) text += "expiry:";
  for (const auto& [key, second] : schedule.expiries) {
    text += " " + key + "=" + std::to_string(second);
  }
  if (!schedule.expiries.empty()) text += "\n";
  if (schedule.short_lived_snapshots) text += "snapshots: short-lived\n";
  text += "\n";
  for (const Step& step : schedule.steps) {
    text += step.session + ": " + ToString(step.operation);
    if (step.expected) text += " -> " + *step.expected;
    text += "\n";
  }
  if (!schedule.outcomes.empty()) text += "\n";
  for (const ScheduleOutcome& outcome : schedule.outcomes) {
    text += std::string(Name(outcome.level)) + " " + Name(outcome.verdict) + ":";
    for (const std::string& transaction : outcome.committed) text += " " + transaction;
    if (outcome.committed.empty()) text += " none";
    text += " ->" + state(outcome.final_state) + "\n";
  }
  return text;
}

absl::StatusOr<Schedule> ParseSchedule(std::string_view text) { return Parser().Parse(text); }

absl::StatusOr<Schedule> LoadSchedule(const std::string& path) {
  if (std::error_code ignored; std::filesystem::is_directory(path, ignored)) {
    return Invalid(path + ": is a directory");
  }
  std::ifstream file(path);
  if (!file) return absl::NotFoundError(path + ": no such file");
  std::ostringstream text;
  text << file.rdbuf();
  absl::StatusOr<Schedule> schedule = ParseSchedule(text.str());
  if (!schedule.ok()) return Invalid(path + ": " + std::string(schedule.status().message()));
  return schedule;
}

}  // namespace nacre::check::explore
