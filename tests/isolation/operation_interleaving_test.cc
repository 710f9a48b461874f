// Every order of the operations of every schedule, at both levels, judged by the model.

#include <gtest/gtest.h>

#include <cstdio>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "tests/check/explore/embedded_target.h"
#include "tests/check/explore/interleavings.h"
#include "tests/check/explore/recorder.h"
#include "tests/check/explore/schedule_program.h"
#include "tests/isolation/cases.h"

namespace nacre::check::explore {
namespace {

// Above this many orders, those that differ by exchanges of commuting neighbours count once.
constexpr uint64_t kOrdersMax = 100'000;

// Where every access is looked at each order takes ten times as long, and one in so many is run.
#ifdef NACRE_SANITIZED
constexpr uint64_t kShare = 10;
#else
constexpr uint64_t kShare = 1;
#endif

// All orders of a schedule are the same in whichever of them it is written, and whatever its
// sessions are called: what each session does, from which state.
std::string OrdersOf(const Schedule& schedule) {
  std::map<std::string, std::string> by_name;
  for (const Step& step : schedule.steps) by_name[step.session] += ToString(step.operation) + "; ";
  std::multiset<std::string> sessions;
  for (const auto& [name, operations] : by_name) sessions.insert(operations);
  std::string text = FormatState(schedule.initial);
  for (const std::string& operations : sessions) text += "\n" + operations;
  return text;
}

// Of the cases with the same orders, the first.
std::vector<LeveledCase> CasesWithOrdersOfTheirOwn() {
  std::set<std::pair<Isolation, std::string>> seen;
  std::vector<LeveledCase> cases;
  for (const LeveledCase& each : CasesAtBothLevels()) {
    if (seen.emplace(each.level, OrdersOf(Load(each.schedule.file))).second) cases.push_back(each);
  }
  return cases;
}

// One database for all orders of a schedule, vacuumed behind each: so they also meet the stripes
// and records that the orders before have used.
class Runner {
 public:
  Runner(const Schedule& schedule, Isolation level)
      : schedule_(schedule), level_(level), target_(SmallOptions()) {}

  absl::Status Run(const std::vector<size_t>& order) {
    if (absl::Status status = target_.Reset(schedule_.initial); !status.ok()) return status;
    Database& database = target_.database();
    const uint64_t initial_timestamp = ToInteger(database.clock());
    Ticks ticks;
    std::vector<std::unique_ptr<Recorder>> recorders;
    std::map<std::string, Recorder*> current;
    for (size_t index : order) {
      const Step& step = schedule_.steps[index];
      if (step.operation.kind == OperationKind::kBegin) {
        recorders.push_back(std::make_unique<Recorder>(database, ticks, step.session, level_));
        current[step.session] = recorders.back().get();
      }
      absl::Status status = current[step.session]->Execute(step.operation);
      if (!status.ok() && !absl::IsAborted(status)) return status;
    }
    std::vector<TransactionRecord> history;
    for (const auto& recorder : recorders) history.push_back(recorder->record());
    return CheckQuietDatabase(database, schedule_.initial, initial_timestamp, history);
  }

  std::string Describe(const std::vector<size_t>& order) const {
    std::string text;
    for (size_t index : order) {
      const Step& step = schedule_.steps[index];
      text += "  " + step.session + ": " + ToString(step.operation) + "\n";
    }
    return text;
  }

 private:
  static Options SmallOptions() {
    Options options;
    options.vacuum_thread = false;
    return options;
  }

  const Schedule& schedule_;
  const Isolation level_;
  EmbeddedTarget target_;
};

class OperationInterleavings : public ::testing::TestWithParam<LeveledCase> {};

TEST_P(OperationInterleavings, AllSatisfyTheModel) {
  const Schedule schedule = Load(GetParam().schedule.file);
  const uint64_t total = CountInterleavings(schedule).value();
  const Reduction reduction = total > kOrdersMax ? Reduction::kCommuting : Reduction::kNone;
  Runner runner(schedule, GetParam().level);
  uint64_t number = 0;
  uint64_t run = 0;
  const uint64_t visited =
      ForEachInterleaving(schedule, reduction, [&](const std::vector<size_t>& order) {
        if (number++ % kShare != 0) return true;
        ++run;
        absl::Status status = runner.Run(order);
        EXPECT_TRUE(status.ok()) << status << "\n" << runner.Describe(order);
        return status.ok();
      });
  std::printf("%llu of %llu orders run%s\n", static_cast<unsigned long long>(run),
              static_cast<unsigned long long>(total),
              reduction == Reduction::kNone
                  ? ""
                  : "; the others differ from one of them by exchanges of commuting neighbours");
  if (reduction == Reduction::kNone && !HasFailure()) {
    EXPECT_EQ(visited, total);
  }
}

INSTANTIATE_TEST_SUITE_P(All, OperationInterleavings,
                         ::testing::ValuesIn(CasesWithOrdersOfTheirOwn()), TestName);

}  // namespace
}  // namespace nacre::check::explore
