#include "client/net/handshake.h"

#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "client/base/strings.h"
#include "nacre/client/errors.h"

namespace nacre::client {

namespace {

bool IsUnknownCommand(std::string_view error) {
  return absl::StrContains(ToAbsl(error), "unknown command");
}

}  // namespace

Handshake::Handshake(const ConnectionOptions& options) : options_(options) {}

Handshake::Next Handshake::Begin() {
  if (options_.protocol != 2 && options_.protocol != 3) {
    return Fail(Error(absl::StatusCode::kInvalidArgument, "the option `protocol` must be 2 or 3"));
  }
  AskHello(options_.protocol);
  return Next::kSend;
}

void Handshake::AskHello(int protocol) {
  request_.Clear();
  server_.protocol = protocol;
  std::vector<std::string_view> words = {"HELLO", protocol == 3 ? "3" : "2"};
  if (has_login()) {
    const std::string_view username = options_.username;
    words.insert(words.end(), {"AUTH", username.empty() ? "default" : username, options_.password});
  }
  if (!options_.client_name.empty()) {
    words.insert(words.end(), {"SETNAME", options_.client_name});
  }
  request_.AddWords(words);
  steps_.push_back(Step::kHello);
  AskSelect();
}

void Handshake::AskWithoutHello() {
  request_.Clear();
  server_.protocol = 2;
  if (has_login()) {
    // Servers before users came about take the password alone.
    if (options_.username.empty()) {
      request_.Add("AUTH", options_.password);
    } else {
      request_.Add("AUTH", options_.username, options_.password);
    }
    steps_.push_back(Step::kAuth);
  }
  if (!options_.client_name.empty()) {
    request_.Add("CLIENT", "SETNAME", options_.client_name);
    steps_.push_back(Step::kSetName);
  }
  AskSelect();
}

void Handshake::AskSelect() {
  if (options_.database == 0) return;
  request_.Add("SELECT", options_.database);
  steps_.push_back(Step::kSelect);
}

// What left together with a HELLO that was refused was asked too early.
void Handshake::IgnoreTheRest() {
  for (Step& step : steps_) step = Step::kIgnored;
}

Handshake::Next Handshake::OnReply(ReplyView reply) {
  const Step step = steps_.front();
  steps_.pop_front();
  switch (step) {
    case Step::kIgnored: break;
    case Step::kHello:
      if (reply.is_error()) return OnHelloRefused(reply);
      if (!ReadHello(reply)) {
        return Fail(Error(absl::StatusCode::kDataLoss, "the reply to HELLO describes no server"));
      }
      break;
    case Step::kAuth:
      if (reply.is_error()) {
        // Before WRONGPASS there was only ERR.
        const absl::Status error = ErrorOf(reply);
        return Fail(absl::IsUnavailable(error)
                        ? error
                        : Error(absl::StatusCode::kUnauthenticated, reply.text()));
      }
      break;
    case Step::kSetName:
      if (reply.is_error() && !IsUnknownCommand(reply.text())) return Fail(ErrorOf(reply));
      break;
    case Step::kSelect:
      if (reply.is_error()) return Fail(ErrorOf(reply));
      break;
    case Step::kProbe: return Fail(Error(absl::StatusCode::kInvalidArgument, refusal_));
  }
  return WaitOrDone();
}

Handshake::Next Handshake::OnHelloRefused(ReplyView reply) {
  const absl::Status error = ErrorOf(reply);
  IgnoreTheRest();
  if (absl::StartsWith(ToAbsl(reply.text()), "NOPROTO") && server_.protocol == 3) {
    AskHello(2);
    return Next::kSend;
  }
  if (IsUnknownCommand(reply.text())) {
    const size_t ignored = steps_.size();
    AskWithoutHello();
    return steps_.size() > ignored ? Next::kSend : WaitOrDone();
  }
  if (error.code() != absl::StatusCode::kInvalidArgument) return Fail(error);
  refusal_ = std::string(reply.text());
  request_.Clear();
  request_.Add("PING");
  steps_.push_back(Step::kProbe);
  return Next::kSend;
}

// A map, or a flat array in RESP2. Without "proto" it is no such description: a socket that is
// connected to itself, as can happen on one host, echoes the request, which reads like an array.
bool Handshake::ReadHello(ReplyView reply) {
  bool known = false;
  const auto end = reply.end();
  for (auto it = reply.begin(); it != end;) {
    const std::string_view name = it->text();
    if (++it == end) return false;
    const ReplyView value = *it;
    ++it;
    if (name == "server") {
      server_.name = std::string(value.text());
    } else if (name == "version") {
      server_.version = std::string(value.text());
    } else if (name == "proto" && value.kind() == ReplyKind::kInteger) {
      server_.protocol = static_cast<int>(value.integer());
      known = true;
    } else if (name == "id" && value.kind() == ReplyKind::kInteger) {
      server_.client_id = value.integer();
    }
  }
  return known;
}

absl::Status Handshake::OnClosed(const absl::Status& why) const {
  if (refusal_.empty()) {
    return Error(why.code(), std::string_view(why.message().data(), why.message().size()));
  }
  return Error(absl::StatusCode::kUnavailable, refusal_);
}

std::string Handshake::Quote(std::string_view text) const {
  if (options_.password.empty()) return std::string(text);
  // Redis quotes the arguments of a command that it does not know, each cut after 128 bytes.
  constexpr std::string_view kQuotation = "args beginning with";
  const size_t quotation = text.find(kQuotation);
  std::string quoted =
      absl::StrReplaceAll(ToAbsl(text.substr(0, quotation)), {{options_.password, "(password)"}});
  if (quotation != text.npos) quoted += "args that are not shown";
  return quoted;
}

absl::Status Handshake::Error(absl::StatusCode code, std::string_view text) const {
  return MakeError(code, absl::StrCat(options_.endpoint.ToString(), ": ", Quote(text)),
                   Outcome::kNotExecuted);
}

absl::Status Handshake::ErrorOf(ReplyView reply) const {
  return Error(ErrorReply(reply.text()).code(), reply.text());
}

Handshake::Next Handshake::Fail(absl::Status status) {
  status_ = std::move(status);
  return Next::kFailed;
}

}  // namespace nacre::client
