// Requests that arrive together: some share a commit, and no client can tell.

#include <gmock/gmock.h>

#include <random>
#include <thread>

#include "tests/server/parse_all.h"
#include "tests/server/server_fixture.h"

namespace nacre::server {
namespace {

class Pipeline : public ServerTest {
 protected:
  // Sends the requests in one piece and reads a reply for each.
  std::vector<std::string> DoTogether(WireClient& client,
                                      const std::vector<std::vector<std::string>>& requests) {
    std::string bytes;
    for (const auto& words : requests) bytes += Encode(words);
    client.SendRaw(bytes);
    std::vector<std::string> replies;
    for (size_t i = 0; i < requests.size(); ++i) replies.push_back(client.Read());
    return replies;
  }
  uint64_t Commits() { return server().database().GetStats().commits; }
};

TEST_F(Pipeline, WritesThatArriveTogetherShareACommit) {
  WireClient client = Connect();
  client.Do("SET warm up");
  const uint64_t before = Commits();
  std::vector<std::vector<std::string>> requests(16, {"INCR", "n"});
  const auto replies = DoTogether(client, requests);
  for (int i = 0; i < 16; ++i) EXPECT_EQ(replies[i], ":" + std::to_string(i + 1));
  // The bytes may have come in several pieces, but not in sixteen.
  EXPECT_LT(Commits() - before, 16u);
}

TEST_F(Pipeline, AnErrorIsTheReplyOfItsRequestAlone) {
  WireClient client = Connect();
  EXPECT_EQ(DoTogether(client, {{"SET", "text", "abc"},
                                {"INCR", "n"},
                                {"INCR", "text"},
                                {"INCR", "n", "extra"},
                                {"MSET", "a", "1", "b"},
                                {"NOSUCH", "n"},
                                {"INCR", "n"},
                                {"APPEND", "text", "d"}}),
            (std::vector<std::string>{"+OK", ":1", "-ERR value is not an integer or out of range",
                                      "-ERR wrong number of arguments for 'incr' command",
                                      "-ERR wrong number of arguments for 'mset' command",
                                      "-ERR unknown command 'NOSUCH', with args beginning with: "
                                      "'n' ",
                                      ":2", ":4"}));
}

TEST_F(Pipeline, ALimitThatOnlyTheSumExceedsFailsNobody) {
  options_.transaction_bytes_max = 1000;
  WireClient client = Connect();
  const std::string value(600, 'v');
  EXPECT_EQ(DoTogether(client, {{"SET", "a", value}, {"SET", "b", value}, {"SET", "c", value}}),
            (std::vector<std::string>{"+OK", "+OK", "+OK"}));
  const std::string large(1001, 'v');
  const auto replies =
      DoTogether(client, {{"SET", "a", "1"}, {"SET", "b", large}, {"SET", "c", "3"}});
  EXPECT_EQ(replies[0], "+OK");
  EXPECT_EQ(replies[1].substr(0, 4), "-ERR");
  EXPECT_EQ(replies[2], "+OK");
  EXPECT_EQ(client.Do("MGET a c"), "[\"1\", \"3\"]");
  EXPECT_EQ(client.Do("GET b"), "\"" + value + "\"");
}

TEST_F(Pipeline, MemoryThatRunsOutRefusesWhatDoesNotFitAndNothingElse) {
  options_.memory_bytes_max = 200 << 10;
  WireClient client = Connect();
  const std::string value(40 << 10, 'v');
  std::vector<std::vector<std::string>> requests;
  for (int i = 0; i < 12; ++i) requests.push_back({"SET", "k" + std::to_string(i), value});
  requests.push_back({"DEL", "k0"});
  const auto replies = DoTogether(client, requests);
  EXPECT_EQ(replies[0], "+OK");
  EXPECT_EQ(replies[11], "-OOM command not allowed when used memory > 'maxmemory'.");
  EXPECT_EQ(replies[12], ":1");
  for (int i = 1; i < 12; ++i) {
    EXPECT_EQ(client.Do("EXISTS k" + std::to_string(i)), replies[i] == "+OK" ? ":1" : ":0");
  }
}

TEST_F(Pipeline, TransactionsAndDatabasesBreakABatchWhereTheyStand) {
  WireClient client = Connect();
  EXPECT_EQ(DoTogether(client, {{"SET", "k", "0"},
                                {"INCR", "k"},
                                {"SELECT", "1"},
                                {"INCR", "k"},
                                {"SELECT", "0"},
                                {"MULTI"},
                                {"INCR", "k"},
                                {"INCR", "k"},
                                {"EXEC"},
                                {"INCR", "k"},
                                {"BEGIN"},
                                {"INCR", "k"},
                                {"INCR", "k"},
                                {"ROLLBACK"},
                                {"INCR", "k"},
                                {"GET", "k"}}),
            (std::vector<std::string>{"+OK", ":1", "+OK", ":1", "+OK", "+OK", "+QUEUED", "+QUEUED",
                                      "[:2, :3]", ":4", "+OK", ":5", ":6", "+OK", ":5", "\"5\""}));
}

TEST_F(Pipeline, AWatchSeesWhatABatchChanged) {
  WireClient watcher = Connect();
  watcher.Do("WATCH k");
  WireClient client = Connect();
  DoTogether(client, {{"SET", "a", "1"}, {"SET", "k", "1"}, {"SET", "b", "1"}});
  Converse(watcher, {{"MULTI", "+OK"}, {"SET k 2", "+QUEUED"}, {"EXEC", "(nil array)"}});
}

TEST_F(Pipeline, SlowRequestsInTheMiddleKeepTheOrderOfReplies) {
  WireClient client = Connect();
  std::vector<std::vector<std::string>> requests;
  std::vector<std::string> expected;
  for (int i = 0; i < 40; ++i) {
    requests.push_back({"SET", "k", std::to_string(i)});
    expected.push_back("+OK");
    if (i % 7 != 0) continue;
    requests.push_back({"KEYS", "k"});
    expected.push_back("[\"k\"]");
    requests.push_back({"GET", "k"});
    expected.push_back("\"" + std::to_string(i) + "\"");
  }
  EXPECT_EQ(DoTogether(client, requests), expected);
}

// Transfers in batches, auditors on snapshots: a batch that shares a commit is still a row of whole
// commands, in order.
TEST_F(Pipeline, BatchesOnTheSameKeysInAnyOrderNeitherDeadlockNorLoseAnything) {
  server();
  constexpr int kKeys = 8;
  constexpr int kBatches = 60;
  constexpr int kRequests = 16;
  std::vector<std::thread> clients;
  clients.reserve(4);
  for (unsigned seed = 0; seed < 4; ++seed) {
    clients.emplace_back([this, seed] {
      std::mt19937 random(seed);
      WireClient client = Connect();
      for (int batch = 0; batch < kBatches; ++batch) {
        std::vector<std::vector<std::string>> requests;
        for (int i = 0; i < kRequests; ++i) {
          requests.push_back({"INCR", "k" + std::to_string(random() % kKeys)});
        }
        for (const std::string& reply : DoTogether(client, requests)) ASSERT_EQ(reply[0], ':');
      }
    });
  }
  for (std::thread& client : clients) client.join();
  int sum = 0;
  WireClient client = Connect();
  for (int i = 0; i < kKeys; ++i) {
    const std::string value = client.Do("GET k" + std::to_string(i));
    sum += std::stoi(value.substr(1));
  }
  EXPECT_EQ(sum, 4 * kBatches * kRequests);
}

}  // namespace
}  // namespace nacre::server
