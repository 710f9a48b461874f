// BEGIN ... COMMIT: what is sent, and what is made of the replies.

#include "client/transact/interactive_script.h"

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "nacre/client/errors.h"
#include "tests/client/transact/script_dialogue.h"

namespace nacre::client {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Optional;

const absl::Status kBroken =
    MakeError(absl::StatusCode::kUnknown, "connection reset", Outcome::kUnknown);

class InteractiveScriptTest : public testing::Test {
 protected:
  absl::StatusOr<std::optional<std::string>> Get(std::string_view key) {
    if (absl::Status status = script_->Get(key); !status.ok()) return status;
    wire_->Run();
    return script_->TakeValue();
  }
  AttemptEnd Finish(const absl::Status& status = absl::OkStatus()) {
    script_->Finish(status);
    wire_->Run();
    return script_->TakeEnd();
  }
  void Begin(const TransactOptions& options) {
    script_ = TransactionScript::New(/*interactive=*/true, options);
    wire_ = std::make_unique<ScriptDialogue>(*script_);
  }
  void SetUp() override { Begin({}); }

  std::unique_ptr<TransactionScript> script_;
  std::unique_ptr<ScriptDialogue> wire_;
};

TEST_F(InteractiveScriptTest, BeginTravelsWithTheFirstReadAndWritesBeforeTheCommit) {
  EXPECT_TRUE(script_->is_interactive());
  wire_->Answer("+OK\r\n$1\r\n7\r\n").Answer("$-1\r\n").Answer("+OK\r\n:1\r\n").Answer(":42\r\n");
  EXPECT_THAT(*Get("a"), Optional(std::string("7")));
  EXPECT_EQ(*Get("b"), std::nullopt);
  script_->Set("a", "8", absl::InfiniteDuration());
  script_->Del("b");
  const AttemptEnd end = Finish();
  ASSERT_TRUE(end.result.ok()) << end.result.status();
  EXPECT_EQ(end.result->timestamp, 42);
  EXPECT_THAT(end.result->replies, IsEmpty());
  EXPECT_TRUE(script_->leaves_connection_clean());
  EXPECT_THAT(wire_->sent(),
              ElementsAre("BEGIN SNAPSHOT | GET a", "GET b", "SET a 8 | DEL b", "COMMIT"));
}

TEST_F(InteractiveScriptTest, BufferedWritesLeaveWithTheNextRead) {
  wire_->Answer("+OK\r\n$1\r\n7\r\n").Answer("+OK\r\n$1\r\n8\r\n").Answer(":42\r\n");
  EXPECT_TRUE(Get("a").ok());
  script_->Set("a", "8", absl::InfiniteDuration());
  EXPECT_THAT(*Get("a"), Optional(std::string("8")));
  EXPECT_TRUE(Finish().result.ok());
  EXPECT_THAT(wire_->sent(), ElementsAre("BEGIN SNAPSHOT | GET a", "SET a 8 | GET a", "COMMIT"));
}

// NO-WRITE-OUTSIDE.
TEST_F(InteractiveScriptTest, AWriteIsNotSentBeforeBeginIsAnswered) {
  wire_->Answer("+OK\r\n").Answer("+OK\r\n$1\r\n8\r\n").Answer(":42\r\n");
  script_->Set("a", "8", absl::InfiniteDuration());
  EXPECT_TRUE(Get("a").ok());
  EXPECT_TRUE(Finish().result.ok());
  EXPECT_THAT(wire_->sent(), ElementsAre("BEGIN SNAPSHOT", "SET a 8 | GET a", "COMMIT"));
}

TEST_F(InteractiveScriptTest, NothingIsWrittenIfBeginIsRefused) {
  wire_->Answer("-ERR unknown command 'BEGIN'\r\n");
  script_->Set("a", "8", absl::InfiniteDuration());
  const AttemptEnd end = Finish();
  EXPECT_EQ(end.result.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(wire_->sent(), ElementsAre("BEGIN SNAPSHOT"));
  EXPECT_FALSE(script_->leaves_connection_clean());
}

TEST_F(InteractiveScriptTest, AReadThatWasAnsweredOutsideOfTheTransactionIsNoAnswer) {
  wire_->Answer("-ERR unknown command 'BEGIN'\r\n$1\r\n7\r\n");
  EXPECT_EQ(Get("a").status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(Get("a").status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(wire_->sent(), ElementsAre("BEGIN SNAPSHOT | GET a"));
}

// ALL-OR-NOTHING.
TEST_F(InteractiveScriptTest, AnErrorOfABufferedWriteRollsBack) {
  wire_->Answer("+OK\r\n").Answer("+OK\r\n-OOM used memory > 'maxmemory'\r\n").Answer("+OK\r\n");
  script_->Set("a", "1", absl::InfiniteDuration());
  script_->Set("b", "2", absl::InfiniteDuration());
  const AttemptEnd end = Finish();
  EXPECT_EQ(ErrorCode(end.result.status()), "OOM");
  EXPECT_EQ(OutcomeOf(end.result.status()), Outcome::kNotExecuted);
  EXPECT_THAT(wire_->sent(), ElementsAre("BEGIN SNAPSHOT", "SET a 1 | SET b 2", "ROLLBACK"));
  EXPECT_TRUE(script_->leaves_connection_clean());
}

TEST_F(InteractiveScriptTest, AReadBehindAWriteThatFailedAnswersTheWritesError) {
  wire_->Answer("+OK\r\n").Answer("-WRONGTYPE a\r\n$1\r\n7\r\n").Answer("+OK\r\n");
  script_->Write(Request("INCR", "a"), std::vector<std::string>{"a"});
  EXPECT_EQ(ErrorCode(Get("b").status()), "WRONGTYPE");
  const AttemptEnd end = Finish();
  EXPECT_EQ(ErrorCode(end.result.status()), "WRONGTYPE") << "although fn did not pass it on";
  EXPECT_EQ(wire_->sent().back(), "ROLLBACK");
}

TEST_F(InteractiveScriptTest, OnlyTheRepliesToWriteAreKept) {
  wire_->Answer("+OK\r\n").Answer("+OK\r\n:5\r\n:1\r\n:1\r\n").Answer(":9\r\n");
  script_->Set("a", "1", absl::InfiniteDuration());
  Request commands("INCR", "n");
  commands.Add("APPEND", "s", "x");
  script_->Write(commands, std::vector<std::string>{"n", "s"});
  script_->Del("b");
  const AttemptEnd end = Finish();
  ASSERT_TRUE(end.result.ok());
  ASSERT_EQ(end.result->replies.size(), 2u);
  EXPECT_EQ(end.result->replies[0].integer(), 5);
  EXPECT_EQ(end.result->replies[1].integer(), 1);
}

TEST_F(InteractiveScriptTest, ATimeToLiveIsRoundedUpToMilliseconds) {
  wire_->Answer("+OK\r\n").Answer("+OK\r\n+OK\r\n").Answer(":9\r\n");
  script_->Set("a", "1", absl::Microseconds(1));
  script_->Set("b", "1", absl::Seconds(2));
  EXPECT_TRUE(Finish().result.ok());
  EXPECT_EQ(wire_->sent()[1], "SET a 1 PX 1 | SET b 1 PX 2000");
}

TEST_F(InteractiveScriptTest, ATimeToLiveThatIsNotPositiveFailsTheCommit) {
  script_->Set("a", "1", absl::ZeroDuration());
  EXPECT_EQ(Finish().result.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(wire_->sent(), IsEmpty());
}

TEST_F(InteractiveScriptTest, TheLevelIsSaidAndReadOnlyToo) {
  Begin({.isolation = Isolation::kSerializable, .read_only = true});
  wire_->Answer("+OK\r\n$1\r\n7\r\n").Answer(":3\r\n");
  EXPECT_TRUE(Get("a").ok());
  EXPECT_EQ(Finish().result->timestamp, 3);
  EXPECT_THAT(wire_->sent(), ElementsAre("BEGIN SERIALIZABLE READONLY | GET a", "COMMIT"));
}

TEST_F(InteractiveScriptTest, AWriteInAReadOnlyTransactionIsNotSent) {
  Begin({.read_only = true});
  wire_->Answer("+OK\r\n$1\r\n7\r\n").Answer("+OK\r\n");
  EXPECT_TRUE(Get("a").ok());
  script_->Set("a", "1", absl::InfiniteDuration());
  EXPECT_EQ(Finish().result.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(wire_->sent(), ElementsAre("BEGIN SNAPSHOT READONLY | GET a", "ROLLBACK"));
}

TEST_F(InteractiveScriptTest, ATransactionThatDoesNothingHasATimestamp) {
  wire_->Answer("+OK\r\n:17\r\n");
  EXPECT_EQ(Finish().result->timestamp, 17);
  EXPECT_THAT(wire_->sent(), ElementsAre("BEGIN SNAPSHOT | COMMIT"));
}

TEST_F(InteractiveScriptTest, ManyKeysAreOneRead) {
  wire_->Answer("+OK\r\n*2\r\n$1\r\n7\r\n$-1\r\n");
  const std::vector<std::string> keys = {"a", "b"};
  ASSERT_TRUE(script_->MultiGet(keys).ok());
  wire_->Run();
  EXPECT_THAT(*script_->TakeValues(), ElementsAre(Optional(std::string("7")), std::nullopt));
  ASSERT_TRUE(script_->MultiGet({}).ok());
  wire_->Run();
  EXPECT_THAT(*script_->TakeValues(), IsEmpty());
  EXPECT_THAT(wire_->sent(), ElementsAre("BEGIN SNAPSHOT | MGET a b"));
}

TEST_F(InteractiveScriptTest, ExecAnswersAtOnce) {
  wire_->Answer("+OK\r\n").Answer(":1\r\n").Answer(":9\r\n");
  ASSERT_TRUE(script_->Exec(Request("SETNX", "a", "1")).ok());
  wire_->Run();
  EXPECT_EQ(script_->TakeReply()->integer(), 1);
  EXPECT_EQ(Finish().result->timestamp, 9);
  EXPECT_THAT(wire_->sent(), ElementsAre("BEGIN SNAPSHOT", "SETNX a 1", "COMMIT"));
}

TEST_F(InteractiveScriptTest, AnErrorOfAReadIsFnsToJudge) {
  wire_->Answer("+OK\r\n-WRONGTYPE a\r\n").Answer(":9\r\n");
  EXPECT_EQ(ErrorCode(Get("a").status()), "WRONGTYPE");
  EXPECT_TRUE(Finish().result.ok());
}

TEST_F(InteractiveScriptTest, AConflictAtTheCommitIsOfTheTransactionAndEndsIt) {
  wire_->Answer("+OK\r\n").Answer("+OK\r\n").Answer("-CONFLICT key 'a'\r\n");
  script_->Set("a", "1", absl::InfiniteDuration());
  const AttemptEnd end = Finish();
  EXPECT_TRUE(IsConflict(end.result.status()));
  EXPECT_TRUE(end.of_transaction);
  EXPECT_TRUE(script_->leaves_connection_clean());
}

TEST_F(InteractiveScriptTest, FnsOwnStatusRollsBack) {
  wire_->Answer("+OK\r\n$1\r\n7\r\n").Answer("+OK\r\n");
  EXPECT_TRUE(Get("a").ok());
  script_->Set("a", "1", absl::InfiniteDuration());
  const AttemptEnd end = Finish(absl::NotFoundError("no such account"));
  EXPECT_EQ(end.result.status(), absl::NotFoundError("no such account"));
  EXPECT_FALSE(end.of_transaction);
  EXPECT_THAT(wire_->sent(), ElementsAre("BEGIN SNAPSHOT | GET a", "ROLLBACK"));
  EXPECT_TRUE(script_->leaves_connection_clean());
}

TEST_F(InteractiveScriptTest, AConflictThatFnPassesOnIsOfTheTransaction) {
  wire_->Answer("+OK\r\n-CONFLICT key 'a'\r\n").Answer("+OK\r\n");
  const absl::Status status = Get("a").status();
  const AttemptEnd end = Finish(status);
  EXPECT_EQ(end.result.status(), status);
  EXPECT_TRUE(end.of_transaction);
  EXPECT_EQ(wire_->sent().back(), "ROLLBACK");
}

TEST_F(InteractiveScriptTest, AnAbortedOfFnsOwnIsNot) {
  EXPECT_FALSE(Finish(absl::AbortedError("mine")).of_transaction);
  EXPECT_THAT(wire_->sent(), IsEmpty());
}

TEST_F(InteractiveScriptTest, AConnectionLostBeforeTheCommitHasExecutedNothing) {
  wire_->Answer("+OK\r\n$1\r\n7\r\n").AnswerAndEnd("", kBroken);
  EXPECT_TRUE(Get("a").ok());
  script_->Set("a", "8", absl::InfiniteDuration());
  const AttemptEnd end = Finish();
  EXPECT_EQ(end.result.status().code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(OutcomeOf(end.result.status()), Outcome::kNotExecuted);
  EXPECT_TRUE(end.of_transaction);
  EXPECT_FALSE(script_->leaves_connection_clean());
  EXPECT_THAT(wire_->sent(), ElementsAre("BEGIN SNAPSHOT | GET a", "SET a 8"));
}

// UNKNOWN-STAYS-UNKNOWN.
TEST_F(InteractiveScriptTest, AConnectionLostAfterTheCommitWasSentIsOutcomeUnknown) {
  wire_->Answer("+OK\r\n").Answer("+OK\r\n").AnswerAndEnd("", kBroken);
  script_->Set("a", "8", absl::InfiniteDuration());
  const AttemptEnd end = Finish();
  EXPECT_EQ(end.result.status().code(), absl::StatusCode::kUnknown);
  EXPECT_TRUE(IsOutcomeUnknown(end.result.status()));
  EXPECT_FALSE(script_->leaves_connection_clean());
}

TEST_F(InteractiveScriptTest, ACommitThatNeverLeftHasNotHappened) {
  const absl::Status unsent =
      MakeError(absl::StatusCode::kUnavailable, "never written", Outcome::kNotExecuted);
  wire_->Answer("+OK\r\n").Answer("+OK\r\n").AnswerAndEnd("", unsent);
  script_->Set("a", "8", absl::InfiniteDuration());
  EXPECT_EQ(Finish().result.status(), unsent);
}

TEST_F(InteractiveScriptTest, ACommitThatWroteNothingCanBeLostWithoutHarm) {
  wire_->Answer("+OK\r\n$1\r\n7\r\n").AnswerAndEnd("", kBroken);
  EXPECT_TRUE(Get("a").ok());
  EXPECT_EQ(OutcomeOf(Finish().result.status()), Outcome::kNotExecuted);
}

TEST_F(InteractiveScriptTest, AfterExecTheCommitMayHaveDoneSomething) {
  wire_->Answer("+OK\r\n").Answer(":1\r\n").AnswerAndEnd("", kBroken);
  ASSERT_TRUE(script_->Exec(Request("INCR", "a")).ok());
  wire_->Run();
  EXPECT_TRUE(script_->TakeReply().ok());
  EXPECT_TRUE(IsOutcomeUnknown(Finish().result.status()));
}

TEST_F(InteractiveScriptTest, ADeadlineDuringAReadStaysOneAndHasExecutedNothing) {
  wire_->AnswerAndEnd("+OK\r\n",
                      MakeError(absl::StatusCode::kDeadlineExceeded, "late", Outcome::kUnknown));
  const absl::Status status = Get("a").status();
  EXPECT_EQ(status.code(), absl::StatusCode::kDeadlineExceeded);
  EXPECT_EQ(OutcomeOf(status), Outcome::kNotExecuted);
  EXPECT_EQ(Finish(status).result.status(), status);
  EXPECT_EQ(wire_->sent().size(), 1u) << "nothing can be sent on this connection any more";
  EXPECT_FALSE(script_->leaves_connection_clean());
}

TEST_F(InteractiveScriptTest, ARollbackThatIsLostChangesNothing) {
  wire_->Answer("+OK\r\n$1\r\n7\r\n").AnswerAndEnd("", kBroken);
  EXPECT_TRUE(Get("a").ok());
  EXPECT_EQ(Finish(absl::NotFoundError("mine")).result.status(), absl::NotFoundError("mine"));
  EXPECT_FALSE(script_->leaves_connection_clean());
}

TEST_F(InteractiveScriptTest, AConnectionIsNotCleanWhenTheCommitIsRefusedForAnythingButAConflict) {
  wire_->Answer("+OK\r\n").Answer("+OK\r\n").Answer("-OOM used memory\r\n");
  script_->Set("a", "1", absl::InfiniteDuration());
  EXPECT_EQ(ErrorCode(Finish().result.status()), "OOM");
  EXPECT_FALSE(script_->leaves_connection_clean());
}

TEST_F(InteractiveScriptTest, AConnectionIsNotCleanWhenTheRollbackIsRefused) {
  wire_->Answer("+OK\r\n$1\r\n7\r\n").Answer("-ERR not now\r\n");
  EXPECT_TRUE(Get("a").ok());
  EXPECT_EQ(Finish(absl::NotFoundError("mine")).result.status(), absl::NotFoundError("mine"));
  EXPECT_FALSE(script_->leaves_connection_clean());
}

TEST_F(InteractiveScriptTest, ACallThatIsStillUnderWayAtTheEndFailsTheTransaction) {
  ASSERT_TRUE(script_->Get("a").ok());
  ASSERT_NE(script_->NextRequest(), nullptr);
  script_->Finish(absl::OkStatus());
  EXPECT_EQ(script_->NextRequest(), nullptr);
  const AttemptEnd end = script_->TakeEnd();
  EXPECT_EQ(end.result.status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(OutcomeOf(end.result.status()), Outcome::kNotExecuted);
  // Its replies come afterwards.
  const absl::StatusOr<Reply> ok = Reply::Parse("+OK\r\n");
  const absl::StatusOr<Reply> value = Reply::Parse("$1\r\n7\r\n");
  script_->OnReply(ok->view());
  script_->OnReply(value->view());
  script_->OnEnd(absl::OkStatus());
  EXPECT_EQ(script_->NextRequest(), nullptr);
  EXPECT_FALSE(script_->leaves_connection_clean());
}

TEST_F(InteractiveScriptTest, ASecondCallBeforeTheFirstIsAnsweredIsRefused) {
  ASSERT_TRUE(script_->Get("a").ok());
  const absl::Status status = script_->Get("b");
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(status.message()), HasSubstr("one thing at a time"));
}

TEST_F(InteractiveScriptTest, ReadAndExecTakeOneCommand) {
  EXPECT_EQ(script_->Read(Request(), {}).code(), absl::StatusCode::kInvalidArgument);
  Request two("GET", "a");
  two.Add("GET", "b");
  EXPECT_EQ(script_->Exec(two).code(), absl::StatusCode::kInvalidArgument);
}

}  // namespace
}  // namespace nacre::client
