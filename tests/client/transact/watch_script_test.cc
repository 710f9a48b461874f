// WATCH ... MULTI ... EXEC: what is sent, and what is made of the replies.

#include "client/transact/watch_script.h"

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

constexpr char kSeven[] = "+OK\r\n$1\r\n7\r\n";  // To WATCH and GET.
const absl::Status kBroken =
    MakeError(absl::StatusCode::kUnknown, "connection reset", Outcome::kUnknown);

class WatchScriptTest : public testing::Test {
 protected:
  absl::StatusOr<std::optional<std::string>> Get(std::string_view key) {
    if (absl::Status status = script_->Get(key); !status.ok()) return status;
    wire_->Run();
    return script_->TakeValue();
  }
  absl::StatusOr<Reply> Read(const Request& command, const std::vector<std::string>& keys) {
    if (absl::Status status = script_->Read(command, keys); !status.ok()) return status;
    wire_->Run();
    return script_->TakeReply();
  }
  void Set(std::string_view key, std::string_view value) {
    script_->Set(key, value, absl::InfiniteDuration());
  }
  AttemptEnd Finish(const absl::Status& status = absl::OkStatus()) {
    script_->Finish(status);
    wire_->Run();
    return script_->TakeEnd();
  }
  void Begin(const TransactOptions& options) {
    script_ = TransactionScript::New(/*interactive=*/false, options);
    wire_ = std::make_unique<ScriptDialogue>(*script_);
  }
  void SetUp() override { Begin({}); }

  std::unique_ptr<TransactionScript> script_;
  std::unique_ptr<ScriptDialogue> wire_;
};

TEST_F(WatchScriptTest, EachReadWatchesItsKeysInTheSameWriteAndTheCommitIsOne) {
  EXPECT_FALSE(script_->is_interactive());
  wire_->Answer(kSeven)
      .Answer("+OK\r\n$-1\r\n")
      .Answer("+OK\r\n+QUEUED\r\n+QUEUED\r\n*2\r\n+OK\r\n:1\r\n");
  EXPECT_THAT(*Get("a"), Optional(std::string("7")));
  EXPECT_EQ(*Get("b"), std::nullopt);
  Set("a", "8");
  script_->Del("b");
  const AttemptEnd end = Finish();
  ASSERT_TRUE(end.result.ok()) << end.result.status();
  EXPECT_EQ(end.result->timestamp, 0);
  EXPECT_THAT(end.result->replies, IsEmpty());
  EXPECT_TRUE(script_->leaves_connection_clean());
  EXPECT_THAT(wire_->sent(),
              ElementsAre("WATCH a | GET a", "WATCH b | GET b", "MULTI | SET a 8 | DEL b | EXEC"));
}

TEST_F(WatchScriptTest, AKeyIsWatchedOnce) {
  wire_->Answer(kSeven).Answer("$1\r\n7\r\n");
  EXPECT_TRUE(Get("a").ok());
  EXPECT_TRUE(Get("a").ok());
  EXPECT_THAT(wire_->sent(), ElementsAre("WATCH a | GET a", "GET a"));
}

TEST_F(WatchScriptTest, OwnWritesAreReadWithoutAskingTheServer) {
  Set("a", "8");
  script_->Del("b");
  EXPECT_THAT(*Get("a"), Optional(std::string("8")));
  EXPECT_EQ(*Get("b"), std::nullopt);
  EXPECT_THAT(wire_->sent(), IsEmpty());

  wire_->Answer("+OK\r\n*1\r\n$1\r\n7\r\n");
  const std::vector<std::string> keys = {"b", "c", "a"};
  ASSERT_TRUE(script_->MultiGet(keys).ok());
  wire_->Run();
  EXPECT_THAT(*script_->TakeValues(),
              ElementsAre(std::nullopt, Optional(std::string("7")), Optional(std::string("8"))));
  EXPECT_THAT(wire_->sent(), ElementsAre("WATCH c | MGET c"));
}

TEST_F(WatchScriptTest, TheLastWriteOfAKeyDecidesWhetherItCanBeRead) {
  const std::vector<std::string> keys = {"a"};
  Set("a", "1");
  script_->Write(Request("INCR", "a"), keys);
  EXPECT_EQ(Get("a").status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(script_->MultiGet(keys).code(), absl::StatusCode::kFailedPrecondition);
  Set("a", "5");
  EXPECT_THAT(*Get("a"), Optional(std::string("5")));
}

TEST_F(WatchScriptTest, AReadOfAKeyThatWasWrittenIsRefused) {
  Set("a", "1");
  EXPECT_EQ(Read(Request("STRLEN", "a"), {"a"}).status().code(),
            absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(wire_->sent(), IsEmpty());
}

TEST_F(WatchScriptTest, AReadNamesItsKeys) {
  EXPECT_EQ(Read(Request("DBSIZE"), {}).status().code(), absl::StatusCode::kInvalidArgument);
  wire_->Answer("+OK\r\n:3\r\n");
  EXPECT_EQ(Read(Request("STRLEN", "a"), {"a"})->integer(), 3);
  EXPECT_THAT(wire_->sent(), ElementsAre("WATCH a | STRLEN a"));
}

TEST_F(WatchScriptTest, ExecIsForInteractiveTransactionsOnly) {
  EXPECT_EQ(script_->Exec(Request("INCR", "a")).code(), absl::StatusCode::kUnimplemented);
}

TEST_F(WatchScriptTest, OneReadIsOfOneMomentAndOnlyUnwatched) {
  wire_->Answer(kSeven).Answer("+OK\r\n");
  EXPECT_TRUE(Get("a").ok());
  EXPECT_TRUE(Finish().result.ok());
  EXPECT_THAT(wire_->sent(), ElementsAre("WATCH a | GET a", "UNWATCH"));
  EXPECT_TRUE(script_->leaves_connection_clean());
}

TEST_F(WatchScriptTest, OneReadIsValidAlsoIfTheConnectionIsLostBehindIt) {
  wire_->Answer(kSeven).AnswerAndEnd("", kBroken);
  EXPECT_TRUE(Get("a").ok());
  EXPECT_TRUE(Finish().result.ok());
  EXPECT_FALSE(script_->leaves_connection_clean());
}

TEST_F(WatchScriptTest, SeveralReadsAreValidatedThoughNothingWasWritten) {
  wire_->Answer(kSeven).Answer(kSeven).Answer("+OK\r\n*-1\r\n");
  EXPECT_TRUE(Get("a").ok());
  EXPECT_TRUE(Get("b").ok());
  EXPECT_TRUE(IsConflict(Finish().result.status()));
  EXPECT_THAT(wire_->sent(), ElementsAre("WATCH a | GET a", "WATCH b | GET b", "MULTI | EXEC"));
}

TEST_F(WatchScriptTest, NothingDoneIsNothingSent) {
  EXPECT_TRUE(Finish().result.ok());
  EXPECT_THAT(wire_->sent(), IsEmpty());
}

TEST_F(WatchScriptTest, BlindWritesAreOneRoundTrip) {
  wire_->Answer("+OK\r\n+QUEUED\r\n+QUEUED\r\n*2\r\n+OK\r\n:5\r\n");
  Set("a", "1");
  script_->Write(Request("INCR", "n"), std::vector<std::string>{"n"});
  const AttemptEnd end = Finish();
  ASSERT_TRUE(end.result.ok());
  ASSERT_EQ(end.result->replies.size(), 1u);
  EXPECT_EQ(end.result->replies[0].integer(), 5);
  EXPECT_THAT(wire_->sent(), ElementsAre("MULTI | SET a 1 | INCR n | EXEC"));
}

TEST_F(WatchScriptTest, ANullFromExecIsAConflict) {
  for (const char* null : {"*-1\r\n", "_\r\n"}) {
    Begin({});
    wire_->Answer(kSeven).Answer(std::string("+OK\r\n+QUEUED\r\n") + null);
    EXPECT_TRUE(Get("a").ok());
    Set("a", "8");
    const AttemptEnd end = Finish();
    EXPECT_TRUE(IsConflict(end.result.status()));
    EXPECT_TRUE(end.of_transaction);
    EXPECT_TRUE(script_->leaves_connection_clean());
  }
}

// ALL-OR-NOTHING.
TEST_F(WatchScriptTest, AnAbortedExecAnswersTheErrorThatItWasAbortedFor) {
  wire_->Answer(
      "+OK\r\n+QUEUED\r\n-OOM used memory\r\n-ERR later\r\n-EXECABORT Transaction discarded\r\n");
  Set("a", "1");
  Set("b", "2");
  Set("c", "3");
  const AttemptEnd end = Finish();
  EXPECT_EQ(ErrorCode(end.result.status()), "OOM");
  EXPECT_EQ(OutcomeOf(end.result.status()), Outcome::kNotExecuted);
  EXPECT_TRUE(script_->leaves_connection_clean());
}

TEST_F(WatchScriptTest, AnAbortedExecHasNotRunItsScriptsEither) {
  for (const char* const replies :
       {"+OK\r\n-NOPERM no set\r\n+QUEUED\r\n-EXECABORT Transaction discarded\r\n",
        "+OK\r\n+QUEUED\r\n-NOPERM no eval\r\n-EXECABORT Transaction discarded\r\n"}) {
    Begin({});
    wire_->Answer(replies);
    Set("a", "1");
    script_->Write(Request("EVAL", "return 1", 0), {});
    const absl::Status status = Finish().result.status();
    EXPECT_EQ(ErrorCode(status), "NOPERM");
    EXPECT_EQ(OutcomeOf(status), Outcome::kNotExecuted) << status;
  }
}

// Any other error than EXECABORT leaves open what became of the queue.
TEST_F(WatchScriptTest, AScriptBehindAnExecThatFailsOtherwiseMayHaveRun) {
  wire_->Answer("+OK\r\n-NOPERM no set\r\n+OK\r\n-ERR EXEC without MULTI\r\n");
  Set("a", "1");
  script_->Write(Request("EVAL", "return 1", 0), {});
  EXPECT_TRUE(IsOutcomeUnknown(Finish().result.status()));
}

TEST_F(WatchScriptTest, AnErrorAmongTheRepliesOfExecSaysThatTheRestWasApplied) {
  wire_->Answer("+OK\r\n+QUEUED\r\n+QUEUED\r\n*2\r\n+OK\r\n-WRONGTYPE a list\r\n");
  Set("a", "1");
  script_->Write(Request("INCR", "l"), std::vector<std::string>{"l"});
  const absl::Status status = Finish().result.status();
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(OutcomeOf(status), Outcome::kExecuted);
  EXPECT_THAT(std::string(status.message()), HasSubstr("WRONGTYPE a list (the other commands"));
}

// NO-WRITE-OUTSIDE: noticed, and never run again.
TEST_F(WatchScriptTest, ARefusedMultiIsOutcomeUnknownIfAWriteWasAppliedAlone) {
  wire_->Answer("-NOPERM multi\r\n+OK\r\n-ERR EXEC without MULTI\r\n");
  Set("a", "1");
  const absl::Status status = Finish().result.status();
  EXPECT_EQ(status.code(), absl::StatusCode::kPermissionDenied);
  EXPECT_TRUE(IsOutcomeUnknown(status));
  EXPECT_FALSE(script_->leaves_connection_clean());
}

TEST_F(WatchScriptTest, ARefusedMultiIsOnlyThatIfEverythingWasRefused) {
  wire_->Answer("-NOAUTH\r\n-NOAUTH\r\n-NOAUTH\r\n");
  Set("a", "1");
  const absl::Status status = Finish().result.status();
  EXPECT_EQ(ErrorCode(status), "NOAUTH");
  EXPECT_EQ(OutcomeOf(status), Outcome::kNotExecuted);
}

TEST_F(WatchScriptTest, ARefusedWatchFailsTheReadAndTheAttempt) {
  wire_->Answer("-NOPERM watch\r\n$1\r\n7\r\n");
  EXPECT_EQ(ErrorCode(Get("a").status()), "NOPERM");
  Set("a", "1");
  EXPECT_EQ(ErrorCode(Finish().result.status()), "NOPERM");
  EXPECT_THAT(wire_->sent(), ElementsAre("WATCH a | GET a"));
}

TEST_F(WatchScriptTest, FnsOwnStatusUnwatches) {
  wire_->Answer(kSeven).Answer("+OK\r\n");
  EXPECT_TRUE(Get("a").ok());
  Set("a", "8");
  const AttemptEnd end = Finish(absl::NotFoundError("mine"));
  EXPECT_EQ(end.result.status(), absl::NotFoundError("mine"));
  EXPECT_FALSE(end.of_transaction);
  EXPECT_THAT(wire_->sent(), ElementsAre("WATCH a | GET a", "UNWATCH"));
}

TEST_F(WatchScriptTest, AConnectionIsNotCleanWhenUnwatchIsRefused) {
  wire_->Answer(kSeven).Answer("-NOPERM unwatch\r\n");
  EXPECT_TRUE(Get("a").ok());
  EXPECT_TRUE(Finish().result.ok());
  EXPECT_FALSE(script_->leaves_connection_clean()) << "its keys are still watched";
}

TEST_F(WatchScriptTest, AConnectionIsNotCleanWhenWatchOrExecIsRefused) {
  wire_->Answer("-NOPERM watch\r\n$1\r\n7\r\n");
  EXPECT_FALSE(Get("a").ok());
  EXPECT_FALSE(script_->leaves_connection_clean());
  Begin({});
  wire_->Answer("+OK\r\n+QUEUED\r\n-NOPERM exec\r\n");
  Set("a", "1");
  EXPECT_EQ(ErrorCode(Finish().result.status()), "NOPERM");
  EXPECT_FALSE(script_->leaves_connection_clean());
}

TEST_F(WatchScriptTest, AConnectionLostDuringAReadHasExecutedNothing) {
  wire_->AnswerAndEnd("+OK\r\n", kBroken);
  const absl::Status status = Get("a").status();
  EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(OutcomeOf(status), Outcome::kNotExecuted);
  EXPECT_TRUE(Finish(status).of_transaction);
}

// UNKNOWN-STAYS-UNKNOWN.
TEST_F(WatchScriptTest, AConnectionLostDuringExecIsOutcomeUnknown) {
  for (const char* replies : {"", "+OK\r\n", "+OK\r\n+QUEUED\r\n"}) {
    Begin({});
    wire_->AnswerAndEnd(replies, kBroken);
    Set("a", "8");
    EXPECT_TRUE(IsOutcomeUnknown(Finish().result.status())) << replies;
  }
}

TEST_F(WatchScriptTest, AnExecThatWroteNothingCanBeLostWithoutHarm) {
  wire_->Answer(kSeven).Answer(kSeven).AnswerAndEnd("+OK\r\n", kBroken);
  EXPECT_TRUE(Get("a").ok());
  EXPECT_TRUE(Get("b").ok());
  EXPECT_EQ(OutcomeOf(Finish().result.status()), Outcome::kNotExecuted);
}

TEST_F(WatchScriptTest, AWriteInAReadOnlyTransactionIsNotSent) {
  Begin({.read_only = true});
  Set("a", "1");
  EXPECT_EQ(Finish().result.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(wire_->sent(), IsEmpty());
}

}  // namespace
}  // namespace nacre::client
