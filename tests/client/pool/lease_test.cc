// Connections that callers have to themselves.

#include "nacre/client/errors.h"
#include "tests/client/pool/pool_fixture.h"

namespace nacre::client::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

class PoolLeases : public PoolTest {
 protected:
  PoolLeases() {
    server_.answer = [](PoolServer::Peer& peer, const Words& words) -> std::string {
      if (words[0] == "WHO") return ":" + std::to_string(peer.number) + "\r\n";
      if (words[0] == "SILENCE") return "";
      return "+OK\r\n";
    };
  }
  Lease Acquire(absl::Duration timeout = absl::Seconds(60)) {
    return Await(client().Acquire(Timeout(timeout))).value();
  }
  std::string hello_;
  // The number of the connection.
  int64_t Who(Lease& lease) { return Await(lease.Exec(Request("WHO")))->integer(); }
};

TEST_F(PoolLeases, ALeaseIsAConnectionOfItsOwnAndIsUsedAgain) {
  Connect();
  int64_t number = 0;
  {
    Lease lease = Acquire();
    EXPECT_EQ(lease.connection().server().name, "nacre");
    number = Who(lease);
    EXPECT_EQ(number, 1);
    EXPECT_EQ(client().stats().leases, 1u);
    EXPECT_EQ(client().stats().connections_open, 2u);
  }
  EXPECT_EQ(client().stats().leases, 0u);
  Lease again = Acquire();
  EXPECT_EQ(Who(again), number);
  EXPECT_EQ(server_.accepted(), 2u);
}

TEST_F(PoolLeases, TwoHoldersHaveTwoConnections) {
  Lease one = Acquire(), two = Acquire();
  EXPECT_NE(Who(one), Who(two));
  EXPECT_EQ(client().stats().leases, 2u);
}

TEST_F(PoolLeases, AtTheCapOnesWaitAndAreServedInOrder) {
  options_.leases_max = 2;
  auto one = std::make_unique<Lease>(Acquire()), two = std::make_unique<Lease>(Acquire());
  const auto third = Spawn(client().Acquire()), fourth = Spawn(client().Acquire());
  Settle();
  EXPECT_FALSE(third->done());
  EXPECT_EQ(client().stats().waiting, 2u);
  two.reset();
  RunUntil([&] { return third->done(); });
  EXPECT_FALSE(fourth->done());
  EXPECT_EQ(Who(third->result->value()), 1);
  one.reset();
  RunUntil([&] { return fourth->done(); });
  EXPECT_EQ(Who(fourth->result->value()), 0);
  EXPECT_EQ(server_.accepted(), 2u);
}

TEST_F(PoolLeases, WhoComesWhileOthersWaitDoesNotPassThem) {
  options_.leases_max = 1;
  auto one = std::make_unique<Lease>(Acquire());
  const auto second = Spawn(client().Acquire());
  Settle();
  one.reset();  // The connection is idle now, and promised.
  const auto third = Spawn(client().Acquire());
  RunUntil([&] { return second->done(); });
  Settle();
  EXPECT_FALSE(third->done());
  second->result.reset();
  RunUntil([&] { return third->done(); });
  EXPECT_TRUE(third->result->ok());
}

TEST_F(PoolLeases, WaitingCountsTowardsTheDeadline) {
  options_.leases_max = 1;
  Lease held = Acquire();
  const auto late = Await(client().Acquire(Timeout(absl::Milliseconds(10))));
  EXPECT_EQ(late.status().code(), absl::StatusCode::kDeadlineExceeded);
  EXPECT_EQ(OutcomeOf(late.status()), Outcome::kNotExecuted);
  EXPECT_THAT(std::string(late.status().message()), HasSubstr("leases_max"));
  EXPECT_EQ(client().stats().waiting, 0u);
}

TEST_F(PoolLeases, AsManyMayWaitAsWaitingMax) {
  options_.leases_max = 1;
  options_.waiting_max = 1;
  Lease held = Acquire();
  const auto waits = Spawn(client().Acquire());
  Settle();
  const auto refused = Await(client().Acquire());
  EXPECT_EQ(refused.status().code(), absl::StatusCode::kResourceExhausted);
  EXPECT_FALSE(waits->done());
}

TEST_F(PoolLeases, WithoutLeasesOneIsRefusedAtOnce) {
  options_.leases_max = 0;
  EXPECT_EQ(Await(client().Acquire()).status().code(), absl::StatusCode::kResourceExhausted);
}

TEST_F(PoolLeases, ConnectionsAreOpenedSideBySideAndNotMoreThanTheCap) {
  options_.leases_max = 3;
  std::vector<std::shared_ptr<Outcoming<Lease>>> all;
  for (int i = 0; i < 5; ++i) all.push_back(Spawn(client().Acquire()));
  RunUntil([&] { return all[2]->done(); });
  Settle();
  EXPECT_EQ(server_.accepted(), 3u);
  EXPECT_FALSE(all[3]->done());
  for (int i = 0; i < 3; ++i) all[static_cast<size_t>(i)]->result.reset();
  RunUntil([&] { return all[4]->done(); });
  EXPECT_EQ(server_.accepted(), 3u);
}

// CLEAN-LEASE.
class PoolDirtyLeases : public PoolLeases {
 protected:
  // That what `soil` did to a lease keeps it from being used again.
  template <typename Soil>
  void ExpectClosedAfter(Soil soil) {
    {
      Lease lease = Acquire();
      ASSERT_EQ(Who(lease), 0);
      soil(lease);
    }
    RunUntil([&] { return !server_.peer(0).is_open(); });
    Lease next = Acquire();
    EXPECT_EQ(Who(next), 1);
  }
};

TEST_F(PoolDirtyLeases, OneThatIsMarkedIsClosed) {
  ExpectClosedAfter([](Lease& lease) { lease.DoNotReuse(); });
}

TEST_F(PoolDirtyLeases, TheMarkMovesWithTheLease) {
  ExpectClosedAfter([](Lease& lease) {
    lease.DoNotReuse();
    Lease moved = std::move(lease);
    lease = std::move(moved);
  });
}

TEST_F(PoolDirtyLeases, OneWithRequestsUnderWayIsClosedAndTheyEnd) {
  Recorder call;
  const Request silence("SILENCE");
  ExpectClosedAfter([&](Lease& lease) {
    lease.connection().Send(silence, call, Deadline::max());
    Settle();
  });
  ASSERT_TRUE(call.ended());
  EXPECT_TRUE(IsOutcomeUnknown(*call.end));
}

TEST_F(PoolDirtyLeases, OneWhoseRequestHasTimedOutIsClosed) {
  ExpectClosedAfter([&](Lease& lease) {
    const auto late = Await(lease.Exec(Request("SILENCE"), Timeout(absl::Milliseconds(5))));
    EXPECT_EQ(late.status().code(), absl::StatusCode::kDeadlineExceeded);
    EXPECT_TRUE(IsOutcomeUnknown(late.status()));
  });
}

TEST_F(PoolDirtyLeases, OneWithAPushHandlerIsClosed) {
  ExpectClosedAfter([](Lease& lease) { lease.connection().SetPushHandler([](ReplyView) {}); });
}

TEST_F(PoolDirtyLeases, OneThatHasSubscribedIsClosed) {
  server_.answer = [answer = server_.answer](PoolServer::Peer& peer, const Words& words) {
    if (words[0] != "SUBSCRIBE") return answer(peer, words);
    return std::string(">3\r\n+subscribe\r\n+news\r\n:1\r\n");
  };
  ExpectClosedAfter([&](Lease& lease) {
    EXPECT_TRUE(Await(lease.ExecAll(Request("SUBSCRIBE", "news"))).ok());
    // Push messages are the answer.
    const absl::StatusOr<Reply> reply = Await(lease.Exec(Request("SUBSCRIBE", "news")));
    EXPECT_TRUE(reply.ok() && reply->is_null()) << reply.status();
  });
}

TEST_F(PoolDirtyLeases, OneWhoseStateWasChangedIsClosed) {
  size_t number = 0;
  for (const Request& request :
       {Request("HELLO", 2), Request("RESET"), Request("AUTH", "p"), Request("SELECT", 3),
        Request("CLIENT", "SETNAME", "me"), Request("CLIENT", "TRACKING", "ON"), Request("BEGIN"),
        Request("MULTI"), Request("WATCH", "a"), Request("COMMIT").Add("BEGIN")}) {
    SCOPED_TRACE(request.bytes());
    {
      Lease lease = Acquire();
      ASSERT_EQ(Who(lease), static_cast<int64_t>(number));
      ASSERT_TRUE(Await(lease.ExecAll(request)).ok());
    }
    RunUntil([&] { return !server_.peer(number).is_open(); });
    ++number;
  }
}

TEST_F(PoolDirtyLeases, OneOnWhichWhatWasOpenedIsEndedIsUsedAgain) {
  for (const Request& request :
       {Request("BEGIN").Add("SET", "a", 1).Add("COMMIT"), Request("BEGIN").Add("ROLLBACK"),
        Request("WATCH", "a").Add("MULTI").Add("SET", "a", 1).Add("EXEC"),
        Request("WATCH", "a").Add("MULTI").Add("DISCARD"), Request("WATCH", "a").Add("UNWATCH"),
        Request("CLIENT", "ID").Add("GET", "a")}) {
    SCOPED_TRACE(request.bytes());
    Lease lease = Acquire();
    EXPECT_EQ(Who(lease), 0);
    EXPECT_TRUE(Await(lease.ExecAll(request)).ok());
  }
}

// The end of its transaction never left, so the transaction is still open.
TEST_F(PoolDirtyLeases, OneWhoseCommitWasNeverSentIsClosed) {
  ExpectClosedAfter([&](Lease& lease) {
    ASSERT_TRUE(Await(lease.Exec(Request("BEGIN"))).ok());
    server_.peer(0).StopReading();
    // More than the system takes for a server that does not read.
    const auto large = Spawn(lease.Exec(Request("SET", "a", std::string(64 << 20, 'x'))));
    Settle();
    const auto commit = Await(lease.Exec(Request("COMMIT"), Timeout(absl::Milliseconds(1))));
    EXPECT_EQ(OutcomeOf(commit.status()), Outcome::kNotExecuted) << commit.status();
    server_.peer(0).ReadOn();
    RunUntil([&] { return large->done(); });
    EXPECT_EQ(lease.connection().in_flight(), 0u);
  });
}

TEST_F(PoolDirtyLeases, OneThatItsHolderHasClosedIsGone) {
  ExpectClosedAfter([](Lease& lease) { lease.connection().Close(absl::CancelledError("enough")); });
}

TEST_F(PoolLeases, NoMoreAreKeptIdleThanMayBe) {
  options_.idle_leases_max = 1;
  {
    Lease one = Acquire(), two = Acquire(), three = Acquire();
    EXPECT_EQ(server_.open(), 3u);
  }
  RunUntil([&] { return server_.open() == 1; });
  EXPECT_EQ(client().stats().connections_open, 1u);
  Lease again = Acquire();
  EXPECT_EQ(server_.accepted(), 3u);
}

TEST_F(PoolLeases, AnIdleOneThatTheServerHasClosedIsNotHandedOut) {
  { Lease lease = Acquire(); }
  server_.peer(0).Close();
  RunUntil([&] { return client().stats().connections_open == 0; });
  Lease next = Acquire();
  EXPECT_EQ(Who(next), 1);
}

TEST_F(PoolLeases, AnIdleOneThatHasClosedThisMomentIsNotHandedOut) {
  { Lease lease = Acquire(); }
  server_.peer(0).Close();
  RunUntil([&] { return client().stats().connections_open == 0; });
  std::optional<absl::StatusOr<Lease>> next;
  client().Acquire({}, [&](absl::StatusOr<Lease> lease) { next = std::move(lease); });
  RunUntil([&] { return next.has_value(); });
  ASSERT_TRUE(next->ok()) << next->status();
  EXPECT_TRUE((**next).connection().is_open());
}

TEST_F(PoolLeases, OneThatHasClosedThisMomentIsNoProbeOfTheBreaker) {
  options_.breaker.failures = 1;
  options_.breaker.open_for = options_.breaker.open_for_max = absl::ZeroDuration();
  { Lease lease = Acquire(); }
  server_.answer = [](PoolServer::Peer&, const Words&) { return ""; };
  // One that was not even sent in its time says nothing of the server.
  while (!client().stats().breaker_open) {
    ASSERT_FALSE(Await(client().Exec(Request("SLOW"), Timeout(absl::Milliseconds(5)))).ok());
  }
  server_.CloseAll();
  RunUntil([&] { return client().stats().connections_open == 0; });
  std::optional<absl::StatusOr<Lease>> next;
  client().Acquire({}, [&](absl::StatusOr<Lease> lease) { next = std::move(lease); });
  RunUntil([&] { return next.has_value(); });
  EXPECT_TRUE(next->ok()) << next->status();
}

TEST_F(PoolLeases, AfterALongPauseOneIsAskedBeforeItIsHandedOut) {
  options_.health_check_interval = absl::Nanoseconds(1);
  options_.shared_connections = 1;
  { Lease lease = Acquire(); }
  const size_t before = server_.pings();
  Lease next = Acquire();
  EXPECT_EQ(Who(next), 0);
  EXPECT_GT(server_.pings(), before);
}

TEST_F(PoolLeases, ASilentIdleOneIsReplacedInsteadOfHandedOut) {
  options_.health_check_interval = absl::Nanoseconds(1);
  options_.health_check_timeout = absl::Milliseconds(5);
  { Lease lease = Acquire(); }
  server_.answers_ping = false;
  const auto next = Spawn(client().Acquire());
  RunUntil([&] { return client().stats().health_checks_failed == 1; });
  server_.answers_ping = true;
  RunUntil([&] { return next->done(); });
  EXPECT_EQ(Who(next->result->value()), 1);
}

TEST_F(PoolLeases, AnIdleOneIsAskedHowItIsWithoutAnybodyWantingIt) {
  options_.health_check_interval = absl::Milliseconds(2);
  options_.health_check_timeout = absl::Milliseconds(5);
  { Lease lease = Acquire(); }
  RunUntil([&] { return server_.pings() >= 3; });
  EXPECT_EQ(server_.accepted(), 1u);
  server_.answers_ping = false;
  RunUntil([&] { return !server_.peer(0).is_open(); });
  EXPECT_EQ(client().stats().connections_open, 0u);
}

TEST_F(PoolLeases, ACallerThatGivesUpWastesNoConnection) {
  server_.answer_hello = [this, hello = server_.answer_hello](PoolServer::Peer& peer) {
    hello_ = hello(peer);
    return std::string();
  };
  const auto gives_up = Await(client().Acquire(Timeout(absl::Milliseconds(5))));
  EXPECT_EQ(gives_up.status().code(), absl::StatusCode::kDeadlineExceeded);
  RunUntil([&] { return !hello_.empty(); });
  const auto next = Spawn(client().Acquire());
  Settle();
  server_.peer(0).Write(hello_);
  RunUntil([&] { return next->done(); });
  EXPECT_EQ(Who(next->result->value()), 0);
  EXPECT_EQ(server_.accepted(), 1u);
}

TEST_F(PoolLeases, WithoutAServerTheAttemptsGoOnUntilTheDeadline) {
  server_.StopListening();
  const auto late = Await(client().Acquire(Timeout(absl::Milliseconds(50))));
  EXPECT_EQ(late.status().code(), absl::StatusCode::kDeadlineExceeded);
  EXPECT_THAT(std::string(late.status().message()), HasSubstr("efused"));
  server_.Listen();
  Lease lease = Acquire();
  EXPECT_EQ(Who(lease), 0);
}

TEST_F(PoolLeases, ACallbackGetsItsLeaseLater) {
  { Lease idle = Acquire(); }
  absl::StatusOr<Lease> got;
  client().Acquire({}, [&](absl::StatusOr<Lease> lease) { got = std::move(lease); });
  EXPECT_FALSE(got.ok());
  RunUntil([&] { return got.ok(); });
  EXPECT_EQ(Who(*got), 0);
}

TEST_F(PoolLeases, ALeaseMayOutliveItsClientAndIsClosedThen) {
  Lease lease = Acquire();
  client_.reset();
  EXPECT_FALSE(lease.connection().is_open());
  const auto result = Await(lease.Exec(Request("WHO")));
  EXPECT_EQ(result.status().code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(OutcomeOf(result.status()), Outcome::kNotExecuted);
}

TEST_F(PoolLeases, WhatIsUnderWayOnALeaseEndsWhenTheClientIsClosed) {
  Lease lease = Acquire();
  const auto call = Spawn(lease.Exec(Request("SILENCE")));
  RunUntil([&] { return !server_.commands().empty(); });
  client().Close();
  EXPECT_FALSE(call->done());  // Its coroutine runs on in a turn of its own.
  RunUntil([&] { return call->done(); });
  EXPECT_EQ(call->status().code(), absl::StatusCode::kCancelled);
  EXPECT_TRUE(IsOutcomeUnknown(call->status()));
}

TEST_F(PoolLeases, ALeaseWithoutAConnectionSaysSo) {
  Lease none;
  EXPECT_EQ(Await(none.Exec(Request("WHO"))).status().code(),
            absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(Await(none.ExecAll(Request("WHO"))).status().code(),
            absl::StatusCode::kFailedPrecondition);
}

}  // namespace
}  // namespace nacre::client::testing
