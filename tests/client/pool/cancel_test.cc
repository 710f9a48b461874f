// Calls that are cancelled, forgotten, or lose their client or their event loop, in every state
// that a call can be in.

#include "boost/asio/bind_cancellation_slot.hpp"
#include "boost/asio/detached.hpp"
#include "boost/asio/experimental/awaitable_operators.hpp"
#include "boost/asio/post.hpp"
#include "boost/asio/steady_timer.hpp"
#include "boost/asio/use_awaitable.hpp"
#include "nacre/client/errors.h"
#include "tests/client/pool/pool_fixture.h"

namespace nacre::client::testing {
namespace {

using ::testing::ElementsAre;

using Clock = std::chrono::steady_clock;

class PoolCancel : public PoolTest {
 protected:
  PoolCancel() {
    server_.answer = [this](PoolServer::Peer& peer, const Words& words) -> std::string {
      if (words[0] != "SILENCE") return Bulk(words.back());
      silent_.push_back(&peer);
      return "";
    };
  }

  // As Spawn(), and cancelled when `signal_` is emitted.
  template <typename T>
  std::shared_ptr<Outcoming<T>> SpawnCancellable(Awaitable<absl::StatusOr<T>> awaitable) {
    auto outcome = std::make_shared<Outcoming<T>>();
    boost::asio::co_spawn(
        context_, std::move(awaitable),
        boost::asio::bind_cancellation_slot(
            signal_.slot(), [outcome](std::exception_ptr failure, absl::StatusOr<T> result) {
              if (failure) std::rethrow_exception(failure);
              outcome->result = std::move(result);
            }));
    return outcome;
  }
  void Cancel() { signal_.emit(boost::asio::cancellation_type::terminal); }
  // By the loop, before it runs anything that was made ready when the condition came to hold.
  void CancelWhen(std::function<bool()> condition) {
    boost::asio::post(context_, [this, condition = std::move(condition)]() mutable {
      if (condition()) {
        Cancel();
      } else {
        CancelWhen(std::move(condition));
      }
    });
  }

  std::vector<PoolServer::Peer*> silent_;
};

TEST_F(PoolCancel, ATimerThatIsFirstCancelsTheCallAndTheConnectionStaysInStep) {
  Connect();
  size_t winner = 9;
  boost::asio::steady_timer timer(context_, std::chrono::milliseconds(5));
  boost::asio::co_spawn(
      context_,
      [&]() -> Awaitable<void> {
        using namespace boost::asio::experimental::awaitable_operators;
        auto first = co_await (client().Exec<std::string>(Request("SILENCE")) ||
                               timer.async_wait(boost::asio::use_awaitable));
        winner = first.index();
      },
      boost::asio::detached);
  RunUntil([&] { return winner != 9 && silent_.size() == 1; });
  EXPECT_EQ(winner, 1u);
  EXPECT_EQ(client().stats().in_flight, 0u);
  silent_.at(0)->Write("+too late\r\n");
  EXPECT_EQ(Get("a").value(), "a");
  EXPECT_EQ(server_.accepted(), 1u);
}

TEST_F(PoolCancel, ACallThatIsFirstLeavesTheTimer) {
  Connect();
  std::string got;
  boost::asio::steady_timer timer(context_, std::chrono::hours(1));
  boost::asio::co_spawn(
      context_,
      [&]() -> Awaitable<void> {
        using namespace boost::asio::experimental::awaitable_operators;
        auto first = co_await (client().Exec<std::string>(Request("GET", "a")) ||
                               timer.async_wait(boost::asio::use_awaitable));
        got = std::get<0>(first).value();
      },
      boost::asio::detached);
  RunUntil([&] { return !got.empty(); });
  EXPECT_EQ(got, "a");
}

TEST_F(PoolCancel, ACallThatWasSentIsOfUnknownOutcome) {
  Connect();
  const auto call = SpawnCancellable(client().Exec(Request("SILENCE")));
  RunUntil([&] { return silent_.size() == 1; });
  Cancel();
  EXPECT_FALSE(call->done());  // In a turn of its own.
  RunUntil([&] { return call->done(); });
  EXPECT_EQ(call->status().code(), absl::StatusCode::kCancelled);
  EXPECT_TRUE(IsOutcomeUnknown(call->status()));
  EXPECT_EQ(client().stats().in_flight, 0u);
}

TEST_F(PoolCancel, ACallThatWaitsForAConnectionHasNotHappened) {
  server_.StopListening();
  const auto call = SpawnCancellable(client().Exec(Request("GET", "a")));
  RunUntil([&] { return client().stats().connect_failures > 0; });
  Cancel();
  RunUntil([&] { return call->done(); });
  EXPECT_EQ(call->status().code(), absl::StatusCode::kCancelled);
  EXPECT_EQ(OutcomeOf(call->status()), Outcome::kNotExecuted);
  EXPECT_EQ(client().stats().waiting, 0u);
}

TEST_F(PoolCancel, WhoWaitedBehindItGoesOn) {
  options_.in_flight_max = 2;
  Connect();
  const auto held = Spawn(client().Exec(Request("SILENCE")));
  Request two("GET", "a");
  two.Add("GET", "b");
  RunUntil([&] { return silent_.size() == 1; });
  const auto large = SpawnCancellable(client().ExecAll(two));  // There is room for one.
  const auto small = Spawn(client().Exec<std::string>(Request("SILENCE")));
  Settle();
  EXPECT_EQ(silent_.size(), 1u);
  Cancel();
  RunUntil([&] { return large->done() && silent_.size() == 2; });
  silent_[0]->Write("+1\r\n+2\r\n");
  RunUntil([&] { return small->done() && held->done(); });
  EXPECT_EQ(small->result->value(), "2");
}

TEST_F(PoolCancel, ACancelThatComesAfterTheEndDoesNothing) {
  Connect();
  const auto call = SpawnCancellable(client().Exec<std::string>(Request("GET", "a")));
  RunUntil([&] { return call->done(); });
  Cancel();
  Settle();
  EXPECT_EQ(call->result->value(), "a");
  // Between the end of a call and the turn in which its coroutine runs on.
  const auto closed = SpawnCancellable(client().Exec(Request("SILENCE")));
  RunUntil([&] { return silent_.size() == 1; });
  client().Close();
  Cancel();
  RunUntil([&] { return closed->done(); });
  EXPECT_EQ(closed->status().code(), absl::StatusCode::kCancelled);
}

TEST_F(PoolCancel, AWaitForALeaseCanBeCancelled) {
  options_.leases_max = 1;
  auto held = std::make_unique<Lease>(Await(client().Acquire()).value());
  const auto waits = SpawnCancellable(client().Acquire());
  Settle();
  Cancel();
  RunUntil([&] { return waits->done(); });
  EXPECT_EQ(waits->status().code(), absl::StatusCode::kCancelled);
  EXPECT_EQ(OutcomeOf(waits->status()), Outcome::kNotExecuted);
  held.reset();
  EXPECT_TRUE(Await(client().Acquire()).ok());
}

TEST_F(PoolCancel, ALeaseThatWasGrantedAndThenCancelledIsNotLost) {
  options_.leases_max = 1;
  auto held = std::make_unique<Lease>(Await(client().Acquire()).value());
  auto waits = SpawnCancellable(client().Acquire());
  Settle();
  held.reset();
  // Granted in one turn, and its coroutine runs in the next: cancelled in between.
  CancelWhen([&] { return client().stats().leases == 1; });
  RunUntil([&] { return waits->done(); });
  waits.reset();
  EXPECT_EQ(client().stats().leases, 0u);
  EXPECT_TRUE(Await(client().Acquire()).ok());
}

TEST_F(PoolCancel, ATransactionWhoseLeaseWasGrantedAndThenCancelledRunsNothing) {
  options_.leases_max = 1;
  auto held = std::make_unique<Lease>(Await(client().Acquire()).value());
  bool has_run = false;
  const auto call =
      SpawnCancellable(client().Transact([&](Transaction&) -> Awaitable<absl::Status> {
        has_run = true;
        co_return absl::OkStatus();
      }));
  Settle();
  held.reset();
  CancelWhen([&] { return client().stats().leases == 1; });
  RunUntil([&] { return call->done(); });
  EXPECT_EQ(call->status().code(), absl::StatusCode::kCancelled);
  EXPECT_EQ(OutcomeOf(call->status()), Outcome::kNotExecuted);
  EXPECT_FALSE(has_run);
}

TEST_F(PoolCancel, ATransactionThatIsCancelledBeforeThePauseOfARerunSaysSo) {
  server_.answer = [](PoolServer::Peer& peer, const Words&) {
    peer.Close();
    return "";
  };
  const auto call =
      SpawnCancellable(client().Transact([](Transaction& tx) -> Awaitable<absl::Status> {
        tx.Set("a", "1");
        co_return absl::OkStatus();
      }));
  RunUntil([&] { return !server_.commands().empty(); });  // BEGIN
  // The end of the attempt is known then, and its coroutine has its turn yet to come.
  CancelWhen([&] { return client().stats().connections_open == 0; });
  RunUntil([&] { return call->done(); });
  EXPECT_EQ(call->status().code(), absl::StatusCode::kCancelled);
  EXPECT_EQ(OutcomeOf(call->status()), Outcome::kNotExecuted);
}

TEST_F(PoolCancel, ATransactionThatIsCancelledAtTheEndOfThePauseOfARerunSaysSo) {
  options_.conflict_backoff = {absl::Milliseconds(1), absl::Milliseconds(1)};
  server_.answer = [](PoolServer::Peer&, const Words& words) {
    return words[0] == "COMMIT" ? "-CONFLICT a\r\n" : "+OK\r\n";
  };
  int runs = 0;
  const auto call =
      SpawnCancellable(client().Transact([&](Transaction& tx) -> Awaitable<absl::Status> {
        ++runs;
        tx.Set("a", "1");
        co_return absl::OkStatus();
      }));
  RunUntil([&] { return client().stats().retries == 1; });
  // Both timers have expired when the loop looks at them, and the one set first is heard first.
  boost::asio::steady_timer timer(context_, Clock::time_point::min());
  timer.async_wait([&](const boost::system::error_code&) { Cancel(); });
  const auto later = Clock::now() + std::chrono::milliseconds(1);
  while (Clock::now() < later) continue;
  RunUntil([&] { return call->done(); });
  EXPECT_EQ(call->status().code(), absl::StatusCode::kCancelled);
  EXPECT_EQ(OutcomeOf(call->status()), Outcome::kNotExecuted);
  EXPECT_EQ(runs, 1);
}

TEST_F(PoolCancel, ARequestOnALeaseCanBeCancelledAndMakesItDirty) {
  {
    Lease lease = Await(client().Acquire()).value();
    const auto call = SpawnCancellable(lease.Exec(Request("SILENCE")));
    RunUntil([&] { return silent_.size() == 1; });
    Cancel();
    RunUntil([&] { return call->done(); });
    EXPECT_EQ(call->status().code(), absl::StatusCode::kCancelled);
    EXPECT_TRUE(IsOutcomeUnknown(call->status()));
  }
  RunUntil([&] { return server_.open() == 0; });
}

TEST_F(PoolCancel, AForgottenCallIsNeverTold) {
  options_.in_flight_max = 1;
  Connect();
  Recorder sent, waiting, next;
  const Request silence("SILENCE"), get("GET", "a");
  client().Start(silence, sent);
  client().Start(silence, waiting);
  client().Start(get, next);
  RunUntil([&] { return silent_.size() == 1; });
  client().Forget(waiting);
  client().Forget(waiting);  // It has ended: nothing happens.
  client().Forget(sent);
  silent_[0]->Write("+late\r\n");
  RunUntil([&] { return next.ended(); });
  EXPECT_THAT(next.replies, ElementsAre("a"));
  EXPECT_EQ(sent.ends + waiting.ends, 0);
  EXPECT_TRUE(sent.replies.empty());
}

// --- The client goes ---

TEST_F(PoolCancel, DestroyingTheClientEndsCallsInEveryState) {
  options_.in_flight_max = 2;
  options_.leases_max = 1;
  Connect();
  Lease held = Await(client().Acquire()).value();
  Recorder started;
  const Request silence("SILENCE");
  const auto sent = Spawn(client().Exec(Request("SILENCE")));
  client().Start(silence, started);
  RunUntil([&] { return silent_.size() == 2; });
  const auto waiting = Spawn(client().Exec(Request("GET", "a")));
  const auto lease = Spawn(client().Acquire());
  const auto on_lease = Spawn(held.Exec(Request("SILENCE")));
  int called = 0;
  client().Exec(Request("GET", "a"), {}, [&](absl::StatusOr<Reply> reply) {
    EXPECT_EQ(reply.status().code(), absl::StatusCode::kCancelled);
    ++called;
  });
  client().Acquire({}, [&](absl::StatusOr<Lease> result) {
    EXPECT_EQ(result.status().code(), absl::StatusCode::kCancelled);
    ++called;
  });
  RunUntil([&] { return silent_.size() == 3; });
  client_.reset();
  EXPECT_EQ(started.ends, 1);  // At once: its owner may go with the client.
  EXPECT_EQ(called, 0);
  RunUntil([&] {
    return sent->done() && waiting->done() && lease->done() && on_lease->done() && called == 2;
  });
  EXPECT_EQ(started.end->code(), absl::StatusCode::kCancelled);
  EXPECT_TRUE(IsOutcomeUnknown(*started.end));
  EXPECT_TRUE(IsOutcomeUnknown(sent->status()));
  EXPECT_TRUE(IsOutcomeUnknown(on_lease->status()));
  EXPECT_EQ(OutcomeOf(waiting->status()), Outcome::kNotExecuted);
  EXPECT_EQ(OutcomeOf(lease->status()), Outcome::kNotExecuted);
}

TEST_F(PoolCancel, DestroyingTheClientWhileItConnectsEndsWhoWaits) {
  const auto call = Spawn(client().Exec(Request("GET", "a")));
  const auto lease = Spawn(client().Acquire());
  context_.restart();
  context_.run_one();
  context_.run_one();
  client_.reset();
  RunUntil([&] { return call->done() && lease->done(); });
  EXPECT_EQ(call->status().code(), absl::StatusCode::kCancelled);
  EXPECT_EQ(lease->status().code(), absl::StatusCode::kCancelled);
  RunUntil([&] { return server_.open() == 0; });
}

TEST_F(PoolCancel, TheClientMayBeDestroyedByWhatItCalls) {
  for (int way = 0; way < 5; ++way) {
    SCOPED_TRACE(way);
    options_.in_flight_max = 1;
    silent_.clear();
    Connect();
    Recorder first, second;
    const Request get("GET", "a"), silence("SILENCE");
    switch (way) {
      case 0:  // The end of a call with a reply.
        first.then = [&] { client_.reset(); };
        client().Start(get, first);
        client().Start(get, second);
        break;
      case 1:  // The end of a call without one.
        client().Start(silence, first, Timeout(absl::Milliseconds(2)));
        client().Start(get, second);
        first.then = [&] { client_.reset(); };
        break;
      case 2:  // The end of a call that has waited too long.
        second.then = [&] { client_.reset(); };
        client().Start(silence, first);
        client().Start(get, second, Timeout(absl::Milliseconds(2)));
        break;
      case 3:  // A push message.
        client().SetPushHandler([&](ReplyView) { client_.reset(); });
        client().Start(silence, first);
        client().Start(get, second);
        RunUntil([&] { return silent_.size() == 1; });
        silent_[0]->Write(">1\r\n+bye\r\n");
        break;
      case 4:  // A callback.
        client().Start(silence, first);
        client().Start(get, second);
        client().Exec(get, Timeout(absl::Milliseconds(2)),
                      [&](absl::StatusOr<Reply>) { client_.reset(); });
        break;
    }
    if (way == 1 && first.ends != 0) {
      // The thread did not run for 2 ms: its timeout passed above.
      client_.reset();
      Settle();
      --way;
      continue;
    }
    RunUntil([&] { return client_ == nullptr; });
    EXPECT_EQ(first.ends, 1);
    EXPECT_EQ(second.ends, 1);
    Settle();
  }
}

TEST_F(PoolCancel, AClosedClientSaysSo) {
  Connect();
  client().Close();
  client().Close();
  const auto call = Await(client().Exec(Request("GET", "a")));
  EXPECT_EQ(call.status().code(), absl::StatusCode::kCancelled);
  EXPECT_EQ(OutcomeOf(call.status()), Outcome::kNotExecuted);
  EXPECT_EQ(Await(client().Acquire()).status().code(), absl::StatusCode::kCancelled);
  RunUntil([&] { return server_.open() == 0; });
  EXPECT_EQ(client().stats().connections_open, 0u);
}

TEST_F(PoolCancel, CallsMayBeForgottenWhileItCloses) {
  Connect();
  server_.answer = [](PoolServer::Peer&, const Words&) { return ""; };
  Recorder first;
  Recorder forgotten;
  const Request get("GET", "a");
  client().Start(get, first);
  client().Start(get, forgotten);
  Settle();
  first.then = [&] { client().Forget(forgotten); };
  client().Close();
  EXPECT_EQ(first.ends, 1);
  EXPECT_EQ(forgotten.ends, 0);
}

TEST_F(PoolCancel, CallsMadeWhileItClosesAreTurnedAway) {
  Connect();
  Recorder first, second;
  const Request silence("SILENCE");
  first.then = [&] { client().Start(silence, second); };
  client().Start(silence, first);
  client().Close();
  EXPECT_EQ(first.ends, 1);
  EXPECT_EQ(second.ends, 1);
  EXPECT_EQ(second.end->code(), absl::StatusCode::kCancelled);
}

// --- The event loop goes ---

// What a coroutine holds, and whether it has been let go.
class PoolContextGone : public ::testing::Test {
 protected:
  // Runs a coroutine that owns its client, until `until`, and then destroys the loop below it.
  template <typename Body>
  void LeaveSuspended(Body body) {
    auto context = std::make_unique<boost::asio::io_context>();
    auto server = std::make_unique<PoolServer>(*context);
    server->answer = [](PoolServer::Peer&, const Words&) { return ""; };
    ClientOptions options;
    options.connection.endpoint.port = server->port();
    options.in_flight_max = 1;
    options.leases_max = 1;
    auto token = std::make_shared<int>(0);
    boost::asio::co_spawn(*context, Own(*context, options, token, body), boost::asio::detached);
    for (int steps = 0; steps < 200; ++steps) context->poll_one();
    std::weak_ptr<int> watched = std::exchange(token, nullptr);
    EXPECT_FALSE(watched.expired());
    server.reset();
    context.reset();
    EXPECT_TRUE(watched.expired());
  }

 private:
  template <typename Body>
  static Awaitable<void> Own(boost::asio::io_context& context, ClientOptions options,
                             std::shared_ptr<int> token, Body body) {
    Client client(context, options);
    co_await body(client);
    token.reset();
  }
};

TEST_F(PoolContextGone, ACoroutineThatWaitsForAReplyIsFreed) {
  LeaveSuspended([](Client& client) -> Awaitable<void> {
    (co_await client.Exec(Request("GET", "a"))).status().IgnoreError();
  });
}

TEST_F(PoolContextGone, ACoroutineThatWaitsForRoomIsFreed) {
  LeaveSuspended([](Client& client) -> Awaitable<void> {
    client.Exec(Request("GET", "a"), {}, [](absl::StatusOr<Reply>) {});
    (co_await client.Exec(Request("GET", "a"))).status().IgnoreError();
  });
}

TEST_F(PoolContextGone, ACoroutineThatWaitsOnALeaseIsFreed) {
  LeaveSuspended([](Client& client) -> Awaitable<void> {
    auto lease = co_await client.Acquire();
    (co_await lease->Exec(Request("GET", "a"))).status().IgnoreError();
  });
}

TEST_F(PoolContextGone, ACoroutineThatWaitsForALeaseIsFreed) {
  LeaveSuspended([](Client& client) -> Awaitable<void> {
    auto lease = co_await client.Acquire();
    client.Acquire({}, [](absl::StatusOr<Lease>) {});
    (co_await client.Acquire()).status().IgnoreError();
  });
}

}  // namespace
}  // namespace nacre::client::testing
