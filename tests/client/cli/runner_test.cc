#include "client/cli/runner.h"

#include <csignal>

#include "client/cli/interrupt.h"
#include "client/cli/script.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/client/cli/scripted_link.h"

namespace nacre::cli {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using Words = std::vector<std::string>;

class RunnerTest : public testing::Test {
 protected:
  RunResult Run(const Words& words, std::string* printed = nullptr) {
    testing::internal::CaptureStdout();
    const RunResult result = runner_.Run(words);
    const std::string output = testing::internal::GetCapturedStdout();
    if (printed != nullptr) *printed = output;
    return result;
  }

  std::string answer_ = "+OK\r\n";
  ScriptedLink link_{[this](const Words&) { return answer_; }};
  ScriptedLink subscriptions_{[this](const Words&) { return subscribed_; }};
  std::string subscribed_ = "-ERR unknown command 'subscribe'\r\n";
  SessionState state_{"h:1", 0, 2};
  Runner runner_{
      link_, subscriptions_, state_, {.format = {}, .show_pushes = true, .connection = {}}};
};

TEST_F(RunnerTest, ConnectsWhenTheFirstCommandNeedsItAndPrintsReplies) {
  std::string printed;
  EXPECT_EQ(Run({"SET", "k", "v"}, &printed), RunResult::kOk);
  EXPECT_EQ(printed, "OK\n");
  EXPECT_THAT(link_.commands, ElementsAre(Words{"SET", "k", "v"}));
  answer_ = "-ERR no\r\n";
  EXPECT_EQ(Run({"GET"}, &printed), RunResult::kErrorReply);
  EXPECT_EQ(printed, "(error) ERR no\n");
}

TEST_F(RunnerTest, NoServerIsSaidWithItsAddress) {
  link_.connect_status = absl::UnavailableError("Connection refused");
  EXPECT_EQ(Run({"PING"}), RunResult::kNotConnected);
  EXPECT_EQ(runner_.trouble(), "Could not connect to 127.0.0.1:6379: Connection refused");
  EXPECT_THAT(link_.commands, IsEmpty());
}

TEST_F(RunnerTest, AnAddressIsNotNamedTwice) {
  link_.connect_status = absl::UnauthenticatedError("127.0.0.1:6379: NOAUTH no");
  EXPECT_EQ(Run({"PING"}), RunResult::kNotConnected);
  EXPECT_EQ(runner_.trouble(), "Could not connect to 127.0.0.1:6379: NOAUTH no");
}

TEST_F(RunnerTest, AuthWithoutAConnectionLogsInWhileConnecting) {
  link_.connect_status = absl::UnauthenticatedError("WRONGPASS no");
  EXPECT_EQ(Run({"AUTH", "wrong"}), RunResult::kNotConnected);
  EXPECT_EQ(link_.connections.back().password, "wrong");
  EXPECT_FALSE(state_.login()) << "a wrong password is not tried again";
  link_.connect_status = absl::OkStatus();
  std::string printed;
  EXPECT_EQ(Run({"auth", "alice", "right"}, &printed), RunResult::kOk);
  EXPECT_EQ(printed, "OK\n");
  EXPECT_EQ(link_.connections.back().username, "alice");
  EXPECT_EQ(link_.connections.back().password, "right");
  EXPECT_THAT(link_.commands, IsEmpty()) << "the connection has logged in already";
}

TEST_F(RunnerTest, AReconnectTakesUpDatabaseAndLogin) {
  Run({"SELECT", "3"});
  Run({"AUTH", "alice", "secret"});
  link_.Close();
  Run({"PING"});
  ASSERT_THAT(link_.connections, SizeIs(2));
  EXPECT_EQ(link_.connections[1].database, 3);
  EXPECT_EQ(link_.connections[1].username, "alice");
  EXPECT_EQ(link_.connections[1].password, "secret");
}

TEST_F(RunnerTest, ADatabaseThatIsRefusedIsGivenUpWithoutRunningTheCommandElsewhere) {
  Run({"SELECT", "3"});
  link_.Close();
  link_.connect_status = absl::InvalidArgumentError("ERR DB index is out of range");
  EXPECT_EQ(Run({"SET", "k", "v"}), RunResult::kNotConnected);
  EXPECT_THAT(runner_.trouble(), HasSubstr("begins in database 0"));
  EXPECT_THAT(link_.commands, SizeIs(1)) << "SELECT alone";
  link_.connect_status = absl::OkStatus();
  EXPECT_EQ(Run({"PING"}), RunResult::kOk);
  EXPECT_EQ(link_.connections.back().database, 0);
}

TEST_F(RunnerTest, ACommandWhoseConnectionIsLostIsNotRepeated) {
  Run({"BEGIN", "SNAPSHOT"});
  answer_ = "";
  EXPECT_EQ(Run({"COMMIT"}), RunResult::kLost);
  EXPECT_THAT(runner_.trouble(), HasSubstr("Connection lost"));
  EXPECT_THAT(runner_.trouble(), HasSubstr("unknown"));
  EXPECT_THAT(link_.commands, SizeIs(2)) << "BEGIN and one COMMIT";
  EXPECT_THAT(state_.Prompt(), HasSubstr("not connected"));
}

TEST_F(RunnerTest, AConnectionThatEndedWhileNobodyLookedIsNoticedBeforeTheNextCommand) {
  Run({"WATCH", "k"});
  EXPECT_EQ(runner_.TakeWhatCame(), RunResult::kOk);
  link_.Push("");
  EXPECT_EQ(runner_.TakeWhatCame(), RunResult::kLost);
  EXPECT_THAT(runner_.trouble(), HasSubstr("watched keys"));
}

TEST_F(RunnerTest, PushesThatCameByThemselvesAreShown) {
  Run({"PING"});
  link_.Push(">2\r\n$10\r\ninvalidate\r\n*1\r\n$1\r\nk\r\n");
  testing::internal::CaptureStdout();
  EXPECT_EQ(runner_.TakeWhatCame(), RunResult::kOk);
  EXPECT_EQ(testing::internal::GetCapturedStdout(), "-> invalidate: 'k'\n");
}

TEST_F(RunnerTest, ASubscriptionThatIsRefusedCostsTheSessionNothing) {
  Run({"WATCH", "k"});
  std::string printed;
  EXPECT_EQ(Run({"SUBSCRIBE", "news"}, &printed), RunResult::kErrorReply);
  EXPECT_EQ(printed, "(error) ERR unknown command 'subscribe'\n");
  ASSERT_THAT(subscriptions_.connections, SizeIs(1));
  EXPECT_EQ(subscriptions_.connections[0].protocol, 3);
  EXPECT_FALSE(subscriptions_.is_open());
  EXPECT_THAT(link_.connections, SizeIs(1));
  EXPECT_TRUE(link_.is_open());
  EXPECT_TRUE(state_.watching());
}

TEST_F(RunnerTest, ASubscriptionIsLoggedInAsTheSession) {
  Run({"AUTH", "alice", "secret"});
  Run({"SUBSCRIBE", "news"});
  EXPECT_EQ(subscriptions_.connections.back().username, "alice");
  EXPECT_EQ(subscriptions_.connections.back().password, "secret");
}

TEST_F(RunnerTest, ASubscriptionIsNoPartOfAnOpenTransaction) {
  Run({"BEGIN"});
  Run({"SUBSCRIBE", "news"});
  EXPECT_EQ(state_.transaction(), TransactionState::kOpen);
  Run({"COMMIT"});
  Run({"MULTI"});
  Run({"SUBSCRIBE", "news"});
  Run({"MONITOR"});  // Refused here: the server knows nothing of it either.
  EXPECT_EQ(state_.transaction(), TransactionState::kMulti);
  EXPECT_TRUE(link_.is_open());
}

TEST_F(RunnerTest, CtrlCEndsASubscriptionInWhichMessagesNeverPause) {
  CatchInterrupts(SecondInterrupt::kIsIgnored);
  Run({"PING"});
  const std::string message = ">3\r\n$7\r\nmessage\r\n$4\r\nnews\r\n$1\r\n1\r\n";
  ScriptedLink busy([&](const Words&) {
    for (int i = 0; i < 100; ++i) busy.Push(message);
    raise(SIGINT);
    return message;
  });
  Runner runner(link_, busy, state_, {.format = {}, .connection = {}});
  testing::internal::CaptureStdout();
  EXPECT_EQ(runner.Run({"SUBSCRIBE", "news"}), RunResult::kInterrupted);
  const std::string printed = testing::internal::GetCapturedStdout();
  EXPECT_EQ(printed.find("news"), printed.rfind("news")) << "one, of those that came";
  EXPECT_TRUE(TakeInterrupt());
  EXPECT_TRUE(link_.is_open());
}

TEST_F(RunnerTest, CtrlCEndsALookAtWhatCameInWhichMessagesNeverPause) {
  CatchInterrupts(SecondInterrupt::kIsIgnored);
  Run({"PING"});
  for (int i = 0; i < 100; ++i) link_.Push(">2\r\n$10\r\ninvalidate\r\n*1\r\n$1\r\nk\r\n");
  raise(SIGINT);
  testing::internal::CaptureStdout();
  EXPECT_EQ(runner_.TakeWhatCame(), RunResult::kInterrupted);
  EXPECT_EQ(testing::internal::GetCapturedStdout(), "-> invalidate: 'k'\n");
  EXPECT_TRUE(TakeInterrupt());
}

TEST_F(RunnerTest, WhatChangesHowManyRepliesComeIsRefused) {
  EXPECT_EQ(Run({"monitor"}), RunResult::kErrorReply);
  EXPECT_EQ(Run({"PSYNC", "?", "-1"}), RunResult::kErrorReply);
  EXPECT_EQ(Run({"sync"}), RunResult::kErrorReply);
  EXPECT_EQ(Run({"unsubscribe"}), RunResult::kErrorReply);
  EXPECT_EQ(Run({"PUNSUBSCRIBE", "*"}), RunResult::kErrorReply);
  EXPECT_EQ(Run({"sunsubscribe"}), RunResult::kErrorReply);
  EXPECT_EQ(Run({"client", "Reply", "off"}), RunResult::kErrorReply);
  EXPECT_THAT(link_.commands, IsEmpty());
}

TEST_F(RunnerTest, CtrlCEndsTheWaitForAReplyAndTheConnection) {
  CatchInterrupts(SecondInterrupt::kIsIgnored);
  Run({"BEGIN"});
  // Nothing comes: the interrupt does.
  ScriptedLink silent([](const Words&) -> std::string {
    raise(SIGINT);
    return ">1\r\n+noise\r\n";
  });
  Runner runner(silent, subscriptions_, state_, {.format = {}, .connection = {}});
  EXPECT_EQ(runner.Run({"BLPOP", "k", "0"}), RunResult::kInterrupted);
  EXPECT_TRUE(TakeInterrupt());
  EXPECT_FALSE(silent.is_open());
  EXPECT_THAT(runner.trouble(), HasSubstr("rolled back"));
}

TEST(Ask, AQuestionGivenUpTakesItsReplyWithIt) {
  CatchInterrupts(SecondInterrupt::kIsIgnored);
  ScriptedLink link([](const Words&) -> std::string {
    raise(SIGINT);
    return ">1\r\n+noise\r\n";
  });
  ASSERT_TRUE(link.Connect({}).ok());
  EXPECT_EQ(Ask(link, client::Request("PING")).status().code(), absl::StatusCode::kCancelled);
  EXPECT_TRUE(TakeInterrupt());
  EXPECT_FALSE(link.is_open()) << "the reply would be taken for that of the next command";
}

TEST_F(RunnerTest, AServerThatShutsDownIsNoFailure) {
  answer_ = "";
  EXPECT_EQ(Run({"SHUTDOWN"}), RunResult::kOk);
}

TEST_F(RunnerTest, OneCommandEndsTheProgramWithWhatItCameTo) {
  CliOptions options;
  options.command = {"GET", "k"};
  options.repeat = 3;
  testing::internal::CaptureStdout();
  EXPECT_EQ(RunOneCommand(runner_, options), kExitOk);
  answer_ = "-ERR no\r\n";
  EXPECT_EQ(RunOneCommand(runner_, options), kExitErrorReply);
  EXPECT_THAT(link_.commands, SizeIs(6)) << "an error does not end the repetition";
  options.stop_at_error = true;
  EXPECT_EQ(RunOneCommand(runner_, options), kExitErrorReply);
  EXPECT_THAT(link_.commands, SizeIs(7)) << "-e does";
  answer_ = "";
  EXPECT_EQ(RunOneCommand(runner_, options), kExitConnection);
  testing::internal::GetCapturedStdout();
}

TEST(RepeatCount, IsANumberBeforeACommand) {
  Words words = {"3", "PING"};
  EXPECT_EQ(TakeRepeatCount(words), 3);
  EXPECT_THAT(words, ElementsAre("PING"));
  words = {"GET", "3"};
  EXPECT_EQ(TakeRepeatCount(words), 1);
  words = {"0", "PING"};
  EXPECT_EQ(TakeRepeatCount(words), 0);
  words = {"3"};
  EXPECT_EQ(TakeRepeatCount(words), 1);
  EXPECT_THAT(words, ElementsAre("3"));
}

}  // namespace
}  // namespace nacre::cli
