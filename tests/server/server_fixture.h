#ifndef NACRE_TESTS_SERVER_SERVER_FIXTURE_H_
#define NACRE_TESTS_SERVER_SERVER_FIXTURE_H_

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "absl/time/time.h"
#include "server/server.h"
#include "tests/server/manual_time.h"
#include "tests/server/wire_client.h"

namespace nacre::server {

// Asks until it is so. The answer of the server is what is waited for, never a length of time; the
// deadline only turns a hang into a failure.
inline bool Eventually(const std::function<bool()>& holds) {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  while (!holds()) {
    if (std::chrono::steady_clock::now() > deadline) return false;
    std::this_thread::yield();
  }
  return true;
}

// A server in this process, on a port of its own. Each test ends with every client gone, nothing
// held by them, and a database that is sound.
class ServerTest : public ::testing::Test {
 protected:
  ServerTest() {
    options_.port = 0;
    options_.threads = 2;
    options_.time_source = [this] { return time_.now(); };
  }

  void TearDown() override {
    if (server_ == nullptr) return;
    Database& db = server_->database();
    EXPECT_TRUE(Eventually([&] {
      return clients_open_ > 0 || db.GetStats().active_snapshots == 0;
    })) << "a connection that is gone has left a snapshot";
    server_->Stop();
    EXPECT_EQ(db.GetStats().active_snapshots, 0u);
    const absl::Status sound = db.Verify();
    EXPECT_TRUE(sound.ok()) << sound;
  }

  // With options_, at the first call.
  Server& server() {
    if (server_ == nullptr) {
      auto started = Server::Start(options_);
      if (!started.ok()) {
        ADD_FAILURE() << started.status();
        std::abort();
      }
      server_ = std::move(*started);
    }
    return *server_;
  }

  WireClient Connect() { return WireClient(server().port()); }
  WireClient ConnectWithResp3() {
    WireClient client = Connect();
    EXPECT_EQ(client.Do("HELLO 3").substr(0, 1), "{");
    return client;
  }

  // One number of INFO.
  uint64_t Info(std::string_view name) {
    WireClient client = Connect();
    const std::string report = client.Do("INFO");
    const size_t at = report.find("\n" + std::string(name) + ":");
    if (at == std::string::npos) return ~uint64_t{0};
    return std::strtoull(report.c_str() + at + name.size() + 2, nullptr, 10);
  }

  ManualTime time_;
  ServerOptions options_;
  int clients_open_ = 0;  // That the test keeps open beyond its end, on purpose.
  std::unique_ptr<Server> server_;
};

// A request and the reply it gets.
struct Exchange {
  std::string request;
  std::string reply;
};

inline void Converse(WireClient& client, const std::vector<Exchange>& exchanges) {
  for (const Exchange& exchange : exchanges) {
    EXPECT_EQ(client.Do(exchange.request), exchange.reply) << "after " << exchange.request;
  }
}

}  // namespace nacre::server

#endif  // NACRE_TESTS_SERVER_SERVER_FIXTURE_H_
