// The blocking client against a real server, with many threads. Built once for each kind of server
// (NACRE_SERVER_KIND).

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <functional>
#include <latch>
#include <memory>
#include <optional>
#include <random>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/numbers.h"
#include "nacre/client/blocking.h"
#include "nacre/client/errors.h"
#include "tests/client/support/server_under_test.h"

namespace nacre::client {
namespace {

using support::ServerKind;
using support::ServerUnderTest;
using Text = std::optional<std::string>;

constexpr ServerKind kKind = ServerKind::NACRE_SERVER_KIND;

class BlockingServerTest : public testing::Test {
 protected:
  void SetUp() override {
    auto started = ServerUnderTest::Start(kKind);
    ASSERT_TRUE(started.ok()) << started.status();
    server_ = *std::move(started);
  }

  ClientOptions Options() const {
    ClientOptions options;
    options.connection.endpoint.port = server_->port();
    options.call_timeout = absl::Minutes(1);
    // Conflicts are what these tests are about.
    options.retry_budget.share = 1e6;
    options.conflict_backoff = {absl::Microseconds(10), absl::Milliseconds(2)};
    return options;
  }

  std::unique_ptr<ServerUnderTest> server_;
};

void OnThreads(int count, const std::function<void(int)>& run) {
  std::latch all_here(count);
  std::vector<std::thread> threads;
  for (int i = 0; i < count; ++i) {
    threads.emplace_back([&, i] {
      all_here.arrive_and_wait();
      run(i);
    });
  }
  for (std::thread& thread : threads) thread.join();
}

int64_t NumberIn(const Text& text) {
  int64_t number = 0;
  return text && absl::SimpleAtoi(*text, &number) ? number : 0;
}

// Adds one to a key, by a read and a write.
absl::Status Increment(BlockingTransaction& tx, std::string_view key) {
  const absl::StatusOr<Text> old = tx.Get(key);
  if (!old.ok()) return old.status();
  tx.Set(key, std::to_string(NumberIn(*old) + 1));
  return absl::OkStatus();
}

// --- Calls of many threads ---

TEST_F(BlockingServerTest, ThreadsThatCallInEveryWayGetTheirOwnReplies) {
  constexpr int kThreads = 8;
  constexpr int kCalls = 200;
  const unsigned seed = std::random_device()();
  SCOPED_TRACE(testing::Message() << "seed " << seed);
  BlockingClient client(Options());
  std::atomic<int> wrong = 0;
  OnThreads(kThreads, [&](int thread) {
    std::mt19937 random(seed + static_cast<unsigned>(thread));
    const std::string key = "key:" + std::to_string(thread);
    for (int n = 0; n < kCalls; ++n) {
      const std::string value = std::to_string(thread) + ":" + std::to_string(n);
      Request request("SET", key, value);
      request.Add("GET", key);
      std::string read;
      if (random() % 8 == 0) {
        auto lease = client.Acquire();
        if (lease.ok() && lease->Send(request).ok() && lease->Receive(absl::Minutes(1)).ok()) {
          read = lease->Receive(absl::Minutes(1))->text();
        }
      } else if (random() % 2 == 0) {
        (void)client.ExecEach(request, [&](ReplyView reply) { read = reply.text(); });
      } else {
        const auto replies = client.ExecAll(request);
        if (replies.ok()) read = replies->back().text();
      }
      if (read != value) ++wrong;
    }
  });
  EXPECT_EQ(wrong, 0);
}

TEST_F(BlockingServerTest, LeadersThatLeaveAtAnyTimeStrandNobody) {
  constexpr int kThreads = 8;
  constexpr int kCalls = 300;
  const unsigned seed = std::random_device()();
  SCOPED_TRACE(testing::Message() << "seed " << seed);
  ClientOptions client_options = Options();
  client_options.breaker.failures = 0;  // Which timeouts of this length would open.
  BlockingClient client(client_options);
  ASSERT_TRUE(client.Exec(Request("SET", "key", "value")).ok());
  std::atomic<int> wrong = 0;
  std::atomic<int> late = 0;
  OnThreads(kThreads, [&](int thread) {
    std::mt19937 random(seed + static_cast<unsigned>(thread));
    for (int n = 0; n < kCalls; ++n) {
      CallOptions options;
      if (random() % 2 == 0) options.timeout = absl::Microseconds(1 + random() % 300);
      const auto value = client.Exec<std::string>(Request("GET", "key"), options);
      if (value.ok()) {
        if (*value != "value") ++wrong;
      } else if (value.status().code() == absl::StatusCode::kDeadlineExceeded &&
                 options.timeout != absl::ZeroDuration()) {
        ++late;
      } else {
        ++wrong;
      }
    }
  });
  EXPECT_EQ(wrong, 0);
  EXPECT_LT(late, kThreads * kCalls);
}

TEST_F(BlockingServerTest, AServerThatDiesEndsTheCallsOfAllThreadsAndComesBackForThem) {
  constexpr int kThreads = 4;
  ClientOptions options = Options();
  options.reconnect = {absl::Milliseconds(1), absl::Milliseconds(10)};
  options.breaker.failures = 0;
  BlockingClient client(options);
  std::atomic<int> failed = 0;
  std::latch under_way(kThreads);
  std::thread killer([&] {
    under_way.wait();
    server_->Kill();
    while (failed < kThreads) std::this_thread::yield();
    EXPECT_TRUE(server_->Restart().ok());
  });
  OnThreads(kThreads, [&](int thread) {
    const Request request("SET", "key:" + std::to_string(thread), "value");
    EXPECT_TRUE(client.Exec(request).ok());
    under_way.count_down();
    // Until it fails; then until it works again.
    while (client.Exec(request, {.timeout = absl::Milliseconds(500)}).ok()) {
    }
    ++failed;
    while (!client.Exec(request, {.timeout = absl::Milliseconds(500)}).ok()) {
    }
  });
  killer.join();
  EXPECT_GE(client.stats().connects, 2);
}

// --- Leases ---

TEST_F(BlockingServerTest, ALeaseCarriesATransactionByHand) {
  BlockingClient client(Options());
  auto lease = client.Acquire();
  ASSERT_TRUE(lease.ok()) << lease.status();
  const bool interactive = lease->server().name == "nacre";
  ASSERT_TRUE(lease->Exec(interactive ? Request("BEGIN") : Request("MULTI")).ok());
  ASSERT_TRUE(lease->Exec(Request("SET", "key", "inside")).ok());
  EXPECT_EQ(*client.Exec<Text>(Request("GET", "key")), std::nullopt);
  ASSERT_TRUE(lease->Exec(interactive ? Request("COMMIT") : Request("EXEC")).ok());
  EXPECT_EQ(*client.Exec<Text>(Request("GET", "key")), "inside");
}

TEST_F(BlockingServerTest, PublishedMessagesAreReceivedOnALease) {
  BlockingClient client(Options());
  auto lease = client.Acquire();
  ASSERT_TRUE(lease.ok()) << lease.status();
  ASSERT_TRUE(lease->Send(Request("SUBSCRIBE", "news")).ok());
  const auto subscribed = lease->Receive(absl::InfiniteDuration());
  ASSERT_TRUE(subscribed.ok()) << subscribed.status();
  if (kKind == ServerKind::kNacre) {  // It has no pub/sub: a refusal, after which all is in step.
    EXPECT_TRUE(subscribed->is_error());
    EXPECT_EQ(lease->Exec(Request("ECHO", "still here")).value_or(Reply()).text(), "still here");
    return;
  }
  EXPECT_EQ((*subscribed)[0].text(), "subscribe");
  ASSERT_TRUE(client.Exec(Request("PUBLISH", "news", "hello")).ok());
  const auto message = lease->Receive(absl::InfiniteDuration());
  ASSERT_TRUE(message.ok()) << message.status();
  EXPECT_EQ(message->kind(), ReplyKind::kPush);
  EXPECT_EQ((*message)[2].text(), "hello");
}

// --- Transactions ---

TEST_F(BlockingServerTest, IncrementsOfEightThreadsAddUp) {
  constexpr int kThreads = 8;
  constexpr int kIncrements = 25;
  BlockingClient client(Options());
  std::atomic<int> failed = 0;
  OnThreads(kThreads, [&](int) {
    for (int n = 0; n < kIncrements; ++n) {
      const auto done = client.Transact([](BlockingTransaction& tx) -> absl::Status {
        for (const char* key : {"a", "b", "c"}) {
          if (absl::Status status = Increment(tx, key); !status.ok()) return status;
        }
        return absl::OkStatus();
      });
      if (!done.ok()) {
        ++failed;
        ADD_FAILURE() << done.status();
      }
    }
  });
  EXPECT_EQ(failed, 0);
  for (const char* key : {"a", "b", "c"}) {
    EXPECT_EQ(*client.Exec<int64_t>(Request("GET", key)), kThreads * kIncrements);
  }
  EXPECT_EQ(client.stats().transactions, kThreads * kIncrements);
  EXPECT_EQ(client.stats().leases, 0);
}

TEST_F(BlockingServerTest, AConflictRunsTheFunctionAgain) {
  BlockingClient client(Options());
  int runs = 0;
  const auto done = client.Transact([&](BlockingTransaction& tx) -> absl::Status {
    if (absl::Status status = Increment(tx, "n"); !status.ok()) return status;
    // fn runs between the network's turns, so it may use the client itself.
    if (++runs == 1) return client.Exec(Request("SET", "n", 10)).status();
    return absl::OkStatus();
  });
  ASSERT_TRUE(done.ok()) << done.status();
  EXPECT_EQ(runs, 2);
  EXPECT_EQ(done->attempts, 2);
  EXPECT_EQ(*client.Exec<int64_t>(Request("GET", "n")), 11);
  EXPECT_EQ(client.stats().conflicts, 1);
  EXPECT_EQ(client.stats().retries, 1);
}

TEST_F(BlockingServerTest, AStatusOfTheFunctionRollsBack) {
  BlockingClient client(Options());
  const auto done = client.Transact([](BlockingTransaction& tx) -> absl::Status {
    tx.Set("n", "1");
    return absl::OutOfRangeError("no");
  });
  EXPECT_EQ(done.status(), absl::OutOfRangeError("no"));
  EXPECT_EQ(*client.Exec<Text>(Request("GET", "n")), std::nullopt);
}

TEST_F(BlockingServerTest, AnExceptionOfTheFunctionRollsBackAndLeavesTheClientUsable) {
  BlockingClient client(Options());
  const auto thrower = [](BlockingTransaction& tx) -> absl::Status {
    tx.Set("n", "1");
    EXPECT_EQ(*tx.Get("n"), "1");
    throw std::runtime_error("fn's own");
  };
  EXPECT_THROW((void)client.Transact(thrower), std::runtime_error);
  EXPECT_EQ(*client.Exec<Text>(Request("GET", "n")), std::nullopt);
  EXPECT_EQ(client.stats().leases, 0);
}

TEST_F(BlockingServerTest, ATransactionHasAllItsCalls) {
  BlockingClient client(Options());
  ASSERT_TRUE(client.Exec(Request("MSET", "a", 1, "b", 2, "gone", 3)).ok());
  const auto done = client.Transact([&](BlockingTransaction& tx) -> absl::Status {
    const std::vector<std::string> keys = {"a", "b", "absent"};
    EXPECT_THAT(*tx.MultiGet(keys), testing::ElementsAre("1", "2", std::nullopt));
    EXPECT_EQ(tx.Read(Request("STRLEN", "a"), {"a"})->integer(), 1);
    tx.Set("a", "10", absl::Hours(1));
    tx.Del("gone");
    tx.Write(Request("INCRBY", "b", 40), {"b"});
    EXPECT_EQ(*tx.Get("a"), "10");
    EXPECT_EQ(*tx.Get("gone"), std::nullopt);
    EXPECT_EQ(tx.is_interactive(), kKind == ServerKind::kNacre);
    if (tx.is_interactive()) {
      EXPECT_EQ(tx.Exec(Request("APPEND", "a", "0"))->integer(), 3);
    } else {
      EXPECT_EQ(tx.Exec(Request("APPEND", "a", "0")).status().code(),
                absl::StatusCode::kUnimplemented);
    }
    return absl::OkStatus();
  });
  ASSERT_TRUE(done.ok()) << done.status();
  ASSERT_EQ(done->replies.size(), 1);
  EXPECT_EQ(done->replies[0].integer(), 42);
  EXPECT_EQ(*client.Exec<int64_t>(Request("GET", "b")), 42);
  EXPECT_EQ(*client.Exec<Text>(Request("GET", "gone")), std::nullopt);
  EXPECT_EQ(done->timestamp > 0, kKind == ServerKind::kNacre);
}

TEST_F(BlockingServerTest, ATransactionEndsInTimeAlthoughTheServerHasStopped) {
  BlockingClient client(Options());
  const auto done = client.Transact(
      [&](BlockingTransaction& tx) -> absl::Status {
        if (absl::Status status = Increment(tx, "n"); !status.ok()) return status;
        server_->Pause();
        return absl::OkStatus();
      },
      {.timeout = absl::Milliseconds(200)});
  server_->Continue();
  EXPECT_EQ(done.status().code(), absl::StatusCode::kDeadlineExceeded);
}

}  // namespace
}  // namespace nacre::client
