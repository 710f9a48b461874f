// Cache against servers.

#include "nacre/client/cache.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/io_context.hpp>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "nacre/client/errors.h"
#include "tests/client/kind_of_server.h"
#include "tests/client/run_coroutine.h"

namespace nacre::client {
namespace {

using testing::Each;
using testing::SizeIs;

using Result = absl::StatusOr<std::string>;

constexpr int kAll = 1'000'000;

class CacheTest : public ServerTest {
 protected:
  void SetUp() override {
    ServerTest::SetUp();
    client_.emplace(context_, Options());
    MakeCache({.prefix = "c:"});
  }
  void MakeCache(CacheOptions options) { cache_.emplace(*client_, std::move(options)); }

  // A loader that answers its number, from 1, when the gate has been opened for it.
  Cache::Loader Loader() {
    return [this]() -> Awaitable<Result> {
      const int number = ++loads_;
      co_await Until([this, number] { return number <= open_for_; });
      co_return std::to_string(number);
    };
  }
  Cache::Loader Failing() {
    return [this]() -> Awaitable<Result> {
      const int number = ++loads_;
      co_await Until([this, number] { return number <= open_for_; });
      co_return absl::InternalError("the database is down");
    };
  }
  Awaitable<Result> Cached(Cache::Loader loader) {
    return cache_->Cached("k", absl::Hours(1), std::move(loader));
  }
  Result RunCached(Cache::Loader loader) {
    return RunCoroutine(context_, Cached(std::move(loader)));
  }

  // Begins so many calls; their results come to results_.
  void Begin(int calls, const std::function<Cache::Loader()>& loader) {
    for (int i = 0; i < calls; ++i) {
      boost::asio::co_spawn(context_, Cached(loader()),
                            [this](std::exception_ptr thrown, Result r) {
                              EXPECT_EQ(thrown, nullptr);
                              results_.push_back(std::move(r));
                            });
    }
  }
  void RunUntil(const std::function<bool()>& condition) {
    RunCoroutine(context_, [&]() -> Awaitable<int> {
      co_await Until(condition);
      co_return 0;
    }());
  }
  // What the server has.
  std::optional<std::string> Stored() {
    auto value =
        RunCoroutine(context_, client_->Exec<std::optional<std::string>>(Request("GET", "c:k")));
    EXPECT_TRUE(value.ok()) << value.status();
    return value.ok() ? *value : std::nullopt;
  }

  boost::asio::io_context context_;
  std::optional<Client> client_;
  std::optional<Cache> cache_;
  std::vector<Result> results_;
  int loads_ = 0;
  int open_for_ = kAll;
};

TEST_F(CacheTest, AMissLoadsAndIsKeptForItsTime) {
  EXPECT_EQ(*RunCached(Loader()), "1");
  RunUntil([&] { return cache_->stats().loads == 1; });
  EXPECT_EQ(*RunCached(Loader()), "1");
  EXPECT_EQ(loads_, 1);
  EXPECT_EQ(Stored(), "1");
  const auto left = RunCoroutine(context_, client_->Exec<int64_t>(Request("PTTL", "c:k")));
  EXPECT_GT(*left, 0);
  EXPECT_LE(*left, absl::ToInt64Milliseconds(absl::Hours(1)));
}

TEST_F(CacheTest, WhatIsKeptForeverHasNoTimeToLive) {
  const auto value =
      RunCoroutine(context_, cache_->Cached("k", absl::InfiniteDuration(), Loader()));
  EXPECT_EQ(*value, "1");
  EXPECT_EQ(Stored(), "1");
  EXPECT_EQ(*RunCoroutine(context_, client_->Exec<int64_t>(Request("PTTL", "c:k"))), -1);
}

TEST_F(CacheTest, ATimeToLiveMustBePositive) {
  const auto value = RunCoroutine(context_, cache_->Cached("k", absl::ZeroDuration(), Loader()));
  EXPECT_EQ(value.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(loads_, 0);
}

TEST_F(CacheTest, AHundredCallersOfOneKeyLoadItOnce) {
  open_for_ = loads_;
  Begin(100, [this] { return Loader(); });
  RunUntil([&] { return cache_->stats().misses == 100; });
  EXPECT_EQ(loads_, 1);
  open_for_ = kAll;
  RunUntil([&] { return results_.size() == 100; });
  EXPECT_THAT(results_, Each(Result("1")));
  EXPECT_EQ(loads_, 1);
  EXPECT_EQ(cache_->stats().loads, 1u);
}

TEST_F(CacheTest, AnErrorIsSharedAndNotKept) {
  open_for_ = loads_;
  Begin(10, [this] { return Failing(); });
  RunUntil([&] { return cache_->stats().misses == 10; });
  open_for_ = kAll;
  RunUntil([&] { return results_.size() == 10; });
  EXPECT_THAT(results_, Each(Result(absl::InternalError("the database is down"))));
  EXPECT_EQ(loads_, 1);
  EXPECT_EQ(cache_->stats().load_failures, 1u);
  EXPECT_EQ(Stored(), std::nullopt);
  EXPECT_EQ(*RunCached(Loader()), "2");
}

TEST_F(CacheTest, ALoaderThatThrowsIsAnError) {
  const auto value = RunCached([]() -> Awaitable<Result> {
    co_await Turn();
    throw std::runtime_error("no exceptions, please");
  });
  EXPECT_EQ(value.status().code(), absl::StatusCode::kInternal);
  EXPECT_EQ(*RunCached(Loader()), "1");
}

TEST_F(CacheTest, AFirstCallerThatIsCancelledLeavesTheFlightToTheOthers) {
  using boost::asio::experimental::awaitable_operators::operator||;
  open_for_ = loads_;
  RunCoroutine(context_, [&]() -> Awaitable<int> {
    co_await (Cached(Loader()) || Until([&] { return loads_ == 1; }));
    co_return 0;
  }());
  Begin(3, [this] { return Loader(); });
  RunUntil([&] { return cache_->stats().misses == 4; });
  open_for_ = kAll;
  RunUntil([&] { return results_.size() == 3; });
  EXPECT_THAT(results_, Each(Result("1")));
  EXPECT_EQ(loads_, 1);
}

TEST_F(CacheTest, ACallGivesUpAfterLoadTimeoutAndTheFlightGoesOn) {
  MakeCache({.prefix = "c:", .load_timeout = absl::Milliseconds(10)});
  open_for_ = loads_;
  EXPECT_EQ(RunCached(Loader()).status().code(), absl::StatusCode::kDeadlineExceeded);
  open_for_ = kAll;
  RunUntil([&] { return Stored() == "1"; });
  EXPECT_EQ(*RunCached(Loader()), "1");
}

// With an eagerness like this, every hit refreshes.
constexpr double kAlways = 1e15;

TEST_F(CacheTest, AValueIsRefreshedInTheBackgroundWhileTheOldOneIsAnswered) {
  MakeCache({.prefix = "c:", .early_refresh = kAlways});
  EXPECT_EQ(*RunCached(Loader()), "1");
  RunUntil([&] { return Stored() == "1"; });
  open_for_ = loads_;
  for (int i = 0; i < 5; ++i) EXPECT_EQ(*RunCached(Loader()), "1");
  RunUntil([&] { return loads_ == 2; });
  for (int i = 0; i < 5; ++i) EXPECT_EQ(*RunCached(Loader()), "1");
  EXPECT_EQ(loads_, 2) << "the refresh is one flight, too";
  open_for_ = kAll;
  RunUntil([&] { return Stored() == "2"; });
  EXPECT_EQ(cache_->stats().early_refreshes, 1u);
  EXPECT_EQ(cache_->stats().hits, 10u);
}

TEST_F(CacheTest, WithoutEagernessAValueIsLoadedAgainOnlyWhenItIsGone) {
  MakeCache({.prefix = "c:", .early_refresh = 0});
  for (int i = 0; i < 20; ++i) EXPECT_EQ(*RunCached(Loader()), "1");
  EXPECT_EQ(loads_, 1);
}

TEST_F(CacheTest, AnInvalidatedValueIsLoadedAgain) {
  EXPECT_EQ(*RunCached(Loader()), "1");
  EXPECT_TRUE(RunCoroutine(context_, cache_->Invalidate("k")).ok());
  EXPECT_EQ(Stored(), std::nullopt);
  EXPECT_EQ(*RunCached(Loader()), "2");
}

TEST_F(CacheTest, AFlightThatWasInvalidatedIsNotStored) {
  open_for_ = 0;
  Begin(1, [this] { return Loader(); });
  RunUntil([&] { return loads_ == 1; });
  EXPECT_TRUE(RunCoroutine(context_, cache_->Invalidate("k")).ok());
  Begin(1, [this] { return Loader(); });
  RunUntil([&] { return loads_ == 2; });
  open_for_ = 1;
  RunUntil([&] { return results_.size() == 1; });
  EXPECT_EQ(Stored(), std::nullopt);
  open_for_ = 2;
  RunUntil([&] { return results_.size() == 2; });
  EXPECT_THAT(results_, testing::ElementsAre(Result("1"), Result("2")));
  EXPECT_EQ(Stored(), "2");
}

TEST_F(CacheTest, WithoutAServerTheLoaderIsAskedOnceForAllWhoWait) {
  server_->Kill();
  open_for_ = loads_;
  Begin(20, [this] { return Loader(); });
  RunUntil([&] { return cache_->stats().misses == 20; });
  open_for_ = kAll;
  RunUntil([&] { return results_.size() == 20; });
  EXPECT_THAT(results_, Each(Result("1")));
  EXPECT_GT(cache_->stats().server_failures, 0u);
}

TEST_F(CacheTest, OrTheServersErrorIsTheAnswer) {
  MakeCache({.load_without_server = false});
  server_->Kill();
  EXPECT_FALSE(RunCached(Loader()).ok());
  EXPECT_EQ(loads_, 0);
}

TEST_F(CacheTest, AKeyThatIsUsedForSomethingElseIsAnError) {
  const bool is_list = RunCoroutine(context_, client_->Exec<>(Request("LPUSH", "c:k", "x"))).ok();
  ASSERT_EQ(is_list, !kIsNacre) << "nacre-server has lists now: this test is for it too";
  if (!is_list) {  // Nothing else can be there; what is there is the answer.
    ASSERT_TRUE(RunCoroutine(context_, client_->Exec<>(Request("SET", "c:k", "x"))).ok());
    EXPECT_EQ(RunCached(Loader()).value_or("error"), "x");
    EXPECT_EQ(loads_, 0);
    return;
  }
  EXPECT_EQ(ErrorCode(RunCached(Loader()).status()), "WRONGTYPE");
  EXPECT_EQ(loads_, 0);
}

TEST_F(CacheTest, ACacheThatEndsEndsItsCalls) {
  open_for_ = loads_;
  Begin(3, [this] { return Loader(); });
  RunUntil([&] { return cache_->stats().misses == 3; });
  cache_.reset();
  client_.reset();
  RunUntil([&] { return results_.size() == 3; });
  EXPECT_THAT(results_, SizeIs(3));
  for (const Result& result : results_) {
    EXPECT_EQ(result.status().code(), absl::StatusCode::kCancelled) << result.status();
  }
}

TEST_F(CacheTest, ACallThatIsAwaitedWhenTheCacheIsGoneDoesNotTouchTheClient) {
  open_for_ = kAll;
  ASSERT_TRUE(RunCached(Loader()).ok());
  Awaitable<Result> cached = Cached(Loader());
  Awaitable<absl::Status> invalidated = cache_->Invalidate("k");
  cache_.reset();
  const auto requests = client_->stats().requests;
  EXPECT_EQ(RunCoroutine(context_, std::move(cached)).status().code(),
            absl::StatusCode::kCancelled);
  EXPECT_EQ(RunCoroutine(context_, std::move(invalidated)).code(), absl::StatusCode::kCancelled);
  EXPECT_EQ(client_->stats().requests, requests);
}

}  // namespace
}  // namespace nacre::client
