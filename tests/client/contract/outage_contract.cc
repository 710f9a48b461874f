// Servers that go away, come back, or stand still.

#include <thread>

#include "nacre/client/errors.h"
#include "tests/client/contract/contract_fixture.h"

namespace nacre::client::contract {
namespace {

constexpr CallOptions kBrief{.timeout = absl::Milliseconds(50)};

// The next command that the server does answer, after an outage. What comes before may fail in any
// way that says that it was not done: each is sent once.
int64_t CountUntilAnswered(Caller& client) {
  for (;;) {
    const auto reply = client.Exec(Request("INCR", "n"));
    if (reply.ok()) return reply->integer();
    if (OutcomeOf(reply.status()) != Outcome::kNotExecuted) {
      ADD_FAILURE() << "the server runs and answers: " << reply.status();
      return -1;
    }
  }
}

}  // namespace

TEST_P(OutageContract, AClientMadeBeforeItsServerFindsItWhenItComes) {
  server().Kill();
  const auto client = MakeClient();
  const absl::Status status = client->Exec(Request("INCR", "n"), kBrief).status();
  EXPECT_TRUE(absl::IsUnavailable(status) || absl::IsDeadlineExceeded(status)) << status;
  EXPECT_EQ(OutcomeOf(status), Outcome::kNotExecuted) << status;
  ASSERT_TRUE(server().Restart().ok());
  EXPECT_EQ(CountUntilAnswered(*client), 1);
}

TEST_P(OutageContract, AfterKillAndRestartTheSameClientGoesOn) {
  const auto client = MakeClient();
  for (int round = 0; round < 3; ++round) {
    ASSERT_EQ(client->Exec(Request("INCR", "n"))->integer(), 1);
    ASSERT_TRUE(client
                    ->Transact([](TransactionCaller& tx) {
                      tx.Set("t", "x");
                      return tx.Get("n").status();
                    })
                    .ok());
    if (round == 1) {
      EXPECT_EQ(server().Stop(), 0);
    } else {
      server().Kill();
    }
    // Some of it may meet the dying connection; none of it can have been done by anybody.
    const absl::Status status = client->Exec(Request("INCR", "n"), kBrief).status();
    EXPECT_FALSE(status.ok());
    const auto committed = client->Transact(
        [](TransactionCaller& tx) {
          tx.Set("t", "y");
          return absl::OkStatus();
        },
        {.timeout = absl::Milliseconds(50)});
    EXPECT_FALSE(committed.ok());
    ASSERT_TRUE(server().Restart().ok());
    // Nothing of what failed is sent behind the caller's back.
    EXPECT_EQ(CountUntilAnswered(*client), 1);
    EXPECT_EQ(ValueOf("t"), std::nullopt);
    ASSERT_EQ(Raw({"DEL", "n"}), ":1\r\n");
  }
}

TEST_P(OutageContract, APipelineThatIsUnderWayWhenTheServerDiesEndsAsUnknown) {
  const auto client = MakeClient();
  ASSERT_TRUE(client->Exec(Request("PING")).ok());
  server().Pause();  // So that it is under way.
  Request request;
  for (int i = 0; i < 100; ++i) request.Add("INCR", "n");
  std::thread killer([&] { server().Kill(); });
  const auto replies = client->ExecAll(request, {.timeout = absl::Seconds(2)});
  killer.join();
  ASSERT_FALSE(replies.ok());
  // Killed before the request had left: not executed. After it: nobody can know.
  EXPECT_NE(OutcomeOf(replies.status()), Outcome::kExecuted) << replies.status();
  ASSERT_TRUE(server().Restart().ok());
  EXPECT_EQ(CountUntilAnswered(*client), 1);
}

TEST_P(OutageContract, AServerThatStandsStillCostsTheTimeoutAndIsInStepAfterwards) {
  const auto client = MakeClient();
  ASSERT_TRUE(client->ExecAll(Request("SET", "a", "of a").Add("SET", "b", "of b")).ok());
  server().Pause();
  for (int unknown = 0; unknown < 3;) {
    const absl::Status status = client->Exec(Request("INCR", "n"), kBrief).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kDeadlineExceeded) << status;
    if (IsOutcomeUnknown(status)) ++unknown;
    EXPECT_FALSE(client->Exec(Request("GET", "a"), kBrief).ok());
  }
  server().Continue();
  EXPECT_EQ(client->Exec(Request("GET", "b"))->text(), "of b");
  EXPECT_EQ(client->Exec(Request("GET", "a"))->text(), "of a");
  // What had left was sent once, before what was just answered.
  EXPECT_EQ(ValueOf("n"), "3");
}

TEST_P(OutageContract, ATransactionOnAServerThatStandsStillEndsAtItsTimeout) {
  const auto client = MakeClient();
  ASSERT_TRUE(client->Exec(Request("SET", "n", "1")).ok());
  absl::StatusOr<Committed> committed;
  for (bool paused = false; !paused;) {
    committed = client->Transact(
        [&](TransactionCaller& tx) {
          const auto value = tx.Get("n");
          if (!value.ok()) return value.status();
          server().Pause();
          paused = true;
          tx.Set("n", "2");
          return absl::OkStatus();
        },
        {.timeout = absl::Milliseconds(200)});
  }
  server().Continue();
  EXPECT_FALSE(committed.ok());
  EXPECT_TRUE(absl::IsDeadlineExceeded(committed.status())) << committed.status();
  const auto next = client->Transact([](TransactionCaller& tx) {
    tx.Set("m", "3");
    return tx.Get("n").status();
  });
  EXPECT_TRUE(next.ok()) << next.status();
  EXPECT_EQ(ValueOf("m"), "3");
}

TEST_P(OutageContract, WithABreakerCallsFailAtOnceAndThenTheServerIsFoundAgain) {
  ClientOptions with = options();
  with.breaker.failures = 3;
  with.breaker.open_for = absl::Milliseconds(20);
  with.breaker.open_for_max = absl::Milliseconds(40);
  const auto client = MakeClient(with);
  ASSERT_EQ(client->Exec(Request("INCR", "n"))->integer(), 1);
  server().Kill();
  while (client->stats().breaker_rejections == 0) {
    const absl::Status status = client->Exec(Request("INCR", "n"), kBrief).status();
    ASSERT_FALSE(status.ok());
  }
  ASSERT_TRUE(server().Restart().ok());
  EXPECT_EQ(CountUntilAnswered(*client), 1);
  EXPECT_FALSE(client->stats().breaker_open);
}

TEST_P(OutageContract, WhenAllLeasesAreOutTheNextWaitsForOneOrForItsTimeout) {
  ClientOptions with = options();
  with.leases_max = 2;
  const auto client = MakeClient(with);
  auto first = client->Acquire();
  auto second = client->Acquire();
  ASSERT_TRUE(first.ok() && second.ok());
  const absl::Status status = client->Acquire(kBrief).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kDeadlineExceeded) << status;
  const auto stuck = client->Transact([](TransactionCaller&) { return absl::OkStatus(); },
                                      {.timeout = absl::Milliseconds(50)});
  EXPECT_EQ(stuck.status().code(), absl::StatusCode::kDeadlineExceeded) << stuck.status();
  EXPECT_EQ(OutcomeOf(stuck.status()), Outcome::kNotExecuted) << stuck.status();
  // Calls that share a connection do not need one.
  EXPECT_TRUE(client->Exec(Request("PING")).ok());
  first->reset();
  EXPECT_TRUE(client->Acquire(kBrief).ok() || client->Acquire().ok());
  EXPECT_EQ(client->stats().leases, 1u);
}

}  // namespace nacre::client::contract
