// Lock against servers.

#include "nacre/client/lock.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <optional>
#include <string>

#include "gtest/gtest.h"
#include "nacre/client/errors.h"
#include "tests/client/kind_of_server.h"
#include "tests/client/run_coroutine.h"

namespace nacre::client {
namespace {

using MaybeLock = absl::StatusOr<std::optional<Lock>>;

class LockTest : public ServerTest {
 protected:
  void SetUp() override {
    ServerTest::SetUp();
    client_.emplace(context_, Options());
    other_.emplace(context_, Options());
  }
  absl::StatusOr<Lock> Acquire(LockOptions options = {}) {
    return RunCoroutine(context_, Lock::Acquire(*client_, "l", options));
  }
  MaybeLock TryAcquire(Client& client, LockOptions options = {}) {
    return RunCoroutine(context_, Lock::TryAcquire(client, "l", options));
  }
  std::optional<std::string> Holder() {
    return *RunCoroutine(context_, client_->Exec<std::optional<std::string>>(Request("GET", "l")));
  }
  void RunUntil(const std::function<bool()>& condition) {
    RunCoroutine(context_, [&]() -> Awaitable<int> {
      co_await Until(condition);
      co_return 0;
    }());
  }

  boost::asio::io_context context_;
  std::optional<Client> client_;
  std::optional<Client> other_;
};

TEST_F(LockTest, IsHeldByOneAndFreeAfterRelease) {
  auto lock = Acquire();
  ASSERT_TRUE(lock.ok()) << lock.status();
  EXPECT_FALSE(lock->lost());
  EXPECT_GT(lock->time_left(), absl::ZeroDuration());
  EXPECT_LE(lock->time_left(), absl::Seconds(30));
  EXPECT_EQ(Holder(), lock->token());

  EXPECT_EQ(TryAcquire(*other_)->has_value(), false);
  EXPECT_TRUE(RunCoroutine(context_, lock->Release()).ok());
  EXPECT_TRUE(lock->lost());
  EXPECT_EQ(Holder(), std::nullopt);
  EXPECT_EQ(TryAcquire(*other_)->has_value(), true);
}

TEST_F(LockTest, AcquireGivesUpAfterWaitTimeout) {
  const auto held = Acquire();
  ASSERT_TRUE(held.ok());
  const auto lock = Acquire({.wait_timeout = absl::Milliseconds(50)});
  EXPECT_EQ(lock.status().code(), absl::StatusCode::kDeadlineExceeded) << lock.status();
  EXPECT_EQ(OutcomeOf(lock.status()), Outcome::kNotExecuted);
  EXPECT_EQ(Holder(), held->token());
}

TEST_F(LockTest, AcquireWaitsForTheHolderToGo) {
  auto held = Acquire();
  ASSERT_TRUE(held.ok());
  std::optional<absl::StatusOr<Lock>> waited;
  boost::asio::co_spawn(context_, Lock::Acquire(*other_, "l", {.wait_timeout = absl::Minutes(1)}),
                        [&](auto, absl::StatusOr<Lock> lock) { waited.emplace(std::move(lock)); });
  RunUntil([&] { return other_->stats().requests + other_->stats().leases > 0; });
  EXPECT_FALSE(waited.has_value());
  EXPECT_TRUE(RunCoroutine(context_, held->Release()).ok());
  RunUntil([&] { return waited.has_value(); });
  ASSERT_TRUE(waited->ok()) << waited->status();
  EXPECT_EQ(Holder(), (*waited)->token());
  EXPECT_GT((*waited)->fence(), held->fence());
}

TEST_F(LockTest, ManyExcludeEachOtherAndTheirFencesRise) {
  constexpr int kWorkers = 6;
  constexpr int kEach = 5;
  int inside = 0, ended = 0, turns = 0;
  int64_t last_fence = 0;
  const auto worker = [&](Client& client) -> Awaitable<void> {
    for (int i = 0; i < kEach; ++i) {
      auto lock = co_await Lock::Acquire(client, "l",
                                         {.wait_timeout = absl::Minutes(2),
                                          .wait = {absl::Milliseconds(1), absl::Milliseconds(10)}});
      EXPECT_TRUE(lock.ok()) << lock.status();
      if (!lock.ok()) break;
      EXPECT_EQ(++inside, 1);
      EXPECT_GT(lock->fence(), last_fence);
      last_fence = lock->fence();
      ++turns;
      for (int turn = 0; turn < 10; ++turn) co_await Turn();
      --inside;
      const absl::Status released = co_await lock->Release();
      EXPECT_TRUE(released.ok()) << released;
    }
    ++ended;
  };
  for (int i = 0; i < kWorkers; ++i) {
    boost::asio::co_spawn(context_, worker(i % 2 == 0 ? *client_ : *other_), [](auto) {});
  }
  RunUntil([&] { return ended == kWorkers; });
  EXPECT_EQ(turns, kWorkers * kEach);
}

TEST_F(LockTest, FencesRiseOnWhenTheirCounterIsLost) {
  auto lock = Acquire();
  ASSERT_TRUE(lock.ok()) << lock.status();
  ASSERT_TRUE(RunCoroutine(context_, lock->Release()).ok());
  ASSERT_TRUE(RunCoroutine(context_, client_->Exec<>(Request("DEL", "l:fence"))).ok());
  const auto next = Acquire();
  ASSERT_TRUE(next.ok()) << next.status();
  EXPECT_GT(next->fence(), lock->fence());
}

TEST_F(LockTest, FencesRiseOnFromACounterThatIsAheadOfTheTime) {
  const int64_t ahead = int64_t{1} << 60;
  ASSERT_TRUE(RunCoroutine(context_, client_->Exec<>(Request("SET", "l:fence", ahead))).ok());
  const auto lock = Acquire();
  ASSERT_TRUE(lock.ok()) << lock.status();
  if (kIsNacre) {
    EXPECT_LT(lock->fence(), ahead) << "a commit timestamp needs no counter";
  } else {
    EXPECT_EQ(lock->fence(), ahead + 1);
  }
}

TEST_F(LockTest, ACounterThatIsNoneTakesNoLockWhereFencesNeedIt) {
  if (kIsNacre) {
    ASSERT_TRUE(RunCoroutine(context_, client_->Exec<>(Request("SET", "l:fence", "a token"))).ok());
    EXPECT_TRUE(Acquire().ok()) << "a commit timestamp needs no counter";
    return;
  }
  for (const Request& foreign :
       {Request("SET", "l:fence", "a token"), Request("RPUSH", "l:fence", "x")}) {
    ASSERT_TRUE(RunCoroutine(context_, client_->Exec<>(Request("DEL", "l:fence"))).ok());
    ASSERT_TRUE(RunCoroutine(context_, client_->Exec<>(foreign)).ok());
    const absl::Status status = Acquire().status();
    EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition) << status;
    EXPECT_EQ(Holder(), std::nullopt) << "taken, and held by nobody";
  }
}

TEST_F(LockTest, ReleaseOfSomebodyElsesLockRefuses) {
  auto lock = Acquire();
  ASSERT_TRUE(lock.ok());
  ASSERT_TRUE(RunCoroutine(context_, client_->Exec<>(Request("SET", "l", "usurper"))).ok());
  const absl::Status released = RunCoroutine(context_, lock->Release());
  EXPECT_EQ(released.code(), absl::StatusCode::kFailedPrecondition) << released;
  EXPECT_EQ(Holder(), "usurper");
  EXPECT_TRUE(lock->lost());
}

TEST_F(LockTest, RenewBeginsTheTimeAnew) {
  auto lock = Acquire({.time_to_live = absl::Seconds(20), .renew = false});
  ASSERT_TRUE(lock.ok());
  ASSERT_TRUE(RunCoroutine(context_, client_->Exec<>(Request("PEXPIRE", "l", 10'000))).ok());
  EXPECT_TRUE(RunCoroutine(context_, lock->Renew()).ok());
  const auto left = RunCoroutine(context_, client_->Exec<int64_t>(Request("PTTL", "l")));
  EXPECT_GT(*left, 10'000);
  EXPECT_LE(*left, 20'000);
}

TEST_F(LockTest, ARenewalThatFindsAnotherTokenLosesTheLock) {
  auto lock = Acquire({.renew = false});
  ASSERT_TRUE(lock.ok());
  ASSERT_TRUE(RunCoroutine(context_, client_->Exec<>(Request("DEL", "l"))).ok());
  EXPECT_FALSE(lock->lost()) << "nobody has told";
  EXPECT_EQ(RunCoroutine(context_, lock->Renew()).code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_TRUE(lock->lost());
  EXPECT_EQ(Holder(), std::nullopt) << "renewed what was not there";
}

TEST_F(LockTest, IsRenewedByItselfWhileItIsHeld) {
  auto lock = Acquire({.time_to_live = absl::Seconds(6)});
  ASSERT_TRUE(lock.ok());
  absl::Duration least = lock->time_left();
  RunUntil([&] {
    const absl::Duration left = lock->time_left();
    if (left > least) return true;
    least = left;
    return lock->lost();
  });
  EXPECT_FALSE(lock->lost());
  EXPECT_EQ(Holder(), lock->token());
}

TEST_F(LockTest, WithoutRenewalItIsLostWhenItsTimeIsOver) {
  auto lock = Acquire({.time_to_live = absl::Milliseconds(100), .renew = false});
  ASSERT_TRUE(lock.ok());
  RunUntil([&] { return lock->lost(); });
  EXPECT_EQ(lock->time_left(), absl::ZeroDuration());
  const auto next = RunCoroutine(context_, Lock::Acquire(*other_, "l"));
  ASSERT_TRUE(next.ok()) << next.status();
  EXPECT_GT(next->fence(), lock->fence());
  EXPECT_EQ(RunCoroutine(context_, lock->Release()).code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(Holder(), next->token());
}

TEST_F(LockTest, ALockThatIsDroppedIsRenewedNoLonger) {
  {
    const auto lock = Acquire({.time_to_live = absl::Milliseconds(300)});
    ASSERT_TRUE(lock.ok());
  }
  const auto next = RunCoroutine(context_, Lock::Acquire(*other_, "l"));
  EXPECT_TRUE(next.ok()) << next.status();
}

TEST_F(LockTest, TheTimeToLiveHasAMinimumAndAnEnd) {
  for (const absl::Duration time_to_live : {absl::Microseconds(1), absl::InfiniteDuration()}) {
    EXPECT_EQ(Acquire({.time_to_live = time_to_live}).status().code(),
              absl::StatusCode::kInvalidArgument);
  }
}

TEST_F(LockTest, WithoutAServerThereIsNoLock) {
  server_->Kill();
  const auto lock = Acquire();
  EXPECT_FALSE(lock.ok());
  EXPECT_EQ(OutcomeOf(lock.status()), Outcome::kNotExecuted) << lock.status();
}

}  // namespace
}  // namespace nacre::client
