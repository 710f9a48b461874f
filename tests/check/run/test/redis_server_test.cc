// A stock Redis, which has WATCH, MULTI and EXEC.

#include <string>

#include "gtest/gtest.h"
#include "tests/check/run/source.h"
#include "tests/check/run/test/server_fixture.h"

namespace nacre::check::run {
namespace {

using client::support::ServerKind;

class RedisRun : public testing::TestWithParam<std::string> {};

TEST_P(RedisRun, IsStrictlySerializableThroughWatch) {
  ServerFixture server(ServerKind::kRedis);
  const Judged judged = server.RunAndJudge(GetParam(), OptionsForTest(600));
  EXPECT_EQ(judged.verdict.ruling, Ruling::kHolds) << judged.verdict.ToString();
  EXPECT_EQ(judged.result.level, Level::kStrictSerializable);
}

INSTANTIATE_TEST_SUITE_P(Workloads, RedisRun,
                         testing::Values("list-append", "rmw", "bank", "cycle", "long-fork"));

TEST(Redis, WithoutWatchIsFoundViolated) {
  ServerFixture server(ServerKind::kRedis);
  server.options().forget_to_watch = true;
  RunOptions options = OptionsForTest(4000);
  options.workload.keys = 4;
  const Judged judged = server.RunAndJudge("rmw", options);
  EXPECT_EQ(judged.verdict.ruling, Ruling::kViolated) << judged.verdict.ToString();
  // Worse things come first, and there are many.
  const Verdict all =
      JudgeLife(judged.result.lives[0], judged.result.level, {.violations_max = 100'000});
  EXPECT_TRUE(all.Has(Anomaly::kLostUpdate)) << judged.verdict.ToString();
}

TEST(Redis, DroppedConnectionsAreNoViolation) {
  ServerFixture server(ServerKind::kRedis);
  RunOptions options = OptionsForTest(1500);
  options.disturbance.drop_share = 0.1;
  const Judged judged = server.RunAndJudge("list-append", options);
  EXPECT_EQ(judged.verdict.ruling, Ruling::kHolds) << judged.verdict.ToString();
  EXPECT_GT(judged.result.tally.unknown, 0u);
}

TEST(Redis, HasNoRangesToScan) {
  ServerFixture server(ServerKind::kRedis);
  const absl::StatusOr<RunResult> result = server.Try("range", OptionsForTest(10));
  EXPECT_EQ(result.status().code(), absl::StatusCode::kUnimplemented);
  EXPECT_NE(result.status().message().find("watches keys and no ranges"), absl::string_view::npos)
      << result.status();
}

TEST(Redis, ThatWantsAPasswordIsToldOfAndHowToGiveIt) {
  const auto server =
      client::support::ServerUnderTest::Start(ServerKind::kRedis, {"--requirepass", "secret"});
  ASSERT_TRUE(server.ok()) << server.status();
  RespOptions options;
  options.endpoint.port = (*server)->port();
  const StopEvent never;
  const absl::Status none = OpenRespTarget(options, never).status();
  EXPECT_EQ(none.code(), absl::StatusCode::kUnauthenticated) << none;
  const std::string place = options.endpoint.ToString();
  EXPECT_TRUE(std::string(none.message()).starts_with("cannot reach " + place + ": NOAUTH "))
      << none;
  EXPECT_TRUE(std::string(none.message()).ends_with("; --password gives it one")) << none;
  options.password = "guessed";
  const absl::Status wrong = OpenRespTarget(options, never).status();
  EXPECT_TRUE(std::string(wrong.message()).starts_with("cannot reach " + place + ": WRONGPASS "))
      << wrong;
  options.password = "secret";
  EXPECT_TRUE(OpenRespTarget(options, never).ok());
}

TEST(Redis, HasNoBegin) {
  ServerFixture server(ServerKind::kRedis);
  server.options().transactions = Transactions::kBegin;
  EXPECT_EQ(OpenRespTarget(server.options(), StopEvent()).status().code(),
            absl::StatusCode::kFailedPrecondition);
}

TEST(Redis, ThatWantsAPasswordIsNotWaitedFor) {
  TargetOptions target;
  target.spawn = "redis-server --port {port} --save '' --requirepass secret";
  const absl::Status status = (*MakeSource(target))->Open(StopEvent()).status();
  EXPECT_NE(status.message().find("NOAUTH"), absl::string_view::npos) << status;
  EXPECT_EQ(status.message().find("does not answer"), absl::string_view::npos) << status;
}

TEST(Redis, ThatRefusesAWriteIsQuotedAndNotExec) {
  TargetOptions target;
  target.spawn = "redis-server --port {port} --save '' --min-replicas-to-write 1";
  const auto source = MakeSource(target);
  ASSERT_TRUE(source.ok()) << source.status();
  const absl::StatusOr<RunResult> result =
      run::Run(**source, WorkloadNamed("list-append"), OptionsForTest(200));
  ASSERT_TRUE(result.ok()) << result.status();
  const Verdict verdict = JudgeRun(*result, {}).verdict;
  EXPECT_EQ(verdict.ruling, Ruling::kUnknown) << verdict.ToString();
  EXPECT_NE(verdict.reason.find("NOREPLICAS"), std::string::npos) << verdict.reason;
}

}  // namespace
}  // namespace nacre::check::run
