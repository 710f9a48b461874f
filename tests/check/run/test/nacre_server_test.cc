#include <algorithm>
#include <string>
#include <tuple>

#include "gtest/gtest.h"
#include "tests/check/run/source.h"
#include "tests/check/run/test/server_fixture.h"

namespace nacre::check::run {
namespace {

using client::support::ServerKind;

class NacreServerRun : public testing::TestWithParam<std::tuple<std::string, Isolation>> {};

TEST_P(NacreServerRun, KeepsWhatTheServerPromises) {
  const auto& [workload, isolation] = GetParam();
  ServerFixture server(ServerKind::kNacre);
  server.options().isolation = isolation;
  const Judged judged = server.RunAndJudge(workload, OptionsForTest(600));
  EXPECT_EQ(judged.verdict.ruling, Ruling::kHolds) << judged.verdict.ToString();
  EXPECT_TRUE(judged.result.lives[0].history.has_timestamps());
  EXPECT_EQ(judged.result.level, isolation == Isolation::kSnapshot ? Level::kStrongSnapshotIsolation
                                                                   : Level::kStrictSerializable);
}

INSTANTIATE_TEST_SUITE_P(
    Workloads, NacreServerRun,
    testing::Combine(testing::Values("list-append", "register", "bank", "range"),
                     testing::Values(Isolation::kSnapshot, Isolation::kSerializable)));

TEST(NacreServer, HoldsThroughWatchToo) {
  ServerFixture server(ServerKind::kNacre);
  server.options().transactions = Transactions::kWatch;
  const Judged judged = server.RunAndJudge("list-append", OptionsForTest(600));
  EXPECT_EQ(judged.verdict.ruling, Ruling::kHolds) << judged.verdict.ToString();
  EXPECT_EQ(judged.result.level, Level::kStrictSerializable);
}

TEST(NacreServer, DroppedConnectionsLeaveOutcomesOpenAndAreNoViolation) {
  ServerFixture server(ServerKind::kNacre);
  RunOptions options = OptionsForTest(1500);
  options.disturbance.drop_share = 0.1;
  const Judged judged = server.RunAndJudge("list-append", options);
  EXPECT_EQ(judged.verdict.ruling, Ruling::kHolds) << judged.verdict.ToString();
  EXPECT_GT(judged.result.tally.unknown, 0u);
  EXPECT_GT(judged.result.tally.rolled_back, 0u);
  EXPECT_GT(judged.result.lives[0].history.sessions().size(), options.sessions);
}

// Timestamps alone could not tell: half of what was dropped has none, and is read.
TEST(NacreServer, DroppedConnectionsLeaveAnOnlineVerdictOnSnapshots) {
  ServerFixture server(ServerKind::kNacre);
  server.options().isolation = Isolation::kSnapshot;
  RunOptions options = OptionsForTest(3000);
  options.disturbance.drop_share = 0.1;
  options.online = OnlineOptions{.horizon = 500};
  const Judged judged = server.RunAndJudge("list-append", options);
  EXPECT_EQ(judged.result.level, Level::kStrongSnapshotIsolation);
  EXPECT_EQ(judged.verdict.ruling, Ruling::kHolds) << judged.verdict.ToString();
  EXPECT_GT(judged.result.tally.unknown, 0u);
}

TEST(NacreServer, IsLeftAsItWas) {
  ServerFixture server(ServerKind::kNacre);
  server.options().prefix = "run:";
  server.RunAndJudge("bank", OptionsForTest(100));
  const StopEvent never;
  const auto target = OpenRespTarget(server.options(), never);
  ASSERT_TRUE(target.ok()) << target.status();
  const auto session = (*target)->Connect();
  ASSERT_TRUE(session.ok()) << session.status();
  ASSERT_TRUE((*session)->Begin(true).ok());
  const auto rows = (*session)->Scan({.start = "", .end = std::nullopt});
  ASSERT_TRUE(rows.ok()) << rows.status();
  EXPECT_TRUE(rows->empty());
}

TEST(NacreServer, ThatIsKilledHasLivesThatAreJudgedEachByItself) {
  TargetOptions target;
  target.spawn = std::string(NACRE_SERVER_PROGRAM) + " --port {port}";
  const auto source = MakeSource(target);
  ASSERT_TRUE(source.ok()) << source.status();
  RunOptions options = OptionsForTest(0);
  // Ends when there have been some lives, however long each of them takes.
  StopEvent enough;
  options.interrupt = &enough;
  options.restart_interval = absl::Milliseconds(100);
  options.progress = [&](const Progress& progress) {
    if (progress.lives >= 3) enough.Set();
  };
  const absl::StatusOr<RunResult> result =
      run::Run(**source, WorkloadNamed("list-append"), options);
  ASSERT_TRUE(result.ok()) << result.status();
  ASSERT_GE(result->lives.size(), 3u);
  for (const Life& life : result->lives) {
    EXPECT_EQ(life.lost, "");
    const Verdict verdict = JudgeLife(life, result->level, {});
    EXPECT_NE(verdict.ruling, Ruling::kViolated) << verdict.ToString();
  }
}

TEST(NacreServer, ThatEndsAtOnceIsToldOf) {
  TargetOptions target;
  target.spawn = std::string(NACRE_SERVER_PROGRAM) + " --no-such-flag {port}";
  const auto source = MakeSource(target);
  ASSERT_TRUE(source.ok()) << source.status();
  const absl::Status status = (*source)->Open(StopEvent()).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable);
  EXPECT_NE(status.message().find("ended with status"), absl::string_view::npos) << status;
}

TEST(Source, RefusesWhatIsNoTarget) {
  for (const std::string address : {"nonsense", "localhost:", "localhost:0", "localhost:70000"}) {
    TargetOptions target;
    target.address = address;
    EXPECT_EQ(MakeSource(target).status().code(), absl::StatusCode::kInvalidArgument) << address;
  }
  TargetOptions portless;
  portless.spawn = "server";
  EXPECT_EQ((*MakeSource(portless))->Open(StopEvent()).status().code(),
            absl::StatusCode::kInvalidArgument);
}

}  // namespace
}  // namespace nacre::check::run
