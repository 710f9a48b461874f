#include "tests/client/support/proxy.h"

#include <cerrno>
#include <string>

#include "gtest/gtest.h"
#include "tests/client/support/raw_client.h"
#include "tests/client/support/reserved_port.h"
#include "tests/client/support/scripted_server.h"

namespace nacre::client::support {
namespace {

const std::string kGet = RequestBytes({"GET", "key"});
const std::string kReply = Bulk("0123456789");

// All that the other side sends until it ends; errno is 0 if that was no error.
std::string ReadToEnd(RawClient& client) {
  std::string bytes;
  errno = 0;
  while (client.socket().Receive(bytes)) errno = 0;
  return bytes;
}

class ProxyTest : public ::testing::Test {
 protected:
  ScriptedServer server_{CannedReplies().On("GET", kReply)};
};

TEST_F(ProxyTest, WithoutAPlanEverythingPassesAndIsCounted) {
  Proxy proxy(server_.port());
  RawClient client(proxy.port());
  const std::string large(3 << 20, 'x');
  EXPECT_EQ(client.Do({"GET", "key"}), kReply);
  EXPECT_EQ(client.Do({"PING", large}), Bulk(large));
  const uint64_t sent = kGet.size() + RequestBytes({"PING", large}).size();
  EXPECT_EQ(proxy.bytes(Direction::kToServer), sent);
  EXPECT_EQ(proxy.bytes(Direction::kToServer, 0), sent);
  EXPECT_EQ(proxy.bytes(Direction::kToServer, 1), 0u);
  client.socket().FinishSending();
  EXPECT_EQ(ReadToEnd(client), "");
  EXPECT_EQ(proxy.bytes(Direction::kToClient), kReply.size() + Bulk(large).size());
  EXPECT_EQ(proxy.connections(), 1);
}

TEST_F(ProxyTest, ACutAfterEachByteOfAReplyDeliversExactlyThoseBytes) {
  for (size_t count = 0; count < kReply.size(); ++count) {
    Proxy proxy(server_.port(), {.cut = Cut{Direction::kToClient, count}});
    RawClient client(proxy.port());
    client.Send(kGet);
    EXPECT_EQ(ReadToEnd(client), kReply.substr(0, count));
    EXPECT_EQ(errno, 0);
    proxy.WaitUntilServerClosed();
    EXPECT_EQ(proxy.bytes(Direction::kToClient), count);
  }
}

TEST_F(ProxyTest, ACutAfterEachByteOfARequestDeliversExactlyThoseBytes) {
  for (size_t count = 0; count <= kGet.size(); ++count) {
    const size_t before = server_.commands().size();
    Proxy proxy(server_.port(), {.cut = Cut{Direction::kToServer, count}});
    RawClient client(proxy.port());
    client.Send(kGet);
    EXPECT_EQ(ReadToEnd(client), "");
    proxy.WaitUntilServerClosed();
    EXPECT_EQ(proxy.bytes(Direction::kToServer), count);
    // The server has read what passed before it closed, so this is final.
    EXPECT_EQ(server_.commands().size() - before, count == kGet.size() ? 1u : 0u) << count;
  }
}

TEST_F(ProxyTest, ACutByResetIsAnErrorForTheClientAndAnEndForTheServer) {
  Proxy proxy(server_.port(), {.cut = Cut{Direction::kToServer, kGet.size(), Cut::How::kReset}});
  RawClient client(proxy.port());
  client.Send(kGet);
  EXPECT_EQ(ReadToEnd(client), "");
  EXPECT_EQ(errno, ECONNRESET);
  proxy.WaitUntilCut();
  proxy.WaitUntilServerClosed();
  EXPECT_EQ(server_.commands().size(), 1u);
}

TEST_F(ProxyTest, CutAllEndsWhatIsOpenNow) {
  Proxy proxy(server_.port());
  RawClient first(proxy.port());
  EXPECT_EQ(first.Do({"GET", "key"}), kReply);
  proxy.CutAll();
  EXPECT_EQ(ReadToEnd(first), "");
  EXPECT_EQ(errno, 0);
  RawClient second(proxy.port());
  EXPECT_EQ(second.Do({"GET", "key"}), kReply);
  proxy.CutAll(Cut::How::kReset);
  EXPECT_EQ(ReadToEnd(second), "");
  EXPECT_EQ(errno, ECONNRESET);
}

TEST_F(ProxyTest, EachConnectionHasItsOwnPlan) {
  Proxy proxy(server_.port(), [](int connection) {
    ProxyPlan plan;
    if (connection == 0) plan.cut = Cut{Direction::kToClient, 3};
    return plan;
  });
  RawClient first(proxy.port());
  first.Send(kGet);
  EXPECT_EQ(ReadToEnd(first), kReply.substr(0, 3));
  RawClient second(proxy.port());
  EXPECT_EQ(second.Do({"GET", "key"}), kReply);
  EXPECT_EQ(proxy.bytes(Direction::kToClient, 1), kReply.size());
}

TEST_F(ProxyTest, WhatIsHeldPassesWhenItIsReleased) {
  for (const Direction direction : {Direction::kToServer, Direction::kToClient}) {
    Proxy proxy(server_.port(), {.hold = Hold{direction, 5}});
    RawClient client(proxy.port());
    client.Send(kGet);
    proxy.WaitUntilHeld();
    proxy.WaitForBytes(direction, 5);
    EXPECT_EQ(proxy.bytes(direction), 5u);
    proxy.Release();
    EXPECT_EQ(client.ReadReply(), kReply);
    EXPECT_EQ(client.Do({"GET", "key"}), kReply);
  }
}

TEST_F(ProxyTest, ABlackHoleTakesConnectionsAndPassesNothing) {
  Proxy proxy(server_.port(), {.black_hole = true});
  RawClient client(proxy.port());
  ASSERT_TRUE(client.is_open());
  client.Send(kGet);
  proxy.WaitUntilHeld();
  EXPECT_EQ(proxy.bytes(Direction::kToServer), 0u);
  proxy.Release();
  EXPECT_EQ(client.ReadReply(), kReply);
}

TEST_F(ProxyTest, AClientThatGivesUpWhileHeldIsForgottenAfterTheRelease) {
  Proxy proxy(server_.port(), {.hold = Hold{Direction::kToServer, 5}});
  RawClient client(proxy.port());
  client.Send(kGet);
  proxy.WaitUntilHeld();
  client.socket().Reset();
  proxy.Release();
  proxy.WaitUntilServerClosed();
  EXPECT_LE(server_.commands().size(), 1u);
}

TEST_F(ProxyTest, ByteByByteEverythingStillArrives) {
  Proxy proxy(server_.port(), {.one_byte_at_a_time = true});
  RawClient client(proxy.port());
  for (int i = 0; i < 20; ++i) EXPECT_EQ(client.Do({"GET", "key"}), kReply);
  client.socket().FinishSending();
  EXPECT_EQ(ReadToEnd(client), "");
  EXPECT_EQ(proxy.bytes(Direction::kToServer), 20 * kGet.size());
  EXPECT_EQ(proxy.bytes(Direction::kToClient), 20 * kReply.size());
}

TEST_F(ProxyTest, WhenTheServerEndsTheClientSeesItBehindTheLastByte) {
  ScriptedServer brief([](ScriptedServer::Peer& peer) {
    peer.ReadCommand();
    peer.Write(kReply);
  });
  Proxy proxy(brief.port());
  RawClient client(proxy.port());
  client.Send(kGet);
  EXPECT_EQ(ReadToEnd(client), kReply);
}

TEST(ProxyWithoutServer, TheConnectionIsReset) {
  const ReservedPort nobody;
  Proxy proxy(nobody.port());
  RawClient client(proxy.port());
  client.Send(kGet);
  EXPECT_EQ(ReadToEnd(client), "");
}

TEST(ProxyWithoutServer, ADestroyedProxyEndsConnectionsThatAreHeld) {
  ScriptedServer server([](ScriptedServer::Peer& peer) { peer.StopReading(); });
  auto proxy = std::make_unique<Proxy>(server.port(), ProxyPlan{.black_hole = true});
  RawClient client(proxy->port());
  proxy->WaitUntilHeld();
  proxy.reset();
  EXPECT_EQ(ReadToEnd(client), "");
}

}  // namespace
}  // namespace nacre::client::support
