#ifndef NACRE_TESTS_CLIENT_CONTRACT_CONTRACT_FIXTURE_H_
#define NACRE_TESTS_CLIENT_CONTRACT_CONTRACT_FIXTURE_H_

// What holds of the client whatever server it talks to and by whichever face it is called. Each
// test starts a server of its own. The instantiations are in nacre_contract_test.cc and
// redis_contract_test.cc.

#include <memory>
#include <optional>
#include <string>
#include <tuple>
#include <vector>

#include "gtest/gtest.h"
#include "tests/client/contract/caller.h"
#include "tests/client/support/raw_client.h"
#include "tests/client/support/server_under_test.h"

namespace nacre::client::contract {

using support::RawClient;
using support::ServerKind;
using support::ServerUnderTest;
using support::Words;

// Options against a server on `port`: no breaker (a test that wants one says so), and waits that no
// slow machine reaches by itself.
ClientOptions OptionsFor(uint16_t port);

// Reruns paid for without end, so that only the test decides when Transact() gives up.
ClientOptions WithoutRetryLimits(ClientOptions options);

using Param = std::tuple<ServerKind, Face>;
std::string NameOfParam(const ::testing::TestParamInfo<Param>& info);

class ContractTest : public ::testing::TestWithParam<Param> {
 protected:
  void SetUp() override { StartServer({}); }
  // Instead of the one that runs.
  void StartServer(std::vector<std::string> flags);

  ServerKind kind() const { return std::get<0>(GetParam()); }
  Face face() const { return std::get<1>(GetParam()); }
  bool is_nacre() const { return kind() == ServerKind::kNacre; }

  ServerUnderTest& server() { return *server_; }
  ClientOptions options() { return OptionsFor(server_->port()); }
  std::unique_ptr<Caller> MakeClient() { return MakeClient(options()); }
  std::unique_ptr<Caller> MakeClient(ClientOptions options) {
    return MakeCaller(face(), std::move(options));
  }
  // What the server holds, asked past the client.
  std::optional<std::string> ValueOf(const std::string& key) {
    return RawClient(server_->port()).Get(key);
  }
  std::string Raw(const Words& words) { return RawClient(server_->port()).Do(words); }

 private:
  std::unique_ptr<ServerUnderTest> server_;
};

// The tests, each file's its own suite.
class ExecContract : public ContractTest {};
class HandshakeContract : public ContractTest {};
class TransactContract : public ContractTest {};
class OutageContract : public ContractTest {};

}  // namespace nacre::client::contract

#endif  // NACRE_TESTS_CLIENT_CONTRACT_CONTRACT_FIXTURE_H_
