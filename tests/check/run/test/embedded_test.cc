#include "tests/check/run/embedded_target.h"

#include <string>
#include <tuple>

#include "gtest/gtest.h"
#include "tests/check/run/test/run_for_test.h"

namespace nacre::check::run {
namespace {

class EmbeddedRun : public testing::TestWithParam<std::tuple<std::string, Isolation>> {};

TEST_P(EmbeddedRun, KeepsWhatTheLibraryPromises) {
  const auto& [workload, isolation] = GetParam();
  const Isolation asked = isolation;
  OneTarget source([asked] { return OpenEmbeddedTarget(asked); });
  const Judged judged = RunAndJudge(source, workload, OptionsForTest(2000));
  EXPECT_EQ(judged.verdict.ruling, Ruling::kHolds) << judged.verdict.ToString();
  EXPECT_EQ(judged.result.level, asked == Isolation::kSnapshot ? Level::kStrongSnapshotIsolation
                                                               : Level::kStrictSerializable);
  ASSERT_EQ(judged.result.lives.size(), 1u);
  const History& history = judged.result.lives[0].history;
  // Judged in linear time, whatever the workload.
  EXPECT_TRUE(history.has_timestamps());
  EXPECT_TRUE(history.has_real_time());
  EXPECT_EQ(judged.result.tally.all(), 2000u);
  EXPECT_GT(judged.result.tally.committed, 1000u);
  EXPECT_GT(judged.result.tally.rolled_back, 0u);
}

std::string NameOf(const testing::TestParamInfo<EmbeddedRun::ParamType>& info) {
  std::string name = std::get<0>(info.param);
  name += std::get<1>(info.param) == Isolation::kSnapshot ? "_snapshot" : "_serializable";
  std::replace(name.begin(), name.end(), '-', '_');
  return name;
}

std::vector<std::string> AllWorkloads() {
  std::vector<std::string> names;
  for (const WorkloadKind& kind : WorkloadKinds()) names.emplace_back(kind.name);
  return names;
}

INSTANTIATE_TEST_SUITE_P(Workloads, EmbeddedRun,
                         testing::Combine(testing::ValuesIn(AllWorkloads()),
                                          testing::Values(Isolation::kSnapshot,
                                                          Isolation::kSerializable)),
                         NameOf);

TEST(EmbeddedRun, PausedAndAbandonedTransactionsAreNoViolation) {
  OneTarget source([] { return OpenEmbeddedTarget(Isolation::kSerializable); });
  RunOptions options = OptionsForTest(4000);
  options.disturbance.pause_share = 0.01;
  options.disturbance.pause_max = absl::Milliseconds(2);
  options.disturbance.drop_share = 0.05;
  const Judged judged = RunAndJudge(source, "list-append", options);
  EXPECT_EQ(judged.verdict.ruling, Ruling::kHolds) << judged.verdict.ToString();
  // Who has gone away has come back as somebody else.
  EXPECT_GT(judged.result.lives[0].history.sessions().size(), options.sessions);
}

}  // namespace
}  // namespace nacre::check::run
