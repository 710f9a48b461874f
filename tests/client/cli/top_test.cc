#include "client/cli/top_model.h"

#include "client/cli/stat_line.h"
#include "client/cli/text.h"
#include "client/cli/top_screen.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/client/cli/json_checker.h"

namespace nacre::cli {
namespace {

using ::testing::Contains;
using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::Optional;
using ::testing::SizeIs;

constexpr char kFirst[] =
    "# Server\r\nredis_version:7.0.15\r\nnacre_version:0.1.0\r\nrun_id:abc\r\n"
    "uptime_in_seconds:3700\r\n\r\n# Clients\r\nconnected_clients:5\r\nclients_in_transaction:2\r\n"
    "# Memory\r\nused_memory:1536\r\n# Stats\r\ntotal_commands_processed:1000\r\n"
    "# Transactions\r\ncommits:100\r\nconflicts_write:10\r\ninteractive_begun:50\r\n"
    "active_snapshots:1\r\noldest_snapshot_age_ms:65000\r\noldest_snapshot_client:17\r\n"
    "# Vacuum\r\nversions_created:500\r\nversions_parked:3\r\n"
    "# Commandstats\r\ncmdstat_get:calls=100,usec=1000,usec_per_call=10.00,rejected_calls=0,"
    "failed_calls=0\r\n"
    "# Keyspace\r\ndb0:keys=10,expires=1,avg_ttl=0\r\ndb3:keys=5,expires=0,avg_ttl=0\r\n";
constexpr char kSecond[] =
    "# Server\r\nredis_version:7.0.15\r\nnacre_version:0.1.0\r\nrun_id:abc\r\n"
    "uptime_in_seconds:3702\r\n# Clients\r\nconnected_clients:6\r\n"
    "# Stats\r\ntotal_commands_processed:3000\r\n"
    "# Transactions\r\ncommits:150\r\nconflicts_write:4\r\ninteractive_begun:51\r\n"
    "# Vacuum\r\nversions_created:700\r\n"
    "# Commandstats\r\ncmdstat_get:calls=1100,usec=3000,usec_per_call=2.7,rejected_calls=0,"
    "failed_calls=4\r\ncmdstat_set:calls=20,usec=100000,usec_per_call=5000,rejected_calls=2,"
    "failed_calls=0\r\n# Keyspace\r\n";

TopReport AfterTwoSeconds() {
  TopModel model;
  model.Update(Info(kFirst), absl::Seconds(10));
  return model.Update(Info(kSecond), absl::Seconds(12));
}

TEST(Info, FindsValuesNumbersAndKinds) {
  const Info info(kFirst);
  EXPECT_THAT(info.Text("redis_version"), Optional(std::string("7.0.15")));
  EXPECT_THAT(info.Number("used_memory"), Optional(1536));
  EXPECT_EQ(info.Number("redis_version"), std::nullopt);
  EXPECT_EQ(info.Number("nothing"), std::nullopt);
  EXPECT_THAT(info.Keys(), Optional(15));
  EXPECT_THAT(info.WithPrefix("cmdstat_"), SizeIs(1));
  EXPECT_EQ(Info("").Keys(), std::nullopt);
  EXPECT_THAT(Info("# Keyspace\r\n").Keys(), Optional(0)) << "an empty database";
}

TEST(Info, FieldsOfALineAreFoundByTheirWholeName) {
  EXPECT_THAT(FieldOf("calls=1,usec=5,usec_per_call=2.5", "usec_per_call"), Optional(2.5));
  EXPECT_THAT(FieldOf("calls=1,usec=5,usec_per_call=2.5", "usec"), Optional(5));
  EXPECT_EQ(FieldOf("calls=1", "call"), std::nullopt);
  EXPECT_EQ(FieldOf("calls=x", "calls"), std::nullopt);
  EXPECT_EQ(FieldOf("", "calls"), std::nullopt);
}

TEST(TopModel, TheFirstReportHasFiguresButNoRates) {
  TopModel model;
  const TopReport report = model.Update(Info(kFirst), absl::Seconds(10));
  EXPECT_EQ(report.server, "nacre 0.1.0");
  EXPECT_EQ(report.uptime, absl::Seconds(3700));
  EXPECT_EQ(report.interval, absl::ZeroDuration());
  EXPECT_THAT(report.Value("clients"), Optional(5));
  EXPECT_THAT(report.Value("keys"), Optional(15));
  EXPECT_EQ(report.Value("commands_per_second"), std::nullopt);
  EXPECT_THAT(report.commands, IsEmpty());
}

TEST(TopModel, RatesAreGrowthOverTheTimeBetween) {
  const TopReport report = AfterTwoSeconds();
  EXPECT_EQ(report.interval, absl::Seconds(2));
  EXPECT_THAT(report.Value("commands_per_second"), Optional(1000));
  EXPECT_THAT(report.Value("commits_per_second"), Optional(25));
  EXPECT_THAT(report.Value("interactive_begun_per_second"), Optional(0.5));
  EXPECT_THAT(report.Value("versions_created_per_second"), Optional(100));
  EXPECT_THAT(report.Value("clients"), Optional(6));
}

TEST(TopModel, ACounterThatHasShrunkHasNoRate) {
  EXPECT_EQ(AfterTwoSeconds().Value("conflicts_write_per_second"), std::nullopt);
}

TEST(TopModel, AnotherProcessAtTheAddressBeginsAnew) {
  TopModel model;
  model.Update(Info("run_id:a\r\ntotal_commands_processed:5\r\n"), absl::Seconds(1));
  const Info other("run_id:b\r\ntotal_commands_processed:500\r\n");
  EXPECT_EQ(model.Update(other, absl::Seconds(2)).Value("commands_per_second"), std::nullopt);
  const Info later("run_id:b\r\ntotal_commands_processed:510\r\n");
  EXPECT_THAT(model.Update(later, absl::Seconds(3)).Value("commands_per_second"), Optional(10));
}

TEST(TopModel, AfterForgettingThereAreNoRatesOnce) {
  TopModel model;
  model.Update(Info("commits:1\r\n"), absl::Seconds(1));
  model.Forget();
  EXPECT_EQ(model.Update(Info("commits:2\r\n"), absl::Seconds(2)).Value("commits_per_second"),
            std::nullopt);
  EXPECT_THAT(model.Update(Info("commits:4\r\n"), absl::Seconds(3)).Value("commits_per_second"),
              Optional(2));
}

TEST(TopModel, CommandsAreThoseCalledSinceTheReportBefore) {
  TopReport report = AfterTwoSeconds();
  ASSERT_THAT(report.commands, SizeIs(2));
  // By time: 20 SETs took 100 ms, 1000 GETs took 2 ms.
  EXPECT_EQ(report.commands[0].name, "set");
  EXPECT_DOUBLE_EQ(report.commands[0].calls_per_second, 10);
  EXPECT_DOUBLE_EQ(report.commands[0].micros_per_call, 5000);
  EXPECT_DOUBLE_EQ(report.commands[0].busy, 0.05);
  EXPECT_DOUBLE_EQ(report.commands[0].failures_per_second, 1);
  EXPECT_EQ(report.commands[1].name, "get");
  EXPECT_DOUBLE_EQ(report.commands[1].calls_per_second, 500);
  EXPECT_DOUBLE_EQ(report.commands[1].micros_per_call, 2);
  EXPECT_DOUBLE_EQ(report.commands[1].failures_per_second, 2);
  SortCommands(TopOrder::kCalls, report.commands);
  EXPECT_EQ(report.commands[0].name, "get");
}

TEST(TopModel, ScriptsGetJsonAndLines) {
  TopReport report = AfterTwoSeconds();
  report.oldest_snapshot_client = "17";
  const std::string json = TopAsJson(report, absl::FromUnixSeconds(0));
  EXPECT_TRUE(IsJson(json)) << json;
  EXPECT_THAT(json, HasSubstr(R"({"time":"1970-01-01T00:00:00.000Z","server":"nacre 0.1.0",)"));
  EXPECT_THAT(json, HasSubstr(R"("interval_seconds":2.000)"));
  EXPECT_THAT(json, HasSubstr(R"("commits_per_second":25,)"));
  EXPECT_THAT(json, HasSubstr(R"("oldest_snapshot_client":"17")"));
  EXPECT_THAT(json, HasSubstr(R"({"name":"get","calls_per_second":500,)"));
  const std::string line = TopAsLine(report, absl::FromUnixSeconds(0));
  EXPECT_THAT(line, HasSubstr("1970-01-01T00:00:00Z commands_per_second=1000 "));
  EXPECT_THAT(line, HasSubstr("top1=set:10/s"));
}

TEST(TopScreen, ShowsWhatTheServerTells) {
  TopModel model;
  model.Update(Info(kSecond), absl::Seconds(10));
  const std::vector<std::string> lines =
      RenderTop(model.Update(Info(kFirst), absl::Seconds(11)),
                {.address = "h:1", .interval = absl::Seconds(1), .rows = 40, .columns = 120});
  EXPECT_THAT(lines[0], HasSubstr("h:1  nacre 0.1.0  up 1h 1m  every 1s"));
  EXPECT_THAT(lines, Contains(HasSubstr("Clients       5  in transaction 2")));
  EXPECT_THAT(lines, Contains(HasSubstr("1.50K  keys 15")));
  EXPECT_THAT(lines, Contains(HasSubstr("Snapshots     active 1  oldest 1m 5s  of client 17")));
  EXPECT_THAT(lines, Contains(HasSubstr("write 6/s")));
  EXPECT_THAT(lines, SizeIs(40));
  EXPECT_THAT(lines.back(), HasSubstr("q quit"));
}

TEST(TopScreen, LeavesOutWhatAPlainRedisDoesNotTell) {
  TopModel model;
  const Info info("redis_version:7.0.15\r\nconnected_clients:1\r\nused_memory:1024\r\n");
  model.Update(info, absl::Seconds(10));
  const std::vector<std::string> lines =
      RenderTop(model.Update(info, absl::Seconds(11)), {.address = "h:1"});
  EXPECT_THAT(lines[0], HasSubstr("redis 7.0.15"));
  EXPECT_THAT(lines, Contains(HasSubstr("Clients       1")));
  for (const char* absent : {"Transactions", "Conflicts", "Snapshots", "Vacuum", "COMMAND"}) {
    EXPECT_THAT(lines, Each(Not(HasSubstr(absent))));
  }
}

TEST(TopScreen, FitsAnyWindow) {
  const TopReport report = AfterTwoSeconds();
  for (size_t rows = 1; rows < 40; ++rows) {
    for (const size_t columns : {1, 2, 20, 80, 200}) {
      const std::vector<std::string> lines =
          RenderTop(report, {.address = "h:1", .rows = rows, .columns = columns});
      ASSERT_LE(lines.size(), rows);
      for (const std::string& line : lines) {
        ASSERT_LE(Columns(line), std::max<size_t>(columns - 1, 1)) << line;
      }
    }
  }
}

TEST(TopScreen, SaysThatItIsPausedAndWhatIsWrong) {
  const std::vector<std::string> lines =
      RenderTop({}, {.address = "h:1", .paused = true, .trouble = "Could not connect"});
  EXPECT_THAT(lines[0], HasSubstr("PAUSED"));
  EXPECT_EQ(lines[1], "Could not connect");
}

TEST(TopScreen, IsDrawnOverWhatIsThereAndTheRestIsCleared) {
  EXPECT_EQ(DrawInPlace({"a", "b"}), "\x1b[Ha\x1b[K\r\nb\x1b[K\x1b[J");
}

TEST(TopScreen, NumbersAndTimesAreShort) {
  EXPECT_EQ(ShortNumber(0), "0");
  EXPECT_EQ(ShortNumber(0.25), "0.2");
  EXPECT_EQ(ShortNumber(7), "7");
  EXPECT_EQ(ShortNumber(99.4), "99.4");
  EXPECT_EQ(ShortNumber(999), "999");
  EXPECT_EQ(ShortNumber(999.6), "1.00k");
  EXPECT_EQ(ShortNumber(12345), "12.3k");
  EXPECT_EQ(ShortNumber(4.56e6), "4.56M");
  EXPECT_EQ(ShortNumber(1.2e18), "1200000T");
  EXPECT_EQ(ShortDuration(absl::Milliseconds(45)), "45ms");
  EXPECT_EQ(ShortDuration(absl::Milliseconds(12340)), "12.3s");
  EXPECT_EQ(ShortDuration(absl::Seconds(310)), "5m 10s");
  EXPECT_EQ(ShortDuration(absl::Hours(27)), "1d 3h");
}

TEST(StatLine, ShowsGrowthAndWhatIsNotTold) {
  const Info first(kFirst);
  const Info second(kSecond);
  EXPECT_THAT(StatLine(second, &first), HasSubstr("3000 (+2000)"));
  EXPECT_THAT(StatLine(second, &first), HasSubstr("150 (+50)"));
  EXPECT_THAT(StatLine(first, nullptr), HasSubstr("1000 (+0)"));
  EXPECT_THAT(StatLine(first, nullptr), HasSubstr("15          1.50K"));
  EXPECT_THAT(StatLine(Info("connected_clients:1\r\n"), nullptr),
              HasSubstr("-           -        1"));
  const std::string header = StatHeader();
  EXPECT_THAT(header, HasSubstr("keys        mem"));
}

}  // namespace
}  // namespace nacre::cli
