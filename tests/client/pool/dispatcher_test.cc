// The dispatcher beside a connector, of which the public client shows too little.

#include "client/pool/dispatcher.h"

#include "boost/asio/post.hpp"
#include "client/pool/connector.h"
#include "client/pool/pool_core.h"
#include "tests/client/pool/pool_fixture.h"

namespace nacre::client::testing {
namespace {

// A client without timers: who uses it says when something is due.
class Parts final : public PoolCore, public std::enable_shared_from_this<Parts> {
 public:
  Parts(boost::asio::io_context& context_in, ClientOptions options_in)
      : PoolCore(context_in, std::move(options_in)) {}

  std::shared_ptr<PoolCore> Hold() override { return shared_from_this(); }
  void Arm() override {}
  void WatchHealth() override {}
  void OpenSoon() override {}
  void FailWaitingSoon(absl::Status) override {}
  void Bury(std::unique_ptr<Connection> connection) override {
    boost::asio::post(context, [self = Hold(), connection = std::move(connection)] {});
  }

  Connector connector{*this};
  Dispatcher dispatcher{*this, connector};
};

// A call that nobody waits for.
class Asked final : public Call {
 public:
  Asked(const Request& request, ReplyConsumer& consumer) { Prepare(request, consumer); }

 private:
  void Ended(const absl::Status&) override {}
  void Abandoned() override {}
};

TEST_F(PoolTest, AConnectionThatHasOnlyAnsweredPingBeginsANewSeriesOfWaits) {
  options_.reconnect = {absl::Milliseconds(1), absl::Hours(1'000'000)};
  options_.health_check_interval = absl::Minutes(1);
  const auto parts = std::make_shared<Parts>(context_, options_);
  const Request get("GET", "a");
  Recorder replies;
  Asked call(get, replies);
  parts->dispatcher.Start(call, {});  // Connects.
  parts->dispatcher.Forget(call);
  // As at the end of an outage, whose waits have become long.
  TimePoint now = Clock::now();
  for (int i = 0; i < 36; ++i) {
    parts->connector.OnLost(now, /*useful=*/false);
    now = parts->connector.next_attempt();
  }
  RunUntil([&] { return parts->dispatcher.connections_open() == 1; });
  parts->dispatcher.CheckHealth(Clock::now() + std::chrono::hours(1));
  RunUntil([&] { return server_.pings() == 1; });
  Settle();
  server_.CloseAll();
  RunUntil([&] { return parts->dispatcher.connections_open() == 0; });
  Settle();
  EXPECT_LT(parts->connector.next_attempt(), Clock::now() + std::chrono::hours(1));
}

}  // namespace
}  // namespace nacre::client::testing
