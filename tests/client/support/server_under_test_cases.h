#ifndef NACRE_TESTS_CLIENT_SUPPORT_SERVER_UNDER_TEST_CASES_H_
#define NACRE_TESTS_CLIENT_SUPPORT_SERVER_UNDER_TEST_CASES_H_

#include <csignal>

#include "gtest/gtest.h"
#include "tests/client/support/raw_client.h"
#include "tests/client/support/server_under_test.h"

namespace nacre::client::support {

// What holds of a server of either kind.

inline void AServerAnswersAndComesBackEmptyOnItsPort(ServerKind kind) {
  auto server = ServerUnderTest::Start(kind);
  ASSERT_TRUE(server.ok()) << server.status();
  const uint16_t port = (*server)->port();
  EXPECT_EQ(RawClient(port).Do({"SET", "key", "value"}), "+OK\r\n");
  EXPECT_EQ(RawClient(port).Get("key"), "value");
  EXPECT_EQ((*server)->Stop(), 0);
  EXPECT_FALSE(RawClient(port).is_open());
  ASSERT_TRUE((*server)->Restart().ok());
  EXPECT_EQ((*server)->port(), port);
  EXPECT_EQ(RawClient(port).Get("key"), std::nullopt);

  RawClient open(port);
  EXPECT_EQ(open.Do({"PING"}), "+PONG\r\n");
  (*server)->Kill();
  EXPECT_EQ(open.ReadReply(), "");
  EXPECT_FALSE(RawClient(port).is_open());
  ASSERT_TRUE((*server)->Restart().ok());
  EXPECT_EQ(RawClient(port).Do({"PING"}), "+PONG\r\n");
}

inline void APausedServerTakesBytesAndAnswersAfterwards(ServerKind kind) {
  auto server = ServerUnderTest::Start(kind);
  ASSERT_TRUE(server.ok()) << server.status();
  RawClient before((*server)->port());
  EXPECT_EQ(before.Do({"PING"}), "+PONG\r\n");
  for (int i = 0; i < 5; ++i) {
    (*server)->Pause();
    RawClient during((*server)->port());
    EXPECT_TRUE(before.Send(RequestBytes({"INCR", "n"})));
    EXPECT_TRUE(during.Send(RequestBytes({"PING"})));
    (*server)->Continue();
    EXPECT_EQ(before.ReadReply(), Integer(i + 1));
    EXPECT_EQ(during.ReadReply(), "+PONG\r\n");
  }
  (*server)->Pause();
  (*server)->Kill();
}

inline void FlagsReachTheServer(ServerKind kind) {
  auto server = ServerUnderTest::Start(kind, {"--requirepass", "secret"});
  ASSERT_TRUE(server.ok()) << server.status();
  RawClient client((*server)->port());
  EXPECT_TRUE(client.Do({"GET", "key"}).starts_with("-NOAUTH"));
  EXPECT_EQ(client.Do({"AUTH", "secret"}), "+OK\r\n");
  EXPECT_EQ(client.Get("key"), std::nullopt);
  const auto refused = ServerUnderTest::Start(kind, {"--no-such-flag", "1"});
  EXPECT_EQ(refused.status().code(), absl::StatusCode::kUnavailable);
}

}  // namespace nacre::client::support

#endif  // NACRE_TESTS_CLIENT_SUPPORT_SERVER_UNDER_TEST_CASES_H_
