// What each error means for the caller, and whether it may have happened.

#include "nacre/client/errors.h"

#include <gtest/gtest.h>

namespace nacre::client {
namespace {

TEST(ErrorReplies, TheCodeWordDecidesTheStatus) {
  const std::pair<const char*, absl::StatusCode> cases[] = {
      {"CONFLICT key \"a\" was changed", absl::StatusCode::kAborted},
      {"LOADING Redis is loading the dataset in memory", absl::StatusCode::kUnavailable},
      {"BUSY Redis is busy running a script.", absl::StatusCode::kUnavailable},
      {"MISCONF Redis is configured to save RDB snapshots", absl::StatusCode::kUnavailable},
      {"NOREPLICAS Not enough good replicas to write.", absl::StatusCode::kUnavailable},
      {"MASTERDOWN Link with MASTER is down", absl::StatusCode::kUnavailable},
      {"UNBLOCKED client unblocked via CLIENT UNBLOCK", absl::StatusCode::kUnavailable},
      {"ERR max number of clients reached", absl::StatusCode::kUnavailable},
      {"MOVED 3999 127.0.0.1:6381", absl::StatusCode::kUnavailable},
      {"ASK 3999 127.0.0.1:6381", absl::StatusCode::kUnavailable},
      {"CLUSTERDOWN The cluster is down", absl::StatusCode::kUnavailable},
      {"TRYAGAIN Multiple keys request during rehashing", absl::StatusCode::kUnavailable},
      {"NOAUTH Authentication required.", absl::StatusCode::kUnauthenticated},
      {"WRONGPASS invalid username-password pair", absl::StatusCode::kUnauthenticated},
      {"NOPERM this user has no permissions", absl::StatusCode::kPermissionDenied},
      {"READONLY You can't write against a read only replica.",
       absl::StatusCode::kPermissionDenied},
      {"DENIED Redis is running in protected mode", absl::StatusCode::kPermissionDenied},
      {"OOM command not allowed when used memory > 'maxmemory'.",
       absl::StatusCode::kResourceExhausted},
      {"WRONGTYPE Operation against a key", absl::StatusCode::kFailedPrecondition},
      {"EXECABORT Transaction discarded", absl::StatusCode::kFailedPrecondition},
      {"NOTRANSACTION the transaction has timed out", absl::StatusCode::kFailedPrecondition},
      {"NOCURSOR the cursor was given up", absl::StatusCode::kFailedPrecondition},
      {"NOSCRIPT No matching script.", absl::StatusCode::kFailedPrecondition},
      {"NOGROUP No such key", absl::StatusCode::kFailedPrecondition},
      {"INPROG Failover already in progress.", absl::StatusCode::kFailedPrecondition},
      {"NOTBUSY No scripts in execution right now.", absl::StatusCode::kFailedPrecondition},
      {"UNKILLABLE The busy script was sent by a master", absl::StatusCode::kFailedPrecondition},
      {"BUSYKEY Target key name already exists.", absl::StatusCode::kAlreadyExists},
      {"BUSYGROUP Consumer Group name already exists", absl::StatusCode::kAlreadyExists},
      {"ERR syntax error", absl::StatusCode::kInvalidArgument},
      {"NOPROTO unsupported protocol version", absl::StatusCode::kInvalidArgument},
      {"SOMETHING of a server to come", absl::StatusCode::kInvalidArgument},
      {"CONFLICTING is another word", absl::StatusCode::kInvalidArgument},
  };
  for (const auto& [text, code] : cases) {
    const absl::Status status = ErrorReply(text);
    EXPECT_EQ(status.code(), code) << text;
    EXPECT_EQ(status.message(), text);
    EXPECT_EQ(OutcomeOf(status), Outcome::kNotExecuted) << text;
  }
}

TEST(ErrorReplies, OfAScriptAreUnknownUnlessTheyWereSaidBeforeItBegan) {
  for (const char* const text : {
           "NOSCRIPT No matching script. Please use EVAL.",
           "NOAUTH Authentication required.",
           "LOADING Redis is loading the dataset in memory",
           "BUSY Redis is busy running a script.",
           "EXECABORT Transaction discarded because of previous errors.",
           "ERR unknown command 'EVAL', with args beginning with: ",
           "ERR wrong number of arguments for 'eval' command",
           "ERR wrong number of arguments for 'evalsha' command",
           "ERR wrong number of arguments for 'fcall' command",
           "ERR Number of keys can't be greater than number of args",
           "ERR Error compiling script (new function): user_script:1: unexpected symbol",
           "ERR Function not found",
       }) {
    EXPECT_EQ(OutcomeOf(ErrorReply(text, ErrorSource::kScript)), Outcome::kNotExecuted) << text;
  }
  for (const char* const text : {
           "ERR my own words",
           "OOM command not allowed when used memory > 'maxmemory'.",
           "READONLY You can't write against a read only replica.",
           "CONFLICT of the script's making",
           "BUSYGROUP Consumer Group name already exists",
           "WRONGTYPE Operation against a key holding the wrong kind of value",
           "NOSCRIPTS",
           "BUSY try later",
           "LOADING, says the script",
           "MOVED 3999 127.0.0.1:6381",
           "",
       }) {
    const absl::Status status = ErrorReply(text, ErrorSource::kScript);
    EXPECT_EQ(OutcomeOf(status), Outcome::kUnknown) << text;
    EXPECT_EQ(status.code(), ErrorReply(text).code());
    EXPECT_FALSE(IsConflict(status));
  }
}

TEST(ErrorReplies, ThatTellOfAScriptOrAMigrationAreUnknownWhateverTheyAnswer) {
  for (const char* const text : {
           "WRONGTYPE Operation against a key script: 0123abcd, on @user_script:1.",
           "ERR Error running script (call to f_0123abcd): @user_script:1: no",
           "ERR Target instance replied with error: BUSYKEY Target key name already exists.",
           "IOERR error or timeout writing to target instance",
       }) {
    EXPECT_EQ(OutcomeOf(ErrorReply(text)), Outcome::kUnknown) << text;
  }
  EXPECT_EQ(ErrorReply("IOERR error or timeout").code(), absl::StatusCode::kUnknown);
}

TEST(ErrorReplies, InsideOfAnAggregateAreExecuted) {
  for (const char* const text : {"CONFLICT x", "NOSCRIPT No matching script.", "IOERR timeout"}) {
    EXPECT_EQ(OutcomeOf(ErrorReply(text, ErrorSource::kElement)), Outcome::kExecuted) << text;
  }
}

TEST(ErrorReplies, TheFirstWordIsTheErrorCode) {
  EXPECT_EQ(ErrorCode(ErrorReply("WRONGTYPE Operation against a key")), "WRONGTYPE");
  EXPECT_EQ(ErrorCode(ErrorReply("CUSTOM")), "CUSTOM");
  EXPECT_EQ(ErrorCode(ErrorReply("")), "");
  EXPECT_EQ(ErrorCode(absl::InvalidArgumentError("ERR not from a server")), "");
  EXPECT_EQ(ErrorCode(absl::OkStatus()), "");
}

TEST(ErrorReplies, WithoutATextHaveAMessageAllTheSame) {
  const absl::Status status = ErrorReply("");
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(status.message(), "the server answered an error without a text");
  EXPECT_EQ(ErrorCode(status), "");
  EXPECT_EQ(OutcomeOf(status), Outcome::kNotExecuted);
}

TEST(ErrorReplies, AnyBytesAreAMessage) {
  const std::string text("ERR a\0b\xff\r\n", 9);
  EXPECT_EQ(ErrorReply(text).message(), absl::string_view(text.data(), text.size()));
}

TEST(Outcomes, AreWhatTheyWereMadeWith) {
  for (const Outcome outcome : {Outcome::kNotExecuted, Outcome::kExecuted, Outcome::kUnknown}) {
    for (const absl::StatusCode code :
         {absl::StatusCode::kUnavailable, absl::StatusCode::kAborted, absl::StatusCode::kUnknown}) {
      const absl::Status status = MakeError(code, "lost", outcome);
      EXPECT_EQ(OutcomeOf(status), outcome);
      EXPECT_EQ(IsOutcomeUnknown(status), outcome == Outcome::kUnknown);
      EXPECT_EQ(status.code(), code);
      EXPECT_EQ(status.message(), "lost");
      EXPECT_EQ(ErrorCode(status), "");
    }
  }
}

TEST(Outcomes, SuccessIsExecuted) {
  EXPECT_EQ(OutcomeOf(absl::OkStatus()), Outcome::kExecuted);
  EXPECT_FALSE(IsOutcomeUnknown(absl::OkStatus()));
}

TEST(Outcomes, OfAStatusOfSomebodyElseAreUnknownWhereItMayBeALostConnection) {
  EXPECT_EQ(OutcomeOf(absl::NotFoundError("no such account")), Outcome::kNotExecuted);
  EXPECT_EQ(OutcomeOf(absl::AbortedError("again, please")), Outcome::kNotExecuted);
  for (const absl::Status& status :
       {absl::UnknownError(""), absl::UnavailableError(""), absl::DeadlineExceededError(""),
        absl::CancelledError(""), absl::DataLossError(""), absl::InternalError("")}) {
    EXPECT_TRUE(IsOutcomeUnknown(status)) << status;
  }
}

TEST(Conflicts, AreAbortedAndNotExecuted) {
  EXPECT_TRUE(IsConflict(ErrorReply("CONFLICT key \"a\" was changed")));
  EXPECT_TRUE(IsConflict(MakeError(absl::StatusCode::kAborted, "", Outcome::kNotExecuted)));
  EXPECT_FALSE(IsConflict(MakeError(absl::StatusCode::kAborted, "", Outcome::kUnknown)));
  EXPECT_FALSE(IsConflict(ErrorReply("ERR syntax error")));
  EXPECT_FALSE(IsConflict(absl::OkStatus()));
}

}  // namespace
}  // namespace nacre::client
