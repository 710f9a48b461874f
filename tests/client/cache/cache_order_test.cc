// What Cache asks of the server, in which order.

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <exception>
#include <optional>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "nacre/client/cache.h"
#include "tests/client/run_coroutine.h"
#include "tests/client/support/event.h"
#include "tests/client/support/scripted_server.h"

namespace nacre::client {
namespace {

using support::CannedReplies;
using support::Event;
using support::ScriptedServer;
using support::Words;
using testing::ElementsAre;

// A server that has nothing, and answers SET only when it may.
class CacheOrderTest : public testing::Test {
 protected:
  CacheOrderTest()
      : server_([this](ScriptedServer::Peer& peer) {
          CannedReplies::Session session;
          for (auto words = peer.AnswerHandshake(replies_); words; words = peer.ReadCommand()) {
            if ((*words)[0] == "SET") may_answer_set_.Wait();
            peer.Write(replies_.ReplyTo(*words, session));
          }
        }) {
    ClientOptions options;
    options.connection.endpoint.port = server_.port();
    client_.emplace(context_, options);
    cache_.emplace(*client_);
  }
  ~CacheOrderTest() override { may_answer_set_.Set(); }

  absl::StatusOr<std::string> Cached() {
    const auto load = []() -> Awaitable<absl::StatusOr<std::string>> { co_return "x"; };
    return RunCoroutine(context_, cache_->Cached("k", absl::Minutes(1), load));
  }
  void RunTurns(int turns) {
    RunCoroutine(context_, [turns]() -> Awaitable<int> {
      for (int i = 0; i < turns; ++i) co_await Turn();
      co_return 0;
    }());
  }

  const CannedReplies replies_ = CannedReplies()
                                     .On("GET", support::NullBulk())
                                     .On("PTTL", support::Integer(-2))
                                     .On("SET", "+OK\r\n")
                                     .On("DEL", support::Integer(1));
  Event may_answer_set_;
  ScriptedServer server_;
  boost::asio::io_context context_;
  std::optional<Client> client_;
  std::optional<Cache> cache_;
};

TEST_F(CacheOrderTest, ACallIsAnsweredWithoutWaitingForTheStore) {
  EXPECT_EQ(*Cached(), "x");
  EXPECT_EQ(*Cached(), "x") << "and the next, while the value is being stored";
  may_answer_set_.Set();
  server_.WaitForCommands(3);
  EXPECT_THAT(server_.commands(), ElementsAre(Words{"GET", "k"}, Words{"PTTL", "k"},
                                              Words{"SET", "k", "x", "PX", "60000"}));
}

TEST_F(CacheOrderTest, InvalidateWaitsForAStoreThatIsUnderWay) {
  EXPECT_EQ(*Cached(), "x");
  std::optional<absl::Status> invalidated;
  boost::asio::co_spawn(context_, cache_->Invalidate("k"),
                        [&](std::exception_ptr, absl::Status status) { invalidated = status; });
  RunTurns(10);
  EXPECT_EQ(client_->stats().requests, 3u) << "GET, PTTL, SET";
  may_answer_set_.Set();
  RunCoroutine(context_, [&]() -> Awaitable<int> {
    co_await Until([&] { return invalidated.has_value(); });
    co_return 0;
  }());
  EXPECT_TRUE(invalidated->ok()) << *invalidated;
  EXPECT_EQ(server_.commands().back(), (Words{"DEL", "k"}));
}

}  // namespace
}  // namespace nacre::client
