#include "tests/client/support/scripted_server.h"

#include <sys/socket.h>

#include <algorithm>
#include <utility>

#include "gtest/gtest.h"

namespace nacre::client::support {

struct ScriptedServer::Service {
  explicit Service(ScriptedServer& server, int number, Socket socket)
      : peer(server, number, std::move(socket)) {}
  Peer peer;
  std::thread thread;
};

ScriptedServer::ScriptedServer(Script script, Options options)
    : script_(std::move(script)), options_(std::move(options)) {
  if (options_.unix_path.empty()) {
    listener_ = Socket::ListenOn(options_.port);
    port_ = listener_.port();
  } else {
    listener_ = Socket::ListenAt(options_.unix_path);
  }
  if (options_.receive_buffer_bytes > 0) {
    // Accepted sockets inherit it.
    EXPECT_EQ(::setsockopt(listener_.descriptor(), SOL_SOCKET, SO_RCVBUF,
                           &options_.receive_buffer_bytes, sizeof(options_.receive_buffer_bytes)),
              0);
  }
  acceptor_ = std::thread([this] { AcceptLoop(); });
}

ScriptedServer::ScriptedServer(CannedReplies replies, Options options)
    : ScriptedServer([replies = std::move(replies)](Peer& peer) { peer.AnswerAll(replies); },
                     std::move(options)) {}

ScriptedServer::~ScriptedServer() { Stop(); }

void ScriptedServer::Stop() {
  {
    const std::lock_guard lock(mutex_);
    if (stopping_) return;
    stopping_ = true;
    for (const auto& service : services_) service->peer.ShutDown();
    changed_.notify_all();
  }
  listener_.ShutDown();
  acceptor_.join();
  listener_.Close();
  // Nobody adds to the list any more.
  for (const auto& service : services_) service->thread.join();
}

void ScriptedServer::AcceptLoop() {
  for (int number = 0;; ++number) {
    Socket socket = listener_.Accept();
    if (!socket.is_open()) return;
    const std::lock_guard lock(mutex_);
    if (stopping_) return;
    services_.push_back(std::make_unique<Service>(*this, number, std::move(socket)));
    Service& service = *services_.back();
    service.thread = std::thread([this, &service] {
      script_(service.peer);
      service.peer.Close();
      const std::lock_guard ended(mutex_);
      ++ended_scripts_;
      changed_.notify_all();
    });
    changed_.notify_all();
  }
}

void ScriptedServer::Record(int connection, const Words& words) {
  const std::lock_guard lock(mutex_);
  received_.push_back({.connection = connection, .words = words});
  if (!CannedReplies::IsHandshake(words)) ++command_count_;
  changed_.notify_all();
}

std::vector<ScriptedServer::Received> ScriptedServer::received() const {
  const std::lock_guard lock(mutex_);
  return received_;
}

std::vector<Words> ScriptedServer::commands() const {
  const std::lock_guard lock(mutex_);
  std::vector<Words> commands;
  for (const Received& one : received_) {
    if (!CannedReplies::IsHandshake(one.words)) commands.push_back(one.words);
  }
  return commands;
}

int ScriptedServer::connections() const {
  const std::lock_guard lock(mutex_);
  return static_cast<int>(services_.size());
}

void ScriptedServer::WaitForConnections(int count) const {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [&] { return static_cast<int>(services_.size()) >= count; });
}

void ScriptedServer::WaitForCommands(size_t count) const {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [&] { return command_count_ >= count; });
}

void ScriptedServer::WaitForEndedScripts(int count) const {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [&] { return ended_scripts_ >= count; });
}

std::optional<Words> ScriptedServer::Peer::ReadCommand() {
  for (;;) {
    auto request = ParseRequest(std::string_view(input_).substr(used_));
    if (!request.ok()) {
      ADD_FAILURE() << "connection " << number_ << " sent what is no request: "
                    << ::testing::PrintToString(input_.substr(used_, 200));
      return std::nullopt;
    }
    if (request->has_value()) {
      used_ += (*request)->bytes;
      server_.Record(number_, (*request)->words);
      return std::move((*request)->words);
    }
    input_.erase(0, std::exchange(used_, 0));
    if (!socket_.is_open() || !socket_.Receive(input_)) return std::nullopt;
  }
}

std::optional<Words> ScriptedServer::Peer::AnswerHandshake(const CannedReplies& replies) {
  for (;;) {
    std::optional<Words> words = ReadCommand();
    if (!words || !CannedReplies::IsHandshake(*words)) return words;
    Answer(*words, replies);
  }
}

void ScriptedServer::Peer::AnswerAll(const CannedReplies& replies) {
  while (const std::optional<Words> words = ReadCommand()) Answer(*words, replies);
}

void ScriptedServer::Peer::Answer(const Words& words, const CannedReplies& replies) {
  Write(replies.ReplyTo(words, session_));
}

bool ScriptedServer::Peer::Write(std::string_view bytes) {
  return socket_.is_open() && socket_.SendAll(bytes);
}

void ScriptedServer::Peer::FinishWriting() { socket_.FinishSending(); }

void ScriptedServer::Peer::WaitUntilClosed() {
  std::string forgotten;
  while (socket_.is_open() && socket_.Receive(forgotten)) forgotten.clear();
}

void ScriptedServer::Peer::StopReading() {
  std::unique_lock lock(server_.mutex_);
  server_.changed_.wait(lock, [&] { return server_.stopping_; });
}

void ScriptedServer::Peer::Close() {
  const std::lock_guard lock(closing_);
  socket_.Close();
}

void ScriptedServer::Peer::Reset() {
  const std::lock_guard lock(closing_);
  socket_.Reset();
}

void ScriptedServer::Peer::ShutDown() {
  const std::lock_guard lock(closing_);
  if (socket_.is_open()) socket_.ShutDown();
}

}  // namespace nacre::client::support
