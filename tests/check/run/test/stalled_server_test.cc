// Servers that stop answering, or are slow, and whoever interrupts the run. Answers are waited for
// without end here, so a wait that an interrupt does not end would never end.

#include <algorithm>

#include "absl/time/clock.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/check/run/answer_wait.h"
#include "tests/check/run/source.h"
#include "tests/check/run/test/server_fixture.h"
#include "tests/client/support/scripted_server.h"

namespace nacre::check::run {
namespace {

using client::support::CannedReplies;
using client::support::ScriptedServer;
using client::support::ServerKind;
using client::support::Words;
using ::testing::Contains;
using ::testing::HasSubstr;

TEST(StalledServer, KeepsNobodyWaitingWhoInterrupts) {
  for (const char* workload : {"list-append", "bank"}) {
    ServerFixture server(ServerKind::kNacre);
    server.options().call_timeout = absl::InfiniteDuration();
    StopEvent interrupt;
    RunOptions options = OptionsForTest(0);
    options.interrupt = &interrupt;
    bool is_paused = false;
    options.progress = [&](const Progress& progress) {
      if (is_paused) interrupt.Set();
      if (!is_paused && progress.tally.committed_reads > 20) {
        server.Pause();
        is_paused = true;
      }
    };
    const Judged judged = server.RunAndJudge(workload, options);
    EXPECT_EQ(judged.verdict.ruling, Ruling::kUnknown) << judged.verdict.ToString();
    EXPECT_THAT(judged.verdict.reason, HasSubstr("what it answered before was right"));
    EXPECT_THAT(judged.verdict.reason, HasSubstr("did not answer within 1s of when the run was"));
    EXPECT_THAT(judged.verdict.notes, Contains(HasSubstr("Keys of this run were left in nacre")));
  }
}

CannedReplies StockRedis() {
  CannedReplies replies;
  replies.On("BEGIN", "-ERR unknown command\r\n").On("ROLLBACK", "-ERR unknown command\r\n");
  replies.On("WATCH", "+OK\r\n").On("UNWATCH", "+OK\r\n").On("MULTI", "+OK\r\n");
  replies.On("EXEC", "*0\r\n").On("SET", "+QUEUED\r\n");
  return replies;
}

// Answers like a stock redis until `command` comes: then `interrupt` is set, and nothing answered.
ScriptedServer::Script SilentFrom(std::string command, StopEvent& interrupt) {
  return [command = std::move(command), &interrupt](ScriptedServer::Peer& peer) {
    const CannedReplies replies = StockRedis();
    while (const std::optional<Words> words = peer.ReadCommand()) {
      if ((*words)[0] == command) {
        interrupt.Set();
        peer.StopReading();
        return;
      }
      peer.Answer(*words, replies);
    }
  };
}

absl::Status StatusOfRun(const TargetOptions& target, const StopEvent& interrupt) {
  const auto source = MakeSource(target);
  EXPECT_TRUE(source.ok()) << source.status();
  RunOptions options = OptionsForTest(0);
  options.workload.keys = 100;
  options.interrupt = &interrupt;
  return run::Run(**source, WorkloadNamed("bank"), options).status();
}

absl::Status StatusOfRun(ScriptedServer& server, const StopEvent& interrupt,
                         Transactions transactions = Transactions::kAuto) {
  TargetOptions target;
  target.address = "127.0.0.1:" + std::to_string(server.port());
  target.resp.call_timeout = absl::InfiniteDuration();
  target.resp.transactions = transactions;
  return StatusOfRun(target, interrupt);
}

std::unique_ptr<Target> TargetAt(ScriptedServer& server, const StopEvent& interrupt) {
  RespOptions options;
  options.endpoint.port = server.port();
  options.call_timeout = absl::InfiniteDuration();
  auto target = OpenRespTarget(options, interrupt);
  EXPECT_TRUE(target.ok()) << target.status();
  return target.ok() ? *std::move(target) : nullptr;
}

TEST(StalledServer, IsNotReached) {
  const StopEvent never;
  ScriptedServer server([](ScriptedServer::Peer& peer) { peer.WaitUntilClosed(); });
  RespOptions options;
  options.endpoint.port = server.port();
  const absl::Status status = OpenRespTarget(options, never).status();
  EXPECT_EQ(status.message(),
            "cannot reach " + options.endpoint.ToString() + ": it does not answer");
}

TEST(StalledServer, MayBeInterruptedBeforeTheFirstTransaction) {
  // While it is greeted, while it is asked what it can do, and while the accounts are set up.
  for (const std::string command : {"HELLO", "BEGIN", "LRANGE", "SET"}) {
    StopEvent interrupt;
    ScriptedServer server(SilentFrom(command, interrupt));
    const absl::Status status = StatusOfRun(server, interrupt);
    EXPECT_TRUE(absl::IsCancelled(status)) << command << ": " << status;
    const std::string words(status.message());
    EXPECT_THAT(words, HasSubstr("interrupted")) << command;
    // The commit of what sets up was not answered: it may have taken place.
    if (command == "SET") {
      EXPECT_THAT(words, HasSubstr("Keys of this run were left in "));
      EXPECT_THAT(words, HasSubstr(", 100 at most, all beginning with 'nacre-check:"));
    }
  }
}

TEST(StalledServer, IsNotSaidToHaveNoBeginIfItDoesNotAnswerThat) {
  StopEvent interrupt;
  ScriptedServer server(SilentFrom("BEGIN", interrupt));
  const absl::Status status = StatusOfRun(server, interrupt, Transactions::kBegin);
  EXPECT_TRUE(absl::IsCancelled(status)) << status;
}

TEST(StalledServer, IsNoneTheLessStalledIfItSendsPushMessagesWithoutEnd) {
  StopEvent interrupt;
  ScriptedServer server([&interrupt](ScriptedServer::Peer& peer) {
    const CannedReplies replies = StockRedis();
    while (const std::optional<Words> words = peer.ReadCommand()) {
      if ((*words)[0] == "SET") {
        interrupt.Set();
        while (peer.Write(">2\r\n+a\r\n+b\r\n")) continue;
        return;
      }
      peer.Answer(*words, replies);
    }
  });
  const absl::Status status = StatusOfRun(server, interrupt);
  EXPECT_TRUE(absl::IsCancelled(status)) << status;
}

TEST(SpawnedServer, ThatEndsWhenTheRunIsInterruptedIsNotLost) {
  StopEvent interrupt;
  interrupt.Set();
  TargetOptions target;
  target.spawn = "false {port}";
  const absl::Status status = StatusOfRun(target, interrupt);
  EXPECT_TRUE(absl::IsCancelled(status)) << status;
  EXPECT_EQ(status.message(), "interrupted while 'false {port}' came up");
}

TEST(AnswerWait, GivesUpOnlyWhomTheInterruptHasLeftLessTime) {
  StopEvent interrupt;
  AnswerWait wait(interrupt);
  const auto silent = [](absl::Duration) { return false; };
  EXPECT_FALSE(wait.Until(absl::ZeroDuration(), silent));
  EXPECT_FALSE(wait.gave_up());
  interrupt.Set();
  EXPECT_FALSE(wait.Until(absl::ZeroDuration(), silent));
  EXPECT_FALSE(wait.gave_up());
  EXPECT_FALSE(wait.Until(absl::InfiniteDuration(), silent));
  EXPECT_TRUE(wait.gave_up());
}

TEST(ServerThatIsDown, IsSaidToBeDownAlsoToWhoInterrupts) {
  StopEvent interrupt;
  ScriptedServer server(StockRedis());
  const auto target = TargetAt(server, interrupt);
  ASSERT_NE(target, nullptr);
  server.Stop();
  interrupt.Set();
  for (int i = 0; i < 2; ++i) {
    EXPECT_THAT(std::string(target->Connect().status().message()), HasSubstr("Connection refused"));
  }
}

// --- Servers that answer, but slowly ---

TEST(SlowServer, IsNotAskedForTheRestOfATransactionThatSetsUp) {
  StopEvent interrupt;
  ScriptedServer server([&interrupt](ScriptedServer::Peer& peer) {
    CannedReplies replies;
    replies.On("BEGIN", ":1\r\n").On("ROLLBACK", "+OK\r\n").On("COMMIT", ":2\r\n");
    replies.On("SET", "+OK\r\n").On("DEL", ":0\r\n");
    while (const std::optional<Words> words = peer.ReadCommand()) {
      if ((*words)[0] == "SET") interrupt.Set();
      peer.Answer(*words, replies);
    }
  });
  const absl::Status status = StatusOfRun(server, interrupt);
  EXPECT_TRUE(absl::IsCancelled(status)) << status;
  const std::vector<Words> commands = server.commands();
  EXPECT_EQ(
      std::count_if(commands.begin(), commands.end(), [](const Words& w) { return w[0] == "SET"; }),
      1);
}

TEST(SlowServer, IsNotAskedToRemoveKeysForLongerThanForOneAnswer) {
  constexpr size_t kCommands = 8;
  std::vector<std::string> keys;
  for (size_t i = 0; i < 1000 * kCommands; ++i) keys.push_back(std::to_string(i));
  StopEvent interrupt;
  // Each answer comes in time; all of them together do not.
  ScriptedServer server([](ScriptedServer::Peer& peer) {
    CannedReplies replies = StockRedis();
    replies.On("DEL", ":0\r\n");
    while (const std::optional<Words> words = peer.ReadCommand()) {
      if ((*words)[0] == "DEL") absl::SleepFor(2 * AnswerWait::kGrace / kCommands);
      peer.Answer(*words, replies);
    }
  });
  const auto target = TargetAt(server, interrupt);
  ASSERT_NE(target, nullptr);
  const auto session = target->Connect();
  ASSERT_TRUE(session.ok()) << session.status();
  interrupt.Set();
  EXPECT_FALSE((*session)->Remove(keys).ok());
}

}  // namespace
}  // namespace nacre::check::run
