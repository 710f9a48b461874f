#include "client/cli/session_state.h"

#include "client/cli/advice.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/client/cli/replies.h"

namespace nacre::cli {
namespace {

using ::testing::HasSubstr;

constexpr char kTimedOut[] = "-NOTRANSACTION the transaction timed out\r\n";

class PromptTest : public testing::Test {
 protected:
  PromptTest() { state_.Connected(); }

  // The prompt after a command and its reply, without the address and "> ".
  std::string After(const std::vector<std::string>& words, std::string_view wire) {
    const client::Reply reply = Wire(wire);
    state_.Observe(words, reply.view());
    return Shown();
  }
  std::string Shown() const {
    std::string prompt = state_.Prompt();
    EXPECT_TRUE(prompt.starts_with("h:1")) << prompt;
    EXPECT_TRUE(prompt.ends_with("> ")) << prompt;
    return prompt.substr(3, prompt.size() - 5);
  }

  SessionState state_{"h:1", 0, 2};
};

TEST_F(PromptTest, ShowsTheAddressAndADatabaseOtherThanZero) {
  EXPECT_EQ(state_.Prompt(), "h:1> ");
  EXPECT_EQ(After({"select", "2"}, "+OK\r\n"), "[2]");
  EXPECT_EQ(After({"select", "99"}, "-ERR DB index is out of range\r\n"), "[2]");
  EXPECT_EQ(After({"select", "0"}, "+OK\r\n"), "");
}

TEST_F(PromptTest, ShowsTheLevelOfAnOpenTransaction) {
  EXPECT_EQ(After({"begin", "snapshot"}, "+OK\r\n"), " (snapshot tx)");
  EXPECT_EQ(After({"GET", "k"}, "-WRONGTYPE no\r\n"), " (snapshot tx)")
      << "an error of a command does not end it";
  EXPECT_EQ(After({"commit"}, ":17\r\n"), "");
  EXPECT_EQ(After({"BEGIN", "SERIALIZABLE", "TIMESTAMP"}, ":1\r\n"), " (serializable tx)");
  After({"ROLLBACK"}, "+OK\r\n");
  EXPECT_EQ(After({"BEGIN", "SERIALIZABLE", "READONLY"}, "+OK\r\n"),
            " (serializable, read-only tx)");
  EXPECT_EQ(After({"ROLLBACK"}, "+OK\r\n"), "");
}

TEST_F(PromptTest, ABeginWithoutALevelHasTheServersIfItIsKnown) {
  EXPECT_EQ(After({"BEGIN"}, "+OK\r\n"), " (tx)");
  EXPECT_EQ(After({"ROLLBACK"}, "+OK\r\n"), "");
  EXPECT_EQ(After({"BEGIN", "READONLY"}, "+OK\r\n"), " (read-only tx)");
  EXPECT_EQ(After({"ROLLBACK"}, "+OK\r\n"), "");
  state_.SetDefaultLevel("serializable");
  EXPECT_EQ(After({"BEGIN"}, "+OK\r\n"), " (serializable tx)");
}

TEST_F(PromptTest, ACommitEndsTheTransactionWhateverItAnswers) {
  After({"BEGIN", "SNAPSHOT"}, "+OK\r\n");
  EXPECT_EQ(After({"COMMIT"}, "-CONFLICT key 'k'\r\n"), "");
}

TEST_F(PromptTest, AFailedBeginOpensNothing) {
  EXPECT_EQ(After({"BEGIN", "CHAOS"}, "-ERR syntax error\r\n"), "");
  EXPECT_EQ(After({"COMMIT"}, "-ERR COMMIT without BEGIN\r\n"), "");
}

TEST_F(PromptTest, ARolledBackTransactionStaysUntilItIsAcknowledged) {
  After({"BEGIN", "SNAPSHOT"}, "+OK\r\n");
  EXPECT_EQ(After({"GET", "k"}, kTimedOut), " (tx rolled back, ROLLBACK to go on)");
  EXPECT_EQ(After({"BEGIN"}, kTimedOut), " (tx rolled back, ROLLBACK to go on)");
  EXPECT_EQ(After({"ROLLBACK"}, "+OK\r\n"), "");
  After({"BEGIN", "SNAPSHOT"}, "+OK\r\n");
  EXPECT_EQ(After({"COMMIT"}, kTimedOut), "") << "COMMIT acknowledges it too";
}

TEST_F(PromptTest, MultiQueuesUntilExecOrDiscard) {
  EXPECT_EQ(After({"MULTI"}, "+OK\r\n"), " (multi)");
  EXPECT_EQ(After({"SET", "k", "v"}, "+QUEUED\r\n"), " (multi)");
  EXPECT_EQ(After({"EXEC"}, "*1\r\n+OK\r\n"), "");
  After({"MULTI"}, "+OK\r\n");
  EXPECT_EQ(After({"DISCARD"}, "+OK\r\n"), "");
}

TEST_F(PromptTest, ARefusedCommandMakesExecFail) {
  After({"MULTI"}, "+OK\r\n");
  EXPECT_EQ(After({"MULTI"}, "-ERR MULTI calls can not be nested\r\n"), " (multi)");
  EXPECT_EQ(After({"GET"}, "-ERR wrong number of arguments\r\n"), " (multi, EXEC will fail)");
  EXPECT_EQ(After({"GET", "k"}, "+QUEUED\r\n"), " (multi, EXEC will fail)");
  EXPECT_EQ(After({"EXEC"}, "-EXECABORT Transaction discarded\r\n"), "");
}

TEST_F(PromptTest, ACommandOfTheTransactionItselfIsRefusedForItsArity) {
  After({"MULTI"}, "+OK\r\n");
  EXPECT_EQ(After({"WATCH"}, "-ERR wrong number of arguments for 'watch' command\r\n"),
            " (multi, EXEC will fail)");
}

TEST_F(PromptTest, AQueuedSelectCountsOnceItIsExecuted) {
  After({"MULTI"}, "+OK\r\n");
  EXPECT_EQ(After({"SELECT", "3"}, "+QUEUED\r\n"), " (multi)");
  EXPECT_EQ(After({"EXEC"}, "*1\r\n+OK\r\n"), "[3]");
  After({"MULTI"}, "+OK\r\n");
  After({"SELECT", "5"}, "+QUEUED\r\n");
  EXPECT_EQ(After({"EXEC"}, "*-1\r\n"), "[3]") << "a watched key has changed";
}

TEST_F(PromptTest, AQueuedSelectThatFailsInExecChangesNothing) {
  After({"MULTI"}, "+OK\r\n");
  After({"SET", "k", "v"}, "+QUEUED\r\n");
  After({"SELECT", "99"}, "+QUEUED\r\n");
  EXPECT_EQ(After({"EXEC"}, "*2\r\n+OK\r\n-ERR DB index is out of range\r\n"), "");
  After({"MULTI"}, "+OK\r\n");
  After({"SELECT", "3"}, "+QUEUED\r\n");
  After({"SELECT", "99"}, "+QUEUED\r\n");
  EXPECT_EQ(After({"EXEC"}, "*2\r\n+OK\r\n-ERR DB index is out of range\r\n"), "[3]")
      << "the last one that worked";
}

TEST_F(PromptTest, AQueuedSelectIsFoundWhereTheQueueWasNotSeenFromItsBeginning) {
  After({"SELECT", "3"}, "+QUEUED\r\n");
  EXPECT_EQ(After({"EXEC"}, "*2\r\n-ERR no\r\n+OK\r\n"), "[3]");
}

TEST_F(PromptTest, WatchIsShownUntilItIsOver) {
  EXPECT_EQ(After({"WATCH", "k"}, "+OK\r\n"), " (watching)");
  EXPECT_EQ(After({"UNWATCH"}, "+OK\r\n"), "");
  After({"WATCH", "k"}, "+OK\r\n");
  EXPECT_EQ(After({"MULTI"}, "+OK\r\n"), " (multi)");
  EXPECT_EQ(After({"EXEC"}, "*-1\r\n"), "");
}

TEST_F(PromptTest, ResetEndsEverything) {
  After({"SELECT", "2"}, "+OK\r\n");
  After({"MULTI"}, "+OK\r\n");
  EXPECT_EQ(After({"RESET"}, "+RESET\r\n"), "");
  EXPECT_EQ(state_.database(), 0);
}

TEST_F(PromptTest, RepliesThatContradictThePromptCorrectIt) {
  EXPECT_EQ(After({"GET", "k"}, "+QUEUED\r\n"), " (multi)");
  EXPECT_EQ(After({"EXEC"}, "-ERR EXEC without MULTI\r\n"), "");
  After({"MULTI"}, "+OK\r\n");
  EXPECT_EQ(After({"DISCARD"}, "-ERR DISCARD without MULTI\r\n"), "");
  After({"BEGIN", "SNAPSHOT"}, "+OK\r\n");
  EXPECT_EQ(After({"EXEC"}, "-ERR EXEC without MULTI\r\n"), " (snapshot tx)")
      << "EXEC has nothing to do with BEGIN";
  EXPECT_EQ(After({"ROLLBACK"}, "-ERR ROLLBACK without BEGIN\r\n"), "");
}

TEST_F(PromptTest, ALostConnectionSaysWhatIsLostWithIt) {
  EXPECT_EQ(state_.Disconnected({"GET", "k"}), "");
  EXPECT_EQ(state_.Prompt(), "h:1 (not connected)> ");
  state_.Connected();
  After({"BEGIN", "SNAPSHOT"}, "+OK\r\n");
  EXPECT_THAT(state_.Disconnected({"GET", "k"}), HasSubstr("rolled back"));
  state_.Connected();
  EXPECT_EQ(Shown(), "") << "the transaction is gone";
  After({"MULTI"}, "+OK\r\n");
  EXPECT_THAT(state_.Disconnected({}), HasSubstr("none was executed"));
  state_.Connected();
  After({"WATCH", "k"}, "+OK\r\n");
  EXPECT_THAT(state_.Disconnected({}), HasSubstr("watched keys"));
}

TEST_F(PromptTest, AConnectionLostWithACommitUnderWayIsOutcomeUnknown) {
  After({"BEGIN", "SNAPSHOT"}, "+OK\r\n");
  EXPECT_THAT(state_.Disconnected({"commit"}), HasSubstr("unknown"));
  state_.Connected();
  After({"MULTI"}, "+OK\r\n");
  EXPECT_THAT(state_.Disconnected({"exec"}), HasSubstr("unknown"));
}

TEST_F(PromptTest, TheNextConnectionTakesUpDatabaseProtocolAndLogin) {
  After({"SELECT", "4"}, "+OK\r\n");
  After({"AUTH", "wrong"}, "-WRONGPASS no\r\n");
  EXPECT_FALSE(state_.login());
  After({"AUTH", "alice", "secret"}, "+OK\r\n");
  After({"HELLO", "3"}, "%0\r\n");
  ASSERT_TRUE(state_.login());
  EXPECT_EQ(state_.login()->username, "alice");
  EXPECT_EQ(state_.login()->password, "secret");
  EXPECT_EQ(state_.database(), 4);
  EXPECT_EQ(state_.protocol(), 3);
  After({"HELLO", "2", "SETNAME", "x", "AUTH", "bob", "pw"}, "*0\r\n");
  EXPECT_EQ(state_.login()->username, "bob");
  EXPECT_EQ(state_.protocol(), 2);
}

TEST(Advice, SaysWhatToDoAfterAConflict) {
  const client::Reply conflict = Wire("-CONFLICT key 'k' was written\r\n");
  EXPECT_THAT(AdviceOn({"COMMIT"}, conflict.view(), TransactionState::kOpen),
              HasSubstr("from BEGIN"));
}

TEST(Advice, ExplainsANullExecButNoOtherNull) {
  const client::Reply null = Wire("*-1\r\n");
  EXPECT_THAT(AdviceOn({"exec"}, null.view(), TransactionState::kMulti), HasSubstr("watched key"));
  EXPECT_EQ(AdviceOn({"GET", "k"}, null.view(), TransactionState::kNone), "");
}

TEST(Advice, ErrorsThatSpeakForThemselvesStandAlone) {
  const client::Reply error = Wire("-ERR value is not an integer or out of range\r\n");
  EXPECT_EQ(AdviceOn({"INCR", "k"}, error.view(), TransactionState::kNone), "");
}

}  // namespace
}  // namespace nacre::cli
