#ifndef NACRE_TESTS_CLIENT_SUPPORT_SCRIPTED_SERVER_H_
#define NACRE_TESTS_CLIENT_SUPPORT_SCRIPTED_SERVER_H_

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "tests/client/support/canned_replies.h"
#include "tests/client/support/resp.h"
#include "tests/client/support/socket.h"

namespace nacre::client::support {

// A server that does what the test says, with each connection on a thread of its own:
//
//   ScriptedServer server([](ScriptedServer::Peer& peer) {
//     const auto command = peer.AnswerHandshake();      // The first that is none of it.
//     peer.Write("$5\r\nhel");                          // Half a reply,
//     peer.Reset();                                     // and gone.
//   });
//   ScriptedServer obedient(CannedReplies().On("GET", Bulk("x")));
//
// Nothing waits for a span of time; a script that waits for what never comes is woken when the
// server is destroyed, and its calls then answer as if the client had gone. A request that is no
// array of bulk strings fails the test.
class ScriptedServer {
 public:
  class Peer;
  using Script = std::function<void(Peer&)>;

  struct Options {
    uint16_t port = 0;           // 0: any free one. Else that of a ReservedPort.
    std::string unix_path = {};  // If set, it listens here instead.
    // Of the kernel, for a client that is not read from; 0: the kernel's choice.
    int receive_buffer_bytes = 0;
  };
  struct Received {
    int connection = 0;  // In the order in which they were accepted, from 0.
    Words words;

    bool operator==(const Received&) const = default;
  };

  explicit ScriptedServer(Script script) : ScriptedServer(std::move(script), Options()) {}
  ScriptedServer(Script script, Options options);
  explicit ScriptedServer(CannedReplies replies) : ScriptedServer(std::move(replies), Options()) {}
  ScriptedServer(CannedReplies replies, Options options);
  // As Stop().
  ~ScriptedServer();
  ScriptedServer(const ScriptedServer&) = delete;
  ScriptedServer& operator=(const ScriptedServer&) = delete;

  uint16_t port() const { return port_; }

  // Closes what is open, and waits for the scripts.
  void Stop();

  // Every command that was read, in the order of reading.
  std::vector<Received> received() const;
  // The same without those of the handshake (HELLO, AUTH, CLIENT, SELECT), words only.
  std::vector<Words> commands() const;
  int connections() const;
  // Wait until there are so many.
  void WaitForConnections(int count) const;
  void WaitForCommands(size_t count) const;  // As commands() counts.
  // Until so many scripts have returned.
  void WaitForEndedScripts(int count) const;

 private:
  struct Service;
  void AcceptLoop();
  void Record(int connection, const Words& words);

  const Script script_;
  const Options options_;
  Socket listener_;
  uint16_t port_ = 0;

  mutable std::mutex mutex_;
  mutable std::condition_variable changed_;
  // Guarded by mutex_.
  bool stopping_ = false;
  std::vector<Received> received_;
  size_t command_count_ = 0;
  int ended_scripts_ = 0;
  std::list<std::unique_ptr<Service>> services_;

  std::thread acceptor_;  // Last: it uses all the others.
};

// One connection, as the script sees it. Used by the script's thread.
class ScriptedServer::Peer {
 public:
  // The next command; none when the client has closed, or this peer has.
  std::optional<Words> ReadCommand();
  // The first command that is none of the handshake; those that are have been answered.
  std::optional<Words> AnswerHandshake(const CannedReplies& replies = {});
  void Answer(const Words& words, const CannedReplies& replies);
  // Answers everything until the client closes.
  void AnswerAll(const CannedReplies& replies);

  // False when the client has gone.
  bool Write(std::string_view bytes);
  // The client sees the end of the stream behind what was written; it can still be read from.
  void FinishWriting();
  // Reads and forgets until the client closes.
  void WaitUntilClosed();
  // Reads nothing more and keeps the connection until the server is stopped.
  void StopReading();
  void Close();
  // The client sees an error instead of the end.
  void Reset();

  int number() const { return number_; }
  const CannedReplies::Session& session() const { return session_; }

 private:
  friend class ScriptedServer;
  Peer(ScriptedServer& server, int number, Socket socket)
      : server_(server), number_(number), socket_(std::move(socket)) {}
  // Also from other threads.
  void ShutDown();

  ScriptedServer& server_;
  const int number_;
  std::mutex closing_;  // So that ShutDown() never meets a descriptor that is another's by now.
  Socket socket_;
  std::string input_;
  size_t used_ = 0;  // Of input_.
  CannedReplies::Session session_;
};

}  // namespace nacre::client::support

#endif  // NACRE_TESTS_CLIENT_SUPPORT_SCRIPTED_SERVER_H_
