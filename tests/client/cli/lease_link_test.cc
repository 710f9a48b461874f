// The connection of nacre-cli, to a server that takes connections and never says a word.

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <csignal>
#include <memory>
#include <string>

#include "client/cli/interrupt.h"
#include "client/cli/server_link.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace nacre::cli {
namespace {

using ::testing::HasSubstr;

class SilentServerTest : public testing::Test {
 protected:
  SilentServerTest() : listener_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address = {};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof(address);
    EXPECT_EQ(bind(listener_, reinterpret_cast<sockaddr*>(&address), size), 0);
    EXPECT_EQ(listen(listener_, 1), 0);
    EXPECT_EQ(getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size), 0);
    options_.endpoint.port = ntohs(address.sin_port);
  }
  ~SilentServerTest() override { close(listener_); }

  client::ConnectionOptions options_;
  const std::unique_ptr<ServerLink> link_ = MakeLeaseLink();

 private:
  const int listener_;
};

TEST_F(SilentServerTest, CtrlCEndsTheWaitForAConnection) {
  CatchInterrupts(SecondInterrupt::kIsIgnored);
  options_.connect_timeout = absl::InfiniteDuration();
  raise(SIGINT);
  EXPECT_EQ(link_->Connect(options_).code(), absl::StatusCode::kCancelled);
  EXPECT_TRUE(TakeInterrupt());
  EXPECT_FALSE(link_->is_open());
}

TEST_F(SilentServerTest, WhatTheAttemptCameToIsSaid) {
  options_.connect_timeout = absl::Milliseconds(20);
  const absl::Status status = link_->Connect(options_);
  EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable) << status;
  EXPECT_THAT(std::string(status.message()), HasSubstr("not open within connect_timeout (20ms)"));
}

}  // namespace
}  // namespace nacre::cli
