#include "tests/client/support/server_under_test.h"

#include "gtest/gtest.h"
#include "tests/client/support/child_process.h"
#include "tests/client/support/server_under_test_cases.h"

namespace nacre::client::support {
namespace {

TEST(NacreUnderTest, AnswersAndComesBackEmptyOnItsPort) {
  AServerAnswersAndComesBackEmptyOnItsPort(ServerKind::kNacre);
}

TEST(NacreUnderTest, PausedTakesBytesAndAnswersAfterwards) {
  APausedServerTakesBytesAndAnswersAfterwards(ServerKind::kNacre);
}

TEST(NacreUnderTest, GetsItsFlags) { FlagsReachTheServer(ServerKind::kNacre); }

TEST(ChildProcess, TellsHowItEndedAndWhatItSaid) {
  ChildProcess echo({"sh", "-c", "echo one; echo two; exit 3"});
  EXPECT_EQ(echo.WaitForLine("tw"), "two");
  EXPECT_EQ(echo.WaitForLine("one"), "one");
  EXPECT_EQ(echo.WaitForLine("three"), std::nullopt);
  EXPECT_EQ(echo.WaitForExit(), 3);
  echo.Signal(SIGKILL);

  ChildProcess sleeper({"sh", "-c", "echo ready; exec sleep 1000"});
  EXPECT_TRUE(sleeper.WaitForLine("ready"));
  sleeper.Signal(SIGTERM);
  EXPECT_EQ(sleeper.WaitForExit(), 128 + SIGTERM);

  ChildProcess none({"no-program-has-this-name"});
  EXPECT_EQ(none.WaitForExit(), 127);
}

}  // namespace
}  // namespace nacre::client::support
