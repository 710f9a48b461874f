// Expiry as commands see it. The time is the test's own.

#include <gmock/gmock.h>

#include "tests/server/server_fixture.h"

namespace nacre::server {
namespace {

using Expiry = ServerTest;

constexpr std::string_view kNotAnInteger = "-ERR value is not an integer or out of range";
// When the test's time begins.
constexpr int64_t kNowSeconds = 1'700'000'000;

std::string At(int64_t seconds) { return std::to_string(kNowSeconds + seconds); }
std::string AtMs(int64_t millis) { return std::to_string(kNowSeconds * 1000 + millis); }

TEST_F(Expiry, IsSetInFourWaysAndReadInFour) {
  WireClient client = Connect();
  Converse(client, {{"MSET a 1 b 2 c 3 d 4", "+OK"},
                    {"EXPIRE a 10", ":1"},
                    {"PEXPIRE b 10499", ":1"},
                    {"EXPIREAT c " + At(20), ":1"},
                    {"PEXPIREAT d " + AtMs(20'500), ":1"},
                    {"TTL a", ":10"},
                    {"PTTL a", ":10000"},
                    {"EXPIRETIME a", ":" + At(10)},
                    {"PEXPIRETIME a", ":" + AtMs(10'000)},
                    {"TTL b", ":10"},
                    {"PTTL b", ":10499"},
                    {"TTL c", ":20"},
                    {"TTL d", ":21"},
                    {"EXPIRETIME d", ":" + At(21)},
                    {"PEXPIRETIME d", ":" + AtMs(20'500)},
                    {"MGET a b c d", "[\"1\", \"2\", \"3\", \"4\"]"}});
  time_.Advance(absl::Milliseconds(10'499));
  Converse(client, {{"EXISTS a b c d", ":2"}, {"PTTL c", ":9501"}, {"TTL a", ":-2"}});
}

TEST_F(Expiry, AbsentAndEverlastingKeysAnswerMinusTwoAndMinusOne) {
  WireClient client = Connect();
  client.Do("SET k v");
  for (const std::string command : {"TTL", "PTTL", "EXPIRETIME", "PEXPIRETIME"}) {
    EXPECT_EQ(client.Do(command + " none"), ":-2") << command;
    EXPECT_EQ(client.Do(command + " k"), ":-1") << command;
    client.Do("BEGIN");
    EXPECT_EQ(client.Do(command + " none"), ":-2") << command;
    EXPECT_EQ(client.Do(command + " k"), ":-1") << command;
    client.Do("ROLLBACK");
  }
}

TEST_F(Expiry, PersistTakesItAway) {
  WireClient client = Connect();
  Converse(client, {{"SET k v EX 10", "+OK"},
                    {"PERSIST k", ":1"},
                    {"TTL k", ":-1"},
                    {"PERSIST k", ":0"},
                    {"PERSIST none", ":0"},
                    {"GET k", "\"v\""}});
  time_.Advance(absl::Seconds(11));
  EXPECT_EQ(client.Do("GET k"), "\"v\"");
}

TEST_F(Expiry, ConditionsCompareWithTheCurrentExpiry) {
  WireClient client = Connect();
  for (const std::string command : {"EXPIRE k ", "PEXPIRE k ", "EXPIREAT k ", "PEXPIREAT k "}) {
    const auto argument = [&](int64_t seconds) {
      if (command == "EXPIRE k ") return std::to_string(seconds);
      if (command == "PEXPIRE k ") return std::to_string(seconds * 1000);
      return command == "EXPIREAT k " ? At(seconds) : AtMs(seconds * 1000);
    };
    const auto expire = [&](int64_t seconds, const std::string& options) {
      return client.Do(command + argument(seconds) + options);
    };
    SCOPED_TRACE(command);
    client.Do("SET k v");
    EXPECT_EQ(expire(100, " XX"), ":0");
    EXPECT_EQ(expire(100, " GT"), ":0") << "for ever is later";
    EXPECT_EQ(expire(100, " XX LT"), ":0");
    EXPECT_EQ(expire(100, " LT"), ":1") << "for ever is later";
    EXPECT_EQ(expire(200, " NX"), ":0");
    EXPECT_EQ(expire(100, " GT"), ":0");
    EXPECT_EQ(expire(100, " LT"), ":0");
    EXPECT_EQ(expire(200, " gt"), ":1");
    EXPECT_EQ(expire(150, " XX LT"), ":1");
    EXPECT_EQ(expire(300, " XX"), ":1");
    EXPECT_EQ(client.Do("TTL k"), ":300");
    client.Do("PERSIST k");
    EXPECT_EQ(expire(50, " NX"), ":1");
    EXPECT_EQ(client.Do("TTL k"), ":50");
  }
}

TEST_F(Expiry, ATimeThatHasPassedDeletes) {
  WireClient client = Connect();
  Converse(client, {{"MSET a 1 b 2 c 3 d 4 e 5", "+OK"},
                    {"EXPIRE a 0", ":1"},
                    {"PEXPIRE b -1", ":1"},
                    {"EXPIREAT c 1", ":1"},
                    {"PEXPIREAT d " + AtMs(0), ":1"},
                    {"EXPIRE e -10 GT", ":0"},
                    {"DBSIZE", ":1"},
                    {"EXPIRE e -10 LT", ":1"},
                    {"DBSIZE", ":0"},
                    {"EXPIRE none -1", ":0"}});
}

TEST_F(Expiry, MistakesAreNamedAsInRedis) {
  WireClient client = Connect();
  client.Do("SET k v");
  const auto invalid = [](const std::string& command) {
    return "-ERR invalid expire time in '" + command + "' command";
  };
  Converse(client, {{"EXPIRE k 9223370399119966", invalid("expire")},
                    {"EXPIRE k 9223372036854776", invalid("expire")},
                    {"EXPIRE k 10000000000000000", invalid("expire")},
                    {"EXPIRE k -9223372036854776", invalid("expire")},
                    {"PEXPIRE k 9223372036854770000", invalid("pexpire")},
                    {"EXPIREAT k 9223372036854776", invalid("expireat")},
                    {"expireat k -9223372036854776", invalid("expireat")},
                    {"EXPIRE k x", std::string(kNotAnInteger)},
                    {"EXPIRE k 9223372036854775808", std::string(kNotAnInteger)},
                    {"EXPIRE k 10 AB", "-ERR Unsupported option AB"},
                    {"EXPIRE k x AB", "-ERR Unsupported option AB"},
                    {"EXPIRE k 10 NX XX",
                     "-ERR NX and XX, GT or LT options at the same time are "
                     "not compatible"},
                    {"EXPIRE k 10 NX LT",
                     "-ERR NX and XX, GT or LT options at the same time are "
                     "not compatible"},
                    {"EXPIRE k 10 GT LT",
                     "-ERR GT and LT options at the same time are not "
                     "compatible"},
                    {"EXPIRE k", "-ERR wrong number of arguments for 'expire' command"},
                    {"TTL k", ":-1"}});
  EXPECT_EQ(client.DoWords({"EXPIRE", "k", ""}), kNotAnInteger);
}

TEST_F(Expiry, TheLastTimesThereAreCanBeSet) {
  WireClient client = Connect();
  Converse(client, {{"MSET a 1 b 2 c 3", "+OK"},
                    {"PEXPIREAT a 9223372036854775807", ":1"},
                    {"PEXPIRETIME a", ":9223372036854775806"},
                    {"EXPIRETIME a", ":9223372036854776"},
                    {"PEXPIREAT b 9223372036854770000", ":1"},
                    {"PEXPIRETIME b", ":9223372036854770000"},
                    {"PEXPIREAT c -9223372036854775808", ":1"},
                    {"EXISTS a b c", ":2"}});
}

TEST_F(Expiry, OneInstantHoldsForAWholeTransaction) {
  WireClient client = Connect();
  WireClient other = Connect();
  Converse(client, {{"SET k v PX 100", "+OK"}, {"BEGIN", "+OK"}, {"GET k", "\"v\""}});
  time_.Advance(absl::Milliseconds(100));
  Converse(other, {{"GET k", "(nil)"}, {"TYPE k", "+none"}, {"RENAME k l", "-ERR no such key"}});
  Converse(client, {{"GET k", "\"v\""},
                    {"TYPE k", "+string"},
                    {"KEYS *", "[\"k\"]"},
                    {"DBSIZE", ":1"},
                    {"ROLLBACK", "+OK"},
                    {"GET k", "(nil)"}});
}

}  // namespace
}  // namespace nacre::server
