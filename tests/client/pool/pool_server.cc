#include "tests/client/pool/pool_server.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include "absl/strings/str_join.h"
#include "boost/asio/buffer.hpp"
#include "boost/asio/write.hpp"

namespace nacre::client::testing {
namespace {

using boost::asio::ip::tcp;
using Error = boost::system::error_code;

constexpr std::string_view kHello =
    "%4\r\n$6\r\nserver\r\n$5\r\nnacre\r\n$7\r\nversion\r\n$3\r\n0.1\r\n"
    "$5\r\nproto\r\n:3\r\n$2\r\nid\r\n:1\r\n";

// The number behind a mark, and the place after its line; nothing if the line is not all there.
std::optional<size_t> Number(std::string_view input, size_t& at) {
  const size_t end = input.find("\r\n", at);
  if (end == std::string_view::npos) return std::nullopt;
  size_t number = 0;
  std::from_chars(input.data() + at + 1, input.data() + end, number);
  at = end + 2;
  return number;
}

// Takes one command off the front; nothing if it is not all there.
std::optional<Words> TakeCommand(std::string& input) {
  size_t at = 0;
  const auto count = Number(input, at);
  if (!count) return std::nullopt;
  Words words;
  for (size_t i = 0; i < *count; ++i) {
    const auto size = Number(input, at);
    if (!size || input.size() < at + *size + 2) return std::nullopt;
    words.push_back(input.substr(at, *size));
    at += *size + 2;
  }
  input.erase(0, at);
  return words;
}

}  // namespace

std::string Bulk(std::string_view text) {
  return "$" + std::to_string(text.size()) + "\r\n" + std::string(text) + "\r\n";
}

PoolServer::PoolServer(boost::asio::io_context& context) : context_(context), acceptor_(context) {
  answer = [](Peer&, const Words&) { return "+OK\r\n"; };
  answer_hello = [](Peer&) { return std::string(kHello); };
  Listen();
}

PoolServer::~PoolServer() { CloseAll(); }

void PoolServer::Listen() {
  const tcp::endpoint endpoint(boost::asio::ip::address_v4::loopback(), port_);
  acceptor_.open(endpoint.protocol());
  acceptor_.set_option(tcp::acceptor::reuse_address(true));
  acceptor_.bind(endpoint);
  acceptor_.listen();
  port_ = acceptor_.local_endpoint().port();
  Accept();
}

void PoolServer::StopListening() { acceptor_.close(); }

void PoolServer::Accept() {
  acceptor_.async_accept([this](Error error, tcp::socket socket) {
    if (error) return;
    socket.set_option(tcp::no_delay(true));
    peers_.push_back(std::make_shared<Peer>(*this, std::move(socket), peers_.size()));
    peers_.back()->Read();
    Accept();
  });
}

void PoolServer::CloseAll() {
  for (const auto& peer : peers_) peer->Close();
}

size_t PoolServer::open() const {
  return static_cast<size_t>(std::count_if(peers_.begin(), peers_.end(),
                                           [](const auto& peer) { return peer->is_open(); }));
}

void PoolServer::Peer::Write(std::string_view bytes) {
  Error error;
  boost::asio::write(socket_, boost::asio::buffer(bytes.data(), bytes.size()), error);
}

void PoolServer::Peer::Close() {
  Error error;
  socket_.close(error);
}

void PoolServer::Peer::ReadOn() {
  reading_ = true;
  TakeCommands();
  if (!waiting_) Read();
}

void PoolServer::Peer::Read() {
  if (!reading_ || !is_open()) return;
  waiting_ = true;
  socket_.async_read_some(boost::asio::buffer(block_),
                          [self = shared_from_this()](Error error, size_t bytes) {
                            self->waiting_ = false;
                            if (error) {
                              self->Close();
                              return;
                            }
                            self->input_.append(self->block_, bytes);
                            self->TakeCommands();
                            self->Read();
                          });
}

void PoolServer::Peer::TakeCommands() {
  while (reading_ && is_open()) {
    const std::optional<Words> words = TakeCommand(input_);
    if (!words) return;
    Obey(*words);
  }
}

void PoolServer::Peer::Obey(const Words& words) {
  if (words[0] == "HELLO") {
    Write(server_.answer_hello(*this));
    return;
  }
  if (words[0] == "PING") {
    ++server_.pings_;
    if (server_.answers_ping) Write("+PONG\r\n");
    return;
  }
  Words shown = words;
  for (std::string& word : shown) {
    if (word.size() > 100) word = "(long)";
  }
  server_.commands_.push_back(absl::StrJoin(shown, " "));
  Write(server_.answer(*this, words));
}

}  // namespace nacre::client::testing
