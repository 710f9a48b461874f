#include "tests/client/connection_fixture.h"

#include <algorithm>
#include <boost/asio/post.hpp>
#include <cstring>
#include <utility>

namespace nacre::client {

void FakeTransport::Connect(Deadline /*deadline*/, std::shared_ptr<TransportEvents> events) {
  if (!answers_connect) return;
  boost::asio::post(context_,
                    [this, events = std::move(events)] { events->OnConnected(connect_error); });
}

void FakeTransport::ReadSome(char* room, size_t bytes, std::shared_ptr<TransportEvents> events) {
  EXPECT_EQ(reader_, nullptr) << "one read at a time";
  EXPECT_GT(bytes, 0u);
  room_ = room;
  room_bytes_ = bytes;
  reader_ = std::move(events);
}

Transport::Written FakeTransport::TryWrite(std::string_view bytes) {
  ++writes;
  EXPECT_FALSE(closed) << "a write on a closed transport";
  if (!write_error.ok()) return {0, write_error};
  const size_t taken = std::min(bytes.size(), allowed);
  if (allowed != SIZE_MAX) allowed -= taken;
  written += bytes.substr(0, taken);
  return {taken, absl::OkStatus()};
}

void FakeTransport::WaitWritable(std::shared_ptr<TransportEvents> events) {
  EXPECT_EQ(writer_, nullptr) << "one wait at a time";
  writer_ = std::move(events);
}

void FakeTransport::Close() {
  closed = true;
  // As sockets do: operations end later, with errors.
  if (reader_) {
    boost::asio::post(context_, [events = std::exchange(reader_, nullptr)] {
      events->OnRead(absl::CancelledError("aborted"), 0);
    });
  }
  if (writer_) {
    boost::asio::post(context_,
                      [events = std::exchange(writer_, nullptr)] { events->OnWritable(); });
  }
}

void FakeTransport::Deliver(std::string_view bytes) {
  while (!bytes.empty() && reader_) {
    const size_t now = std::min(bytes.size(), room_bytes_);
    std::memcpy(room_, bytes.data(), now);
    bytes.remove_prefix(now);
    const auto events = std::exchange(reader_, nullptr);
    events->OnRead(absl::OkStatus(), now);
  }
}

void FakeTransport::EndStream(const absl::Status& why) {
  ASSERT_NE(reader_, nullptr);
  const auto events = std::exchange(reader_, nullptr);
  events->OnRead(why, 0);
}

void FakeTransport::Allow(size_t bytes) {
  allowed = bytes;
  if (const auto events = std::exchange(writer_, nullptr)) events->OnWritable();
}

void ConnectionFixture::Make() {
  auto transport = std::make_unique<FakeTransport>(context_);
  transport_ = transport.get();
  connection_ = std::make_unique<Connection>(
      std::make_shared<Connection::Impl>(context_, options_, std::move(transport)));
}

void ConnectionFixture::Open() {
  Make();
  connection_->Open([this](const absl::Status& status) { opened_ = status; });
  Turn();
  transport_->Deliver(HelloReply(options_.protocol));
  ASSERT_TRUE(opened_.has_value());
  ASSERT_TRUE(opened_->ok()) << *opened_;
  transport_->written.clear();
  transport_->writes = 0;
}

void ConnectionFixture::RunUntil(const std::function<bool()>& condition) {
  while (!condition()) {
    context_.restart();
    ASSERT_GT(context_.run_one(), 0u) << "nothing is left that could bring it about";
  }
}

}  // namespace nacre::client
