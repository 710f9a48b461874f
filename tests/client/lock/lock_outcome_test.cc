// Lock when answers are lost: nothing is assumed, the token is looked for.

#include <atomic>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <chrono>
#include <functional>
#include <latch>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <utility>

#include "gtest/gtest.h"
#include "nacre/client/errors.h"
#include "nacre/client/lock.h"
#include "tests/client/run_coroutine.h"
#include "tests/client/support/scripted_server.h"

namespace nacre::client {
namespace {

using support::CannedReplies;
using support::ScriptedServer;

// A server of one key, with BEGIN and COMMIT, that loses some commits or their answers.
class ForgetfulServer {
 public:
  enum class Fate { kAnswered, kAppliedAndLost, kLost };
  // Of a commit that writes, by its number from 0.
  using FateOf = std::function<Fate(int commit)>;

  explicit ForgetfulServer(FateOf fate_of)
      : fate_of_(std::move(fate_of)),
        server_([this](ScriptedServer::Peer& peer) { Serve(peer); }) {}

  uint16_t port() const { return server_.port(); }
  // From now on nobody is let in.
  void Leave() { has_left_ = true; }
  std::optional<std::string> value() const {
    const std::lock_guard lock(mutex_);
    return value_;
  }
  // When the last commit that writes was applied.
  std::chrono::steady_clock::time_point applied_at() const {
    const std::lock_guard lock(mutex_);
    return applied_at_;
  }
  // All that were ever set.
  std::set<std::string> tokens() const {
    const std::lock_guard lock(mutex_);
    return tokens_;
  }

 private:
  void Serve(ScriptedServer::Peer& peer) {
    if (has_left_) {
      peer.Reset();
      return;
    }
    std::function<void()> write;  // What the open transaction will do.
    const CannedReplies replies = CannedReplies().ServerIs("nacre", "1.0.0");
    for (auto words = peer.AnswerHandshake(replies); words; words = peer.ReadCommand()) {
      const std::string& name = (*words)[0];
      if (name == "COMMIT" && write != nullptr) {
        if (!Commit(peer, std::exchange(write, nullptr))) return;
      } else if (name == "COMMIT") {
        peer.Write(support::Integer(0));
      } else if (name == "GET") {
        const auto now = value();
        peer.Write(now ? support::Bulk(*now) : support::NullBulk());
      } else if (name == "SET") {
        write = [this, token = (*words)[2]] {
          value_ = token;
          tokens_.insert(token);
        };
        peer.Write("+OK\r\n");
      } else if (name == "DEL") {
        write = [this] { value_.reset(); };
        peer.Write(support::Integer(1));
      } else if (name == "PEXPIRE") {
        write = [] {};
        peer.Write(support::Integer(1));
      } else {
        peer.Write("+OK\r\n");  // BEGIN, ROLLBACK.
      }
    }
  }

  // False: the connection has been lost.
  bool Commit(ScriptedServer::Peer& peer, const std::function<void()>& write) {
    int64_t timestamp = 0;
    Fate fate = Fate::kAnswered;
    {
      const std::lock_guard lock(mutex_);
      fate = fate_of_(commits_++);
      if (fate != Fate::kLost) {
        write();
        applied_at_ = std::chrono::steady_clock::now();
        timestamp = ++timestamp_;
      }
    }
    if (fate == Fate::kAnswered) {
      peer.Write(support::Integer(timestamp));
      return true;
    }
    peer.Reset();
    return false;
  }

  const FateOf fate_of_;
  std::atomic<bool> has_left_ = false;
  mutable std::mutex mutex_;
  // Guarded by mutex_.
  std::optional<std::string> value_;
  std::set<std::string> tokens_;
  int64_t timestamp_ = 0;
  int commits_ = 0;
  std::chrono::steady_clock::time_point applied_at_;

  ScriptedServer server_;  // Last: its threads use the others.
};

using Fate = ForgetfulServer::Fate;

ForgetfulServer::FateOf Once(int number, Fate fate) {
  return [=](int commit) { return commit == number ? fate : Fate::kAnswered; };
}

class LockOutcomeTest : public testing::Test {
 protected:
  void Start(ForgetfulServer::FateOf fate_of) {
    server_.emplace(std::move(fate_of));
    ClientOptions options;
    options.connection.endpoint.port = server_->port();
    options.call_timeout = absl::Seconds(2);
    options.breaker = breaker_;
    client_.emplace(context_, options);
  }
  absl::StatusOr<Lock> Acquire(LockOptions options = {}) {
    options.renew = false;
    return RunCoroutine(context_, Lock::Acquire(*client_, "l", options));
  }

  // Of the commit of this number the answer is kept back until the test lets it go.
  void StartKeepingBack(int number) {
    Start([=, this](int commit) {
      if (commit != number) return Fate::kAnswered;
      boost::asio::post(context_, [this] { kept_back_ = true; });
      may_answer_.wait();
      return Fate::kAnswered;
    });
  }
  // Acquires a lock, and begins its release, whose answer is kept back.
  void BeginRelease() {
    StartKeepingBack(1);
    lock_ = Acquire();
    ASSERT_TRUE(lock_.ok()) << lock_.status();
    Spawn(lock_->Release(), released_);
    RunUntil([&] { return kept_back_; });
  }
  template <typename T>
  void Spawn(Awaitable<T> coroutine, std::optional<T>& result) {
    boost::asio::co_spawn(context_, std::move(coroutine),
                          boost::asio::bind_cancellation_slot(
                              signal_.slot(), [&](const std::exception_ptr& thrown, T value) {
                                EXPECT_EQ(thrown, nullptr) << "the coroutine threw";
                                result.emplace(std::move(value));
                              }));
  }
  template <typename Done>
  void RunUntil(Done done) {
    context_.restart();
    while (!done() && context_.run_one() > 0) {
    }
  }
  void Cancel() { signal_.emit(boost::asio::cancellation_type::terminal); }

  CircuitBreakerOptions breaker_;
  boost::asio::cancellation_signal signal_;
  std::latch may_answer_{1};
  bool kept_back_ = false;
  boost::asio::io_context context_;
  std::optional<ForgetfulServer> server_;
  std::optional<Client> client_;
  absl::StatusOr<Lock> lock_;
  std::optional<absl::Status> released_;
};

TEST_F(LockOutcomeTest, AnAcquisitionWhoseAnswerIsLostIsFoundByItsToken) {
  Start(Once(0, Fate::kAppliedAndLost));
  const auto lock = Acquire();
  ASSERT_TRUE(lock.ok()) << lock.status();
  EXPECT_EQ(server_->value(), lock->token());
  EXPECT_EQ(server_->tokens().size(), 1u);
  EXPECT_EQ(lock->fence(), 2) << "the fence of the first commit was lost with its answer";
}

TEST_F(LockOutcomeTest, AnAcquisitionThatWasNotAppliedIsMadeAgain) {
  Start(Once(0, Fate::kLost));
  const auto lock = Acquire();
  ASSERT_TRUE(lock.ok()) << lock.status();
  EXPECT_EQ(server_->value(), lock->token());
  EXPECT_EQ(lock->fence(), 1);
}

TEST_F(LockOutcomeTest, TryAcquireLooksToo) {
  Start(Once(0, Fate::kAppliedAndLost));
  const auto lock = RunCoroutine(context_, Lock::TryAcquire(*client_, "l", {.renew = false}));
  ASSERT_TRUE(lock.ok()) << lock.status();
  ASSERT_TRUE(lock->has_value());
  EXPECT_EQ(server_->value(), (*lock)->token());
}

TEST_F(LockOutcomeTest, WhatStaysUnknownIsSaid) {
  Start([](int) { return Fate::kAppliedAndLost; });
  const auto lock = Acquire({.wait_timeout = absl::Seconds(1)});
  EXPECT_TRUE(IsOutcomeUnknown(lock.status())) << lock.status();
  EXPECT_EQ(server_->tokens().size(), 1u);
}

TEST_F(LockOutcomeTest, AReleaseWhoseAnswerIsLostIsLookedAt) {
  Start(Once(1, Fate::kAppliedAndLost));
  auto lock = Acquire();
  ASSERT_TRUE(lock.ok());
  const absl::Status released = RunCoroutine(context_, lock->Release());
  EXPECT_TRUE(released.ok()) << released;
  EXPECT_EQ(server_->value(), std::nullopt);
}

TEST_F(LockOutcomeTest, AReleaseThatWasNotAppliedIsMadeAgain) {
  Start(Once(1, Fate::kLost));
  auto lock = Acquire();
  ASSERT_TRUE(lock.ok());
  const absl::Status released = RunCoroutine(context_, lock->Release());
  EXPECT_TRUE(released.ok()) << released;
  EXPECT_EQ(server_->value(), std::nullopt);
}

TEST_F(LockOutcomeTest, AReleaseWhoseAnswerIsLostWithTheServerStaysUnknown) {
  breaker_ = {.failures = 1, .open_for = absl::Hours(1), .open_for_max = absl::Hours(1)};
  Start([this](int commit) {
    if (commit == 0) return Fate::kAnswered;
    server_->Leave();
    return Fate::kAppliedAndLost;
  });
  lock_ = Acquire();
  ASSERT_TRUE(lock_.ok()) << lock_.status();
  Spawn(lock_->Release(), released_);
  // A second try was turned away, which by itself would be known not to have happened.
  RunUntil([&] { return client_->stats().breaker_rejections > 0 || released_.has_value(); });
  Cancel();
  RunUntil([&] { return released_.has_value(); });
  EXPECT_TRUE(IsOutcomeUnknown(*released_)) << *released_;
}

TEST_F(LockOutcomeTest, ALockIsLostBeforeItsReleaseIsAnswered) {
  BeginRelease();
  EXPECT_TRUE(lock_->lost());
  may_answer_.count_down();
  RunUntil([&] { return released_.has_value(); });
  EXPECT_TRUE(released_->ok()) << *released_;
}

TEST_F(LockOutcomeTest, AReleaseThatIsCancelledUnansweredSaysSo) {
  BeginRelease();
  Cancel();
  RunUntil([&] { return released_.has_value(); });
  may_answer_.count_down();
  EXPECT_TRUE(IsOutcomeUnknown(*released_)) << *released_;
  EXPECT_TRUE(lock_->lost());
}

TEST_F(LockOutcomeTest, AnAcquisitionThatIsCancelledUnansweredSaysSo) {
  StartKeepingBack(0);
  std::optional<absl::StatusOr<Lock>> lock;
  Spawn(Lock::Acquire(*client_, "l", {.renew = false}), lock);
  RunUntil([&] { return kept_back_; });
  Cancel();
  RunUntil([&] { return lock.has_value(); });
  may_answer_.count_down();
  EXPECT_TRUE(IsOutcomeUnknown(lock->status())) << lock->status();
}

TEST_F(LockOutcomeTest, AcquireDoesNotWaitForAServerLongerThanWaitTimeout) {
  ScriptedServer silent([](ScriptedServer::Peer& peer) {
    peer.AnswerHandshake(CannedReplies().ServerIs("nacre", "1.0.0"));
    peer.WaitUntilClosed();
  });
  ClientOptions options;
  options.connection.endpoint.port = silent.port();
  options.call_timeout = absl::InfiniteDuration();
  client_.emplace(context_, options);
  const auto lock = Acquire({.wait_timeout = absl::Milliseconds(50)});
  EXPECT_EQ(lock.status().code(), absl::StatusCode::kDeadlineExceeded) << lock.status();
  EXPECT_EQ(OutcomeOf(lock.status()), Outcome::kNotExecuted);
}

// COUNTED-FROM-BEFORE, with the server's clock, which is this machine's.
TEST_F(LockOutcomeTest, TheHoldersTimeIsOverBeforeTheServers) {
  Start([](int) { return Fate::kAnswered; });
  auto lock = Acquire({.time_to_live = absl::Seconds(30)});
  ASSERT_TRUE(lock.ok());
  const auto end_of_holding = [&] {
    const auto now = std::chrono::steady_clock::now();
    return now + absl::ToChronoNanoseconds(lock->time_left());
  };
  EXPECT_LE(end_of_holding(), server_->applied_at() + std::chrono::seconds(30));
  ASSERT_TRUE(RunCoroutine(context_, lock->Renew()).ok());
  EXPECT_LE(end_of_holding(), server_->applied_at() + std::chrono::seconds(30));
}

TEST_F(LockOutcomeTest, ARenewalWhoseAnswerIsLostLeavesTheTimeRunning) {
  Start(Once(1, Fate::kAppliedAndLost));
  auto lock = Acquire();
  ASSERT_TRUE(lock.ok());
  const absl::Duration before = lock->time_left();
  EXPECT_TRUE(IsOutcomeUnknown(RunCoroutine(context_, lock->Renew())));
  EXPECT_FALSE(lock->lost());
  EXPECT_LT(lock->time_left(), before) << "counted as if the renewal had happened";
  EXPECT_TRUE(RunCoroutine(context_, lock->Renew()).ok());
}

}  // namespace
}  // namespace nacre::client
