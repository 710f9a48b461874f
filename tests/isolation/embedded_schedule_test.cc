#include <gtest/gtest.h>

#include <filesystem>

#include "tests/check/explore/embedded_target.h"
#include "tests/check/explore/schedule_runner.h"
#include "tests/isolation/cases.h"

namespace nacre::check::explore {
namespace {

class EmbeddedSchedule : public ::testing::TestWithParam<LeveledCase> {};

TEST_P(EmbeddedSchedule, HasItsVerdict) {
  const Schedule schedule = Load(GetParam().schedule.file);
  EmbeddedTarget target({});
  absl::StatusOr<RunReport> report = RunSchedule(schedule, GetParam().level, target);
  ASSERT_TRUE(report.ok()) << report.status();
  EXPECT_EQ(report->verdict, GetParam().expected()) << report->ToString(schedule);
  // Opacity: what is aborted in the end saw one snapshot too.
  EXPECT_TRUE(report->wrong_answers_in_aborted.empty()) << report->ToString(schedule);
}

INSTANTIATE_TEST_SUITE_P(All, EmbeddedSchedule, ::testing::ValuesIn(CasesAtBothLevels()), TestName);

TEST(ScheduleCases, CoverEveryFile) {
  size_t files = 0;
  for (const auto& entry : std::filesystem::directory_iterator(NACRE_SCHEDULES_DIR)) {
    const std::string stem = entry.path().stem().string();
    size_t cases = 0;
    for (const ScheduleCase& schedule : AllCases()) cases += stem == schedule.file ? 1 : 0;
    EXPECT_EQ(cases, 1u) << stem;
    ++files;
  }
  EXPECT_EQ(files, AllCases().size());
}

TEST(ScheduleCases, KnowWhichHaveTwoTransactions) {
  for (const ScheduleCase& schedule : AllCases()) {
    EXPECT_EQ(Load(schedule.file).Sessions().size() == 2, schedule.two_transactions)
        << schedule.file;
  }
}

}  // namespace
}  // namespace nacre::check::explore
