#include "tests/client/contract/contract_fixture.h"

namespace nacre::client::contract {

ClientOptions OptionsFor(uint16_t port) {
  ClientOptions options;
  options.connection.endpoint.port = port;
  options.connection.connect_timeout = absl::Seconds(60);
  options.call_timeout = absl::Seconds(60);
  options.reconnect.initial = absl::Milliseconds(1);
  options.reconnect.max = absl::Milliseconds(20);
  options.breaker.failures = 0;
  return options;
}

ClientOptions WithoutRetryLimits(ClientOptions options) {
  options.retry_budget.per_second_min = 1e9;
  options.conflict_backoff.max = absl::Milliseconds(5);
  return options;
}

std::string NameOfParam(const ::testing::TestParamInfo<Param>& info) {
  return std::string(NameOf(std::get<0>(info.param))) +
         std::string(NameOf(std::get<1>(info.param)));
}

void ContractTest::StartServer(std::vector<std::string> flags) {
  server_.reset();
  auto started = ServerUnderTest::Start(kind(), std::move(flags));
  ASSERT_TRUE(started.ok()) << started.status();
  server_ = *std::move(started);
}

}  // namespace nacre::client::contract
