// Many connections at once: nothing is lost, nobody waits for somebody else's slow command.

#include <gmock/gmock.h>
#include <pthread.h>

#include <condition_variable>
#include <mutex>
#include <thread>

#include "tests/server/parse_all.h"
#include "tests/server/server_fixture.h"

namespace nacre::server {
namespace {

using ::testing::StartsWith;
using Concurrency = ServerTest;

void InParallel(int threads, const std::function<void(int)>& run) {
  std::vector<std::thread> running;
  for (int i = 0; i < threads; ++i) running.emplace_back([&run, i] { run(i); });
  for (std::thread& thread : running) thread.join();
}

TEST_F(Concurrency, FiftyConnectionsLoseNoIncrement) {
  server();
  InParallel(50, [&](int) {
    WireClient client = Connect();
    std::string batch;
    for (int i = 0; i < 20; ++i) batch += Encode({"INCR", "n"});
    for (int i = 0; i < 10; ++i) {
      client.SendRaw(batch);
      for (int j = 0; j < 20; ++j) ASSERT_THAT(client.Read(), StartsWith(":"));
    }
  });
  EXPECT_EQ(Connect().Do("GET n"), "\"10000\"");
}

TEST_F(Concurrency, WatchedCountersLoseNothing) {
  server();
  InParallel(8, [&](int thread) {
    WireClient client = Connect();
    for (int done = 0; done < 50;) {
      client.Do("WATCH n");
      const std::string now = client.Do("GET n");
      const int next = now == "(nil)" ? 1 : std::stoi(now.substr(1)) + 1;
      client.Do("MULTI");
      client.Do("SET n " + std::to_string(next));
      // Every other one goes the optimistic way.
      if (thread % 2 == 0) client.Do("KEYS none");
      done += client.Do("EXEC")[0] == '[' ? 1 : 0;
    }
  });
  EXPECT_EQ(Connect().Do("GET n"), "\"400\"");
}

TEST_F(Concurrency, InteractiveCountersLoseNothing) {
  for (const std::string begin : {"BEGIN SNAPSHOT", "BEGIN SERIALIZABLE"}) {
    EXPECT_EQ(Connect().Do("FLUSHALL"), "+OK");
    InParallel(6, [&](int) {
      WireClient client = Connect();
      for (int done = 0; done < 50;) {
        EXPECT_EQ(client.Do(begin), "+OK");
        EXPECT_THAT(client.Do("INCR n"), StartsWith(":"));
        const std::string end = client.Do("COMMIT");
        EXPECT_TRUE(end[0] == ':' || end.substr(0, 10) == "-CONFLICT ") << end;
        done += end[0] == ':' ? 1 : 0;
      }
    });
    EXPECT_EQ(Connect().Do("GET n"), "\"300\"");
  }
}

TEST_F(Concurrency, MsetAndExecAreSeenWholeOrNotAtAll) {
  std::atomic<bool> stop = false;
  EXPECT_EQ(Connect().Do("MSET a 0 b 0"), "+OK");
  std::thread writer([&] {
    WireClient client = Connect();
    for (int i = 1; i <= 300; ++i) {
      const std::string n = std::to_string(i);
      if (i % 2 == 0) {
        client.Do("MSET a " + n + " b " + n);
      } else {
        client.SendRaw("MULTI\r\nSET a " + n + "\r\nSET b " + n + "\r\nEXEC\r\n");
        for (int reply = 0; reply < 4; ++reply) client.Read();
      }
    }
    stop = true;
  });
  InParallel(3, [&](int reader) {
    WireClient client = Connect();
    while (!stop) {
      const std::string both =
          reader == 0 ? client.Do("MGET a b") : client.Do("RANGE [a [b WITHVALUES");
      const std::vector<std::string> words = SplitWords(both);
      const std::string a = reader == 0 ? words[0].substr(1) : words[1];
      const std::string b = reader == 0 ? words[1] : words[3];
      EXPECT_EQ(a.substr(0, a.size() - 1), b.substr(0, b.size() - 1)) << both;
    }
  });
  writer.join();
}

TEST_F(Concurrency, EveryMixtureOfCommandsFinishes) {
  server();
  InParallel(8, [&](int thread) {
    WireClient client = Connect();
    for (int i = 0; i < 60; ++i) {
      const std::string k = "k" + std::to_string((i * 7 + thread) % 5);
      switch ((i + thread) % 6) {
        case 0: EXPECT_EQ(client.Do("MSET " + k + " 1 x 2 y 3"), "+OK"); break;
        case 1:
          client.SendRaw("MULTI\r\nINCR c\r\nKEYS *\r\nDEL " + k + "\r\nEXEC\r\n");
          for (int reply = 0; reply < 4; ++reply) client.Read();
          EXPECT_THAT(client.Read(), StartsWith("["));
          break;
        case 2: EXPECT_THAT(client.Do("DEL y x " + k), StartsWith(":")); break;
        case 3: EXPECT_EQ(client.Do(thread == 0 ? "FLUSHDB" : "PING").substr(0, 1), "+"); break;
        case 4: EXPECT_THAT(client.Do("RANGE - +"), StartsWith("[")); break;
        default: EXPECT_EQ(client.Do("SET " + k + " 5 EX 100"), "+OK");
      }
    }
  });
}

// A time of day that holds whoever asks for it on a slow thread. (Who reads asks once there is a
// key with an expiry.)
class SlowLaneGate {
 public:
  void PassThrough() {
    char name[16] = {};
    pthread_getname_np(pthread_self(), name, sizeof(name));
    if (std::string_view(name).substr(0, 10) != "nacre-slow") return;
    std::unique_lock<std::mutex> lock(mutex_);
    ++waiting_;
    changed_.notify_all();
    changed_.wait(lock, [this] { return open_; });
    --waiting_;
  }
  void AwaitOne() {
    std::unique_lock<std::mutex> lock(mutex_);
    changed_.wait(lock, [this] { return waiting_ > 0; });
  }
  void Open() {
    std::unique_lock<std::mutex> lock(mutex_);
    open_ = true;
    changed_.notify_all();
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  int waiting_ = 0;
  bool open_ = false;
};

TEST_F(Concurrency, ASlowCommandDelaysOnlyItsOwnConnection) {
  SlowLaneGate gate;
  options_.threads = 1;
  options_.time_source = [&] {
    gate.PassThrough();
    return time_.now();
  };
  WireClient slow = Connect();
  WireClient quick = Connect();
  slow.SendRaw("SET before 1 EX 100\r\nKEYS *\r\nSET behind 1\r\n");
  EXPECT_EQ(slow.Read(), "+OK") << "what stands before a slow command is answered at once";
  gate.AwaitOne();
  // The only I/O thread goes on.
  for (int i = 1; i <= 100; ++i) ASSERT_EQ(quick.Do("INCR n"), ":" + std::to_string(i));
  EXPECT_EQ(quick.Do("EXISTS behind"), ":0");
  EXPECT_EQ(Info("clients_in_slow_command"), 1u);
  EXPECT_FALSE(slow.Readable());
  gate.Open();
  EXPECT_THAT(slow.Read(), StartsWith("["));
  EXPECT_EQ(slow.Read(), "+OK");
}

TEST_F(Concurrency, AStopWaitsForASlowCommand) {
  SlowLaneGate gate;
  options_.time_source = [&] {
    gate.PassThrough();
    return time_.now();
  };
  WireClient client = Connect();
  client.SendRaw("SET a 1 EX 100\r\nKEYS *\r\nINCR a\r\n");
  EXPECT_EQ(client.Read(), "+OK");
  gate.AwaitOne();
  std::thread stop([&] { server().Stop(); });
  gate.Open();
  EXPECT_EQ(client.Read(), "[\"a\"]");
  EXPECT_EQ(client.Read(), ":2");
  EXPECT_EQ(client.Read(), "(closed)");
  stop.join();
}

}  // namespace
}  // namespace nacre::server
