// MULTI, EXEC, DISCARD, WATCH, UNWATCH: the semantics of Redis.

#include "tests/server/server_fixture.h"

namespace nacre::server {
namespace {

using Multi = ServerTest;

TEST_F(Multi, QueuesAndRuns) {
  WireClient client = Connect();
  Converse(client, {{"MULTI", "+OK"},
                    {"SET a 1", "+QUEUED"},
                    {"INCR a", "+QUEUED"},
                    {"GET a", "+QUEUED"},
                    {"PING", "+QUEUED"},
                    {"EXEC", "[+OK, :2, \"2\", +PONG]"},
                    {"GET a", "\"2\""},
                    {"MULTI", "+OK"},
                    {"EXEC", "[]"},
                    {"MULTI", "+OK"},
                    {"PING", "+QUEUED"},
                    {"EXEC", "[+PONG]"}});
}

TEST_F(Multi, NobodySeesHalfOfIt) {
  WireClient writer = Connect();
  WireClient reader = Connect();
  Converse(writer, {{"MULTI", "+OK"}, {"SET a 1", "+QUEUED"}, {"SET b 1", "+QUEUED"}});
  EXPECT_EQ(reader.Do("MGET a b"), "[(nil), (nil)]");
  EXPECT_EQ(writer.Do("EXEC"), "[+OK, +OK]");
  EXPECT_EQ(reader.Do("MGET a b"), "[\"1\", \"1\"]");
}

TEST_F(Multi, WatchingAKeyAgainTakesNoFurtherSnapshot) {
  WireClient client = Connect();
  for (int i = 0; i < 20; ++i) {
    ASSERT_EQ(client.Do("WATCH a"), "+OK");
    ASSERT_EQ(client.Do("SET other " + std::to_string(i)), "+OK");
  }
  EXPECT_EQ(server().database().GetStats().active_snapshots, 1u);
  Converse(client, {{"SET a 1", "+OK"}, {"WATCH a", "+OK"}});
  Converse(client, {{"MULTI", "+OK"}, {"PING", "+QUEUED"}, {"EXEC", "(nil array)"}});
}

TEST_F(Multi, VeryManyWatchesCountAsChanged_AndHoldNoSnapshots) {
  WireClient client = Connect();
  for (int i = 0; i < 1025; ++i) {
    ASSERT_EQ(client.Do("WATCH key" + std::to_string(i)), "+OK");
    ASSERT_EQ(client.Do("SET other " + std::to_string(i)), "+OK");
  }
  EXPECT_EQ(server().database().GetStats().active_snapshots, 0u);
  Converse(client, {{"MULTI", "+OK"}, {"PING", "+QUEUED"}, {"EXEC", "(nil array)"}});
}

TEST_F(Multi, DiscardForgets) {
  WireClient client = Connect();
  Converse(client, {{"MULTI", "+OK"},
                    {"SET a 1", "+QUEUED"},
                    {"DISCARD", "+OK"},
                    {"GET a", "(nil)"},
                    {"DISCARD", "-ERR DISCARD without MULTI"},
                    {"EXEC", "-ERR EXEC without MULTI"}});
}

TEST_F(Multi, AMistakeWhileQueueingAbortsTheExec) {
  WireClient client = Connect();
  Converse(client,
           {{"MULTI", "+OK"},
            {"SET a 1", "+QUEUED"},
            {"nonsense x", "-ERR unknown command 'nonsense', with args beginning with: 'x' "},
            {"EXEC", "-EXECABORT Transaction discarded because of previous errors."},
            {"GET a", "(nil)"},
            {"MULTI", "+OK"},
            {"GET", "-ERR wrong number of arguments for 'get' command"},
            {"EXEC", "-EXECABORT Transaction discarded because of previous errors."},
            {"EXEC", "-ERR EXEC without MULTI"},
            {"MULTI", "+OK"},
            {"EXEC now",
             "-EXECABORT Transaction discarded because of: wrong number of arguments for 'exec' "
             "command"},
            {"EXEC", "-ERR EXEC without MULTI"}});
}

TEST_F(Multi, AnErrorOfOneCommandLeavesTheOthers) {
  WireClient client = Connect();
  Converse(client, {{"MULTI", "+OK"},
                    {"SET a x", "+QUEUED"},
                    {"INCR a", "+QUEUED"},
                    {"SET a 1 EX 0", "+QUEUED"},
                    {"SET b 2", "+QUEUED"},
                    {"EXEC",
                     "[+OK, -ERR value is not an integer or out of range, "
                     "-ERR invalid expire time in 'set' command, +OK]"},
                    {"MGET a b", "[\"x\", \"2\"]"}});
}

TEST_F(Multi, NestingIsAnErrorThatLeavesTheQueue) {
  WireClient client = Connect();
  Converse(client, {{"MULTI", "+OK"},
                    {"MULTI", "-ERR MULTI calls can not be nested"},
                    {"WATCH a", "-ERR WATCH inside MULTI is not allowed"},
                    {"BEGIN", "-ERR BEGIN inside MULTI is not allowed"},
                    {"COMMIT", "-ERR COMMIT inside MULTI is not allowed; EXEC or DISCARD"},
                    {"ROLLBACK", "-ERR ROLLBACK inside MULTI is not allowed; EXEC or DISCARD"},
                    {"SET a 1", "+QUEUED"},
                    {"EXEC", "[+OK]"}});
}

TEST_F(Multi, RangesAndFlushesInside) {
  WireClient client = Connect();
  Converse(client, {{"MSET a 1 b 2", "+OK"},
                    {"MULTI", "+OK"},
                    {"SET c 3", "+QUEUED"},
                    {"KEYS *", "+QUEUED"},
                    {"DBSIZE", "+QUEUED"},
                    {"FLUSHDB", "+QUEUED"},
                    {"DBSIZE", "+QUEUED"},
                    {"SET d 4", "+QUEUED"},
                    {"RANGE - +", "+QUEUED"},
                    {"EXEC", "[+OK, [\"a\", \"b\", \"c\"], :3, +OK, :0, +OK, [\"d\"]]"},
                    {"KEYS *", "[\"d\"]"}});
}

TEST_F(Multi, FlushallInsideEmptiesEveryDatabase) {
  WireClient client = Connect();
  Converse(client, {{"SET a 1", "+OK"},
                    {"SELECT 3", "+OK"},
                    {"SET b 1", "+OK"},
                    {"MULTI", "+OK"},
                    {"FLUSHALL", "+QUEUED"},
                    {"SET c 1", "+QUEUED"},
                    {"EXEC", "[+OK, +OK]"},
                    {"KEYS *", "[\"c\"]"},
                    {"SELECT 0", "+OK"},
                    {"KEYS *", "[]"}});
}

TEST_F(Multi, SelectInsideHoldsForWhatFollows) {
  WireClient client = Connect();
  Converse(client, {{"MULTI", "+OK"},
                    {"SET k zero", "+QUEUED"},
                    {"SELECT 2", "+QUEUED"},
                    {"SET k two", "+QUEUED"},
                    {"SELECT 99", "+QUEUED"},
                    {"GET k", "+QUEUED"},
                    {"EXEC", "[+OK, +OK, +OK, -ERR DB index is out of range, \"two\"]"},
                    {"GET k", "\"two\""},
                    {"SELECT 0", "+OK"},
                    {"GET k", "\"zero\""}});
}

TEST_F(Multi, HelloInsideChangesTheProtocolFromThereOn) {
  WireClient client = Connect();
  Converse(client, {{"MULTI", "+OK"}, {"GET k", "+QUEUED"}, {"HELLO 3", "+QUEUED"}});
  client.Send("EXEC");
  const std::string reply = client.Read();
  EXPECT_EQ(reply.substr(0, 9), "[(nil), {") << reply;
}

TEST_F(Multi, ManyCommandsInside) {
  WireClient client = Connect();
  EXPECT_EQ(client.Do("MULTI"), "+OK");
  for (int i = 0; i < 3000; ++i) ASSERT_EQ(client.Do("INCR n"), "+QUEUED");
  const std::string replies = client.Do("EXEC");
  EXPECT_EQ(replies.substr(0, 9), "[:1, :2, ");
  EXPECT_EQ(replies.substr(replies.size() - 6), ":3000]");
  EXPECT_EQ(client.Do("GET n"), "\"3000\"");
}

TEST_F(Multi, AWatchedKeyThatChangesMakesExecNil) {
  WireClient client = Connect();
  WireClient other = Connect();
  Converse(client, {{"SET k 1", "+OK"}, {"WATCH k", "+OK"}, {"MULTI", "+OK"}});
  EXPECT_EQ(client.Do("SET k mine"), "+QUEUED");
  EXPECT_EQ(other.Do("SET k theirs"), "+OK");
  Converse(client, {{"EXEC", "(nil array)"},
                    {"GET k", "\"theirs\""},
                    // The watch is over with the EXEC.
                    {"MULTI", "+OK"},
                    {"SET k mine", "+QUEUED"},
                    {"EXEC", "[+OK]"}});
}

TEST_F(Multi, NilExecIsNullInResp3) {
  WireClient client = ConnectWithResp3();
  Converse(client, {{"WATCH k", "+OK"}, {"SET k 1", "+OK"}, {"MULTI", "+OK"}});
  client.Send("EXEC");
  EXPECT_EQ(client.Read(), "(nil)");
}

// What happens between WATCH k and EXEC, and whether the EXEC runs.
struct WatchCase {
  std::string name;
  std::vector<std::string> before;
  std::vector<std::string> between;
  bool runs;
};

TEST_F(Multi, WatchNoticesWhatRedisNotices) {
  const std::vector<WatchCase> cases = {
      {"nothing happens", {"SET k 1"}, {}, true},
      {"another key", {"SET k 1"}, {"SET other 1"}, true},
      {"only read", {"SET k 1"}, {"GET k", "EXISTS k", "KEYS *", "TTL k"}, true},
      {"set to the same value", {"SET k 1"}, {"SET k 1"}, false},
      {"deleted", {"SET k 1"}, {"DEL k"}, false},
      {"deleted and made again", {"SET k 1"}, {"DEL k", "SET k 1"}, false},
      {"absent and made", {}, {"SET k 1"}, false},
      {"absent, made and deleted", {}, {"SET k 1", "DEL k"}, false},
      {"absent and deleted", {}, {"DEL k"}, true},
      {"given an expiry", {"SET k 1"}, {"EXPIRE k 100"}, false},
      {"a set that does not apply", {"SET k 1"}, {"SET k 2 NX"}, true},
      {"an increment that fails", {"SET k x"}, {"INCR k"}, true},
      {"flushed", {"SET k 1"}, {"FLUSHDB"}, false},
      {"absent and flushed", {"SET other 1"}, {"FLUSHDB"}, true},
      {"all flushed", {"SET k 1"}, {"FLUSHALL"}, false},
      {"the same name elsewhere", {"SET k 1"}, {"SELECT 5", "SET k 2", "SELECT 0"}, true},
      {"changed by an EXEC", {"SET k 1"}, {"MULTI", "SET k 2", "EXEC"}, false},
      {"changed by a COMMIT", {"SET k 1"}, {"BEGIN", "SET k 2", "COMMIT"}, false},
      {"not changed by a ROLLBACK", {"SET k 1"}, {"BEGIN", "SET k 2", "ROLLBACK"}, true},
  };
  for (const WatchCase& c : cases) {
    WireClient client = Connect();
    WireClient other = Connect();
    EXPECT_EQ(other.Do("FLUSHALL"), "+OK");
    for (const std::string& command : c.before) other.Do(command);
    EXPECT_EQ(client.Do("WATCH k"), "+OK");
    for (const std::string& command : c.between) other.Do(command);
    Converse(client, {{"MULTI", "+OK"},
                      {"SET result done", "+QUEUED"},
                      {"EXEC", c.runs ? "[+OK]" : "(nil array)"},
                      {"EXISTS result", c.runs ? ":1" : ":0"}});
    EXPECT_FALSE(HasFailure()) << c.name;
    // The same with an EXEC that reads a range, which runs on another path.
    EXPECT_EQ(other.Do("FLUSHALL"), "+OK");
    for (const std::string& command : c.before) other.Do(command);
    EXPECT_EQ(client.Do("WATCH k"), "+OK");
    for (const std::string& command : c.between) other.Do(command);
    Converse(client, {{"MULTI", "+OK"},
                      {"SET result done", "+QUEUED"},
                      {"KEYS result", "+QUEUED"},
                      {"EXEC", c.runs ? "[+OK, [\"result\"]]" : "(nil array)"}});
    EXPECT_FALSE(HasFailure()) << c.name << ", with a range";
  }
}

TEST_F(Multi, AWatchedKeyThatExpiresMakesExecNil) {
  for (const std::string command : {"PING", "SET x 1", "KEYS none"}) {
    WireClient client = Connect();
    Converse(client, {{"SET k 1 EX 10", "+OK"}, {"WATCH k", "+OK"}});
    time_.Advance(absl::Seconds(11));
    Converse(client, {{"MULTI", "+OK"}, {command, "+QUEUED"}, {"EXEC", "(nil array)"}});
  }
}

TEST_F(Multi, AKeyThatHadExpiredWhenItWasWatchedIsJustAbsent) {
  WireClient client = Connect();
  EXPECT_EQ(client.Do("SET k 1 EX 10"), "+OK");
  time_.Advance(absl::Seconds(11));
  Converse(client,
           {{"WATCH k", "+OK"}, {"MULTI", "+OK"}, {"PING", "+QUEUED"}, {"EXEC", "[+PONG]"}});
}

TEST_F(Multi, OnesOwnChangesCount) {
  WireClient client = Connect();
  Converse(client, {{"WATCH k", "+OK"},
                    {"SET k 1", "+OK"},
                    {"MULTI", "+OK"},
                    {"SET k 2", "+QUEUED"},
                    {"EXEC", "(nil array)"}});
}

TEST_F(Multi, AKeyIsWatchedSinceItsOwnWatch) {
  WireClient client = Connect();
  WireClient other = Connect();
  EXPECT_EQ(client.Do("WATCH a"), "+OK");
  EXPECT_EQ(other.Do("SET b 1"), "+OK");
  Converse(client, {{"WATCH b", "+OK"},
                    {"MULTI", "+OK"},
                    {"SET c 1", "+QUEUED"},
                    {"EXEC", "[+OK]"},
                    {"WATCH a b", "+OK"}});
  EXPECT_EQ(other.Do("SET b 2"), "+OK");
  Converse(client,
           {{"WATCH b", "+OK"}, {"MULTI", "+OK"}, {"SET c 2", "+QUEUED"}, {"EXEC", "(nil array)"}});
}

TEST_F(Multi, UnwatchDiscardAndExecEndWatching) {
  WireClient client = Connect();
  for (const std::string end : {"UNWATCH", "MULTI DISCARD", "MULTI EXEC"}) {
    EXPECT_EQ(client.Do("WATCH k"), "+OK");
    for (const std::string& command : SplitWords(end)) client.Do(command);
    Converse(client, {{"SET k 1", "+OK"},
                      {"MULTI", "+OK"},
                      {"UNWATCH", "+QUEUED"},
                      {"PING", "+QUEUED"},
                      {"EXEC", "[+OK, +PONG]"}});
  }
}

TEST_F(Multi, UnwatchInsideDoesNotSaveTheExec) {
  WireClient client = Connect();
  Converse(client, {{"WATCH k", "+OK"},
                    {"SET k 1", "+OK"},
                    {"MULTI", "+OK"},
                    {"UNWATCH", "+QUEUED"},
                    {"EXEC", "(nil array)"}});
}

TEST_F(Multi, WatchingHoldsNothingAfterTheConnectionIsGone) {
  {
    WireClient client = Connect();
    EXPECT_EQ(client.Do("WATCH a b c"), "+OK");
    EXPECT_EQ(server().database().GetStats().active_snapshots, 1u);
  }
  EXPECT_TRUE(Eventually([&] { return server().database().GetStats().active_snapshots == 0; }));
}

TEST_F(Multi, TheQueueIsBounded) {
  options_.multi_bytes_max = 4096;
  WireClient client = Connect();
  EXPECT_EQ(client.Do("MULTI"), "+OK");
  EXPECT_EQ(client.DoWords({"SET", "a", std::string(3000, 'x')}), "+QUEUED");
  EXPECT_EQ(client.DoWords({"SET", "a", std::string(3000, 'x')}),
            "-ERR the commands queued by MULTI take more than 4096 bytes");
  Converse(client, {{"EXEC", "-EXECABORT Transaction discarded because of previous errors."},
                    {"EXISTS a", ":0"}});
  EXPECT_EQ(client.DoWords({"WATCH", std::string(5000, 'x')}),
            "-ERR the watched keys would take more than 4096 bytes");
}

TEST_F(Multi, PastMaxmemory_WritesAreRefusedWhenQueuedAndAtExec_ReadsRun) {
  const std::string oom = "OOM command not allowed when used memory > 'maxmemory'.";
  const std::string discarded = "-EXECABORT Transaction discarded because of previous errors.";
  WireClient client = Connect();
  WireClient admin = Connect();
  Converse(client, {{"SET k v", "+OK"}, {"MULTI", "+OK"}, {"GET k", "+QUEUED"}});
  EXPECT_EQ(admin.Do("CONFIG SET maxmemory 1"), "+OK");
  Converse(client, {{"DEL missing", "+QUEUED"},
                    {"EXEC", "[\"v\", :0]"},
                    {"MULTI", "+OK"},
                    {"SET k w", "-" + oom},
                    {"EXEC", discarded},
                    {"MULTI", "+OK"}});
  EXPECT_EQ(admin.Do("CONFIG SET maxmemory 0"), "+OK");
  EXPECT_EQ(client.Do("SET k w"), "+QUEUED");
  EXPECT_EQ(admin.Do("CONFIG SET maxmemory 1"), "+OK");
  EXPECT_EQ(client.Do("EXEC"), "-EXECABORT Transaction discarded because of: " + oom);
  EXPECT_EQ(client.Do("GET k"), "\"v\"");
  // The next block is not held to what the last one needed.
  Converse(client, {{"MULTI", "+OK"}, {"GET k", "+QUEUED"}, {"EXEC", "[\"v\"]"}});
}

}  // namespace
}  // namespace nacre::server
