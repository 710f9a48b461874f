// What becomes of calls when connections break, and how new ones come.

#include "nacre/client/errors.h"
#include "tests/client/pool/pool_fixture.h"

namespace nacre::client::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

class PoolReconnect : public PoolTest {
 protected:
  // More than the kernel takes between a writer and a reader that does not read.
  static constexpr size_t kTooMuchBytes = size_t{64} << 20;

  void NeverReconnect() { options_.reconnect = {absl::Hours(1000), absl::Hours(1000)}; }
};

TEST_F(PoolReconnect, TheFirstCallConnectsAndNothingBefore) {
  client();
  Settle();
  EXPECT_EQ(server_.accepted(), 0u);
  EXPECT_TRUE(Get("a").ok());
  EXPECT_EQ(server_.accepted(), 1u);
}

TEST_F(PoolReconnect, ACallWaitsForAServerThatComesLater) {
  server_.StopListening();
  const auto call = Spawn(client().Exec<std::string>(Request("GET", "a")));
  RunUntil([&] { return client().stats().connect_failures >= 3; });
  EXPECT_FALSE(call->done());
  server_.Listen();
  RunUntil([&] { return call->done(); });
  EXPECT_EQ(call->result->value(), "OK");
}

TEST_F(PoolReconnect, WithoutAServerTheDeadlineSaysWhyAndNothingHasHappened) {
  server_.StopListening();
  const auto result = Await(client().Exec(Request("GET", "a"), Timeout(absl::Milliseconds(30))));
  EXPECT_EQ(result.status().code(), absl::StatusCode::kDeadlineExceeded);
  EXPECT_EQ(OutcomeOf(result.status()), Outcome::kNotExecuted);
  EXPECT_THAT(std::string(result.status().message()), HasSubstr("efused"));
}

TEST_F(PoolReconnect, APoolThatWasNeverConnectedStopsTryingWhenNobodyWaits) {
  server_.StopListening();
  Recorder call;
  const Request get("GET", "a");
  client().Start(get, call, Timeout(absl::Milliseconds(20)));
  context_.restart();
  context_.run();  // Returns when there is nothing left to do: no attempt, no timer.
  EXPECT_EQ(call.end->code(), absl::StatusCode::kDeadlineExceeded);
}

TEST_F(PoolReconnect, APoolThatWasConnectedComesBackByItself) {
  options_.shared_connections = 2;
  Connect();
  RunUntil([&] { return client().stats().connections_open == 2; });
  server_.StopListening();
  server_.CloseAll();
  RunUntil([&] { return client().stats().connect_failures >= 3; });
  server_.Listen();
  RunUntil([&] { return client().stats().connections_open == 2; });
  EXPECT_EQ(server_.open(), 2u);
}

// NEVER-TWICE.
TEST_F(PoolReconnect, ARequestThatWasReadIsNotSentAgain) {
  Connect();
  server_.answer = [](PoolServer::Peer& peer, const Words& words) -> std::string {
    if (words[0] != "INCR") return "+OK\r\n";
    peer.Close();
    return "";
  };
  const auto result = Await(client().Exec(Request("INCR", "n")));
  EXPECT_EQ(result.status().code(), absl::StatusCode::kUnknown);
  EXPECT_TRUE(IsOutcomeUnknown(result.status()));
  EXPECT_TRUE(Get("a").ok());
  EXPECT_THAT(server_.commands(), ElementsAre("FIRST", "INCR n", "GET a"));
}

// NEVER-TWICE.
TEST_F(PoolReconnect, ARequestThatIsHalfAnsweredIsNotSentAgain) {
  Connect();
  server_.answer = [](PoolServer::Peer& peer, const Words& words) -> std::string {
    if (words[1] == "2") {
      peer.Close();
      return "";
    }
    return ":1\r\n";
  };
  Recorder call;
  Request two("INCR", "1");
  two.Add("INCR", "2");
  client().Start(two, call);
  RunUntil([&] { return call.ended(); });
  EXPECT_THAT(call.replies, ElementsAre("1"));
  EXPECT_TRUE(IsOutcomeUnknown(*call.end));
  EXPECT_TRUE(Get("a").ok());
  EXPECT_THAT(server_.commands(), ElementsAre("FIRST", "INCR 1", "INCR 2", "GET a"));
}

// NEVER-TWICE: also one that the system has taken and the server has not.
TEST_F(PoolReconnect, WhatHasNotLeftMovesToTheNextConnectionInOrderAndOnce) {
  Connect();
  server_.peer(0).StopReading();
  Recorder large, unsent[3], later;
  const Request much("SET", "large", std::string(kTooMuchBytes, 'x'));
  const Request sets[] = {Request("SET", "a", "1"), Request("SET", "b", "2"),
                          Request("SET", "c", "3")};
  const Request last("SET", "d", "4");
  client().Start(much, large);
  Settle();
  for (size_t i = 0; i < 3; ++i) client().Start(sets[i], unsent[i]);
  Settle();
  // Asked for before the others have been given back.
  large.then = [&] { client().Start(last, later); };
  server_.peer(0).Close();
  RunUntil([&] { return later.ended(); });
  EXPECT_TRUE(IsOutcomeUnknown(*large.end));
  for (const Recorder& call : unsent) {
    ASSERT_TRUE(call.ended());
    EXPECT_TRUE(call.end->ok()) << *call.end;
    EXPECT_THAT(call.replies, ElementsAre("OK"));
  }
  EXPECT_TRUE(later.end->ok());
  EXPECT_THAT(server_.commands(), ElementsAre("FIRST", "SET a 1", "SET b 2", "SET c 3", "SET d 4"));
  EXPECT_EQ(client().stats().in_flight, 0u);
}

TEST_F(PoolReconnect, WhatMovesStandsBeforeThoseWhoHaveWaitedForRoom) {
  options_.in_flight_max = 2;
  Connect();
  server_.peer(0).StopReading();
  Recorder large, moved, waiting[2];
  const Request much("SET", "large", std::string(kTooMuchBytes, 'x'));
  const Request a("SET", "a", "1"), b("SET", "b", "2"), c("SET", "c", "3");
  client().Start(much, large);
  Settle();
  client().Start(a, moved);
  client().Start(b, waiting[0]);
  client().Start(c, waiting[1]);
  Settle();
  EXPECT_EQ(client().stats().waiting, 2u);
  server_.peer(0).Close();
  RunUntil([&] { return waiting[1].ended(); });
  EXPECT_THAT(server_.commands(), ElementsAre("FIRST", "SET a 1", "SET b 2", "SET c 3"));
  EXPECT_TRUE(moved.end->ok());
}

TEST_F(PoolReconnect, WhatMovesKeepsItsDeadline) {
  Connect();
  server_.peer(0).StopReading();
  Recorder large, unsent;
  const Request much("SET", "large", std::string(kTooMuchBytes, 'x'));
  const Request set("SET", "a", "1");
  client().Start(much, large);
  Settle();
  client().Start(set, unsent, Timeout(absl::Milliseconds(50)));
  server_.StopListening();
  server_.peer(0).Close();
  RunUntil([&] { return unsent.ended(); });
  EXPECT_TRUE(large.ended());
  EXPECT_EQ(unsent.end->code(), absl::StatusCode::kDeadlineExceeded);
  EXPECT_EQ(OutcomeOf(*unsent.end), Outcome::kNotExecuted);
}

TEST_F(PoolReconnect, AfterAFailureTheNextAttemptWaits) {
  NeverReconnect();
  server_.StopListening();
  const auto first = Await(client().Exec(Request("GET", "a"), Timeout(absl::Milliseconds(10))));
  EXPECT_FALSE(first.ok());
  EXPECT_EQ(client().stats().connect_failures, 1u);
  server_.Listen();
  const auto second = Await(client().Exec(Request("GET", "a"), Timeout(absl::Milliseconds(10))));
  EXPECT_EQ(second.status().code(), absl::StatusCode::kDeadlineExceeded);
  EXPECT_EQ(server_.accepted(), 0u);
}

TEST_F(PoolReconnect, AServerThatAcceptsAndClosesIsNotAskedInATightLoop) {
  NeverReconnect();
  server_.answer = [](PoolServer::Peer& peer, const Words&) {
    peer.Close();
    return "";
  };
  EXPECT_FALSE(Get("a").ok());
  const auto second = Await(client().Exec(Request("GET", "a"), Timeout(absl::Milliseconds(20))));
  EXPECT_EQ(second.status().code(), absl::StatusCode::kDeadlineExceeded);
  EXPECT_EQ(server_.accepted(), 1u);
}

TEST_F(PoolReconnect, ARefusalThatWillNotPassEndsWhoWaitsAtOnce) {
  server_.answer_hello = [](PoolServer::Peer&) { return "-WRONGPASS no such user\r\n"; };
  options_.connection.password = "wrong";
  const auto refused = Get("a");
  EXPECT_EQ(refused.status().code(), absl::StatusCode::kUnauthenticated);
  EXPECT_EQ(OutcomeOf(refused.status()), Outcome::kNotExecuted);
  EXPECT_EQ(Await(client().Acquire()).status().code(), absl::StatusCode::kUnauthenticated);
}

TEST_F(PoolReconnect, ARefusedLeaseIsNoMatterToWhoWaitsOnAnOpenConnection) {
  options_.in_flight_max = 1;
  Connect();
  PoolServer::Peer* asked = nullptr;
  server_.answer = [&](PoolServer::Peer& peer, const Words&) {
    asked = &peer;
    return "";
  };
  server_.answer_hello = [](PoolServer::Peer&) { return "-NOPERM not you\r\n"; };
  const auto first = Spawn(client().Exec(Request("GET", "a")));
  const auto waiting = Spawn(client().Exec(Request("GET", "b")));
  const auto lease = Await(client().Acquire());
  EXPECT_EQ(lease.status().code(), absl::StatusCode::kPermissionDenied);
  Settle();
  EXPECT_FALSE(waiting->done());
  asked->Write("+OK\r\n");
  RunUntil([&] { return server_.commands().back() == "GET b"; });
  asked->Write("+OK\r\n");
  RunUntil([&] { return waiting->done(); });
  EXPECT_TRUE(waiting->result->ok());
}

TEST_F(PoolReconnect, AServerThatIsLoadingIsWaitedFor) {
  int refusals = 3;
  auto welcome = server_.answer_hello;
  server_.answer_hello = [&](PoolServer::Peer& peer) {
    return --refusals < 0 ? welcome(peer) : std::string("-LOADING loading the dataset\r\n");
  };
  EXPECT_TRUE(Get("a").ok());
  EXPECT_EQ(client().stats().connect_failures, 3u);
}

TEST_F(PoolReconnect, AnIdleConnectionIsAskedHowItIs) {
  options_.health_check_interval = absl::Milliseconds(2);
  Connect();
  RunUntil([&] { return server_.pings() >= 3; });
  EXPECT_EQ(server_.accepted(), 1u);
  EXPECT_EQ(client().stats().health_checks_failed, 0u);
}

TEST_F(PoolReconnect, AConnectionThatDoesNotAnswerItsPingIsReplaced) {
  options_.health_check_interval = absl::Milliseconds(2);
  options_.health_check_timeout = absl::Milliseconds(5);
  Connect();
  server_.answers_ping = false;
  RunUntil([&] { return server_.accepted() == 2; });
  server_.answers_ping = true;
  EXPECT_EQ(client().stats().health_checks_failed, 1u);
  EXPECT_TRUE(Get("a").ok());
  RunUntil([&] { return !server_.peer(0).is_open(); });
}

TEST_F(PoolReconnect, ACallThatWasSentBehindAPingThatFailsIsOfUnknownOutcome) {
  options_.health_check_interval = absl::Milliseconds(2);
  options_.health_check_timeout = absl::Milliseconds(10);
  Connect();
  server_.answers_ping = false;
  server_.answer = [](PoolServer::Peer&, const Words&) { return ""; };
  RunUntil([&] { return server_.pings() == 1; });
  const auto result = Await(client().Exec(Request("INCR", "n")));
  EXPECT_EQ(result.status().code(), absl::StatusCode::kUnknown);
  EXPECT_THAT(std::string(result.status().message()), HasSubstr("PING"));
}

TEST_F(PoolReconnect, WhatOneConnectionGivesBackGoesToAnotherThatIsOpen) {
  options_.shared_connections = 2;
  Connect();
  RunUntil([&] { return client().stats().connections_open == 2; });
  // Of two that are as free as each other, the first is asked.
  PoolServer::Peer* broken = nullptr;
  server_.answer = [&](PoolServer::Peer& peer, const Words&) {
    broken = &peer;
    return "+OK\r\n";
  };
  ASSERT_TRUE(Await(client().Exec(Request("WHO"))).ok());
  PoolServer::Peer& healthy = server_.peer(1 - broken->number);
  broken->StopReading();
  server_.answer = [&](PoolServer::Peer&, const Words& words) {
    return words.back() == "moved" ? "+OK\r\n+OK\r\n" : "";
  };
  Recorder big;
  Recorder other;
  Recorder moved;
  const Request set("SET", "a", std::string(32 << 20, 'x'));
  const Request get("GET", "b");
  const Request get_moved("GET", "moved");
  client().Start(set, big);
  client().Start(get, other);
  client().Start(get_moved, moved, Timeout(absl::Seconds(5)));
  Settle();
  ASSERT_FALSE(moved.ended());
  ASSERT_TRUE(healthy.is_open());
  server_.StopListening();
  broken->Close();
  RunUntil([&] { return moved.ended(); });
  EXPECT_TRUE(moved.end->ok()) << *moved.end;
  EXPECT_TRUE(other.ended());
  EXPECT_EQ(OutcomeOf(*big.end), Outcome::kUnknown);
}

TEST_F(PoolReconnect, WhoAsksAgainWhenARefusalHasEndedItsCallWaitsForTheNextAttempt) {
  server_.answer_hello = [](PoolServer::Peer&) { return "-WRONGPASS no\r\n"; };
  Recorder call;
  const Request get("GET", "a");
  int ends = 0;
  std::function<void()> again = [&] {
    if (++ends == 5) return;
    call.then = again;
    client().Start(get, call);
  };
  call.then = again;
  client().Start(get, call);
  RunUntil([&] { return ends == 5; });
  EXPECT_GE(client().stats().connect_failures, 5u);
}

}  // namespace
}  // namespace nacre::client::testing
