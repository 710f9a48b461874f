// BEGIN, COMMIT, ROLLBACK.

#include <gmock/gmock.h>

#include "tests/server/server_fixture.h"

namespace nacre::server {
namespace {

using ::testing::HasSubstr;
using ::testing::MatchesRegex;
using ::testing::StartsWith;

class Interactive : public ServerTest {
 protected:
  uint64_t Snapshots() { return server().database().GetStats().active_snapshots; }
};

TEST_F(Interactive, SeesItsOwnWritesAndNobodyElseDoesBeforeTheCommit) {
  WireClient client = Connect();
  WireClient other = Connect();
  Converse(client, {{"SET a 1", "+OK"},
                    {"BEGIN", "+OK"},
                    {"SET a 2", "+OK"},
                    {"INCR n", ":1"},
                    {"APPEND a x", ":2"},
                    {"MGET a n", "[\"2x\", \"1\"]"},
                    {"EXISTS a n none", ":2"},
                    {"KEYS *", "[\"a\", \"n\"]"},
                    {"RANGE - + WITHVALUES", "[\"a\", \"2x\", \"n\", \"1\"]"},
                    {"DBSIZE", ":2"},
                    {"DEL n", ":1"},
                    {"DBSIZE", ":1"},
                    {"EXPIRE a 100", ":1"},
                    {"TTL a", ":100"},
                    {"STRLEN a", ":2"},
                    {"PING", "+PONG"}});
  Converse(other, {{"MGET a n", "[\"1\", (nil)]"}, {"TTL a", ":-1"}});
  EXPECT_THAT(client.Do("COMMIT"), MatchesRegex(":[0-9]+"));
  Converse(other, {{"MGET a n", "[\"2x\", (nil)]"}, {"TTL a", ":100"}});
}

TEST_F(Interactive, ReadsOneSnapshot) {
  WireClient client = Connect();
  WireClient other = Connect();
  Converse(client, {{"SET a 1", "+OK"}, {"BEGIN READONLY", "+OK"}});
  EXPECT_EQ(other.Do("MSET a 2 b 2"), "+OK");
  Converse(client, {{"MGET a b", "[\"1\", (nil)]"}, {"KEYS *", "[\"a\"]"}});
  EXPECT_THAT(client.Do("COMMIT"), MatchesRegex(":[0-9]+"));
  EXPECT_EQ(client.Do("MGET a b"), "[\"2\", \"2\"]");
}

TEST_F(Interactive, CommitAnswersTheCommitTimestampOrTheReadTimestamp) {
  WireClient client = Connect();
  EXPECT_EQ(client.Do("SET a 1"), "+OK");
  const uint64_t clock = ToInteger(server().database().clock());
  Converse(client, {{"BEGIN", "+OK"},
                    {"GET a", "\"1\""},
                    {"COMMIT", ":" + std::to_string(clock)},
                    {"BEGIN", "+OK"},
                    {"SET a 2", "+OK"},
                    {"COMMIT", ":" + std::to_string(clock + 1)}});
  EXPECT_EQ(ToInteger(server().database().clock()), clock + 1);
}

TEST_F(Interactive, RollbackForgets) {
  WireClient client = Connect();
  Converse(client, {{"BEGIN", "+OK"},
                    {"SET a 1", "+OK"},
                    {"ROLLBACK", "+OK"},
                    {"GET a", "(nil)"},
                    {"ROLLBACK", "-ERR ROLLBACK without BEGIN"},
                    {"COMMIT", "-ERR COMMIT without BEGIN"}});
  EXPECT_EQ(Snapshots(), 0u);
}

TEST_F(Interactive, AConflictIsReportedAtCommitAndLeavesNothing) {
  WireClient first = Connect();
  WireClient second = Connect();
  Converse(first, {{"SET a 1", "+OK"}, {"BEGIN", "+OK"}, {"GET a", "\"1\""}});
  Converse(second, {{"BEGIN", "+OK"}, {"INCR a", ":2"}});
  EXPECT_EQ(first.Do("INCRBY a 10"), ":11");
  EXPECT_EQ(first.Do("SET b 1"), "+OK");
  EXPECT_THAT(second.Do("COMMIT"), StartsWith(":"));
  const std::string conflict = first.Do("COMMIT");
  EXPECT_THAT(conflict, StartsWith("-CONFLICT "));
  EXPECT_THAT(conflict, HasSubstr("a")) << "names the key";
  Converse(first, {{"MGET a b", "[\"2\", (nil)]"}, {"COMMIT", "-ERR COMMIT without BEGIN"}});
  EXPECT_EQ(Info("interactive_conflicts"), 1u);
}

TEST_F(Interactive, SnapshotAllowsWriteSkewAndSerializableDoesNot) {
  for (const bool serializable : {false, true}) {
    const std::string begin = serializable ? "BEGIN SERIALIZABLE" : "BEGIN SNAPSHOT";
    WireClient first = Connect();
    WireClient second = Connect();
    EXPECT_EQ(first.Do("MSET a 1 b 1"), "+OK");
    Converse(first, {{begin, "+OK"}, {"MGET a b", "[\"1\", \"1\"]"}, {"SET a 0", "+OK"}});
    Converse(second, {{begin, "+OK"}, {"MGET a b", "[\"1\", \"1\"]"}, {"SET b 0", "+OK"}});
    EXPECT_THAT(first.Do("COMMIT"), StartsWith(":"));
    EXPECT_THAT(second.Do("COMMIT"), StartsWith(serializable ? "-CONFLICT " : ":"));
  }
}

TEST_F(Interactive, SerializableSeesPhantoms) {
  WireClient first = Connect();
  WireClient second = Connect();
  Converse(first, {{"BEGIN SERIALIZABLE", "+OK"},
                   {"RANGE [user: (user; LIMIT 0 10", "[]"},
                   {"SET count 0", "+OK"}});
  EXPECT_EQ(second.Do("SET user:1 x"), "+OK");
  EXPECT_THAT(first.Do("COMMIT"), StartsWith("-CONFLICT "));
}

TEST_F(Interactive, TheDefaultIsolationIsAnOption) {
  options_.default_isolation = Isolation::kSerializable;
  WireClient first = Connect();
  WireClient second = Connect();
  Converse(first, {{"BEGIN", "+OK"}, {"GET a", "(nil)"}, {"SET b 1", "+OK"}});
  EXPECT_EQ(second.Do("SET a 1"), "+OK");
  EXPECT_THAT(first.Do("COMMIT"), StartsWith("-CONFLICT "));
  Converse(first, {{"BEGIN SNAPSHOT", "+OK"}, {"GET a", "\"1\""}, {"SET b 1", "+OK"}});
  EXPECT_EQ(second.Do("SET a 2"), "+OK");
  EXPECT_THAT(first.Do("COMMIT"), StartsWith(":"));
}

TEST_F(Interactive, BeginTakesItsWordsInAnyOrderAndCase) {
  WireClient client = Connect();
  for (const std::string begin : {"BEGIN", "begin snapshot", "Begin ReadOnly", "BEGIN SERIALIZABLE",
                                  "BEGIN READONLY SERIALIZABLE", "BEGIN SNAPSHOT READONLY"}) {
    Converse(client, {{begin, "+OK"}, {"ROLLBACK", "+OK"}});
  }
  for (const std::string begin :
       {"BEGIN nonsense", "BEGIN SNAPSHOT SERIALIZABLE", "BEGIN READONLY READONLY",
        "BEGIN SNAPSHOT SNAPSHOT", "BEGIN TIMESTAMP TIMESTAMP"}) {
    Converse(client, {{begin, "-ERR syntax error"}, {"COMMIT", "-ERR COMMIT without BEGIN"}});
  }
}

TEST_F(Interactive, BeginTellsItsReadTimestampIfAsked) {
  WireClient client = Connect();
  Converse(client, {{"BEGIN", "+OK"}, {"SET a 1", "+OK"}});
  const std::string committed = client.Do("COMMIT");
  // Everything up to the last commit is seen.
  EXPECT_EQ(client.Do("BEGIN SERIALIZABLE TIMESTAMP"), committed);
  Converse(client, {{"GET a", "\"1\""}, {"ROLLBACK", "+OK"}});
  EXPECT_EQ(client.Do("BEGIN TIMESTAMP READONLY"), committed);
  EXPECT_EQ(client.Do("COMMIT"), committed);
}

TEST_F(Interactive, WritesUnderReadonlyAreAnErrorAndItStaysOpen) {
  WireClient client = Connect();
  Converse(client, {{"SET a 1", "+OK"},
                    {"BEGIN READONLY", "+OK"},
                    {"SET a 2", "-ERR SET writes, and this transaction is READONLY"},
                    {"FLUSHDB", "-ERR FLUSHDB writes, and this transaction is READONLY"},
                    {"GET a", "\"1\""}});
  EXPECT_THAT(client.Do("COMMIT"), StartsWith(":"));
}

TEST_F(Interactive, WhatIsNotAllowedInsideLeavesItOpen) {
  WireClient client = Connect();
  Converse(client, {{"BEGIN", "+OK"},
                    {"SET a 1", "+OK"},
                    {"BEGIN", "-ERR BEGIN inside BEGIN is not allowed; COMMIT or ROLLBACK first"},
                    {"MULTI", "-ERR MULTI inside BEGIN is not allowed; COMMIT or ROLLBACK first"},
                    {"WATCH a",
                     "-ERR WATCH inside BEGIN is not allowed; the transaction sees every conflict"},
                    {"EXEC", "-ERR EXEC without MULTI"},
                    {"DISCARD", "-ERR DISCARD without MULTI"},
                    {"nonsense", "-ERR unknown command 'nonsense', with args beginning with: "},
                    {"GET", "-ERR wrong number of arguments for 'get' command"},
                    {"INCR a", ":2"}});
  EXPECT_THAT(client.Do("COMMIT"), StartsWith(":"));
  EXPECT_EQ(client.Do("GET a"), "\"2\"");
}

TEST_F(Interactive, SpansDatabases) {
  WireClient client = Connect();
  WireClient other = Connect();
  Converse(client, {{"BEGIN", "+OK"},
                    {"SET k zero", "+OK"},
                    {"SELECT 1", "+OK"},
                    {"GET k", "(nil)"},
                    {"SET k one", "+OK"}});
  EXPECT_EQ(other.Do("GET k"), "(nil)");
  EXPECT_THAT(client.Do("COMMIT"), StartsWith(":"));
  Converse(other, {{"GET k", "\"zero\""}, {"SELECT 1", "+OK"}, {"GET k", "\"one\""}});
  EXPECT_EQ(client.Do("GET k"), "\"one\"");
}

TEST_F(Interactive, FlushInsideIsPartOfTheTransaction) {
  WireClient client = Connect();
  WireClient other = Connect();
  Converse(client, {{"MSET a 1 b 2", "+OK"},
                    {"BEGIN", "+OK"},
                    {"FLUSHDB", "+OK"},
                    {"KEYS *", "[]"},
                    {"SET c 3", "+OK"}});
  EXPECT_EQ(other.Do("KEYS *"), "[\"a\", \"b\"]");
  EXPECT_EQ(client.Do("ROLLBACK"), "+OK");
  Converse(client, {{"KEYS *", "[\"a\", \"b\"]"}, {"BEGIN", "+OK"}, {"FLUSHALL", "+OK"}});
  EXPECT_THAT(client.Do("COMMIT"), StartsWith(":"));
  EXPECT_EQ(other.Do("KEYS *"), "[]");
}

TEST_F(Interactive, AFlushOutsideIsAConflict) {
  WireClient client = Connect();
  WireClient other = Connect();
  Converse(client, {{"SET a 1", "+OK"}, {"BEGIN", "+OK"}, {"SET a 2", "+OK"}});
  EXPECT_EQ(other.Do("FLUSHDB"), "+OK");
  EXPECT_THAT(client.Do("COMMIT"), StartsWith("-CONFLICT "));
  EXPECT_EQ(client.Do("GET a"), "(nil)");
}

TEST_F(Interactive, ErrorsOfCommandsLeaveItOpenAndTakeNothingBack) {
  WireClient client = Connect();
  Converse(client, {{"BEGIN", "+OK"},
                    {"SET a x", "+OK"},
                    {"INCR a", "-ERR value is not an integer or out of range"},
                    {"GET a", "\"x\""}});
  EXPECT_THAT(client.Do("COMMIT"), StartsWith(":"));
  EXPECT_EQ(client.Do("GET a"), "\"x\"");
}

TEST_F(Interactive, ADisconnectRollsBack) {
  WireClient other = Connect();
  {
    WireClient client = Connect();
    Converse(client, {{"BEGIN", "+OK"}, {"SET a 1", "+OK"}});
    EXPECT_EQ(Snapshots(), 1u);
  }
  EXPECT_TRUE(Eventually([&] { return Snapshots() == 0; }));
  EXPECT_EQ(other.Do("GET a"), "(nil)");
  EXPECT_EQ(Info("interactive_open"), 0u);
}

TEST_F(Interactive, QuitAndResetRollBack) {
  WireClient client = Connect();
  Converse(client, {{"BEGIN", "+OK"},
                    {"SET a 1", "+OK"},
                    {"RESET", "+RESET"},
                    {"COMMIT", "-ERR COMMIT without BEGIN"},
                    {"GET a", "(nil)"},
                    {"BEGIN", "+OK"},
                    {"SET a 1", "+OK"},
                    {"QUIT", "+OK"}});
  EXPECT_EQ(client.Read(), "(closed)");
  EXPECT_TRUE(Eventually([&] { return Snapshots() == 0; }));
}

TEST_F(Interactive, IdleTooLongIsRolledBackAndSaid) {
  options_.transaction_idle_timeout = absl::Milliseconds(30);
  WireClient client = Connect();
  WireClient other = Connect();
  // Together, so that they are not parted by more than the limit.
  client.SendRaw("BEGIN\r\nSET a 1\r\n");
  EXPECT_EQ(client.Read(), "+OK");
  EXPECT_EQ(client.Read(), "+OK");
  EXPECT_TRUE(Eventually([&] { return Snapshots() == 0; }));
  const std::string lost =
      "-NOTRANSACTION the transaction timed out and was rolled back: idle for longer than 30ms; "
      "ROLLBACK, then begin again";
  // Nothing that was meant for inside runs outside, until the client has seen the end.
  Converse(client, {{"SET b 1", lost},
                    {"GET a", lost},
                    {"BEGIN", lost},
                    {"MULTI", lost},
                    {"WATCH a", lost},
                    {"PING", "+PONG"},
                    {"COMMIT", lost},
                    {"SET b 2", "+OK"}});
  EXPECT_EQ(other.Do("MGET a b"), "[(nil), \"2\"]");
  EXPECT_EQ(client.Do("BEGIN"), "+OK");
  EXPECT_TRUE(Eventually([&] { return Snapshots() == 0; }));
  Converse(client, {{"ROLLBACK", "+OK"}, {"GET b", "\"2\""}});
  EXPECT_EQ(Info("interactive_timeouts"), 2u);
}

TEST_F(Interactive, OpenTooLongIsRolledBackThoughItIsBusy) {
  options_.transaction_age_max = absl::Milliseconds(30);
  WireClient client = Connect();
  EXPECT_EQ(client.Do("BEGIN"), "+OK");
  std::string reply;
  EXPECT_TRUE(Eventually([&] { return (reply = client.Do("INCR n"))[0] == '-'; }));
  EXPECT_EQ(reply,
            "-NOTRANSACTION the transaction timed out and was rolled back: open for longer than "
            "30ms; ROLLBACK, then begin again");
  Converse(client, {{"ROLLBACK", "+OK"}, {"GET n", "(nil)"}});
}

TEST_F(Interactive, AWatchThatIdlesTooLongCountsAsChanged) {
  options_.transaction_idle_timeout = absl::Milliseconds(30);
  WireClient client = Connect();
  EXPECT_EQ(client.Do("WATCH a"), "+OK");
  EXPECT_TRUE(Eventually([&] { return Snapshots() == 0; }));
  Converse(client, {{"MULTI", "+OK"},
                    {"PING", "+QUEUED"},
                    {"EXEC", "(nil array)"},
                    {"MULTI", "+OK"},
                    {"PING", "+QUEUED"},
                    {"EXEC", "[+PONG]"}});
}

TEST_F(Interactive, TheWriteSetIsBounded) {
  options_.transaction_bytes_max = 1 << 20;
  WireClient client = Connect();
  const std::string half(600'000, 'x');
  Converse(client, {{"BEGIN", "+OK"}});
  EXPECT_EQ(client.DoWords({"SET", "a", half}), "+OK");
  EXPECT_THAT(client.DoWords({"SET", "b", half}), StartsWith("-ERR "));
  Converse(client, {{"EXISTS a b", ":1"}});
  EXPECT_THAT(client.Do("COMMIT"), StartsWith(":"));
  EXPECT_EQ(client.Do("EXISTS a b"), ":1");
}

}  // namespace
}  // namespace nacre::server
