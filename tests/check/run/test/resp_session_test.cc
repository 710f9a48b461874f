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
