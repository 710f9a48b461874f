#include "tests/check/explore/shrink.h"

#include <algorithm>
#include <functional>
#include <numeric>
#include <set>
#include <utility>

namespace nacre::check::explore {
namespace {

// A schedule with something taken away; nullopt: there is no such thing. Numbered from 0.
using Candidate = std::function<std::optional<Schedule>(const Schedule&, size_t)>;

// --- What can be taken away, from much to little ---

std::string SessionOf(const std::string& transaction) {
  return transaction.substr(0, transaction.find('/'));
}

std::optional<Schedule> WithoutSession(const Schedule& schedule, size_t index) {
  const std::vector<std::string> sessions = schedule.Sessions();
  if (index >= sessions.size()) return std::nullopt;
  Schedule smaller = schedule;
  std::erase_if(smaller.steps, [&](const Step& s) { return s.session == sessions[index]; });
  for (ScheduleOutcome& outcome : smaller.outcomes) {
    std::erase_if(outcome.committed,
                  [&](const std::string& t) { return SessionOf(t) == sessions[index]; });
  }
  return smaller;
}

// From a BEGIN to the end of its transaction.
std::optional<Schedule> WithoutTransaction(const Schedule& schedule, size_t index) {
  if (!schedule.outcomes.empty()) return std::nullopt;  // They name transactions by their number.
  size_t first = 0;
  for (; first < schedule.steps.size(); ++first) {
    if (schedule.steps[first].operation.kind == OperationKind::kBegin && index-- == 0) break;
  }
  if (first == schedule.steps.size()) return std::nullopt;
  Schedule smaller = schedule;
  const std::string session = smaller.steps[first].session;
  for (size_t i = first; i < smaller.steps.size();) {
    if (smaller.steps[i].session != session) {
      ++i;
      continue;
    }
    const bool last = smaller.steps[i].operation.ends_transaction();
    smaller.steps.erase(smaller.steps.begin() + static_cast<ptrdiff_t>(i));
    if (last) break;
  }
  return smaller;
}

bool FramesTransaction(const Operation& operation) {
  return operation.kind == OperationKind::kBegin || operation.ends_transaction();
}

std::optional<Schedule> WithoutOperation(const Schedule& schedule, size_t index) {
  for (size_t i = 0; i < schedule.steps.size(); ++i) {
    if (FramesTransaction(schedule.steps[i].operation) || index-- != 0) continue;
    Schedule smaller = schedule;
    smaller.steps.erase(smaller.steps.begin() + static_cast<ptrdiff_t>(i));
    return smaller;
  }
  return std::nullopt;
}

std::optional<Schedule> WithoutInitialKey(const Schedule& schedule, size_t index) {
  if (index >= schedule.initial.size()) return std::nullopt;
  const std::string key = std::next(schedule.initial.begin(), static_cast<ptrdiff_t>(index))->first;
  Schedule smaller = schedule;
  smaller.initial.erase(key);
  smaller.expiries.erase(key);
  return smaller;
}

std::optional<Schedule> WithoutExpiry(const Schedule& schedule, size_t index) {
  if (index >= schedule.expiries.size()) return std::nullopt;
  Schedule smaller = schedule;
  smaller.expiries.erase(std::next(smaller.expiries.begin(), static_cast<ptrdiff_t>(index)));
  return smaller;
}

std::optional<Schedule> WithLastingSnapshots(const Schedule& schedule, size_t index) {
  if (index > 0 || !schedule.short_lived_snapshots) return std::nullopt;
  Schedule smaller = schedule;
  smaller.short_lived_snapshots = false;
  return smaller;
}

std::optional<Schedule> WithoutExpectedAnswer(const Schedule& schedule, size_t index) {
  for (size_t i = 0; i < schedule.steps.size(); ++i) {
    if (!schedule.steps[i].expected || index-- != 0) continue;
    Schedule smaller = schedule;
    smaller.steps[i].expected.reset();
    return smaller;
  }
  return std::nullopt;
}

// What can be in a final state.
std::set<std::string> KeysOf(const Schedule& schedule) {
  std::set<std::string> keys;
  for (const auto& [key, value] : schedule.initial) keys.insert(key);
  for (const Step& step : schedule.steps) {
    const OperationKind kind = step.operation.kind;
    if (kind == OperationKind::kSet || kind == OperationKind::kAdd ||
        kind == OperationKind::kDelete) {
      keys.insert(step.operation.key);
    }
  }
  return keys;
}

State Only(State state, const std::set<std::string>& keys) {
  std::erase_if(state, [&](const auto& item) { return keys.count(item.first) == 0; });
  return state;
}

bool IsListed(const Schedule& schedule, Isolation level,
              const std::vector<std::string>& committed) {
  return std::any_of(schedule.outcomes.begin(), schedule.outcomes.end(),
                     [&](const ScheduleOutcome& outcome) {
                       return outcome.level == level && outcome.committed == committed;
                     });
}

// The simpler forms of an operation, the simplest first.
std::vector<Operation> SimplerForms(const Operation& operation) {
  std::vector<Operation> forms;
  auto add = [&](auto change) {
    Operation simpler = operation;
    change(simpler);
    if (ToString(simpler) != ToString(operation)) forms.push_back(std::move(simpler));
  };
  add([](Operation& o) { o.read_only = false; });
  add([](Operation& o) { o.reverse = false; });
  add([](Operation& o) { o.limit.reset(); });
  add([](Operation& o) { o.expires_s.reset(); });
  if (operation.kind == OperationKind::kScan) add([](Operation& o) { o.where.reset(); });
  if (operation.kind == OperationKind::kGetForUpdate || operation.kind == OperationKind::kAdd) {
    add([](Operation& o) {
      o.kind = OperationKind::kGet;
      o.value.clear();
    });
  }
  if (operation.kind == OperationKind::kAdd) {
    add([](Operation& o) { o.kind = OperationKind::kSet; });
  }
  return forms;
}

std::optional<Schedule> WithSimplerOperation(const Schedule& schedule, size_t index) {
  for (size_t i = 0; i < schedule.steps.size(); ++i) {
    for (Operation& form : SimplerForms(schedule.steps[i].operation)) {
      if (index-- != 0) continue;
      Schedule smaller = schedule;
      smaller.steps[i].operation = std::move(form);
      return smaller;
    }
  }
  return std::nullopt;
}

// Initial values become 0, what is written 1, 2, ... in the order of the steps: all of them, or
// where that is too much one of them.
std::optional<Schedule> WithSimplerValues(const Schedule& schedule, size_t index) {
  Schedule simpler = schedule;
  std::vector<std::pair<std::string*, std::string>> changes;
  for (auto& [key, value] : simpler.initial) changes.emplace_back(&value, "0");
  int written = 0;
  for (Step& step : simpler.steps) {
    if (step.operation.kind != OperationKind::kSet) continue;
    changes.emplace_back(&step.operation.value, std::to_string(++written));
  }
  std::erase_if(changes, [](const auto& change) { return *change.first == change.second; });
  if (index > changes.size() || changes.empty()) return std::nullopt;
  for (size_t i = 0; i < changes.size(); ++i) {
    if (index == 0 || index == i + 1) *changes[i].first = changes[i].second;
  }
  return simpler;
}

// --- Whether it still fails in the same way ---

class Shrinker {
 public:
  Shrinker(const Schedule& schedule, const ExplorationOptions& options, const FailedRun& failure)
      : options_(options),
        original_(failure),
        committed_is_listed_(IsListed(schedule, options.level, failure.report.committed)) {
    options_.only_rule = failure.rule;
    options_.only_anomaly = failure.anomaly;
    // The order written is run whatever the bound.
    options_.preemptions_max = std::max(options_.preemptions_max, failure.preemptions);
    result_.schedule = schedule;
    result_.failure = failure;
    if (failure.rule != kOutcomeRule) {
      result_.schedule.outcomes.clear();
      for (Step& step : result_.schedule.steps) step.expected.reset();
      // From now on, interleavings with more preemptions than are needed are not looked at.
      TakeFewest(result_.schedule);
    } else if (!failure.report.wrong_answers.empty()) {
      result_.schedule.outcomes.clear();
    }
  }

  Shrunk operator()() {
    const Candidate kinds[] = {WithoutSession,        WithoutTransaction,   WithoutOperation,
                               WithoutInitialKey,     WithoutExpiry,        WithLastingSnapshots,
                               WithoutExpectedAnswer, WithSimplerOperation, WithSimplerValues};
    for (bool smaller = true; smaller;) {
      smaller = false;
      for (const Candidate& kind : kinds) smaller |= TakeAll(kind);
    }
    if (options_.only_rule == kOutcomeRule) {
      WriteWithFewestPreemptions();
    } else {
      TakeFewest(Schedule(result_.schedule));
    }
    result_.schedule.anomaly += kShrunk;
    PutInFailingOrder();
    return std::move(result_);
  }

 private:
  static constexpr char kShrunk[] = ", shrunk";

  // Takes what can be taken away of one kind. True if there was something.
  bool TakeAll(const Candidate& kind) {
    bool any = false;
    for (size_t index = 0;;) {
      const std::optional<Schedule> candidate = kind(result_.schedule, index);
      if (!candidate) return any;
      // What is behind the one that was taken has its number now.
      if (Take(*candidate)) {
        any = true;
      } else {
        ++index;
      }
    }
  }

  bool Take(const Schedule& candidate) {
    ++result_.candidates;
    // What is left must be a schedule that can be read.
    absl::StatusOr<Schedule> read = ParseSchedule(ToText(candidate));
    if (!read.ok()) return false;
    const std::set<std::string> keys = KeysOf(*read);
    for (ScheduleOutcome& outcome : read->outcomes) {
      outcome.final_state = Only(std::move(outcome.final_state), keys);
    }
    if (options_.only_rule == kOutcomeRule) return TakeIfSameOutcome(*read);
    return TakeIf(*read, ExploreOrders(*read, options_));
  }

  bool TakeFewest(const Schedule& candidate) {
    return TakeIf(candidate, ExploreFewestPreemptions(candidate, options_));
  }

  bool TakeIf(const Schedule& candidate, Exploration exploration) {
    if (!exploration.stuck.empty()) {
      result_.stuck = exploration.stuck;
      options_.goes_on = [](uint64_t) { return false; };
    }
    if (!exploration.failure || exploration.failure->is_mistake) return false;
    options_.preemptions_max = std::min(options_.preemptions_max, exploration.failure->preemptions);
    result_.schedule = candidate;
    result_.failure = *std::move(exploration.failure);
    return true;
  }

  bool TakeIfSameOutcome(const Schedule& candidate) {
    Exploration exploration = ExploreSchedule(candidate, AsWrittenOnly());
    if (!exploration.failure || !IsSame(candidate, exploration.failure->report)) return false;
    result_.schedule = candidate;
    result_.failure = *std::move(exploration.failure);
    return true;
  }

  // Only the order written is judged by the schedule, so another one has to be written.
  void WriteWithFewestPreemptions() {
    const Schedule schedule = result_.schedule;
    uint64_t tried = 0;
    for (int preemptions = 0; preemptions < result_.failure.preemptions; ++preemptions) {
      ForEachInterleaving(schedule, preemptions, [&](const std::vector<size_t>& order) {
        Schedule reordered = schedule;
        for (size_t i = 0; i < order.size(); ++i) reordered.steps[i] = schedule.steps[order[i]];
        return ++tried < options_.runs_max && options_.goes_on(tried) && !Take(reordered);
      });
    }
  }

  ExplorationOptions AsWrittenOnly() const {
    ExplorationOptions options = options_;
    options.runs_max = 0;
    return options;
  }

  bool IsSame(const Schedule& candidate, const RunReport& report) const {
    if (!original_.report.wrong_answers.empty()) {
      const std::string wrong = WithoutLine(original_.report.wrong_answers[0]);
      return std::any_of(report.wrong_answers.begin(), report.wrong_answers.end(),
                         [&](const std::string& w) { return WithoutLine(w) == wrong; });
    }
    const std::vector<std::string> sessions = candidate.Sessions();
    std::vector<std::string> committed = original_.report.committed;
    std::erase_if(committed, [&](const std::string& t) {
      return std::count(sessions.begin(), sessions.end(), SessionOf(t)) == 0;
    });
    if (!report.wrong_answers.empty() || report.committed != committed) return false;
    const bool listed = IsListed(candidate, options_.level, committed);
    if (listed != committed_is_listed_) return false;
    return !listed || report.final_state == Only(original_.report.final_state, KeysOf(candidate));
  }

  // "line 7, T1: GET k answered 1, not 2" without the line.
  static std::string WithoutLine(const std::string& wrong) { return wrong.substr(wrong.find(',')); }

  void PutInFailingOrder() {
    Schedule& schedule = result_.schedule;
    if (result_.failure.order.empty()) return;
    std::vector<Step> steps;
    for (size_t step : result_.failure.order) steps.push_back(schedule.steps[step]);
    schedule.steps = std::move(steps);
    std::iota(result_.failure.order.begin(), result_.failure.order.end(), size_t{0});
  }

  ExplorationOptions options_;
  const FailedRun original_;
  const bool committed_is_listed_;  // So it is the final state that is not.
  Shrunk result_;
};

}  // namespace

Shrunk Shrink(const Schedule& schedule, const ExplorationOptions& options,
              const FailedRun& failure) {
  return Shrinker(schedule, options, failure)();
}

}  // namespace nacre::check::explore
