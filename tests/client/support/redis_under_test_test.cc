#include "gtest/gtest.h"
#include "tests/client/support/server_under_test_cases.h"

namespace nacre::client::support {
namespace {

TEST(RedisUnderTest, AnswersAndComesBackEmptyOnItsPort) {
  AServerAnswersAndComesBackEmptyOnItsPort(ServerKind::kRedis);
}

TEST(RedisUnderTest, PausedTakesBytesAndAnswersAfterwards) {
  APausedServerTakesBytesAndAnswersAfterwards(ServerKind::kRedis);
}

TEST(RedisUnderTest, GetsItsFlags) { FlagsReachTheServer(ServerKind::kRedis); }

}  // namespace
}  // namespace nacre::client::support
