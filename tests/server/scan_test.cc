// SCAN over a socket.

#include <gmock/gmock.h>

#include <map>
#include <random>
#include <set>

#include "tests/server/server_fixture.h"

namespace nacre::server {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;
using Scan = ServerTest;

struct StepReply {
  std::string cursor;
  std::vector<std::string> keys;
};

// "["12", ["a", "b"]]"
StepReply ReadStep(const std::string& reply) {
  StepReply step;
  std::vector<std::string> strings;
  for (size_t at = reply.find('"'); at != std::string::npos; at = reply.find('"', at + 1)) {
    const size_t end = reply.find('"', at + 1);
    strings.push_back(reply.substr(at + 1, end - at - 1));
    at = end;
  }
  EXPECT_FALSE(strings.empty()) << reply;
  if (strings.empty()) return {"0", {}};
  step.cursor = strings.front();
  step.keys.assign(strings.begin() + 1, strings.end());
  return step;
}

std::vector<std::string> ScanAll(WireClient& client, const std::string& options,
                                 int* steps = nullptr) {
  std::vector<std::string> keys;
  std::string cursor = "0";
  do {
    StepReply step = ReadStep(client.Do("SCAN " + cursor + " " + options));
    keys.insert(keys.end(), step.keys.begin(), step.keys.end());
    cursor = step.cursor;
    if (steps != nullptr) ++*steps;
  } while (cursor != "0");
  return keys;
}

void Populate(WireClient& client, int keys, const std::string& prefix = "key:") {
  std::vector<std::string> set = {"MSET"};
  for (int i = 0; i < keys; ++i) {
    set.push_back(prefix + std::to_string(i));
    set.push_back("v");
  }
  EXPECT_EQ(client.DoWords(set), "+OK");
}

TEST_F(Scan, AnswersEveryKeyOnceInOrder) {
  WireClient client = Connect();
  Populate(client, 1000);
  for (const std::string options : {"", "COUNT 1", "COUNT 7", "COUNT 1000", "COUNT 999",
                                    "count 100000", "TYPE string", "TYPE STRING MATCH *"}) {
    const std::vector<std::string> keys = ScanAll(client, options);
    EXPECT_EQ(keys.size(), 1000u) << options;
    EXPECT_TRUE(std::is_sorted(keys.begin(), keys.end())) << options;
    EXPECT_EQ(std::set<std::string>(keys.begin(), keys.end()).size(), 1000u) << options;
  }
  EXPECT_THAT(ScanAll(client, "TYPE list"), ::testing::IsEmpty());
  EXPECT_EQ(client.DoWords({"SCAN", "0", "TYPE", "", "COUNT", "100000"}), "[\"0\", []]");
}

TEST_F(Scan, StepsVisitCountKeysAndEndWithTheLastOne) {
  WireClient client = Connect();
  EXPECT_EQ(client.Do("SCAN 0"), "[\"0\", []]");
  Populate(client, 100);
  int steps = 0;
  ScanAll(client, "", &steps);
  EXPECT_EQ(steps, 10);
  steps = 0;
  ScanAll(client, "COUNT 100", &steps);
  EXPECT_EQ(steps, 1);
  steps = 0;
  ScanAll(client, "COUNT 1", &steps);
  EXPECT_EQ(steps, 100);
}

TEST_F(Scan, MatchWithAPrefixVisitsOnlyThePrefix) {
  WireClient client = Connect();
  Populate(client, 2000, "other:");
  Populate(client, 20, "user:");
  int steps = 0;
  EXPECT_EQ(ScanAll(client, "MATCH user:*", &steps).size(), 20u);
  EXPECT_EQ(steps, 2) << "what lies outside of the prefix costs no step";
  steps = 0;
  EXPECT_EQ(ScanAll(client, "MATCH user:1?", &steps).size(), 10u);
  EXPECT_EQ(steps, 2) << "eleven keys begin so";
  EXPECT_EQ(ScanAll(client, "MATCH user:7").size(), 1u);
  EXPECT_EQ(ScanAll(client, "MATCH *:7").size(), 2u);
  EXPECT_THAT(ScanAll(client, "MATCH none*"), ::testing::IsEmpty());
  Populate(client, 1, "st*r");
  EXPECT_EQ(ScanAll(client, "MATCH st\\*r*"), std::vector<std::string>{"st*r0"});
}

TEST_F(Scan, MistakesAreNamedAsInRedis) {
  WireClient client = Connect();
  Converse(client, {{"SCAN", "-ERR wrong number of arguments for 'scan' command"},
                    {"SCAN x", "-ERR invalid cursor"},
                    {"SCAN -1", "-ERR invalid cursor"},
                    {"SCAN 18446744073709551616", "-ERR invalid cursor"},
                    {"SCAN x FOO", "-ERR invalid cursor"},
                    {"SCAN 0 FOO", "-ERR syntax error"},
                    {"SCAN 0 MATCH", "-ERR syntax error"},
                    {"SCAN 0 COUNT 0", "-ERR syntax error"},
                    {"SCAN 0 COUNT -5", "-ERR syntax error"},
                    {"SCAN 0 COUNT x", "-ERR value is not an integer or out of range"},
                    {"SCAN 7 FOO bar", "-ERR syntax error"}});
}

TEST_F(Scan, AnUnknownCursorSaysToStartAgain) {
  options_.scan_cursors_max = 3;
  WireClient client = Connect();
  Populate(client, 100);
  EXPECT_EQ(client.Do("SCAN 7"),
            "-NOCURSOR there is no cursor 7: it was given up for newer ones, or never given out; "
            "start the scan again with cursor 0");
  const std::string first = ReadStep(client.Do("SCAN 0")).cursor;
  for (int i = 0; i < 3; ++i) client.Do("SCAN 0");
  EXPECT_THAT(client.Do("SCAN " + first), StartsWith("-NOCURSOR"));
  EXPECT_EQ(ScanAll(client, "").size(), 100u);
}

TEST_F(Scan, ACursorCanBeUsedAgain) {
  WireClient client = Connect();
  WireClient other = Connect();
  Populate(client, 100);
  const std::string first = ReadStep(client.Do("SCAN 0")).cursor;
  const std::string reply = client.Do("SCAN " + first);
  EXPECT_EQ(client.Do("SCAN " + first), reply);
  EXPECT_EQ(other.Do("SCAN " + first), reply) << "from any connection";
  client.Do("SCAN " + ReadStep(reply).cursor);
  EXPECT_EQ(client.Do("SCAN " + first), reply);
}

// While others insert and delete, what stays is returned once, whatever comes and goes.
TEST_F(Scan, WhatStaysIsReturnedOnceWhileOthersWrite) {
  WireClient client = Connect();
  Populate(client, 3000, "stays:");
  std::atomic<bool> done = false;
  std::thread writer([&] {
    WireClient other = Connect();
    std::mt19937 random(7);
    while (!done) {
      const std::string key = "stays:" + std::to_string(random() % 3000) + ":comes";
      other.Do(random() % 2 == 0 ? "SET " + key + " v" : "DEL " + key);
      other.Do("SET stays:" + std::to_string(random() % 3000) + " changed");
    }
  });
  for (int round = 0; round < 5; ++round) {
    std::map<std::string, int> seen;
    for (const std::string& key : ScanAll(client, "COUNT 50")) ++seen[key];
    size_t stayed = 0;
    for (const auto& [key, times] : seen) {
      EXPECT_EQ(times, 1) << key;
      if (!key.ends_with("comes")) ++stayed;
    }
    EXPECT_EQ(stayed, 3000u);
  }
  done = true;
  writer.join();
}

TEST_F(Scan, FlushAndAnotherDatabaseDoNoHarm) {
  WireClient client = Connect();
  Populate(client, 100);
  StepReply step = ReadStep(client.Do("SCAN 0 COUNT 50"));
  EXPECT_EQ(client.Do("FLUSHDB"), "+OK");
  EXPECT_EQ(client.Do("SCAN " + step.cursor), "[\"0\", []]");
  Populate(client, 100);
  EXPECT_EQ(ReadStep(client.Do("SCAN " + step.cursor + " COUNT 100")).keys.size(), 50u);
  client.Do("SELECT 1");
  EXPECT_EQ(client.Do("SCAN " + step.cursor), "[\"0\", []]");
}

TEST_F(Scan, SkipsKeysThatHaveExpired) {
  WireClient client = Connect();
  Converse(client, {{"MSET a 1 c 3", "+OK"}, {"SET b 2 PX 10", "+OK"}});
  time_.Advance(absl::Milliseconds(10));
  EXPECT_EQ(client.Do("SCAN 0"), "[\"0\", [\"a\", \"c\"]]");
}

TEST_F(Scan, InsideTransactionsSeesTheirState) {
  WireClient client = Connect();
  WireClient other = Connect();
  Populate(client, 20);
  EXPECT_EQ(client.Do("BEGIN"), "+OK");
  Converse(client, {{"SET aaa 1", "+OK"}, {"DEL key:0", ":1"}});
  Populate(other, 20, "new:");
  EXPECT_EQ(ScanAll(client, "COUNT 3").size(), 20u);
  EXPECT_EQ(client.Do("SCAN 0 COUNT 2 MATCH a*"), "[\"0\", [\"aaa\"]]");
  EXPECT_EQ(client.Do("ROLLBACK"), "+OK");
  EXPECT_EQ(ScanAll(client, "COUNT 3").size(), 40u);
  Converse(client, {{"MULTI", "+OK"},
                    {"SET aaa 1", "+QUEUED"},
                    {"SCAN 0 MATCH a*", "+QUEUED"},
                    {"SCAN 7", "+QUEUED"}});
  EXPECT_THAT(client.Do("EXEC"), StartsWith("[+OK, [\"0\", [\"aaa\"]], -NOCURSOR"));
}

TEST_F(Scan, AStepIsARangeThatSerializableTransactionsValidate) {
  WireClient client = Connect();
  WireClient other = Connect();
  Populate(client, 30);
  // Up to key:17: the keys are key:0, key:1, key:10, ...
  Converse(client, {{"BEGIN SERIALIZABLE", "+OK"}, {"SET x 1", "+OK"}});
  EXPECT_EQ(ReadStep(client.Do("SCAN 0")).keys.back(), "key:17");
  EXPECT_EQ(other.Do("SET key:5 beyond"), "+OK");
  EXPECT_THAT(client.Do("COMMIT"), StartsWith(":")) << "what was not walked does not count";
  Converse(client, {{"BEGIN SERIALIZABLE", "+OK"}, {"SET x 1", "+OK"}});
  client.Do("SCAN 0");
  EXPECT_EQ(other.Do("SET key:11a phantom"), "+OK");
  EXPECT_THAT(client.Do("COMMIT"), StartsWith("-CONFLICT"));
}

TEST_F(Scan, AReplyTooLargeIsAnError) {
  options_.reply_bytes_max = 1000;
  WireClient client = Connect();
  Populate(client, 100, std::string(50, 'k'));
  EXPECT_THAT(client.Do("SCAN 0 COUNT 100"), HasSubstr("-ERR the reply would be larger"));
  EXPECT_EQ(ScanAll(client, "COUNT 5").size(), 100u);
}

}  // namespace
}  // namespace nacre::server
