#include "client/cli/runner.h"

#include <cstdio>
#include <utility>

#include "absl/strings/str_cat.h"
#include "client/cli/interrupt.h"
#include "client/cli/text.h"

namespace nacre::cli {

using client::Reply;
using client::ReplyKind;
using client::ReplyView;

namespace {

// How long to look for what has come already.
constexpr absl::Duration kGlance = absl::Milliseconds(1);

bool IsSubscription(std::string_view name) {
  return EqualsIgnoringCase(name, "subscribe") || EqualsIgnoringCase(name, "psubscribe") ||
         EqualsIgnoringCase(name, "ssubscribe");
}

bool IsUnsubscription(std::string_view name) {
  return EqualsIgnoringCase(name, "unsubscribe") || EqualsIgnoringCase(name, "punsubscribe") ||
         EqualsIgnoringCase(name, "sunsubscribe");
}

bool IsLogin(const std::vector<std::string>& words) {
  return EqualsIgnoringCase(words[0], "auth") && (words.size() == 2 || words.size() == 3);
}

// What can not work here, as an error reply; nullptr: send it.
const char* Refusal(const std::vector<std::string>& words) {
  if (EqualsIgnoringCase(words[0], "monitor")) {
    return "-ERR nacre-cli does not show MONITOR, whose lines answer no request; redis-cli "
           "does\r\n";
  }
  if (EqualsIgnoringCase(words[0], "sync") || EqualsIgnoringCase(words[0], "psync") ||
      (EqualsIgnoringCase(words[0], "client") && words.size() > 1 &&
       EqualsIgnoringCase(words[1], "reply"))) {
    return "-ERR nacre-cli cannot tell what answers which command after this one\r\n";
  }
  if (IsUnsubscription(words[0])) {
    return "-ERR nacre-cli has no subscription open here; Ctrl-C ends one that it shows\r\n";
  }
  return nullptr;
}

}  // namespace

client::ConnectionOptions Runner::OptionsNow() const {
  client::ConnectionOptions options = settings_.connection;
  options.database = state_.database();
  options.protocol = state_.protocol();
  if (state_.login()) {
    options.username = state_.login()->username;
    options.password = state_.login()->password;
  }
  return options;
}

absl::Status Runner::Connect() {
  const client::ConnectionOptions options = OptionsNow();
  const absl::Status status = link_.Connect(options);
  if (status.ok()) {
    state_.Connected();
  } else {
    trouble_ = CouldNotConnect(options, status);
    // A server that was started anew may have fewer databases. The command at hand was meant for
    // the old one, so it is the next that begins in database 0.
    if (status.code() == absl::StatusCode::kInvalidArgument &&
        options.database != settings_.connection.database) {
      state_.SetDatabase(0);
      absl::StrAppend(&trouble_, "\nDatabase ", options.database,
                      " is given up: the next connection begins in database 0.");
    }
  }
  return status;
}

RunResult Runner::Run(const std::vector<std::string>& words) {
  if (const char* const refusal = Refusal(words)) {
    return Show(words, Reply::Parse(refusal)->view(), state_.transaction());
  }
  if (IsSubscription(words[0])) return Subscribe(words);
  if (!link_.is_open() && IsLogin(words)) return LogIn(words);
  if (!link_.is_open() && !Connect().ok()) return RunResult::kNotConnected;

  client::Request request;
  request.AddWords(words);
  const absl::Status sent = link_.Send(request);
  if (!sent.ok()) return Lose(words, sent);
  const absl::StatusOr<Reply> reply =
      AwaitReply(link_, [this](ReplyView push) { PrintPush(push); });
  if (reply.status().code() == absl::StatusCode::kCancelled && WasInterrupted()) {
    link_.Close();
    trouble_ = state_.Disconnected(words);
    return RunResult::kInterrupted;
  }
  if (!reply.ok()) {
    // A server that is told to stop does so without a word.
    if (EqualsIgnoringCase(words[0], "shutdown")) {
      link_.Close();
      trouble_ = state_.Disconnected({});
      return RunResult::kOk;
    }
    return Lose(words, reply.status());
  }
  return Finish(words, reply->view());
}

RunResult Runner::TakeWhatCame() {
  for (;;) {
    const absl::StatusOr<Reply> came = link_.Receive(kGlance);
    if (came.status().code() == absl::StatusCode::kDeadlineExceeded) return RunResult::kOk;
    if (!came.ok()) return Lose({}, came.status());
    PrintPush(came->view());
    if (WasInterrupted()) return RunResult::kInterrupted;
  }
}

RunResult Runner::Finish(const std::vector<std::string>& words, ReplyView reply) {
  const TransactionState before = state_.transaction();
  state_.Observe(words, reply);
  return Show(words, reply, before);
}

RunResult Runner::Show(const std::vector<std::string>& words, ReplyView reply,
                       TransactionState before) {
  if (reply.is_error() && settings_.errors_to_stderr) {
    std::fprintf(stderr, "%s\n", std::string(reply.text()).c_str());
  } else {
    Print(FormatReply(reply, settings_.format, RepliesText(words)));
  }
  if (on_reply_) on_reply_(words, reply, before);
  return reply.is_error() ? RunResult::kErrorReply : RunResult::kOk;
}

// A server with a password lets nobody in without it, so that there is no connection to send AUTH
// on: the login becomes part of connecting.
RunResult Runner::LogIn(const std::vector<std::string>& words) {
  const std::optional<Login> before = state_.login();
  state_.SetLogin(words.size() == 2 ? Login{"", words[1]} : Login{words[1], words[2]});
  const absl::Status connected = Connect();
  if (connected.ok()) return Finish(words, Reply::Parse("+OK\r\n")->view());
  state_.SetLogin(before);
  return RunResult::kNotConnected;
}

// Messages are pushes in RESP3 only, and there the answer of SUBSCRIBE is one of them. So it gets a
// connection in RESP3, which ends with the subscription.
RunResult Runner::Subscribe(const std::vector<std::string>& words) {
  client::ConnectionOptions options = OptionsNow();
  options.protocol = 3;
  const absl::Status connected = subscriptions_.Connect(options);
  if (!connected.ok()) {
    trouble_ = CouldNotConnect(options, connected);
    return RunResult::kNotConnected;
  }
  client::Request request;
  request.AddWords(words);
  bool announced = settings_.format.mode != OutputMode::kHuman;
  const auto show = [&](ReplyView push) {
    if (!std::exchange(announced, true)) Print("Reading messages... (press Ctrl-C to quit)\n");
    Print(FormatPush(push, settings_.format));
  };
  const absl::Status sent = subscriptions_.Send(request);
  const absl::StatusOr<Reply> reply = sent.ok() ? AwaitReply(subscriptions_, show) : sent;
  subscriptions_.Close();
  if (reply.status().code() == absl::StatusCode::kCancelled && WasInterrupted()) {
    trouble_.clear();
    return RunResult::kInterrupted;
  }
  if (!reply.ok()) {
    trouble_ = absl::StrCat("Connection of the subscription lost: ", reply.status().message());
    return RunResult::kLost;
  }
  return Show(words, reply->view(), state_.transaction());
}

RunResult Runner::Lose(const std::vector<std::string>& pending, const absl::Status& why) {
  link_.Close();
  trouble_ = absl::StrCat("Connection lost: ", why.message());
  const std::string lost = state_.Disconnected(pending);
  if (!lost.empty()) absl::StrAppend(&trouble_, "\n", lost);
  return RunResult::kLost;
}

void Runner::PrintPush(ReplyView push) const {
  if (settings_.show_pushes) Print(FormatPush(push, settings_.format));
}

}  // namespace nacre::cli
