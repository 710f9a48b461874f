#include <gtest/gtest.h>

#include "tests/check/explore/schedule_runner.h"
#include "tests/check/explore/server_process.h"
#include "tests/check/explore/wire_target.h"
#include "tests/isolation/cases.h"

namespace nacre::check::explore {
namespace {

class WireSchedule : public ::testing::TestWithParam<LeveledCase> {
 protected:
  static void SetUpTestSuite() {
    absl::StatusOr<std::unique_ptr<ServerProcess>> server = ServerProcess::Start(NACRE_SERVER_PATH);
    ASSERT_TRUE(server.ok()) << server.status();
    server_ = *std::move(server);
  }
  static void TearDownTestSuite() {
    if (server_ != nullptr) {
      EXPECT_EQ(server_->Stop(), 0);
    }
    server_.reset();
  }

  static inline std::unique_ptr<ServerProcess> server_;
};

TEST_P(WireSchedule, HasItsVerdict) {
  const Schedule schedule = Load(GetParam().schedule.file);
  WireTarget target(server_->port());
  absl::StatusOr<RunReport> report = RunSchedule(schedule, GetParam().level, target);
  ASSERT_TRUE(report.ok()) << report.status();
  EXPECT_EQ(report->verdict, GetParam().expected()) << report->ToString(schedule);
  EXPECT_TRUE(report->wrong_answers_in_aborted.empty()) << report->ToString(schedule);
}

INSTANTIATE_TEST_SUITE_P(All, WireSchedule, ::testing::ValuesIn(CasesAtBothLevels()), TestName);

}  // namespace
}  // namespace nacre::check::explore
