// What takes long delays its own client and no other.

#include "tests/server/parse_all.h"
#include "tests/server/server_fixture.h"

namespace nacre::server {
namespace {

class Fairness : public ServerTest {
 protected:
  Fairness() { options_.threads = 1; }

  // How many commands `run` sends to the slow lane.
  template <typename Run>
  uint64_t SlowOnes(Run run) {
    const uint64_t before = Info("slow_commands");
    run();
    return Info("slow_commands") - before;
  }
};

TEST_F(Fairness, ALongPipelineLetsOthersHaveTheirTurn) {
  constexpr int kRequests = 1000;
  WireClient hog = Connect();
  WireClient other = Connect();
  // What arrives while the first one waits is all there when its turn comes.
  std::string pipeline = "DEBUG SLEEP 0.05\r\n";
  for (int i = 0; i < kRequests; ++i) pipeline += "CONFIG GET *\r\n";
  hog.SendRaw(pipeline);
  std::thread reader([&] {
    EXPECT_EQ(hog.Read(), "+OK");
    for (int i = 0; i < kRequests; ++i) EXPECT_EQ(hog.Read().substr(0, 1), "[");
  });
  const auto run = [&] {
    const std::string report = other.Do("INFO commandstats");
    const size_t at = report.find("cmdstat_config|get:calls=");
    return at == std::string::npos ? 0 : std::atoi(report.c_str() + at + 25);
  };
  bool seen_half_done = false;
  for (int done = 0; done < kRequests;) {
    done = run();
    seen_half_done = seen_half_done || (done > 0 && done < kRequests);
  }
  reader.join();
  EXPECT_TRUE(seen_half_done);
}

// Whatever their turn is at: nothing of them may come back later.
TEST_F(Fairness, ClientsThatLeaveInTheMiddleOfTheirTurn) {
  constexpr const char* kLast[] = {"QUIT\r\n", "KEYS *\r\n", "WAIT 1 0\r\n", "GET k\r\n"};
  WireClient other = Connect();
  EXPECT_EQ(other.DoWords({"SET", "k", std::string(100'000, 'x')}), "+OK");
  for (int round = 0; round < 60; ++round) {
    WireClient client = Connect();
    std::string pipeline = "DEBUG SLEEP 0.002\r\n";
    for (int i = 0; i < 60 + 5 * round; ++i) pipeline += "CONFIG GET *\r\n";
    for (int i = 0; i < 20; ++i) pipeline += kLast[(round + i) % 4];
    client.SendRaw(pipeline);
    if (round % 3 == 0) {
      EXPECT_EQ(client.Read(), "+OK");
    }
    if (round % 3 == 1) client.ShutDownSending();
    client.Close();  // With replies unread, so the other side learns of it by an error.
  }
  EXPECT_TRUE(Eventually([&] { return Info("connected_clients") == 2; }));
}

// The last request finds the client gone. Its turn may be over in the same moment, which is looked
// at after every eighth.
TEST_F(Fairness, AClientThatIsGoneAtTheEndOfItsTurn) {
  for (int round = 0; round < 100; ++round) {
    WireClient client = Connect();
    std::string pipeline;
    for (int i = 1; i < 16 + 8 * (round % 5); ++i) pipeline += "CONFIG GET *\r\n";
    pipeline += round % 2 == 0 ? "KEYS *\r\n" : "QUIT\r\n";
    client.SendRaw(pipeline);
    client.CloseByReset();
  }
  EXPECT_TRUE(Eventually([&] { return Info("connected_clients") == 1; }));
}

TEST_F(Fairness, ExecWithALongReplyRunsInTheSlowLane_Once) {
  WireClient client = Connect();
  EXPECT_EQ(client.DoWords({"SET", "k", std::string(200'000, 'x')}), "+OK");
  Converse(client, {{"WATCH w", "+OK"},
                    {"MULTI", "+OK"},
                    {"INCR n", "+QUEUED"},
                    {"GET k", "+QUEUED"},
                    {"GET k", "+QUEUED"},
                    {"INCR n", "+QUEUED"},
                    {"SELECT 1", "+QUEUED"},
                    {"GET k", "+QUEUED"}});
  std::string reply;
  EXPECT_EQ(SlowOnes([&] { reply = client.Do("EXEC"); }), 1u);
  EXPECT_EQ(reply.substr(0, 5), "[:1, ");
  EXPECT_EQ(reply.substr(reply.size() - 17), ", :2, +OK, (nil)]");
  Converse(client, {{"SELECT 0", "+OK"}, {"GET n", "\"2\""}, {"EXEC", "-ERR EXEC without MULTI"}});
  EXPECT_NE(client.Do("INFO commandstats").find("cmdstat_incr:calls=2,"), std::string::npos);
}

TEST_F(Fairness, AChangedWatchIsNoticedInTheSlowLaneToo) {
  WireClient client = Connect();
  WireClient other = Connect();
  EXPECT_EQ(client.DoWords({"SET", "k", std::string(300'000, 'x')}), "+OK");
  Converse(client, {{"WATCH w", "+OK"}, {"MULTI", "+OK"}, {"GET k", "+QUEUED"}});
  EXPECT_EQ(other.Do("SET w 1"), "+OK");
  EXPECT_EQ(client.Do("EXEC"), "(nil array)");
}

// Between the attempt in the quick lane and the one in the slow lane others commit. Were the
// watched keys forgotten there, their update would be lost.
TEST_F(Fairness, OptimisticCountersLoseNothingOnTheWayToTheSlowLane) {
  constexpr int kClients = 4;
  constexpr int kRounds = 60;
  EXPECT_EQ(Connect().DoWords({"SET", "k", std::string(300'000, 'x')}), "+OK");
  EXPECT_EQ(Connect().Do("SET n 0"), "+OK");
  std::atomic<int> counted = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < kClients; ++i) {
    threads.emplace_back([&] {
      WireClient client = Connect();
      for (int round = 0; round < kRounds; ++round) {
        client.Do("WATCH n");
        const std::string seen = client.Do("GET n");
        client.Do("MULTI");
        client.Do("SET n " + std::to_string(std::stoi(seen.substr(1)) + 1));
        client.Do("GET k");
        if (client.Do("EXEC") != "(nil array)") ++counted;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(Connect().Do("GET n"), "\"" + std::to_string(counted) + "\"");
  EXPECT_GT(counted, 0);
}

TEST_F(Fairness, LettingGoOfManyWatchedKeysIsSlow) {
  WireClient client = Connect();
  const auto watch = [&] {
    for (int i = 0; i < 3; ++i) {
      std::vector<std::string> words = {"WATCH"};
      for (int k = 0; k < 1000; ++k) words.push_back(std::to_string(1000 * i + k));
      EXPECT_EQ(client.DoWords(words), "+OK");
    }
  };
  watch();
  EXPECT_EQ(SlowOnes([&] { EXPECT_EQ(client.Do("UNWATCH"), "+OK"); }), 1u);
  watch();
  EXPECT_EQ(SlowOnes([&] { EXPECT_EQ(client.Do("RESET"), "+RESET"); }), 1u);
  watch();
  // Their snapshots are let go of by another thread, which the end of the test waits for.
  client.Close();
}

TEST_F(Fairness, ExecThatChangesTheServerIsSlow) {
  WireClient client = Connect();
  Converse(client, {{"MULTI", "+OK"}, {"CONFIG SET maxclients 100", "+QUEUED"}});
  EXPECT_EQ(SlowOnes([&] { EXPECT_EQ(client.Do("EXEC"), "[+OK]"); }), 1u);
}

TEST_F(Fairness, AGapThatHasToBeFilledIsSlow) {
  WireClient client = Connect();
  EXPECT_EQ(SlowOnes([&] { EXPECT_EQ(client.Do("SETRANGE k 4 x"), ":5"); }), 0u);
  EXPECT_EQ(SlowOnes([&] { EXPECT_EQ(client.Do("SETRANGE k 2000000 x"), ":2000001"); }), 1u);
}

TEST_F(Fairness, ReplyCannotBeChosenInsideMulti) {
  WireClient client = Connect();
  Converse(client, {{"MULTI", "+OK"},
                    {"CLIENT REPLY SKIP", "-ERR Command not allowed inside a transaction"},
                    {"EXEC", "-EXECABORT Transaction discarded because of previous errors."}});
}

// Each command copies all of the value: what the others name must not stay locked meanwhile.
TEST_F(Fairness, APipelineThatCopiesLargeValuesSharesNoCommit) {
  WireClient client = Connect();
  const auto commits = [&] { return server().database().GetStats().commits; };
  const auto send = [&](const char* command, const char* word) {
    const uint64_t before = commits();
    std::string pipeline;
    for (int i = 0; i < 8; ++i) pipeline += Encode({command, "k" + std::to_string(i), word});
    client.SendRaw(pipeline);
    for (int i = 0; i < 8; ++i) client.Read();
    return commits() - before;
  };
  EXPECT_EQ(send("APPEND", "x"), 8u);
  EXPECT_LT(send("SET", "x"), 8u) << "those do share";
}

TEST_F(Fairness, ARequestOfManyWordsSharesNoCommit) {
  WireClient client = Connect();
  const auto commits = [&](int pairs) {
    const uint64_t before = server().database().GetStats().commits;
    std::vector<std::string> many = {"MSET"};
    for (int i = 0; i < pairs; ++i) many.insert(many.end(), {"m" + std::to_string(i), "x"});
    client.SendRaw(Encode({"SET", "k", "x"}) + Encode(many) + Encode({"SET", "k", "y"}));
    for (int i = 0; i < 3; ++i) EXPECT_EQ(client.Read(), "+OK");
    return server().database().GetStats().commits - before;
  };
  EXPECT_EQ(commits(10), 1u);
  // A connection that sends more is given more room to read: all of it comes at once in the end.
  for (int i = 0; i < 6; ++i) EXPECT_EQ(commits(300), 3u);
}

}  // namespace
}  // namespace nacre::server
