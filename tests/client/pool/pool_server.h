#ifndef NACRE_TESTS_CLIENT_POOL_POOL_SERVER_H_
#define NACRE_TESTS_CLIENT_POOL_POOL_SERVER_H_

// A server on the client's own io_context: one thread runs both ends, so a test sees each step and
// nothing happens between two of them. It answers the handshake and PING by itself, and everything
// else as the test says.

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "boost/asio/io_context.hpp"
#include "boost/asio/ip/tcp.hpp"

namespace nacre::client::testing {

using Words = std::vector<std::string>;

class PoolServer {
 public:
  // One connection. Numbers count from 0, in the order of accepting.
  class Peer : public std::enable_shared_from_this<Peer> {
   public:
    Peer(PoolServer& server, boost::asio::ip::tcp::socket socket, size_t its_number)
        : number(its_number), server_(server), socket_(std::move(socket)) {}

    void Write(std::string_view bytes);
    // The client sees the end of the stream; what it has sent and nobody has read is lost.
    void Close();
    // What comes stays in the buffers of the kernel, until it is read again.
    void StopReading() { reading_ = false; }
    void ReadOn();
    bool is_open() const { return socket_.is_open(); }

    const size_t number;

   private:
    friend class PoolServer;
    void Read();
    void TakeCommands();
    void Obey(const Words& words);

    PoolServer& server_;
    boost::asio::ip::tcp::socket socket_;
    std::string input_;
    char block_[16384];
    bool reading_ = true;
    bool waiting_ = false;  // For bytes.
  };

  // Answers "+OK" to everything until it is told otherwise.
  explicit PoolServer(boost::asio::io_context& context);
  ~PoolServer();

  uint16_t port() const { return port_; }

  // What to answer; empty: nothing.
  std::function<std::string(Peer& peer, const Words& words)> answer;
  // Likewise, of the handshake and of PING.
  std::function<std::string(Peer& peer)> answer_hello;
  bool answers_ping = true;

  // Nobody listens: connecting is refused.
  void StopListening();
  void Listen();
  void CloseAll();

  size_t accepted() const { return peers_.size(); }
  size_t open() const;
  Peer& peer(size_t number) { return *peers_.at(number); }
  // All commands but those of the handshake and PING, as "SET a 1".
  const std::vector<std::string>& commands() const { return commands_; }
  size_t pings() const { return pings_; }

 private:
  void Accept();

  boost::asio::io_context& context_;
  boost::asio::ip::tcp::acceptor acceptor_;
  uint16_t port_ = 0;
  std::vector<std::shared_ptr<Peer>> peers_;
  std::vector<std::string> commands_;
  size_t pings_ = 0;
};

std::string Bulk(std::string_view text);

}  // namespace nacre::client::testing

#endif  // NACRE_TESTS_CLIENT_POOL_POOL_SERVER_H_
