// Servers that stop answering, and whoever interrupts the run. Answers are waited for without end
// here, so a wait that an interrupt does not end would never end.

#include <atomic>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
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

// Answers like a stock redis until `command` comes: then `interrupt` is set, and nothing answered.
ScriptedServer::Script SilentFrom(std::string command, StopEvent& interrupt) {
  return [command = std::move(command), &interrupt](ScriptedServer::Peer& peer) {
    CannedReplies replies;
    replies.On("BEGIN", "-ERR unknown command\r\n").On("ROLLBACK", "-ERR unknown command\r\n");
    replies.On("WATCH", "+OK\r\n").On("UNWATCH", "+OK\r\n").On("MULTI", "+OK\r\n");
    replies.On("EXEC", "*0\r\n").On("SET", "+QUEUED\r\n");
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

absl::Status StatusOfRun(const std::string& command) {
  StopEvent interrupt;
  ScriptedServer server(SilentFrom(command, interrupt));
  TargetOptions target;
  target.address = "127.0.0.1:" + std::to_string(server.port());
  target.resp.call_timeout = absl::InfiniteDuration();
  const auto source = MakeSource(target);
  EXPECT_TRUE(source.ok()) << source.status();
  RunOptions options = OptionsForTest(0);
  options.interrupt = &interrupt;
  return run::Run(**source, WorkloadNamed("bank"), options).status();
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
  for (const char* command : {"HELLO", "LRANGE", "SET"}) {
    const absl::Status status = StatusOfRun(command);
    EXPECT_TRUE(absl::IsCancelled(status)) << command << ": " << status;
    EXPECT_THAT(std::string(status.message()), HasSubstr("interrupted")) << command;
  }
}

}  // namespace
}  // namespace nacre::check::run
