#include "tests/client/faults/conversation_faults.h"

#include <atomic>
#include <functional>
#include <thread>
#include <vector>

namespace nacre::client::faults {

using contract::Caller;
using contract::Face;
using support::Cut;
using support::Direction;
using support::Hold;
using support::Proxy;
using support::ProxyPlan;
using support::RawClient;
using support::ServerKind;

namespace {

constexpr int kThreads = 24;  // Most of them wait.
constexpr uint64_t kMoreDigits = 12;

struct Position {
  int connection;
  Direction direction;
  uint64_t byte;
};

}  // namespace

ConversationFaults::Sizes ConversationFaults::MeasureConversation() {
  Proxy proxy(server().port());
  const auto client = MakeClient(contract::OptionsFor(proxy.port()));
  const Account account = Converse(*client, "measured", {});
  EXPECT_EQ(Summary(account), "ok, ok, ok, ok");
  EXPECT_EQ(proxy.connections(), kConnections);
  Sizes sizes{};
  for (int connection = 0; connection < kConnections; ++connection) {
    for (const Direction direction : {Direction::kToServer, Direction::kToClient}) {
      const uint64_t bytes = proxy.bytes(direction, connection);
      EXPECT_GT(bytes, 0u);
      sizes[static_cast<size_t>(connection)][static_cast<size_t>(direction)] = bytes + kMoreDigits;
    }
  }
  return sizes;
}

void ConversationFaults::ForEveryByte(const std::function<ProxyPlan(Direction, uint64_t)>& plan_at,
                                      const ConversationOptions& conversation) {
  const Sizes sizes = MeasureConversation();
  std::vector<Position> positions;
  for (int connection = 0; connection < kConnections; ++connection) {
    for (const Direction direction : {Direction::kToServer, Direction::kToClient}) {
      const uint64_t end = sizes[static_cast<size_t>(connection)][static_cast<size_t>(direction)];
      for (uint64_t byte = 0; byte < end; ++byte)
        positions.push_back({connection, direction, byte});
    }
  }
  std::atomic<size_t> next = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < kThreads; ++i) {
    threads.emplace_back([&] {
      RawClient raw(server().port());
      for (size_t at = next++; at < positions.size(); at = next++) {
        const Position& position = positions[at];
        Proxy proxy(server().port(), [&](int connection) {
          return connection == position.connection ? plan_at(position.direction, position.byte)
                                                   : ProxyPlan{};
        });
        const std::string key = "connection " + std::to_string(position.connection) +
                                (position.direction == Direction::kToServer ? " >" : " <") +
                                std::to_string(position.byte);
        ConverseThrough(proxy, key, conversation, raw);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  positions_ = static_cast<int>(positions.size());
}

void ConversationFaults::ExpectAllReached() const {
  // All but those behind the last byte, of which only as many are planned as digits may come.
  EXPECT_GE(reached_ + static_cast<int>(4 * kMoreDigits), positions_);
}

void ConversationFaults::ConverseThrough(Proxy& proxy, const std::string& key,
                                         const ConversationOptions& conversation, RawClient& raw) {
  auto client = MakeClient(contract::OptionsFor(proxy.port()));
  const Account account = Converse(*client, key, conversation);
  client.reset();
  proxy.Release();
  proxy.WaitUntilServerClosed();
  ExpectTruth(account, raw, key);
  const std::lock_guard lock(mutex_);
  ++summaries_[Summary(account)];
  if (proxy.failures() > 0) ++reached_;
}

TEST_P(ConversationFaults, CutByAnEndAtEveryByteEachOutcomeIsTrue) {
  ForEveryByte(
      [](Direction direction, uint64_t byte) {
        return ProxyPlan{.cut = Cut{direction, byte, Cut::How::kEnd}};
      },
      {});
  ExpectAllReached();
  // A cut hits one step at most; what comes after it has a new connection.
  EXPECT_GT(summaries_["unknown, ok, ok, ok"], 0);
  EXPECT_GT(summaries_["ok, unknown, ok, ok"], 0);
  EXPECT_GT(summaries_["ok, ok, unknown, ok"], 0);
  EXPECT_GT(summaries_["ok, ok, ok, unknown"], 0);
  EXPECT_GT(summaries_["ok, ok, ok, ok"], 0);
}

TEST_P(ConversationFaults, CutByAnErrorAtEveryByteEachOutcomeIsTrue) {
  ForEveryByte(
      [](Direction direction, uint64_t byte) {
        return ProxyPlan{.cut = Cut{direction, byte, Cut::How::kReset}};
      },
      {});
  ExpectAllReached();
  EXPECT_GT(summaries_["unknown, ok, ok, ok"], 0);
  EXPECT_GT(summaries_["ok, ok, ok, unknown"], 0);
  EXPECT_GT(summaries_["ok, ok, ok, ok"], 0);
}

// What is held passes when the client has given up and gone: what it said was not executed must not
// happen even then.
TEST_P(ConversationFaults, HeldAtEveryByteUntilTheDeadlineEachOutcomeIsTrue) {
  ForEveryByte(
      [](Direction direction, uint64_t byte) {
        return ProxyPlan{.hold = Hold{direction, byte}};
      },
      {.timeout = absl::Milliseconds(40), .end_at_first_failure = true});
  EXPECT_GT(summaries_["unknown, -, -, -"], 0);
  EXPECT_GT(summaries_["not executed, -, -, -"], 0);
}

TEST_P(ConversationFaults, DeliveredByteByByteEverythingIsAsEver) {
  Proxy proxy(server().port(), {.one_byte_at_a_time = true});
  RawClient raw(server().port());
  const auto client = MakeClient(contract::OptionsFor(proxy.port()));
  for (int i = 0; i < 20; ++i) {
    const std::string key = "slow " + std::to_string(i);
    const Account account = Converse(*client, key, {});
    EXPECT_EQ(Summary(account), "ok, ok, ok, ok");
    ExpectTruth(account, raw, key);
  }
  EXPECT_EQ(proxy.connections(), kConnections);
}

TEST_P(ConversationFaults, ABlackHoleCostsTheTimeoutAndNothingIsDone) {
  RawClient raw(server().port());
  Proxy proxy(server().port(), {.black_hole = true});
  auto client = MakeClient(contract::OptionsFor(proxy.port()));
  const Account account = Converse(*client, "nothing", {.timeout = absl::Milliseconds(20)});
  EXPECT_EQ(Summary(account), "not executed, not executed, not executed, not executed");
  EXPECT_EQ(account.transaction_runs, 0);
  client.reset();
  proxy.Release();
  proxy.WaitUntilServerClosed();
  ExpectTruth(account, raw, "nothing");
}

}  // namespace nacre::client::faults
