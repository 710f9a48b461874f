// The circuit breaker around connecting and around timeouts.

#include "nacre/client/errors.h"
#include "tests/client/pool/pool_fixture.h"

namespace nacre::client::testing {
namespace {

using ::testing::HasSubstr;

class PoolBreaker : public PoolTest {
 protected:
  PoolBreaker() {
    options_.breaker.failures = 3;
    options_.breaker.open_for = absl::Hours(1);
    options_.breaker.open_for_max = absl::Hours(1);
  }
  void OpenBriefly() {
    options_.breaker.open_for = absl::Milliseconds(1);
    options_.breaker.open_for_max = absl::Milliseconds(1);
  }
  // A call that is over before it has begun: nobody was asked.
  bool IsTurnedAway() {
    Recorder call;
    const Request get("GET", "a");
    client().Start(get, call);
    if (!call.ended()) {
      client().Forget(call);
      return false;
    }
    return call.end->code() == absl::StatusCode::kUnavailable;
  }
};

TEST_F(PoolBreaker, FailedAttemptsOpenItAndEndWhoWaits) {
  server_.StopListening();
  Recorder calls[2];
  const Request get("GET", "a");
  for (Recorder& call : calls) client().Start(get, call);
  const auto lease = Spawn(client().Acquire());
  RunUntil([&] { return calls[1].ended() && lease->done(); });
  // Three rounds, each of an attempt for the calls and, if it is not kept waiting, one for the
  // lease.
  EXPECT_GE(client().stats().connect_failures, 3u);
  EXPECT_LE(client().stats().connect_failures, 6u);
  for (const Recorder& call : calls) {
    EXPECT_EQ(call.end->code(), absl::StatusCode::kUnavailable);
    EXPECT_EQ(OutcomeOf(*call.end), Outcome::kNotExecuted);
    EXPECT_THAT(std::string(call.end->message()), HasSubstr("efused"));
  }
  EXPECT_EQ(lease->status().code(), absl::StatusCode::kUnavailable);
  EXPECT_TRUE(client().stats().breaker_open);
}

TEST_F(PoolBreaker, AttemptsThatFailSideBySideAreOneFailure) {
  options_.reconnect = {absl::Hours(1'000), absl::Hours(1'000)};  // There is no second round.
  server_.StopListening();
  std::vector<std::shared_ptr<Outcoming<Lease>>> leases;
  for (int i = 0; i < 8; ++i) leases.push_back(Spawn(client().Acquire()));
  RunUntil([&] { return client().stats().connect_failures == 8; });
  Settle();
  EXPECT_FALSE(client().stats().breaker_open);
  for (const auto& lease : leases) EXPECT_FALSE(lease->done());
}

TEST_F(PoolBreaker, WhileItIsOpenNobodyIsAsked) {
  server_.StopListening();
  EXPECT_EQ(Get("a").status().code(), absl::StatusCode::kUnavailable);
  server_.Listen();
  const uint64_t attempts = client().stats().connect_failures;
  EXPECT_TRUE(IsTurnedAway());
  EXPECT_EQ(Await(client().Acquire()).status().code(), absl::StatusCode::kUnavailable);
  Settle();
  EXPECT_EQ(client().stats().connect_failures, attempts);
  EXPECT_EQ(client().stats().breaker_rejections, 2u);
  EXPECT_EQ(server_.accepted(), 0u);
}

TEST_F(PoolBreaker, WhenItsTimeHasPassedOneAttemptIsMadeAndItsSuccessCloses) {
  OpenBriefly();
  server_.StopListening();
  EXPECT_EQ(Get("a").status().code(), absl::StatusCode::kUnavailable);
  server_.Listen();
  absl::StatusOr<std::string> result;
  do {
    result = Get("a");
  } while (!result.ok());
  EXPECT_FALSE(client().stats().breaker_open);
  EXPECT_EQ(server_.accepted(), 1u);
}

TEST_F(PoolBreaker, AnAttemptThatFailsOpensItAgainAndEndsWhoWaited) {
  OpenBriefly();
  options_.reconnect = {absl::Microseconds(1), absl::Microseconds(1)};
  server_.StopListening();
  EXPECT_EQ(Get("a").status().code(), absl::StatusCode::kUnavailable);
  const uint64_t before = client().stats().connect_failures;
  for (int i = 0; i < 3; ++i) {
    Recorder probe;
    const Request get("GET", "a");
    do {
      probe = Recorder();
      client().Start(get, probe);
    } while (probe.ended());
    RunUntil([&] { return probe.ended(); });
    EXPECT_EQ(probe.end->code(), absl::StatusCode::kUnavailable);
    EXPECT_TRUE(client().stats().breaker_open);
  }
  EXPECT_EQ(client().stats().connect_failures, before + 3);
}

TEST_F(PoolBreaker, AProbeThatFailsBehindAnOlderAttemptIsFollowedByAnother) {
  OpenBriefly();
  Connect();
  const auto hello = std::exchange(server_.answer_hello, [](PoolServer::Peer&) { return ""; });
  server_.answer = [](PoolServer::Peer&, const Words&) { return ""; };
  const auto lease = Spawn(client().Acquire());
  RunUntil([&] { return server_.accepted() == 2; });
  while (!client().stats().breaker_open) {
    const auto slow = Await(client().Exec(Request("SLOW"), Timeout(absl::Milliseconds(1))));
    EXPECT_FALSE(slow.ok());
  }
  server_.peer(0).Close();
  RunUntil([&] { return server_.accepted() == 3; });  // The probe.
  server_.peer(1).Close();
  RunUntil([&] { return client().stats().connect_failures == 1; });
  server_.answer_hello = hello;
  server_.peer(2).Close();
  RunUntil([&] { return client().stats().connections_open == 1; });
  EXPECT_FALSE(client().stats().breaker_open);
}

TEST_F(PoolBreaker, APoolThatWasConnectedProbesByItself) {
  OpenBriefly();
  Connect();
  server_.StopListening();
  server_.CloseAll();
  RunUntil([&] { return client().stats().connect_failures >= 6; });
  server_.Listen();
  RunUntil([&] { return client().stats().connections_open == 1; });
  EXPECT_FALSE(client().stats().breaker_open);
}

TEST_F(PoolBreaker, TimeoutsOpenItAtTheLimitAndAnAnswerInBetweenDoesNot) {
  bool silent = true;
  Connect();
  server_.answer = [&](PoolServer::Peer&, const Words& words) {
    return silent && words[0] == "SLOW" ? "" : "+OK\r\n";
  };
  options_.call_timeout = absl::Milliseconds(5);
  const auto time_out = [&] {
    const auto slow = Await(client().Exec(Request("SLOW"), Timeout(absl::Milliseconds(5))));
    EXPECT_EQ(slow.status().code(), absl::StatusCode::kDeadlineExceeded);
  };
  time_out();
  time_out();
  // Its reply would come behind those that never come.
  silent = false;
  server_.peer(0).Write("+OK\r\n+OK\r\n");
  EXPECT_TRUE(Get("a").ok());
  silent = true;
  time_out();
  time_out();
  EXPECT_FALSE(client().stats().breaker_open);
  time_out();
  EXPECT_TRUE(client().stats().breaker_open);
  EXPECT_TRUE(IsTurnedAway());
  EXPECT_EQ(client().stats().connections_open, 1u);
}

TEST_F(PoolBreaker, BlockingCommandsOnLeasesThatOutlastTheirCallsDoNotOpenIt) {
  options_.breaker.failures = 1;
  server_.answer = [](PoolServer::Peer&, const Words& words) {
    return words[0] == "BLPOP" ? "" : "+OK\r\n";
  };
  for (int i = 0; i < 2; ++i) {
    absl::StatusOr<Lease> worker = Await(client().Acquire());
    ASSERT_TRUE(worker.ok()) << worker.status();
    const auto one =
        Await(worker->Exec(Request("BLPOP", "a", "0"), Timeout(absl::Milliseconds(5))));
    const auto all =
        Await(worker->ExecAll(Request("BLPOP", "a", "0"), Timeout(absl::Milliseconds(5))));
    EXPECT_EQ(one.status().code(), absl::StatusCode::kDeadlineExceeded);
    EXPECT_EQ(all.status().code(), absl::StatusCode::kDeadlineExceeded);
  }
  EXPECT_FALSE(client().stats().breaker_open);
  EXPECT_TRUE(Get("a").ok());
}

TEST_F(PoolBreaker, AnAnswerOnALeaseStartsTheCountAgain) {
  Connect();
  server_.answer = [](PoolServer::Peer&, const Words& words) {
    return words[0] == "SLOW" ? "" : "+OK\r\n";
  };
  absl::StatusOr<Lease> lease = Await(client().Acquire());
  ASSERT_TRUE(lease.ok()) << lease.status();
  for (int i = 0; i < 2 * options_.breaker.failures; ++i) {
    EXPECT_FALSE(Await(client().Exec(Request("SLOW"), Timeout(absl::Milliseconds(5)))).ok());
    EXPECT_TRUE(Await(lease->Exec(Request("GET", "a"))).ok());
  }
  EXPECT_FALSE(client().stats().breaker_open);
}

TEST_F(PoolBreaker, TransactionsThatAreNotAnsweredOpenItAlthoughTheirConnectionsComeUp) {
  server_.answer = [](PoolServer::Peer&, const Words&) { return ""; };
  for (int i = 0; i < 20 && !client().stats().breaker_open; ++i) {
    const auto committed = Await(client().Transact(
        [](Transaction& tx) -> Awaitable<absl::Status> {
          co_return (co_await tx.Get("a")).status();
        },
        {.timeout = absl::Milliseconds(5)}));
    EXPECT_EQ(committed.status().code(), absl::StatusCode::kDeadlineExceeded);
  }
  EXPECT_TRUE(client().stats().breaker_open);
  EXPECT_GE(server_.accepted(), 3u);
  EXPECT_TRUE(IsTurnedAway());
}

TEST_F(PoolBreaker, OnAnOpenConnectionOneCallIsTheProbe) {
  OpenBriefly();
  options_.breaker.failures = 1;
  Connect();
  PoolServer::Peer* asked = nullptr;
  server_.answer = [&](PoolServer::Peer& peer, const Words&) {
    asked = &peer;
    return "";
  };
  EXPECT_FALSE(Await(client().Exec(Request("SLOW"), Timeout(absl::Milliseconds(5)))).ok());
  ASSERT_TRUE(client().stats().breaker_open);
  Recorder probe;
  const Request get("GET", "a");
  do {
    probe = Recorder();
    client().Start(get, probe);
  } while (probe.ended());
  EXPECT_TRUE(IsTurnedAway());
  RunUntil([&] { return server_.commands().back() == "GET a"; });
  EXPECT_TRUE(IsTurnedAway());
  asked->Write("+OK\r\n+OK\r\n");  // The one that was given up, and the probe.
  RunUntil([&] { return probe.ended(); });
  EXPECT_TRUE(probe.end->ok());
  EXPECT_FALSE(client().stats().breaker_open);
}

TEST_F(PoolBreaker, AProbeThatIsForgottenLeavesItsPlaceToTheNext) {
  OpenBriefly();
  options_.breaker.failures = 1;
  Connect();
  server_.answer = [&](PoolServer::Peer&, const Words&) { return ""; };
  EXPECT_FALSE(Await(client().Exec(Request("SLOW"), Timeout(absl::Milliseconds(5)))).ok());
  while (IsTurnedAway()) {
  }
  // IsTurnedAway() has forgotten the probe it found; the next takes its place.
  EXPECT_FALSE(IsTurnedAway());
}

TEST_F(PoolBreaker, ARequestWithoutCommandsIsNoProbe) {
  OpenBriefly();
  options_.breaker.failures = 1;
  Connect();
  server_.answer = [&](PoolServer::Peer&, const Words&) { return ""; };
  EXPECT_FALSE(Await(client().Exec(Request("SLOW"), Timeout(absl::Milliseconds(5)))).ok());
  const Request none;
  Recorder nothing;
  do {
    nothing = Recorder();
    client().Start(none, nothing);
  } while (!nothing.end->ok());
  EXPECT_FALSE(IsTurnedAway());
}

TEST_F(PoolBreaker, ARequestThatIsRefusedHereIsNoFailedProbe) {
  OpenBriefly();
  options_.breaker.open_for_max = absl::Hours(1);
  options_.breaker.failures = 1;
  Connect();
  server_.answer = [&](PoolServer::Peer&, const Words&) { return ""; };
  EXPECT_FALSE(Await(client().Exec(Request("SLOW"), Timeout(absl::Milliseconds(5)))).ok());
  const Request monitor("MONITOR");
  for (int i = 0; i < 20; ++i) {  // Each would double the time, to far more than a test lasts.
    Recorder refused;
    do {
      refused = Recorder();
      client().Start(monitor, refused);
    } while (refused.end->code() == absl::StatusCode::kUnavailable);
    EXPECT_EQ(refused.end->code(), absl::StatusCode::kInvalidArgument);
  }
  EXPECT_FALSE(IsTurnedAway());
}

TEST_F(PoolBreaker, WithoutALimitCallsWaitForAsLongAsTheirTimeout) {
  options_.breaker.failures = 0;
  server_.StopListening();
  const auto call = Spawn(client().Exec<std::string>(Request("GET", "a")));
  RunUntil([&] { return client().stats().connect_failures >= 20; });
  EXPECT_FALSE(call->done());
  server_.Listen();
  RunUntil([&] { return call->done(); });
  EXPECT_TRUE(call->result->ok());
}

TEST_F(PoolBreaker, ACallThatHasNoRoomIsTurnedAwayAndKeepsNobodyFromReconnecting) {
  options_.breaker.failures = 1;
  options_.breaker.open_for = absl::ZeroDuration();
  options_.connection.in_flight_max = 1;
  Connect();
  server_.answer = [](PoolServer::Peer&, const Words&) { return ""; };
  EXPECT_FALSE(Await(client().Exec(Request("SLOW"), Timeout(absl::Milliseconds(20)))).ok());
  Settle();
  ASSERT_TRUE(client().stats().breaker_open);
  Recorder call;
  const Request get("GET", "a");
  client().Start(get, call);
  ASSERT_TRUE(call.ended());
  EXPECT_EQ(call.end->code(), absl::StatusCode::kUnavailable);
  server_.answer = [](PoolServer::Peer&, const Words&) { return "+OK\r\n"; };
  server_.peer(0).Close();
  RunUntil([&] { return !client().stats().breaker_open; });
  EXPECT_TRUE(Await(client().Exec(Request("GET", "a"))).ok());
}

TEST_F(PoolBreaker, AfterTheProbesVerdictAnotherConnectionIsOpenedAgain) {
  options_.shared_connections = 2;
  options_.breaker.failures = 1;
  options_.breaker.open_for = absl::ZeroDuration();
  Connect();
  RunUntil([&] { return client().stats().connections_open == 2; });
  PoolServer::Peer* asked = nullptr;
  server_.answer = [&](PoolServer::Peer& peer, const Words&) {
    asked = &peer;
    return "";
  };
  EXPECT_FALSE(Await(client().Exec(Request("SLOW"), Timeout(absl::Milliseconds(20)))).ok());
  RunUntil([&] { return asked != nullptr; });
  PoolServer::Peer* const slow = std::exchange(asked, nullptr);
  Recorder probe;
  const Request get("GET", "a");
  client().Start(get, probe);
  RunUntil([&] { return asked != nullptr; });
  server_.peer(1 - asked->number).Close();
  RunUntil([&] { return client().stats().connections_open == 1; });
  Settle();
  asked->Write(slow == asked ? "+OK\r\n+OK\r\n" : "+OK\r\n");
  RunUntil([&] { return probe.ended(); });
  EXPECT_TRUE(probe.end->ok());
  RunUntil([&] { return client().stats().connections_open == 2; });
}

class PoolBreakerLeases : public PoolBreaker {
 protected:
  // A waiter for a lease that cannot be opened while a call is the probe.
  void WaitBehindAProbe() {
    options_.leases_max = 1;
    options_.breaker.failures = 1;
    options_.breaker.open_for = absl::ZeroDuration();
    Connect();
    absl::StatusOr<Lease> lease = Await(client().Acquire());
    ASSERT_TRUE(lease.ok());
    server_.answer = [&](PoolServer::Peer& peer, const Words&) {
      asked_ = &peer;
      return "";
    };
    EXPECT_FALSE(Await(client().Exec(Request("SLOW"), Timeout(absl::Milliseconds(20)))).ok());
    Settle();
    ASSERT_TRUE(client().stats().breaker_open);
    waiter_ = Spawn(client().Acquire(Timeout(absl::Seconds(5))));
    Settle();
    client().Start(get_, probe_);
    RunUntil([&] { return server_.commands().back() == "GET a"; });
    lease->DoNotReuse();
    *lease = Lease();
    Settle();
    ASSERT_FALSE(waiter_->done());
  }

  PoolServer::Peer* asked_ = nullptr;
  const Request get_{"GET", "a"};
  Recorder probe_;
  std::shared_ptr<Outcoming<Lease>> waiter_;
};

TEST_F(PoolBreakerLeases, WhoWaitsGetsALeaseWhenTheProbeIsAnswered) {
  WaitBehindAProbe();
  asked_->Write("+OK\r\n+OK\r\n");
  RunUntil([&] { return waiter_->done(); });
  EXPECT_TRUE(waiter_->result->ok()) << waiter_->status();
}

TEST_F(PoolBreakerLeases, WhoWaitsGetsALeaseWhenTheProbeIsForgotten) {
  WaitBehindAProbe();
  client().Forget(probe_);
  RunUntil([&] { return waiter_->done(); });
  EXPECT_TRUE(waiter_->result->ok()) << waiter_->status();
}

TEST_F(PoolBreakerLeases, WhoWaitsIsToldWhenASilentLeaseOpensIt) {
  options_.leases_max = 1;
  options_.breaker.failures = 1;
  options_.health_check_interval = absl::Nanoseconds(1);
  options_.health_check_timeout = absl::Milliseconds(5);
  ASSERT_TRUE(Await(client().Acquire()).ok());
  server_.answers_ping = false;
  const absl::Status status = Await(client().Acquire(Timeout(absl::Seconds(5)))).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable) << status;
}

TEST_F(PoolBreaker, ATimeoutTooShortForAnAnswerIsNoFailureOfTheServer) {
  options_.breaker.failures = 1;
  options_.breaker.timeout_min = absl::Hours(1);
  Connect();
  server_.answer = [](PoolServer::Peer&, const Words&) { return ""; };
  for (int i = 0; i < 3; ++i) {
    const auto slow = Await(client().Exec(Request("SLOW"), Timeout(absl::Milliseconds(5))));
    EXPECT_EQ(slow.status().code(), absl::StatusCode::kDeadlineExceeded);
    EXPECT_FALSE(client().stats().breaker_open);
  }
}

TEST_F(PoolBreaker, ShortTimeoutsOpenItWhenNothingAtAllHasComeForLongEnough) {
  options_.breaker.failures = 1;
  options_.breaker.timeout_min = absl::Milliseconds(50);
  Connect();
  server_.answer = [](PoolServer::Peer&, const Words&) { return ""; };
  while (!client().stats().breaker_open) {
    EXPECT_FALSE(Await(client().Exec(Request("SLOW"), Timeout(absl::Milliseconds(5)))).ok());
  }
  EXPECT_TRUE(IsTurnedAway());
}

}  // namespace
}  // namespace nacre::client::testing
