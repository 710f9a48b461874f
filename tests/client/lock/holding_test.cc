// How long a lock is certainly held, and when to renew it.

#include "client/lock/holding.h"

#include <chrono>
#include <set>

#include "client/lock/token.h"
#include "gtest/gtest.h"

namespace nacre::client {
namespace {

using std::chrono::milliseconds;

const TimePoint kStart = TimePoint() + std::chrono::hours(1);
constexpr absl::Duration kTimeToLive = absl::Milliseconds(900);

// COUNTED-FROM-BEFORE.
TEST(Holding, TheTimeCountsFromBeforeTheRequest) {
  const Holding holding(kTimeToLive, kStart);
  EXPECT_FALSE(holding.IsLost(kStart + milliseconds(899)));
  EXPECT_EQ(holding.Left(kStart + milliseconds(100)), milliseconds(800));
  EXPECT_TRUE(holding.IsLost(kStart + milliseconds(900)));
  EXPECT_EQ(holding.Left(kStart + milliseconds(1000)), milliseconds(0));
}

TEST(Holding, ARenewalBeginsAnewFromBeforeItsRequest) {
  Holding holding(kTimeToLive, kStart);
  holding.Renewed(kStart + milliseconds(300), kStart + milliseconds(700));
  EXPECT_FALSE(holding.IsLost(kStart + milliseconds(1199)));
  EXPECT_TRUE(holding.IsLost(kStart + milliseconds(1200)));
}

TEST(Holding, ARenewalThatIsAnsweredTooLateDoesNotBringTheLockBack) {
  Holding holding(kTimeToLive, kStart);
  holding.Renewed(kStart + milliseconds(300), kStart + milliseconds(900));
  EXPECT_TRUE(holding.IsLost(kStart + milliseconds(901)));
}

TEST(Holding, LostStaysLost) {
  Holding holding(kTimeToLive, kStart);
  holding.Lose();
  EXPECT_TRUE(holding.IsLost(kStart));
  holding.Renewed(kStart, kStart);
  EXPECT_TRUE(holding.IsLost(kStart));
  EXPECT_EQ(holding.Left(kStart), milliseconds(0));
}

TEST(Holding, IsRenewedAtAThirdAndAfterAFailureAtEachFurtherNinth) {
  Holding holding(kTimeToLive, kStart);
  EXPECT_EQ(holding.next_renewal(), kStart + milliseconds(300));
  holding.RenewalFailed(kStart + milliseconds(350));
  EXPECT_EQ(holding.next_renewal(), kStart + milliseconds(450));
  holding.RenewalFailed(kStart + milliseconds(850));
  EXPECT_EQ(holding.next_renewal(), kStart + milliseconds(900)) << "not past the end";
  holding.Renewed(kStart + milliseconds(860), kStart + milliseconds(870));
  EXPECT_EQ(holding.next_renewal(), kStart + milliseconds(1160));
}

TEST(LockToken, Is128BitsAndNeverTheSame) {
  std::set<std::string> tokens;
  for (int i = 0; i < 1000; ++i) {
    const std::string token = NewToken();
    EXPECT_EQ(token.size(), 32u);
    EXPECT_EQ(token.find_first_not_of("0123456789abcdef"), std::string::npos);
    tokens.insert(token);
  }
  EXPECT_EQ(tokens.size(), 1000u);
}

}  // namespace
}  // namespace nacre::client
