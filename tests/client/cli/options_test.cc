#include "client/cli/options.h"

#include <cstdlib>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace nacre::cli {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::Optional;

class OptionsTest : public testing::Test {
 protected:
  OptionsTest() {
    unsetenv("NACRECLI_AUTH");
    unsetenv("REDISCLI_AUTH");
  }

  std::optional<CliOptions> Read(std::vector<const char*> arguments) {
    arguments.insert(arguments.begin(), "nacre-cli");
    return ReadOptions(static_cast<int>(arguments.size()), arguments.data(), exit_code_);
  }
  CliOptions MustRead(std::vector<const char*> arguments) {
    std::optional<CliOptions> options = Read(std::move(arguments));
    EXPECT_TRUE(options);
    return options.value_or(CliOptions());
  }

  int exit_code_ = -1;
};

TEST_F(OptionsTest, EndWhereTheCommandBegins) {
  const CliOptions options = MustRead({"-p", "7000", "SET", "-p", "--json", "-1", "--"});
  EXPECT_EQ(options.connection.endpoint.port, 7000);
  EXPECT_THAT(options.command, ElementsAre("SET", "-p", "--json", "-1", "--"));
  EXPECT_EQ(options.output_mode, std::nullopt);
}

TEST_F(OptionsTest, DefaultsAreThoseOfRedisCli) {
  const CliOptions options = MustRead({});
  EXPECT_THAT(options.command, IsEmpty());
  EXPECT_EQ(options.connection.endpoint.host, "127.0.0.1");
  EXPECT_EQ(options.connection.endpoint.port, 6379);
  EXPECT_EQ(options.connection.protocol, 2);
  EXPECT_EQ(options.connection.database, 0);
}

TEST_F(OptionsTest, ANumberWithLeadingZerosIsDecimal) {
  const CliOptions options = MustRead({"-p", "+07000", "-n", "010", "-r", "08", "GET", "k"});
  EXPECT_EQ(options.connection.endpoint.port, 7000);
  EXPECT_EQ(options.connection.database, 10);
  EXPECT_EQ(options.repeat, 8);
  EXPECT_EQ(MustRead({"-n", "00"}).connection.database, 0);
}

TEST_F(OptionsTest, JsonAsksInResp3UnlessToldNotTo) {
  EXPECT_EQ(MustRead({"--json"}).connection.protocol, 3);
  EXPECT_EQ(MustRead({"--json", "-2"}).connection.protocol, 2);
  EXPECT_EQ(MustRead({"-3"}).connection.protocol, 3);
}

TEST_F(OptionsTest, AMistakeIsAUsageError) {
  for (const std::vector<const char*>& arguments :
       std::vector<std::vector<const char*>>{{"--bogus"},
                                             {"-p", "x"},
                                             {"-p", "99999"},
                                             {"--csv", "--json"},
                                             {"-2", "-3"},
                                             {"--pipe", "--scan"},
                                             {"--scan", "GET"},
                                             {"--stat", "--json"},
                                             {"--stat", "--csv"},
                                             {"--csv", "top", "--once"},
                                             {"-n", "0x10"},
                                             {"-x"},
                                             {"-x", "-X", "T", "SET"},
                                             {"-u", "http://h"},
                                             {"--pass-env", "NO_SUCH_VARIABLE"},
                                             {"-i", "-1", "PING"},
                                             {"-i", "inf", "PING"},
                                             {"-r", "3"},
                                             {"-r", "3", "--scan"},
                                             {"--pattern", "a*"},
                                             {"--count", "5", "GET", "k"},
                                             {"top", "--bogus"},
                                             {"-h"}}) {
    exit_code_ = -1;
    EXPECT_FALSE(Read(arguments)) << arguments[0];
    EXPECT_EQ(exit_code_, kExitUsage) << arguments[0];
  }
}

TEST_F(OptionsTest, AnAddressThatIsNoneIsNotRepeatedForItMayHoldAPassword) {
  testing::internal::CaptureStderr();
  EXPECT_FALSE(Read({"-u", "redis://u:secret@h:x"}));
  const std::string said = testing::internal::GetCapturedStderr();
  EXPECT_THAT(said, HasSubstr("-u"));
  EXPECT_THAT(said, Not(HasSubstr("secret")));
}

TEST_F(OptionsTest, OfAnOptionGivenTwiceTheLastCounts) {
  EXPECT_EQ(MustRead({"-p", "1", "-p", "7000", "--json", "--json"}).connection.endpoint.port, 7000);
}

TEST_F(OptionsTest, HelpAndVersionEndWell) {
  for (const char* option : {"--help", "--version"}) {
    EXPECT_FALSE(Read({option}));
    EXPECT_EQ(exit_code_, kExitOk);
  }
}

TEST_F(OptionsTest, ThePasswordComesFromWhereItIsNamedFirst) {
  setenv("REDISCLI_AUTH", "of-redis", 1);
  EXPECT_EQ(MustRead({}).connection.password, "of-redis");
  setenv("NACRECLI_AUTH", "of-nacre", 1);
  EXPECT_EQ(MustRead({}).connection.password, "of-nacre");
  EXPECT_FALSE(MustRead({}).password_on_command_line);
  setenv("OTHER_AUTH", "of-other", 1);
  EXPECT_EQ(MustRead({"--pass-env", "OTHER_AUTH"}).connection.password, "of-other");
  const CliOptions given = MustRead({"-a", "given"});
  EXPECT_EQ(given.connection.password, "given");
  EXPECT_TRUE(given.password_on_command_line);
}

TEST_F(OptionsTest, AnUriNamesEverything) {
  const CliOptions options = MustRead({"-u", "redis://al%69ce:p%40ss@example.org:7001/5"});
  EXPECT_EQ(options.connection.username, "alice");
  EXPECT_EQ(options.connection.password, "p@ss");
  EXPECT_EQ(options.connection.endpoint.host, "example.org");
  EXPECT_EQ(options.connection.endpoint.port, 7001);
  EXPECT_EQ(options.connection.database, 5);
  EXPECT_TRUE(options.password_on_command_line);
}

TEST_F(OptionsTest, MostOfAnUriMayBeLeftOut) {
  client::ConnectionOptions connection;
  EXPECT_TRUE(ReadUri("redis://", connection));
  EXPECT_EQ(connection.endpoint.host, "127.0.0.1");
  EXPECT_TRUE(ReadUri("redis://secret@[::1]:7", connection));
  EXPECT_EQ(connection.password, "secret");
  EXPECT_EQ(connection.endpoint.host, "::1");
  EXPECT_EQ(connection.endpoint.port, 7);
  for (const char* uri : {"", "h:1", "redis://h:x", "redis://h:0", "redis://h/x", "redis://h/-1",
                          "redis://u:%zz@h", "redis://u:%4 @h", "redis://[::1"}) {
    EXPECT_FALSE(ReadUri(uri, connection)) << uri;
  }
}

TEST_F(OptionsTest, TopHasOptionsOfItsOwn) {
  const CliOptions options = MustRead({"-p", "7000", "top", "--once", "-i", "0.5"});
  EXPECT_EQ(options.mode, Mode::kTop);
  EXPECT_TRUE(options.top.once);
  EXPECT_FALSE(options.top.json);
  EXPECT_EQ(options.interval, absl::Milliseconds(500));
  EXPECT_TRUE(MustRead({"--json", "top"}).top.json);
}

TEST_F(OptionsTest, ModesAreChosenByTheirOptions) {
  EXPECT_EQ(MustRead({"--pipe"}).mode, Mode::kPipe);
  EXPECT_EQ(MustRead({"--scan", "--pattern", "a*", "--count", "5"}).scan_pattern, "a*");
  EXPECT_EQ(MustRead({"--latency-samples", "7"}).mode, Mode::kLatency);
  EXPECT_EQ(MustRead({"--stat"}).mode, Mode::kStat);
  EXPECT_EQ(MustRead({"--pipe-timeout", "0"}).pipe_timeout, absl::InfiniteDuration());
  EXPECT_THAT(MustRead({"-r", "-1", "PING"}).repeat, Optional(-1));
}

}  // namespace
}  // namespace nacre::cli
