#ifndef NACRE_TESTS_ISOLATION_EXPLORATION_H_
#define NACRE_TESTS_ISOLATION_EXPLORATION_H_

// Shows that a planted bug is noticed: the same exploration passes without it and fails with it.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "nacre/testing.h"
#include "tests/check/explore/explorer.h"
#include "tests/check/explore/schedule_program.h"

namespace nacre::check::explore {

class PlantedBug {
 public:
  explicit PlantedBug(testing::Bug bug) : bug_(bug) { testing::PlantBug(bug, true); }
  ~PlantedBug() { testing::PlantBug(bug_, false); }
  PlantedBug(const PlantedBug&) = delete;
  PlantedBug& operator=(const PlantedBug&) = delete;

 private:
  const testing::Bug bug_;
};

using MakeProgram = std::function<std::unique_ptr<Program>()>;

// The failure with the bug must contain `expected`.
inline void ExpectNoticed(testing::Bug bug, const std::string& expected, const MakeProgram& make,
                          const ExploreOptions& options) {
  const ExploreResult healthy = Explore(make, options);
  EXPECT_TRUE(healthy.failure.ok()) << "without a bug: " << healthy.ToString();
  EXPECT_TRUE(healthy.complete) << healthy.ToString();
  PlantedBug planted(bug);
  const ExploreResult result = Explore(make, options);
  EXPECT_THAT(std::string(result.failure.message()), ::testing::HasSubstr(expected))
      << testing::Name(bug) << ": " << result.ToString();
  std::printf("%s: without it %s; with it, run %llu\n%s%s\n", testing::Name(bug),
              healthy.ToString().c_str(), static_cast<unsigned long long>(result.runs),
              result.failing_run.c_str(), std::string(result.failure.message()).c_str());
}

// Steps only, in the format of schedule.h.
inline Schedule Steps(const std::string& initial, const std::string& steps) {
  absl::StatusOr<Schedule> schedule = ParseSchedule(
      "anomaly: test\nsource: this project\nlicence: Apache-2.0\ninitial: " + initial + "\n" +
      steps + "both required: none -> {}\n");
  EXPECT_TRUE(schedule.ok()) << schedule.status();
  return schedule.ok() ? *std::move(schedule) : Schedule();
}

inline MakeProgram Of(const Schedule& schedule, const ScheduleProgramOptions& options) {
  return [schedule, options] { return std::make_unique<ScheduleProgram>(schedule, options); };
}

}  // namespace nacre::check::explore

#endif  // NACRE_TESTS_ISOLATION_EXPLORATION_H_
