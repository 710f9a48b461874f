#ifndef NACRE_TESTS_CLIENT_CONNECTION_FIXTURE_H_
#define NACRE_TESTS_CLIENT_CONNECTION_FIXTURE_H_

// A Connection over a transport that the test plays: it decides how many bytes the "system" takes,
// what the server says and when the stream ends. Everything runs on the test's thread.

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "client/net/asio.h"
#include "client/net/connection_impl.h"
#include "gtest/gtest.h"

namespace nacre::client {

inline std::string HelloReply(int protocol = 3) {
  const std::string fields =
      "$6\r\nserver\r\n$5\r\nnacre\r\n$7\r\nversion\r\n$3\r\n1.2\r\n$5\r\nproto\r\n:" +
      std::to_string(protocol) + "\r\n$2\r\nid\r\n:7\r\n";
  return (protocol == 3 ? "%4\r\n" : "*8\r\n") + fields;
}

// Notes what it is told; may do something then.
struct Recorder final : ReplyConsumer {
  ~Recorder() {
    if (connection != nullptr && !end.has_value()) connection->Forget(*this);
  }
  void OnReply(ReplyView reply) override {
    replies.emplace_back(reply.text());
    if (on_reply) on_reply();
  }
  void OnEnd(const absl::Status& status) override {
    ++ends;
    end = status;
    if (on_end) {
      const auto action = on_end;
      action();
    }
  }
  Outcome outcome() const { return OutcomeOf(*end); }

  std::vector<std::string> replies;
  std::optional<absl::Status> end;
  int ends = 0;
  Connection* connection = nullptr;  // That it waits for.
  std::function<void()> on_reply;
  std::function<void()> on_end;
};

class FakeTransport final : public Transport {
 public:
  explicit FakeTransport(IoContext& context) : context_(context) {}

  void Connect(Deadline /*deadline*/, std::shared_ptr<TransportEvents> events) override;
  void ReadSome(char* room, size_t bytes, std::shared_ptr<TransportEvents> events) override;
  Written TryWrite(std::string_view bytes) override;
  void WaitWritable(std::shared_ptr<TransportEvents> events) override;
  void ShutDown() override { shut_down = true; }
  void Close() override;

  // As if they came from the server, in as many reads as they take.
  void Deliver(std::string_view bytes);
  void EndStream(const absl::Status& why);
  // The "system" takes so many more bytes.
  void Allow(size_t bytes);

  // Of the read that waits.
  size_t room_bytes() const { return room_bytes_; }

  std::string written;
  size_t writes = 0;
  size_t allowed = SIZE_MAX;
  absl::Status connect_error;
  bool answers_connect = true;
  absl::Status write_error;
  bool shut_down = false;
  bool closed = false;

 private:
  IoContext& context_;
  char* room_ = nullptr;
  size_t room_bytes_ = 0;
  std::shared_ptr<TransportEvents> reader_;
  std::shared_ptr<TransportEvents> writer_;
};

class ConnectionFixture : public testing::Test {
 protected:
  // Makes connection_ and transport_.
  void Make();
  // Make(), and goes through the handshake.
  void Open();
  void RunUntil(const std::function<bool()>& condition);
  // All that is ready now.
  void Turn() {
    context_.restart();
    context_.poll();
  }
  void Send(Recorder& recorder, const Request& request, Deadline deadline = Deadline::max()) {
    recorder.connection = connection_.get();
    connection_->Send(request, recorder, deadline);
  }
  void SendGet(Recorder& recorder, Deadline deadline = Deadline::max()) {
    Send(recorder, Request("GET", "k"), deadline);
  }
  static Deadline Soon() {
    return std::chrono::steady_clock::now() + std::chrono::milliseconds(10);
  }

  IoContext context_{1};
  ConnectionOptions options_;
  FakeTransport* transport_ = nullptr;
  std::unique_ptr<Connection> connection_;
  std::optional<absl::Status> opened_;
};

}  // namespace nacre::client

#endif  // NACRE_TESTS_CLIENT_CONNECTION_FIXTURE_H_
