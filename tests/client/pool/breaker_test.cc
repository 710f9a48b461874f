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
  EXPECT_GE(client().stats().connect_failures, 3u);
  EXPECT_LE(client().stats().connect_failures,
            4u);  // The lease's attempt may have been on its way.
  for (const Recorder& call : calls) {
    EXPECT_EQ(call.end->code(), absl::StatusCode::kUnavailable);
    EXPECT_EQ(OutcomeOf(*call.end), Outcome::kNotExecuted);
    EXPECT_THAT(std::string(call.end->message()), HasSubstr("efused"));
  }
  EXPECT_EQ(lease->status().code(), absl::StatusCode::kUnavailable);
  EXPECT_TRUE(client().stats().breaker_open);
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

}  // namespace
}  // namespace nacre::client::testing
