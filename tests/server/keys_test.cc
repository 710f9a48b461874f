// The commands on keys of any kind, over a socket: replies as Redis gives them.

#include <gmock/gmock.h>

#include "server/allocator/allocator.h"
#include "tests/server/server_fixture.h"

namespace nacre::server {
namespace {

using ::testing::ContainsRegex;
using ::testing::HasSubstr;
using Keys = ServerTest;

constexpr std::string_view kNotAnInteger = "-ERR value is not an integer or out of range";

TEST_F(Keys, UnlinkTouchAndType) {
  WireClient client = Connect();
  Converse(client, {{"MSET a 1 b 2 c 3", "+OK"},
                    {"TOUCH a b none a", ":3"},
                    {"TOUCH none", ":0"},
                    {"TYPE a", "+string"},
                    {"TYPE none", "+none"},
                    {"UNLINK a none b a", ":2"},
                    {"UNLINK a", ":0"},
                    {"EXISTS a b c", ":1"},
                    {"UNLINK", "-ERR wrong number of arguments for 'unlink' command"}});
}

TEST_F(Keys, RenameTakesValueAndExpiryAlong) {
  WireClient client = Connect();
  Converse(client, {{"SET a 1 EX 100", "+OK"},
                    {"RENAME a b", "+OK"},
                    {"GET a", "(nil)"},
                    {"GET b", "\"1\""},
                    {"TTL b", ":100"},
                    {"SET c 2", "+OK"},
                    {"RENAME c b", "+OK"},
                    {"GET b", "\"2\""},
                    {"TTL b", ":-1"},
                    {"RENAME none b", "-ERR no such key"},
                    {"RENAME none none", "-ERR no such key"},
                    {"RENAME b b", "+OK"},
                    {"GET b", "\"2\""},
                    {"DBSIZE", ":1"}});
}

TEST_F(Keys, RenameNxLeavesWhatIsThere) {
  WireClient client = Connect();
  Converse(client, {{"MSET a 1 b 2", "+OK"},
                    {"RENAMENX a b", ":0"},
                    {"RENAMENX a a", ":0"},
                    {"MGET a b", "[\"1\", \"2\"]"},
                    {"RENAMENX a c", ":1"},
                    {"MGET a b c", "[(nil), \"2\", \"1\"]"},
                    {"RENAMENX a d", "-ERR no such key"}});
}

TEST_F(Keys, CopyWithinAndAcrossDatabases) {
  WireClient client = Connect();
  Converse(client, {{"SET a 1 EX 100", "+OK"},
                    {"COPY a b", ":1"},
                    {"GET b", "\"1\""},
                    {"TTL b", ":100"},
                    {"COPY a b", ":0"},
                    {"COPY none b REPLACE", ":0"},
                    {"GET b", "\"1\""},
                    {"SET c 2", "+OK"},
                    {"COPY c b REPLACE", ":1"},
                    {"GET b", "\"2\""},
                    {"TTL b", ":-1"},
                    {"COPY a a", "-ERR source and destination objects are the same"},
                    {"COPY a a DB 0", "-ERR source and destination objects are the same"},
                    {"COPY a a DB 3", ":1"},
                    {"COPY a a DB 3", ":0"},
                    {"COPY c a REPLACE DB 3", ":1"},
                    {"SELECT 3", "+OK"},
                    {"GET a", "\"2\""},
                    {"DBSIZE", ":1"},
                    {"SELECT 0", "+OK"},
                    {"GET a", "\"1\""},
                    {"DBSIZE", ":3"}});
}

TEST_F(Keys, CopyAndMoveRefuseBadDatabases) {
  WireClient client = Connect();
  const std::string out_of_int =
      "-ERR value is out of range, value must between -2147483648 and 2147483647";
  Converse(client, {{"SET a 1", "+OK"},
                    {"COPY a b DB x", std::string(kNotAnInteger)},
                    {"COPY a b DB 16", "-ERR DB index is out of range"},
                    {"COPY a b DB -1", "-ERR DB index is out of range"},
                    {"COPY a b DB 3000000000", out_of_int},
                    {"COPY a b DB", "-ERR syntax error"},
                    {"COPY a b FOO", "-ERR syntax error"},
                    {"MOVE a x", std::string(kNotAnInteger)},
                    {"MOVE a 16", "-ERR DB index is out of range"},
                    {"MOVE a -1", "-ERR DB index is out of range"},
                    {"MOVE a 3000000000", out_of_int},
                    {"MOVE a 0", "-ERR source and destination objects are the same"},
                    {"DBSIZE", ":1"}});
}

TEST_F(Keys, MoveTakesValueAndExpiryAlong) {
  WireClient client = Connect();
  Converse(client, {{"SET a 1 EX 100", "+OK"},
                    {"MOVE a 2", ":1"},
                    {"EXISTS a", ":0"},
                    {"MOVE a 2", ":0"},
                    {"SET a 2", "+OK"},
                    {"MOVE a 2", ":0"},
                    {"GET a", "\"2\""},
                    {"SELECT 2", "+OK"},
                    {"GET a", "\"1\""},
                    {"TTL a", ":100"},
                    {"DEL a", ":1"},
                    {"SELECT 0", "+OK"},
                    {"MOVE a 2", ":1"},
                    {"SELECT 2", "+OK"},
                    {"TTL a", ":-1"}});
}

TEST_F(Keys, CopyAndMoveInsideTransactions) {
  WireClient client = Connect();
  Converse(client, {{"MSET a 1 b 2", "+OK"},
                    {"MULTI", "+OK"},
                    {"COPY a x DB 1", "+QUEUED"},
                    {"MOVE b 1", "+QUEUED"},
                    {"SELECT 1", "+QUEUED"},
                    {"MGET x b", "+QUEUED"},
                    {"MOVE x 2", "+QUEUED"},
                    {"EXEC", "[:1, :1, +OK, [\"1\", \"2\"], :1]"},
                    {"DBSIZE", ":1"},
                    {"BEGIN SERIALIZABLE", "+OK"},
                    {"COPY b c DB 2", ":1"},
                    {"RENAME b d", "+OK"},
                    {"MOVE d 2", ":1"},
                    {"DBSIZE", ":0"},
                    {"SELECT 2", "+OK"},
                    {"MGET x c d", "[\"1\", \"2\", \"2\"]"},
                    {"ROLLBACK", "+OK"},
                    {"MGET x c d", "[\"1\", (nil), (nil)]"}});
}

// Two databases, the same two keys, in both directions: latches taken in two orders would deadlock,
// and a conflict would be an error.
TEST_F(Keys, MovesInBothDirectionsNeitherConflictNorLoseAKey) {
  constexpr int kRounds = 2000;
  WireClient setup = Connect();
  Converse(setup, {{"MSET a 1 b 2", "+OK"}});
  const auto mover = [&](int from, int to) {
    WireClient client = Connect();
    EXPECT_EQ(client.Do("SELECT " + std::to_string(from)), "+OK");
    for (int i = 0; i < kRounds; ++i) {
      const std::string reply =
          client.Do((i % 2 == 0 ? "MOVE a " : "MOVE b ") + std::to_string(to));
      EXPECT_TRUE(reply == ":0" || reply == ":1") << reply;
    }
  };
  std::thread there([&] { mover(0, 1); });
  std::thread back([&] { mover(1, 0); });
  there.join();
  back.join();
  const auto size = [&](const char* database) {
    setup.Do(database);
    return std::stoi(setup.Do("DBSIZE").substr(1));
  };
  EXPECT_EQ(size("SELECT 0") + size("SELECT 1"), 2);
}

TEST_F(Keys, ObjectTellsWhatRedisWould) {
  WireClient client = Connect();
  client.DoWords({"SET", "int", "-123"});
  client.DoWords({"SET", "short", std::string(44, 'x')});
  client.DoWords({"SET", "long", std::string(45, 'x')});
  client.DoWords({"SET", "zeros", "007"});
  client.DoWords({"SET", "large", "9223372036854775808"});
  Converse(client, {{"OBJECT ENCODING int", "\"int\""},
                    {"OBJECT ENCODING short", "\"embstr\""},
                    {"OBJECT ENCODING long", "\"raw\""},
                    {"OBJECT ENCODING zeros", "\"embstr\""},
                    {"OBJECT ENCODING large", "\"embstr\""},
                    {"OBJECT ENCODING none", "(nil)"},
                    {"OBJECT REFCOUNT int", ":1"},
                    {"OBJECT REFCOUNT none", "(nil)"},
                    {"OBJECT FREQ none", "(nil)"},
                    {"OBJECT IDLETIME none", "(nil)"},
                    {"OBJECT IDLETIME int",
                     "-ERR idle time not tracked: reading a key leaves no "
                     "trace"},
                    {"OBJECT ENCODING",
                     "-ERR wrong number of arguments for 'object|encoding' "
                     "command"},
                    {"OBJECT", "-ERR wrong number of arguments for 'object' command"},
                    {"OBJECT FOO x", "-ERR unknown subcommand 'FOO'. Try OBJECT HELP."}});
  EXPECT_THAT(client.Do("OBJECT FREQ int"),
              HasSubstr("-ERR An LFU maxmemory policy is not selected"));
  EXPECT_THAT(client.Do("OBJECT HELP"), HasSubstr("ENCODING key"));
  Converse(client, {{"BEGIN", "+OK"},
                    {"SET int word", "+OK"},
                    {"OBJECT ENCODING int", "\"embstr\""},
                    {"ROLLBACK", "+OK"},
                    {"OBJECT ENCODING int", "\"int\""}});
}

TEST_F(Keys, MemoryTellsHowMuchAKeyTakes) {
  WireClient client = Connect();
  client.DoWords({"SET", "small", std::string(10, 'x')});
  client.DoWords({"SET", "large", std::string(10'010, 'x')});
  const int64_t small = std::stoll(client.Do("MEMORY USAGE small").substr(1));
  const int64_t large = std::stoll(client.Do("MEMORY USAGE large SAMPLES 5").substr(1));
  EXPECT_GT(small, 15);
  EXPECT_EQ(large - small, 10'000);
  Converse(client, {{"MEMORY USAGE none", "(nil)"},
                    {"MEMORY USAGE small SAMPLES 0", ":" + std::to_string(small)},
                    {"MEMORY USAGE small SAMPLES -1", "-ERR syntax error"},
                    {"MEMORY USAGE small SAMPLES", "-ERR syntax error"},
                    {"MEMORY USAGE small FOO 1", "-ERR syntax error"},
                    {"MEMORY USAGE small SAMPLES x", std::string(kNotAnInteger)},
                    {"MEMORY PURGE", "+OK"},
                    {"MEMORY USAGE", "-ERR wrong number of arguments for 'memory|usage' command"}});
  EXPECT_THAT(client.Do("MEMORY DOCTOR"), HasSubstr("No memory problem"));
  EXPECT_THAT(client.Do("MEMORY STATS"), HasSubstr("\"keys.count\", :2"));
}

// The report is that of the allocator the program really has: one that is linked without taking
// over would report that nothing was ever asked of it.
TEST_F(Keys, MallocStatsAreThoseOfTheAllocatorThatTheServerRunsWith) {
  WireClient client = Connect();
  const bool is_jemalloc = allocator::Name().starts_with("jemalloc");
#ifdef NACRE_SANITIZED
  ASSERT_FALSE(is_jemalloc);
#endif
  client.DoWords({"SET", "large", std::string(10'000'000, 'x')});
  const std::string report = client.Do("MEMORY MALLOC-STATS");
  if (is_jemalloc) {
    EXPECT_THAT(report, HasSubstr("opt.background_thread: true"));
    EXPECT_THAT(report, ContainsRegex("\nAllocated: [1-9][0-9]{7,}, active: "));
  } else {
    EXPECT_THAT(report, HasSubstr("<malloc"));
  }
}

TEST_F(Keys, TimeIsTheServersTime) {
  WireClient client = Connect();
  EXPECT_EQ(client.Do("TIME"), "[\"1700000000\", \"0\"]");
  time_.Advance(absl::Milliseconds(1234));
  EXPECT_EQ(client.Do("TIME"), "[\"1700000001\", \"234000\"]");
}

}  // namespace
}  // namespace nacre::server
