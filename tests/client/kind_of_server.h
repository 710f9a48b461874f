#ifndef NACRE_TESTS_CLIENT_KIND_OF_SERVER_H_
#define NACRE_TESTS_CLIENT_KIND_OF_SERVER_H_

// For tests that are compiled once for each kind of server, since those against Redis carry a label
// of their own.

#include <memory>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "nacre/client/options.h"
#include "tests/client/support/server_under_test.h"

namespace nacre::client {

inline constexpr support::ServerKind kKind = support::ServerKind::NACRE_TEST_SERVER_KIND;
inline constexpr bool kIsNacre = kKind == support::ServerKind::kNacre;

// An empty server, for each test.
class ServerTest : public testing::Test {
 protected:
  void SetUp() override {
    auto server = support::ServerUnderTest::Start(kKind);
    ASSERT_TRUE(server.ok()) << server.status();
    server_ = *std::move(server);
  }
  ClientOptions Options() const {
    ClientOptions options;
    options.connection.endpoint.port = server_->port();
    return options;
  }

  std::unique_ptr<support::ServerUnderTest> server_;
};

}  // namespace nacre::client

#endif  // NACRE_TESTS_CLIENT_KIND_OF_SERVER_H_
