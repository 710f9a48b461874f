// Sessions of a server, by what it answers.

#include <sys/resource.h>
#include <unistd.h>

#include "gtest/gtest.h"
#include "tests/check/run/resp_target.h"
#include "tests/client/support/scripted_server.h"

namespace nacre::check::run {
namespace {

using client::support::CannedReplies;
using client::support::ScriptedServer;
using client::support::Words;

// What is known of a transaction that writes.
struct Timestamps {
  std::optional<uint64_t> begin;
  std::optional<uint64_t> commit;
};

Timestamps AnsweredBy(const CannedReplies& replies) {
  ScriptedServer server(replies);
  RespOptions options;
  options.endpoint.port = server.port();
  const StopEvent never;
  const auto target = OpenRespTarget(options, never);
  EXPECT_TRUE(target.ok()) << target.status();
  if (!target.ok()) return {};
  const auto session = (*target)->Connect();
  EXPECT_TRUE(session.ok()) << session.status();
  if (!session.ok()) return {};
  EXPECT_TRUE((*session)->Begin(false).ok());
  EXPECT_TRUE((*session)->Write("k", "v").ok());
  Timestamps timestamps = {.begin = (*session)->begin_timestamp(), .commit = std::nullopt};
  const CommitResult result = (*session)->Commit();
  EXPECT_EQ(result.ending, Ending::kCommitted) << result.why;
  timestamps.commit = result.commit_timestamp;
  return timestamps;
}

TEST(BeginSession, TakesNumbersForTimestampsOnlyWhereItHasAskedForThem) {
  CannedReplies replies;
  replies.On("BEGIN", ":7\r\n").On("SET", "+OK\r\n").On("COMMIT", ":9\r\n");
  replies.On("ROLLBACK", "+OK\r\n");
  const Timestamps asked = AnsweredBy(replies);
  EXPECT_EQ(asked.begin, 7u);
  EXPECT_EQ(asked.commit, 9u);
  replies.On("BEGIN TIMESTAMP", "-ERR unknown option\r\n");
  const Timestamps not_asked = AnsweredBy(replies);
  EXPECT_EQ(not_asked.begin, std::nullopt);
  EXPECT_EQ(not_asked.commit, std::nullopt);
}

// Of a server that is like a stock redis on its first connection, on which it is asked whether
// there are transactions, and begins none on the next.
CommitResult CommitWithoutMulti(std::string_view answer_to_set) {
  ScriptedServer server([answer_to_set](ScriptedServer::Peer& peer) {
    CannedReplies replies;
    replies.On("WATCH", "+OK\r\n").On("UNWATCH", "+OK\r\n");
    replies.On("MULTI", "+OK\r\n").On("EXEC", "*0\r\n");
    CannedReplies later;
    later.On("WATCH", "+OK\r\n").On("UNWATCH", "+OK\r\n").On("GET", "$-1\r\n");
    later.On("MULTI", "-LOADING it is coming up\r\n").On("SET", answer_to_set);
    later.On("EXEC", "-ERR EXEC without MULTI\r\n");
    while (const auto words = peer.ReadCommand()) {
      peer.Answer(*words, peer.number() == 0 ? replies : later);
    }
  });
  RespOptions options;
  options.endpoint.port = server.port();
  const StopEvent never;
  const auto target = OpenRespTarget(options, never);
  EXPECT_TRUE(target.ok()) << target.status();
  if (!target.ok()) return {};
  const auto session = (*target)->Connect();
  EXPECT_TRUE(session.ok()) << session.status();
  if (!session.ok()) return {};
  EXPECT_TRUE((*session)->Begin(false).ok());
  EXPECT_TRUE((*session)->Read("read").ok());
  EXPECT_TRUE((*session)->Write("k", "v").ok());
  const CommitResult result = (*session)->Commit();
  // Else the next transaction would be refused because of keys that it has not read.
  EXPECT_EQ(server.commands().back(), Words{"UNWATCH"});
  return result;
}

TEST(WatchSession, WhoseMultiIsRefusedMayHaveWrittenAllTheSame) {
  const CommitResult done = CommitWithoutMulti("+OK\r\n");
  EXPECT_EQ(done.ending, Ending::kUnknown);
  EXPECT_EQ(done.why, "LOADING it is coming up");
  EXPECT_EQ(CommitWithoutMulti("-LOADING it is coming up\r\n").ending, Ending::kRefused);
  // An error that leaves open whether it has been done.
  EXPECT_EQ(CommitWithoutMulti("-IOERR the other one is gone\r\n").ending, Ending::kUnknown);
}

TEST(RespTarget, HasToHaveTransactions) {
  CannedReplies replies;
  replies.On("WATCH", "+OK\r\n").On("UNWATCH", "+OK\r\n");
  replies.On("EXEC", "-ERR EXEC without MULTI\r\n");
  const auto opened_if_multi_says = [&](const std::string& answer) {
    ScriptedServer server(replies.On("MULTI", "-" + answer + "\r\n"));
    RespOptions options;
    options.endpoint.port = server.port();
    const StopEvent never;
    const absl::Status status = OpenRespTarget(options, never).status();
    EXPECT_TRUE(std::string(status.message())
                    .ends_with(" cannot be used through WATCH, MULTI and EXEC: " + answer))
        << status;
    return status.code();
  };
  EXPECT_EQ(opened_if_multi_says("NOPERM no multi"), absl::StatusCode::kFailedPrecondition);
  // Whoever has started it tries again.
  EXPECT_EQ(opened_if_multi_says("LOADING it is coming up"), absl::StatusCode::kUnavailable);
}

TEST(RespTarget, WhoseBeginIsNotAnsweredOrNotYetHasItAllTheSame) {
  const auto opened_with = [](ScriptedServer& server, Transactions transactions) {
    RespOptions options;
    options.endpoint.port = server.port();
    options.transactions = transactions;
    const StopEvent never;
    return OpenRespTarget(options, never).status();
  };
  CannedReplies replies;
  replies.On("WATCH", "+OK\r\n").On("UNWATCH", "+OK\r\n");
  replies.On("MULTI", "+OK\r\n").On("EXEC", "*0\r\n");
  for (const Transactions transactions : {Transactions::kBegin, Transactions::kAuto}) {
    ScriptedServer gone([](ScriptedServer::Peer& peer) { peer.AnswerHandshake(); });
    const absl::Status lost = opened_with(gone, transactions);
    EXPECT_EQ(lost.code(), absl::StatusCode::kUnavailable) << lost;
    EXPECT_EQ(std::string(lost.message()).find("has no BEGIN"), std::string::npos) << lost;
    replies.On("BEGIN", "-LOADING it is coming up\r\n");
    ScriptedServer loading(replies);
    const absl::Status early = opened_with(loading, transactions);
    EXPECT_EQ(early.code(), absl::StatusCode::kUnavailable) << early;
    EXPECT_TRUE(std::string(early.message()).ends_with(": LOADING it is coming up")) << early;
    replies.On("BEGIN", "-ERR unknown command\r\n");
    ScriptedServer stock(replies);
    EXPECT_EQ(opened_with(stock, transactions).code(), transactions == Transactions::kBegin
                                                           ? absl::StatusCode::kFailedPrecondition
                                                           : absl::StatusCode::kOk);
  }
}

TEST(RespTarget, SaysThatThisProcessHasNoDescriptorsLeft) {
#ifdef NACRE_SANITIZED
  GTEST_SKIP() << "the sanitizer opens a pipe to see whether memory can be read, and takes it for "
                  "bad memory if it cannot";
#endif
  ScriptedServer server(CannedReplies{});
  RespOptions options;
  options.endpoint.port = server.port();
  const StopEvent never;
  rlimit limit;
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &limit), 0);
  const int next = ::dup(0);
  ASSERT_GE(next, 0);
  ::close(next);
  rlimit none = limit;
  none.rlim_cur = static_cast<rlim_t>(next);
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &none), 0);
  const absl::Status status = OpenRespTarget(options, never).status();
  EXPECT_EQ(::setrlimit(RLIMIT_NOFILE, &limit), 0);
  EXPECT_EQ(status.code(), absl::StatusCode::kResourceExhausted) << status;
}

}  // namespace
}  // namespace nacre::check::run
