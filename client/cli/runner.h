#ifndef NACRE_CLIENT_CLI_RUNNER_H_
#define NACRE_CLIENT_CLI_RUNNER_H_

// Runs commands one by one and prints their replies: what interactive sessions, scripts and single
// commands have in common.

#include <string>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "client/cli/format.h"
#include "client/cli/options.h"
#include "client/cli/server_link.h"
#include "client/cli/session_state.h"

namespace nacre::cli {

enum class RunResult {
  kOk,
  kErrorReply,
  kNotConnected,  // No connection could be had; see trouble().
  kLost,          // The connection ended; see trouble().
  kInterrupted,   // Ctrl-C; the connection is closed, for its reply would come some time.
};

class Runner {
 public:
  struct Settings {
    OutputFormat format;
    bool errors_to_stderr = false;
    bool show_pushes = false;
    client::ConnectionOptions connection;
  };

  // All live as long as the runner. Subscriptions get a connection of their own, so that whatever
  // becomes of them, the session's stays as it is.
  Runner(ServerLink& link, ServerLink& subscriptions, SessionState& state, Settings settings)
      : link_(link), subscriptions_(subscriptions), state_(state), settings_(std::move(settings)) {}

  // Connects with the database, protocol and login of the session.
  absl::Status Connect();
  bool is_connected() const { return link_.is_open(); }

  // One command, printed. Connects first if need be.
  RunResult Run(const std::vector<std::string>& words);

  // Prints push messages that have come by themselves. kLost: the connection has ended meanwhile.
  RunResult TakeWhatCame();

  // After each reply: for advice.
  using ReplyHandler = absl::AnyInvocable<void(const std::vector<std::string>& words,
                                               client::ReplyView reply, TransactionState before)>;
  void SetReplyHandler(ReplyHandler handler) { on_reply_ = std::move(handler); }

  // What went wrong, after kLost and kNotConnected: sentences, one a line.
  const std::string& trouble() const { return trouble_; }

 private:
  // What the next connection takes up of the session.
  client::ConnectionOptions OptionsNow() const;
  RunResult Finish(const std::vector<std::string>& words, client::ReplyView reply);
  RunResult Show(const std::vector<std::string>& words, client::ReplyView reply,
                 TransactionState before);
  RunResult LogIn(const std::vector<std::string>& words);
  RunResult Subscribe(const std::vector<std::string>& words);
  RunResult Lose(const std::vector<std::string>& pending, const absl::Status& why);
  void PrintPush(client::ReplyView push) const;

  ServerLink& link_;
  ServerLink& subscriptions_;
  SessionState& state_;
  const Settings settings_;
  ReplyHandler on_reply_;
  std::string trouble_;
};

}  // namespace nacre::cli

#endif  // NACRE_CLIENT_CLI_RUNNER_H_
