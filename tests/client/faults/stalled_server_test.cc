// A server that has stopped reading: what waits for it is bounded, deadlines hold, and what does
// not go to it goes on.

#include <boost/asio/io_context.hpp>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "gtest/gtest.h"
#include "nacre/client/client.h"
#include "nacre/client/errors.h"
#include "tests/client/contract/contract_fixture.h"
#include "tests/client/support/scripted_server.h"

namespace nacre::client::faults {
namespace {

using support::CannedReplies;
using support::ScriptedServer;

// The first connection is read from as far as the handshake; the others are good.
ScriptedServer::Script FirstStopsReading() {
  return [](ScriptedServer::Peer& peer) {
    const CannedReplies replies;
    if (peer.number() > 0) return peer.AnswerAll(replies);
    while (const auto words = peer.ReadCommand()) {
      peer.Answer(*words, replies);
      if ((*words)[0] == "PING") return peer.StopReading();
    }
  };
}

struct Waiting final : ReplyConsumer {
  void OnReply(ReplyView) override { ++replies; }
  void OnEnd(const absl::Status& status) override {
    EXPECT_FALSE(end.has_value()) << "ended twice";
    end = status;
  }
  int replies = 0;
  std::optional<absl::Status> end;
};

class StalledServerTest : public ::testing::Test {
 protected:
  void RunUntil(const std::function<bool()>& condition) {
    while (!condition()) {
      if (context_.stopped()) context_.restart();
      ASSERT_GT(context_.run_one(), 0u) << "nothing is left that could bring it about";
    }
  }

  ScriptedServer server_{FirstStopsReading(), {.receive_buffer_bytes = 4096}};
  boost::asio::io_context context_{1};
};

TEST_F(StalledServerTest, AConnectionHoldsNoMoreThanItsLimitAndEndsWhatItHolds) {
  ConnectionOptions options = contract::OptionsFor(server_.port()).connection;
  options.output_bytes_max = 1 << 20;
  options.unresponsive_timeout = absl::Milliseconds(50);
  Connection connection(context_, options);
  std::optional<absl::Status> opened;
  std::optional<absl::Status> closed;
  connection.SetCloseHandler([&](const absl::Status& why) { closed = why; });
  connection.Open([&](const absl::Status& status) { opened = status; });
  RunUntil([&] { return opened.has_value(); });
  ASSERT_TRUE(opened->ok()) << *opened;
  Waiting ping;
  connection.Send(Request("PING"), ping, Deadline::max());
  RunUntil([&] { return ping.end.has_value(); });
  ASSERT_EQ(ping.replies, 1);

  const Request set("SET", "key", std::string(64 << 10, 'x'));
  std::vector<std::unique_ptr<Waiting>> sent;
  const Deadline deadline = std::chrono::steady_clock::now() + std::chrono::milliseconds(200);
  size_t refused = 0;
  while (refused < 100) {
    sent.push_back(std::make_unique<Waiting>());
    connection.Send(set, *sent.back(), deadline);
    ASSERT_LE(connection.output_bytes(), options.output_bytes_max);
    context_.poll();
    if (context_.stopped()) context_.restart();
    const auto& end = sent.back()->end;
    if (!end || end->code() != absl::StatusCode::kResourceExhausted) continue;
    ++refused;
    EXPECT_EQ(OutcomeOf(*end), Outcome::kNotExecuted);
    EXPECT_TRUE(absl::StrContains(end->message(), "output_bytes_max")) << *end;
  }
  // Then the deadlines, and when the server has said nothing for long enough, the connection.
  RunUntil([&] { return closed.has_value(); });
  for (const auto& one : sent) {
    ASSERT_TRUE(one->end.has_value());
    EXPECT_EQ(one->replies, 0);
    EXPECT_FALSE(one->end->ok());
    EXPECT_NE(OutcomeOf(*one->end), Outcome::kExecuted);
  }
  EXPECT_EQ(connection.output_bytes(), 0u);
}

TEST_F(StalledServerTest, EachCallEndsOnceByItsDeadlineAndOtherConnectionsGoOn) {
  ClientOptions options = contract::OptionsFor(server_.port());
  options.connection.output_bytes_max = 1 << 20;
  options.connection.unresponsive_timeout = absl::Milliseconds(50);
  Client client(context_, options);
  bool connected = false;
  client.Exec(Request("PING"), {}, [&](absl::StatusOr<Reply> reply) { connected = reply.ok(); });
  RunUntil([&] { return connected; });

  constexpr int kCalls = 2000;
  const std::string value(10'000, 'x');
  std::vector<int> ends(kCalls, 0);
  int ended = 0;
  for (int i = 0; i < kCalls; ++i) {
    client.Exec(Request("PING", value), {.timeout = absl::Milliseconds(300)},
                [&, i](absl::StatusOr<Reply> reply) {
                  ++ends[static_cast<size_t>(i)];
                  ++ended;
                  // After the stalled connection was given up, the next one may answer.
                  if (!reply.ok()) {
                    EXPECT_TRUE(absl::IsDeadlineExceeded(reply.status()) ||
                                absl::IsResourceExhausted(reply.status()) ||
                                absl::IsUnavailable(reply.status()) ||
                                absl::IsUnknown(reply.status()))
                        << reply.status();
                  }
                });
  }
  std::optional<Lease> lease;
  client.Acquire({}, [&](absl::StatusOr<Lease> acquired) {
    ASSERT_TRUE(acquired.ok()) << acquired.status();
    lease = *std::move(acquired);
  });
  RunUntil([&] { return lease.has_value(); });
  Waiting beside;
  lease->connection().Send(Request("PING"), beside, Deadline::max());
  RunUntil([&] { return beside.end.has_value(); });
  EXPECT_TRUE(beside.end->ok()) << *beside.end;

  RunUntil([&] { return ended == kCalls; });
  EXPECT_EQ(ends, std::vector<int>(kCalls, 1));
  EXPECT_EQ(client.stats().in_flight, 0u);
  EXPECT_EQ(client.stats().waiting, 0u);
  // The shared connection comes back as another one; what meets the end of the old one says so.
  bool answered = false;
  while (!answered) {
    std::optional<absl::Status> end;
    client.Exec(Request("PING"), {}, [&](absl::StatusOr<Reply> reply) { end = reply.status(); });
    RunUntil([&] { return end.has_value(); });
    answered = end->ok();
    ASSERT_TRUE(answered || IsOutcomeUnknown(*end)) << *end;
  }
}

}  // namespace
}  // namespace nacre::client::faults
