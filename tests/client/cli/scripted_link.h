#ifndef NACRE_TESTS_CLIENT_CLI_SCRIPTED_LINK_H_
#define NACRE_TESTS_CLIENT_CLI_SCRIPTED_LINK_H_

#include <deque>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "client/cli/request_reader.h"
#include "client/cli/server_link.h"
#include "tests/client/cli/replies.h"

namespace nacre::cli {

// A server in the test's own thread: answers each command by a function, as wire bytes; several
// replies may follow one another. "" closes the connection in place of an answer.
class ScriptedLink final : public ServerLink {
 public:
  using Answer = std::function<std::string(const std::vector<std::string>& words)>;
  explicit ScriptedLink(Answer answer) : answer_(std::move(answer)) {}

  absl::Status Connect(const client::ConnectionOptions& options) override {
    connections.push_back(options);
    if (!connect_status.ok()) return connect_status;
    open_ = true;
    return absl::OkStatus();
  }
  bool is_open() const override { return open_; }
  void Close() override {
    open_ = false;
    pending_.clear();
  }

  absl::Status Send(const client::Request& request) override {
    if (!open_) return absl::UnavailableError("closed");
    RequestReader reader;
    reader.Feed(request.bytes());
    for (auto words = reader.Next(); words.ok() && *words; words = reader.Next()) {
      commands.push_back(**words);
      pending_.push_back(answer_(**words));
    }
    in_flight_max = std::max(in_flight_max, pending_.size());
    return absl::OkStatus();
  }

  absl::StatusOr<client::Reply> Receive(absl::Duration) override {
    if (!open_) return absl::UnavailableError("closed");
    if (pending_.empty() || given_ == replies_at_once) {
      if (++looks_ >= looks_in_vain) given_ = looks_ = 0;
      return absl::DeadlineExceededError("nothing has come");
    }
    ++given_;
    const std::string wire = pending_.front();
    pending_.pop_front();
    if (wire.empty()) {
      Close();
      return absl::UnavailableError("the server closed the connection");
    }
    return Wire(wire);
  }

  absl::Duration quiet_for() const override { return quiet; }

  // What comes next by itself; "" for the end of the connection.
  void Push(std::string wire) { pending_.push_back(std::move(wire)); }

  absl::Duration quiet = absl::InfiniteDuration();
  absl::Status connect_status;
  std::vector<client::ConnectionOptions> connections;
  std::vector<std::vector<std::string>> commands;
  size_t in_flight_max = 0;
  // After so many replies, nothing has come so often: a server that is slower than its client.
  size_t replies_at_once = SIZE_MAX;
  size_t looks_in_vain = 4;

 private:
  Answer answer_;
  bool open_ = false;
  size_t given_ = 0;
  size_t looks_ = 0;
  std::deque<std::string> pending_;
};

}  // namespace nacre::cli

#endif  // NACRE_TESTS_CLIENT_CLI_SCRIPTED_LINK_H_
