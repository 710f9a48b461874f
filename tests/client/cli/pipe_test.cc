#include "client/cli/pipe.h"

#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <memory>

#include "client/cli/interrupt.h"
#include "client/cli/modes.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/client/cli/scripted_link.h"

namespace nacre::cli {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::SizeIs;
using Words = std::vector<std::string>;

struct PipeResult {
  int exit_code = -1;
  std::string out;
  std::string err;
};

PipeResult PipeIn(ScriptedLink& link, std::string_view input, CliOptions options = {}) {
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::tmpfile(), &std::fclose);
  EXPECT_EQ(std::fwrite(input.data(), 1, input.size(), file.get()), input.size());
  std::rewind(file.get());
  EXPECT_TRUE(link.Connect({}).ok());
  testing::internal::CaptureStdout();
  testing::internal::CaptureStderr();
  PipeResult result;
  result.exit_code = RunPipe(link, options, fileno(file.get()));
  result.out = testing::internal::GetCapturedStdout();
  result.err = testing::internal::GetCapturedStderr();
  return result;
}

TEST(Pipe, CountsRepliesAndErrors) {
  ScriptedLink link([](const Words& words) -> std::string {
    return words[0] == "SET" ? "+OK\r\n" : "-ERR unknown\r\n";
  });
  const PipeResult result = PipeIn(link, "SET a 1\r\nFOO\r\nSET b 2\r\n");
  EXPECT_EQ(result.exit_code, kExitErrorReply);
  EXPECT_THAT(result.out, HasSubstr("errors: 1, replies: 3\n"));
  EXPECT_EQ(result.err, "ERR unknown\n");
  EXPECT_THAT(link.commands,
              ElementsAre(Words{"SET", "a", "1"}, Words{"FOO"}, Words{"SET", "b", "2"}));
}

TEST(Pipe, ACommandWithoutOneReplyEndsTheInputAndWhatStandsBeforeItIsExecuted) {
  for (const std::string command :
       {"MONITOR", "sync", "psync ?", "client reply", "SUBSCRIBE a", "sunsubscribe"}) {
    SCOPED_TRACE(command);
    ScriptedLink link([](const Words&) { return "+OK\r\n"; });
    const PipeResult result =
        PipeIn(link, "SET a 1\r\nCLIENT ID\r\n" + command + "\r\nSET c 3\r\n");
    EXPECT_EQ(result.exit_code, kExitErrorReply);
    EXPECT_EQ(result.err, command + ": --pipe counts one reply for each command\n");
    EXPECT_THAT(result.out, HasSubstr("errors: 0, replies: 2\n"));
    EXPECT_THAT(link.commands, ElementsAre(Words{"SET", "a", "1"}, Words{"CLIENT", "ID"}));
  }
}

TEST(Pipe, KeepsABoundedNumberOfRequestsUnderWay) {
  ScriptedLink link([](const Words&) { return "+OK\r\n"; });
  link.replies_at_once = 1;
  std::string input;
  for (int i = 0; i < 30'000; ++i) input += "*1\r\n$4\r\nPING\r\n";
  const PipeResult result = PipeIn(link, input);
  EXPECT_EQ(result.exit_code, kExitOk);
  EXPECT_THAT(result.out, HasSubstr("errors: 0, replies: 30000\n"));
  EXPECT_LE(link.in_flight_max, 5000u);
  EXPECT_GT(link.in_flight_max, 1000u) << "it does not wait for each reply either";
}

TEST(Pipe, LargeRequestsAreBoundedByTheirBytes) {
  ScriptedLink link([](const Words&) { return "+OK\r\n"; });
  link.replies_at_once = 1;
  std::string input;
  for (int i = 0; i < 40; ++i) {
    client::Request request("SET", "k", std::string(300'000, 'x'));
    input += request.bytes();
  }
  const PipeResult result = PipeIn(link, input);
  EXPECT_EQ(result.exit_code, kExitOk);
  EXPECT_THAT(link.commands, SizeIs(40));
  EXPECT_LE(link.in_flight_max, 5u);
}

TEST(Pipe, AnEmptyInputIsDone) {
  ScriptedLink link([](const Words&) { return "+OK\r\n"; });
  EXPECT_EQ(PipeIn(link, "").exit_code, kExitOk);
}

TEST(Pipe, WhatStandsBeforeAMistakeIsStillAnswered) {
  ScriptedLink link([](const Words&) { return "+OK\r\n"; });
  const PipeResult result = PipeIn(link, "SET a 1\r\n*1\r\nrubbish\r\nSET b 2\r\n");
  EXPECT_EQ(result.exit_code, kExitErrorReply);
  EXPECT_THAT(result.err, HasSubstr("input byte"));
  EXPECT_THAT(result.out, HasSubstr("errors: 0, replies: 1\n"));
  EXPECT_THAT(link.commands, SizeIs(1));
}

TEST(Pipe, ALostConnectionSaysHowMuchWasNotAnswered) {
  ScriptedLink link(
      [](const Words& words) -> std::string { return words[0] == "QUIT" ? "" : "+OK\r\n"; });
  const PipeResult result = PipeIn(link, "PING\r\nQUIT\r\nPING\r\n");
  EXPECT_EQ(result.exit_code, kExitConnection);
  EXPECT_THAT(result.err, HasSubstr("2 commands not answered"));
  EXPECT_THAT(result.out, HasSubstr("errors: 0, replies: 1\n"));
}

TEST(Pipe, GivesUpOnAServerThatDoesNotAnswer) {
  // A push is no reply.
  ScriptedLink link([](const Words&) { return ">1\r\n+noise\r\n"; });
  CliOptions options;
  options.pipe_timeout = absl::Nanoseconds(1);
  const PipeResult result = PipeIn(link, "PING\r\n", options);
  EXPECT_EQ(result.exit_code, kExitConnection);
  EXPECT_THAT(result.err, HasSubstr("No replies for"));
}

TEST(Pipe, GivesUpOnAServerThatDoesNotAnswerWhileThereIsInputLeft) {
  ScriptedLink link([](const Words&) { return ">1\r\n+noise\r\n"; });
  std::string input;
  for (int i = 0; i < 30'000; ++i) input += "PING\r\n";
  CliOptions options;
  options.pipe_timeout = absl::Nanoseconds(1);
  const PipeResult result = PipeIn(link, input, options);
  EXPECT_EQ(result.exit_code, kExitConnection);
  EXPECT_THAT(result.err, HasSubstr("No replies for"));
  EXPECT_EQ(result.out, "errors: 0, replies: 0\n") << "not all was sent";
}

TEST(Pipe, DoesNotGiveUpOnAServerThatTakesBytesOrSendsThem) {
  for (const bool is_quiet : {true, false}) {
    ScriptedLink link([](const Words&) { return "+OK\r\n"; });
    link.replies_at_once = 1;
    link.quiet = is_quiet ? absl::InfiniteDuration() : absl::ZeroDuration();
    CliOptions options;
    options.pipe_timeout = absl::Nanoseconds(1);
    EXPECT_EQ(PipeIn(link, "PING\r\nPING\r\n", options).exit_code,
              is_quiet ? kExitConnection : kExitOk);
  }
}

TEST(Pipe, CtrlCIsNoSuccess) {
  CatchInterrupts(SecondInterrupt::kIsIgnored);
  ScriptedLink link([](const Words&) -> std::string {
    raise(SIGINT);
    return ">1\r\n+noise\r\n";
  });
  const PipeResult result = PipeIn(link, "PING\r\n");
  EXPECT_TRUE(TakeInterrupt());
  EXPECT_EQ(result.exit_code, kExitInterrupted);
}

TEST(Scan, CtrlCIsNoSuccess) {
  CatchInterrupts(SecondInterrupt::kIsIgnored);
  ScriptedLink link([](const Words&) -> std::string {
    raise(SIGINT);
    return "*2\r\n$1\r\n7\r\n*0\r\n";
  });
  ASSERT_TRUE(link.Connect({}).ok());
  EXPECT_EQ(RunScan(link, {}), kExitInterrupted);
  EXPECT_TRUE(TakeInterrupt());
}

TEST(Scan, FollowsTheCursorToItsEnd) {
  ScriptedLink link([](const Words& words) -> std::string {
    return words[1] == "0" ? "*2\r\n$1\r\n7\r\n*2\r\n$1\r\na\r\n$1\r\n\n\r\n"
                           : "*2\r\n$1\r\n0\r\n*1\r\n$1\r\nb\r\n";
  });
  ASSERT_TRUE(link.Connect({}).ok());
  CliOptions options;
  options.scan_pattern = "*";
  options.scan_count = 10;
  for (const auto& [mode, expected] : std::vector<std::pair<OutputMode, std::string>>{
           {OutputMode::kRaw, "a\n\n\nb\n"},
           {OutputMode::kHuman, "\"a\"\n\"\\n\"\n\"b\"\n"},
           {OutputMode::kJson, "\"a\"\n\"\\n\"\n\"b\"\n"}}) {
    options.format.mode = mode;
    testing::internal::CaptureStdout();
    EXPECT_EQ(RunScan(link, options), kExitOk);
    EXPECT_EQ(testing::internal::GetCapturedStdout(), expected);
  }
  EXPECT_EQ(link.commands[1], (Words{"SCAN", "7", "MATCH", "*", "COUNT", "10"}));
}

TEST(Scan, AnErrorEndsIt) {
  ScriptedLink link([](const Words&) { return "-NOCURSOR gone\r\n"; });
  ASSERT_TRUE(link.Connect({}).ok());
  testing::internal::CaptureStderr();
  EXPECT_EQ(RunScan(link, {}), kExitErrorReply);
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "SCAN: NOCURSOR gone\n");
}

}  // namespace
}  // namespace nacre::cli
