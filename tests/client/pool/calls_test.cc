// Calls on shared connections when nothing goes wrong, and the limits of what may be under way.

#include <cstdint>
#include <map>

#include "nacre/client/errors.h"
#include "tests/client/pool/pool_fixture.h"

namespace nacre::client::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

class PoolCalls : public PoolTest {
 protected:
  // The server answers nothing until it is told to.
  void HoldReplies() {
    server_.answer = [this](PoolServer::Peer& peer, const Words&) {
      held_.push_back(&peer);
      return "";
    };
  }
  void ReleaseOne() {
    held_.front()->Write("+late\r\n");
    held_.erase(held_.begin());
  }

  std::vector<PoolServer::Peer*> held_;
};

TEST_F(PoolCalls, ACoroutineGetsItsReplyConverted) {
  server_.answer = [](PoolServer::Peer&, const Words& words) {
    return words[0] == "INCR" ? std::string(":42\r\n") : Bulk("of " + words[1]);
  };
  EXPECT_EQ(Get("a").value(), "of a");
  EXPECT_EQ(Await(client().Exec<int64_t>(Request("INCR", "n"))).value(), 42);
  EXPECT_EQ(Await(client().Exec(Request("GET", "b"))).value().text(), "of b");
  EXPECT_EQ(server_.accepted(), 1u);
}

TEST_F(PoolCalls, AnErrorReplyIsAStatusOfExecAndAReplyOfExecAll) {
  server_.answer = [](PoolServer::Peer&, const Words&) { return "-WRONGTYPE no\r\n"; };
  const auto one = Get("a");
  EXPECT_EQ(one.status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(OutcomeOf(one.status()), Outcome::kNotExecuted);
  const auto all = Await(client().ExecAll(Request("GET", "a")));
  ASSERT_TRUE(all.ok());
  EXPECT_TRUE(all->at(0).is_error());
}

TEST_F(PoolCalls, TheRepliesToManyCommandsComeInOrder) {
  server_.answer = [](PoolServer::Peer&, const Words& words) { return Bulk(words[1]); };
  Request request;
  for (int i = 0; i < 100; ++i) request.Add("ECHO", i);
  const auto replies = Await(client().ExecAll(request));
  ASSERT_EQ(replies.value().size(), 100u);
  for (size_t i = 0; i < 100; ++i) EXPECT_EQ(replies->at(i).text(), std::to_string(i));
}

TEST_F(PoolCalls, NoCommandsAreNoRepliesAtOnce) {
  EXPECT_EQ(Await(client().ExecAll(Request())).value().size(), 0u);
  EXPECT_EQ(server_.accepted(), 0u);
}

TEST_F(PoolCalls, ExecOfSeveralCommandsIsRefused) {
  Request two("GET", "a");
  two.Add("GET", "b");
  const auto result = Await(client().Exec(two));
  EXPECT_EQ(result.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(OutcomeOf(result.status()), Outcome::kNotExecuted);
}

TEST_F(PoolCalls, ACallbackIsCalledOnceAndLater) {
  int called = 0;
  client().Exec(Request("GET", "a"), {}, [&](absl::StatusOr<Reply> reply) {
    EXPECT_EQ(reply.value().text(), "OK");
    ++called;
  });
  client().ExecAll(Request("GET", "a"), {}, [&](absl::StatusOr<std::vector<Reply>> replies) {
    EXPECT_EQ(replies.value().size(), 1u);
    ++called;
  });
  Request two("GET", "a");
  two.Add("GET", "b");
  client().Exec(two, {}, [&](absl::StatusOr<Reply> reply) {
    EXPECT_FALSE(reply.ok());
    ++called;
  });
  client().ExecAll(Request(), {}, [&](absl::StatusOr<std::vector<Reply>> replies) {
    EXPECT_TRUE(replies.value().empty());
    ++called;
  });
  client().Exec(Request("GET", "a"), Timeout(absl::Seconds(-1)), [&](absl::StatusOr<Reply> reply) {
    EXPECT_EQ(reply.status().code(), absl::StatusCode::kDeadlineExceeded);
    ++called;
  });
  EXPECT_EQ(called, 0);
  RunUntil([&] { return called == 5; });
  Settle();
  EXPECT_EQ(called, 5);
}

TEST_F(PoolCalls, ATimeoutThatHasPassedIsNoCall) {
  Connect();
  const auto result = Await(client().Exec(Request("GET", "a"), Timeout(absl::Nanoseconds(-1))));
  EXPECT_EQ(result.status().code(), absl::StatusCode::kDeadlineExceeded);
  EXPECT_EQ(OutcomeOf(result.status()), Outcome::kNotExecuted);
  EXPECT_THAT(server_.commands(), ElementsAre("FIRST"));
}

TEST_F(PoolCalls, ASilentServerIsADeadlineWithUnknownOutcome) {
  HoldReplies();
  const auto result = Await(client().Exec(Request("INCR", "n"), Timeout(absl::Milliseconds(20))));
  EXPECT_EQ(result.status().code(), absl::StatusCode::kDeadlineExceeded);
  EXPECT_TRUE(IsOutcomeUnknown(result.status()));
}

TEST_F(PoolCalls, AtTheCapCallsWaitAndGoFirstComeFirstServed) {
  options_.in_flight_max = 2;
  Connect();
  HoldReplies();
  std::vector<std::unique_ptr<Recorder>> calls;
  std::vector<Request> requests;
  for (int i = 0; i < 5; ++i) requests.emplace_back("GET", i);
  for (const Request& request : requests) {
    calls.push_back(std::make_unique<Recorder>());
    client().Start(request, *calls.back());
  }
  EXPECT_EQ(client().stats().in_flight, 2u);
  EXPECT_EQ(client().stats().waiting, 3u);
  RunUntil([&] { return held_.size() == 2; });
  Settle();
  EXPECT_THAT(server_.commands(), ElementsAre("FIRST", "GET 0", "GET 1"));
  ReleaseOne();
  RunUntil([&] { return held_.size() == 2; });
  EXPECT_THAT(server_.commands(), ElementsAre("FIRST", "GET 0", "GET 1", "GET 2"));
  EXPECT_TRUE(calls[0]->ended());
  for (int i = 0; i < 4; ++i) {
    RunUntil([&] { return !held_.empty(); });
    ReleaseOne();
  }
  RunUntil([&] { return calls.back()->ended(); });
  EXPECT_THAT(server_.commands(),
              ElementsAre("FIRST", "GET 0", "GET 1", "GET 2", "GET 3", "GET 4"));
  EXPECT_EQ(client().stats().in_flight, 0u);
}

TEST_F(PoolCalls, ARequestOfAsManyCommandsAsTheCapPassesAndOneMoreIsRefusedAtOnce) {
  options_.in_flight_max = 3;
  Request three, four;
  for (int i = 0; i < 3; ++i) three.Add("GET", i);
  for (int i = 0; i < 4; ++i) four.Add("GET", i);
  EXPECT_EQ(Await(client().ExecAll(three)).value().size(), 3u);
  Recorder refused;
  client().Start(four, refused);
  ASSERT_TRUE(refused.ended());
  EXPECT_EQ(refused.end->code(), absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(OutcomeOf(*refused.end), Outcome::kNotExecuted);
  EXPECT_THAT(std::string(refused.end->message()), HasSubstr("in_flight_max"));
}

TEST_F(PoolCalls, TheCapOfOneConnectionHoldsTooAndItsPingHasAPlaceBesides) {
  options_.connection.in_flight_max = 2;
  Connect();
  HoldReplies();
  Recorder calls[3], refused;
  const Request get("GET", "a");
  for (Recorder& call : calls) client().Start(get, call);
  EXPECT_EQ(client().stats().in_flight, 2u);
  EXPECT_EQ(client().stats().waiting, 1u);
  Request three;
  for (int i = 0; i < 3; ++i) three.Add("GET", i);
  client().Start(three, refused);
  ASSERT_TRUE(refused.ended());
  EXPECT_EQ(refused.end->code(), absl::StatusCode::kResourceExhausted);
  for (int i = 0; i < 3; ++i) {
    RunUntil([&] { return !held_.empty(); });
    ReleaseOne();
  }
  RunUntil([&] { return calls[2].ended(); });
  EXPECT_TRUE(calls[2].end->ok());
}

// What such calls held on the connection is taken until the server reads on, and so is its place.
TEST_F(PoolCalls, WhoFindsPlacesTakenByThoseThatGaveUpBeforeTheyWereSentWaits) {
  options_.connection.in_flight_max = 4;
  Connect();
  server_.peer(0).StopReading();
  Recorder large, given_up[2], behind, waiting[2];
  const Request set("SET", "a", std::string(32 << 20, 'x')), get("GET", "a");
  client().Start(set, large);
  for (Recorder& call : given_up) client().Start(get, call, Timeout(absl::Milliseconds(20)));
  client().Start(get, behind);
  RunUntil([&] { return given_up[1].ended(); });
  EXPECT_EQ(OutcomeOf(*given_up[1].end), Outcome::kNotExecuted);
  for (Recorder& call : waiting) client().Start(get, call);
  for (const Recorder& call : waiting) ASSERT_FALSE(call.ended()) << *call.end;
  server_.peer(0).ReadOn();
  RunUntil([&] { return waiting[1].ended(); });
  for (const Recorder& call : waiting) EXPECT_TRUE(call.end->ok()) << *call.end;
}

TEST_F(PoolCalls, AsManyMayWaitAsWaitingMaxAndNotOneMore) {
  options_.in_flight_max = 1;
  options_.waiting_max = 2;
  Connect();
  HoldReplies();
  Recorder calls[4];
  const Request get("GET", "a");
  for (Recorder& call : calls) client().Start(get, call);
  EXPECT_FALSE(calls[2].ended());
  ASSERT_TRUE(calls[3].ended());
  EXPECT_EQ(calls[3].end->code(), absl::StatusCode::kResourceExhausted);
  EXPECT_THAT(std::string(calls[3].end->message()), HasSubstr("waiting_max"));
  for (int i = 0; i < 3; ++i) {
    RunUntil([&] { return !held_.empty(); });
    ReleaseOne();
  }
  RunUntil([&] { return calls[2].ended(); });
}

TEST_F(PoolCalls, WaitingCountsTowardsTheDeadlineAndNothingHasHappened) {
  options_.in_flight_max = 1;
  Connect();
  HoldReplies();
  Recorder first, second;
  const Request get("GET", "a"), set("SET", "b", "1");
  client().Start(get, first);
  client().Start(set, second, Timeout(absl::Milliseconds(20)));
  RunUntil([&] { return second.ended(); });
  EXPECT_EQ(second.end->code(), absl::StatusCode::kDeadlineExceeded);
  EXPECT_EQ(OutcomeOf(*second.end), Outcome::kNotExecuted);
  EXPECT_THAT(std::string(second.end->message()), HasSubstr("in_flight_max"));
  EXPECT_FALSE(first.ended());
  ReleaseOne();
  RunUntil([&] { return first.ended(); });
  Settle();
  EXPECT_THAT(server_.commands(), ElementsAre("FIRST", "GET a"));
}

// A connection full of requests whose callers have given up frees no place that anybody is told of.
TEST_F(PoolCalls, WhoWaitsGoesOnWhenTheServerAnswersThoseThatHaveGivenUp) {
  options_.connection.in_flight_max = 2;
  Connect();
  HoldReplies();
  Recorder given_up[2], waiting;
  const Request get("GET", "a"), set("SET", "b", "1");
  for (Recorder& call : given_up) client().Start(get, call, Timeout(absl::Milliseconds(20)));
  client().Start(set, waiting);
  RunUntil([&] { return given_up[1].ended() && held_.size() == 2; });
  EXPECT_FALSE(waiting.ended());
  ReleaseOne();
  ReleaseOne();
  RunUntil([&] { return held_.size() == 1; });
  ReleaseOne();
  RunUntil([&] { return waiting.ended(); });
  EXPECT_TRUE(waiting.end->ok());
  EXPECT_EQ(server_.accepted(), 1u);
}

TEST_F(PoolCalls, WhoComesWhenAllHaveGivenUpGoesOnToo) {
  options_.connection.in_flight_max = 1;
  Connect();
  PoolServer::Peer* peer = nullptr;
  server_.answer = [&](PoolServer::Peer& asked, const Words&) {
    peer = &asked;
    return "";
  };
  Recorder given_up;
  Recorder late;
  const Request get("GET", "a");
  client().Start(get, given_up, Timeout(absl::Milliseconds(20)));
  RunUntil([&] { return given_up.ended() && peer != nullptr; });
  client().Start(get, late, Timeout(absl::Seconds(2)));
  server_.answer = [](PoolServer::Peer&, const Words&) { return "+OK\r\n"; };
  peer->Write("+OK\r\n");
  RunUntil([&] { return late.ended(); });
  EXPECT_TRUE(late.end->ok()) << *late.end;
}

TEST_F(PoolCalls, ACallGoesToTheConnectionWithTheFewestCommandsInFlight) {
  options_.shared_connections = 3;
  Connect();
  RunUntil([&] { return client().stats().connections_open == 3; });
  HoldReplies();
  Request many;
  for (int i = 0; i < 10; ++i) many.Add("MANY", i);
  const Request few("FEW");
  Recorder first, others[4];
  client().Start(many, first);
  for (Recorder& other : others) client().Start(few, other);
  RunUntil([&] { return held_.size() == 14; });
  std::map<size_t, int> by_peer;
  for (const PoolServer::Peer* peer : held_) ++by_peer[peer->number];
  std::vector<int> counts;
  for (const auto& [peer, count] : by_peer) counts.push_back(count);
  EXPECT_THAT(counts, ::testing::UnorderedElementsAre(10, 2, 2));
  while (!held_.empty()) ReleaseOne();
  RunUntil([&] { return client().stats().in_flight == 0; });
}

// If the machine is so slow that the silence is too long indeed, that proves nothing: once more.
TEST_F(PoolCalls, AFullConnectionFromWhichBytesComeIsNotClosedByItsPing) {
  constexpr auto kTimeout = std::chrono::milliseconds(20);
  options_.connection.in_flight_max = 1;
  options_.connection.unresponsive_timeout = absl::FromChrono(kTimeout);
  server_.answers_ping = false;
  server_.answer = [](PoolServer::Peer&, const Words&) { return ""; };
  const Request get("GET", "a");
  for (bool proven = false; !proven && !HasFailure();) {
    Recorder gives_up, waits;
    const size_t number = server_.accepted(), commands = server_.commands().size();
    client().Start(get, gives_up);
    RunUntil([&] { return server_.commands().size() > commands; });
    client().Forget(gives_up);
    client().Start(get, waits);
    const Deadline asked = std::chrono::steady_clock::now();
    server_.peer(number).Write("$10000000\r\n");
    while (!proven) {
      const Deadline heard = std::chrono::steady_clock::now();
      server_.peer(number).Write("x");
      Settle();
      if (client().stats().connections_open == 0 || server_.accepted() > number + 1) {
        EXPECT_GE(std::chrono::steady_clock::now() - heard, kTimeout);
        break;
      }
      proven = heard > asked + 2 * kTimeout;
    }
    client_.reset();  // While the consumers are there.
  }
}

TEST_F(PoolCalls, CallsOfOneTurnOfTheLoopArriveTogether) {
  Connect();
  server_.peer(0).StopReading();
  Recorder calls[50];
  const Request get("GET", "a");
  for (Recorder& call : calls) client().Start(get, call);
  Settle();
  size_t most_at_once = 0, at_once = 0;
  server_.answer = [&](PoolServer::Peer&, const Words&) {
    most_at_once = std::max(most_at_once, ++at_once);
    return "+OK\r\n";
  };
  server_.peer(0).ReadOn();
  RunUntil([&] { return calls[49].ended(); });
  EXPECT_EQ(most_at_once, 50u);
}

TEST_F(PoolCalls, PushMessagesReachTheClientsHandlerAlsoAfterAReconnect) {
  std::vector<std::string> pushes;
  client().SetPushHandler([&](ReplyView push) { pushes.emplace_back(push[1].text()); });
  Connect();
  server_.peer(0).Write(">2\r\n+invalidate\r\n+one\r\n");
  RunUntil([&] { return pushes.size() == 1; });
  server_.peer(0).Close();
  RunUntil([&] { return server_.accepted() == 2 && client().stats().connections_open == 1; });
  server_.peer(1).Write(">2\r\n+invalidate\r\n+two\r\n");
  RunUntil([&] { return pushes.size() == 2; });
  EXPECT_THAT(pushes, ElementsAre("one", "two"));
}

TEST_F(PoolCalls, APushHandlerMayReplaceItself) {
  std::vector<std::string> pushes;
  auto large = std::make_shared<std::string>(1000, 'x');  // Gone with the first handler.
  client().SetPushHandler([&, large](ReplyView push) {
    client().SetPushHandler(
        [&](ReplyView later) { pushes.push_back("second " + std::string(later[0].text())); });
    pushes.push_back("first " + std::string(push[0].text()) + std::to_string(large->size()));
  });
  Connect();
  server_.peer(0).Write(">1\r\n+a\r\n>1\r\n+b\r\n");
  RunUntil([&] { return pushes.size() == 2; });
  EXPECT_THAT(pushes, ElementsAre("first a1000", "second b"));
}

TEST_F(PoolCalls, CountersSayWhatHasHappened) {
  Connect();
  server_.answer = [](PoolServer::Peer&, const Words&) { return "-ERR no\r\n"; };
  Request three;
  for (int i = 0; i < 3; ++i) three.Add("GET", i);
  ASSERT_TRUE(Await(client().ExecAll(three)).ok());
  Await(client().Exec(Request("GET", "a"), Timeout(absl::Seconds(-1)))).status().IgnoreError();
  const ClientStats stats = client().stats();
  EXPECT_EQ(stats.requests, 4u);
  EXPECT_EQ(stats.failures, 1u);
  EXPECT_EQ(stats.connects, 1u);
  EXPECT_EQ(stats.connect_failures, 0u);
  EXPECT_EQ(stats.connections_open, 1u);
  EXPECT_EQ(stats.in_flight, 0u);
  EXPECT_EQ(stats.waiting, 0u);
}

}  // namespace
}  // namespace nacre::client::testing
