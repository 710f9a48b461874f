#include "tests/check/run/resp_session.h"

#include <exception>
#include <utility>

#include "nacre/client/errors.h"
#include "tests/check/run/list_text.h"

namespace nacre::check::run {

using client::Reply;
using client::Request;

namespace {

// The client goes on trying for as long as it may wait. Who is refused is to know it soon.
constexpr absl::Duration kConnectTimeout = absl::Seconds(1);
static_assert(kConnectTimeout <= AnswerWait::kGrace);
constexpr size_t kKeysPerCommand = 1000;

}  // namespace

RespConnection::RespConnection(const RespPlan& plan)
    : call_timeout_(plan.client.call_timeout), wait_(plan.wait), client_(plan.client) {}

absl::StatusOr<std::unique_ptr<RespConnection>> RespConnection::Open(const RespPlan& plan) {
  std::unique_ptr<RespConnection> connection;
  try {
    connection.reset(new RespConnection(plan));
  } catch (const std::exception& error) {
    return absl::ResourceExhaustedError(error.what());
  }
  // An interrupt would leave it as much time: see AnswerWait::kGrace.
  absl::StatusOr<client::BlockingLease> lease =
      connection->client_.Acquire({.timeout = kConnectTimeout});
  if (!lease.ok()) return lease.status();
  connection->lease_.emplace(*std::move(lease));
  return connection;
}

absl::StatusOr<std::vector<Reply>> RespConnection::Ask(const Request& request) {
  if (lost()) return absl::UnavailableError("the connection is closed");
  absl::StatusOr<std::vector<Reply>> replies = SendAndReceive(request);
  if (!replies.ok()) {
    failure_ = replies.status();
    Close();
  }
  return replies;
}

absl::StatusOr<std::vector<Reply>> RespConnection::SendAndReceive(const Request& request) {
  if (absl::Status status = lease_->Send(request); !status.ok()) return status;
  std::vector<Reply> replies;
  absl::Status failure = absl::DeadlineExceededError("no answer came in time");
  wait_->Until(call_timeout_, [&](absl::Duration span) {
    // Answers that are here already are taken at once. Push messages may come on and on, so behind
    // each it is time to look at the clock.
    while (replies.size() < request.commands()) {
      absl::StatusOr<Reply> reply = lease_->Receive(std::exchange(span, absl::ZeroDuration()));
      if (absl::IsDeadlineExceeded(reply.status())) return false;
      if (!reply.ok()) {
        failure = reply.status();
        return true;
      }
      if (reply->kind() == client::ReplyKind::kPush) return false;
      replies.push_back(*std::move(reply));
    }
    return true;
  });
  if (replies.size() == request.commands()) return replies;
  return client::MakeError(failure.code(), std::string(failure.message()),
                           client::Outcome::kUnknown);
}

absl::StatusOr<Reply> RespConnection::AskOne(const Request& request) {
  absl::StatusOr<std::vector<Reply>> replies = Ask(request);
  if (!replies.ok()) return replies.status();
  if ((*replies)[0].is_error()) return (*replies)[0].status();
  return std::move((*replies)[0]);
}

void RespConnection::SendAndClose(const Request& request) {
  if (lost()) return;
  // Whether it could be sent is the question that is left open on purpose.
  lease_->Send(request).IgnoreError();
  Close();
}

void RespConnection::Close() {
  if (lost()) return;
  lease_->Close();
  lease_.reset();
}

absl::Status RespSession::Remove(absl::Span<const std::string> keys) {
  const absl::Duration began = SteadyNow();
  for (size_t from = 0; from < keys.size(); from += kKeysPerCommand) {
    if (from > 0 && plan_.wait->IsOver(began)) {
      return absl::DeadlineExceededError("interrupted while they were removed");
    }
    std::vector<std::string> words;
    for (const std::string& key : keys.subspan(from, kKeysPerCommand)) words.push_back(KeyOf(key));
    const absl::StatusOr<Reply> reply = connection_->AskOne(Request("DEL", words));
    if (!reply.ok()) return reply.status();
  }
  return absl::OkStatus();
}

Request RespSession::ListRequest(const std::string& key) const {
  return plan_.lists ? Request("LRANGE", key, 0, -1) : Request("GET", key);
}

Request RespSession::AppendRequest(const std::string& key, std::string_view element) const {
  if (plan_.lists) return Request("RPUSH", key, element);
  return Request("APPEND", key, ListElement(element));
}

absl::Status RespSession::ReadElements(const Reply& reply,
                                       std::vector<std::string>& elements) const {
  if (plan_.lists) {
    absl::StatusOr<std::vector<std::string>> list = reply.To<std::vector<std::string>>();
    if (!list.ok()) return list.status();
    elements = *std::move(list);
    return absl::OkStatus();
  }
  const absl::StatusOr<std::optional<std::string>> text = reply.To<std::optional<std::string>>();
  if (!text.ok()) return text.status();
  SplitList(text->value_or(""), elements);
  return absl::OkStatus();
}

absl::Status OperationError(const absl::Status& status) {
  if (client::IsConflict(status)) return status;
  // Whatever it was, the transaction is to end; it is not the other sessions' doing.
  return absl::UnavailableError(status.message());
}

CommitResult FailedCommit(const absl::Status& status) {
  CommitResult result;
  result.why = std::string(status.message());
  if (client::IsConflict(status)) {
    result.ending = Ending::kConflict;
  } else if (client::OutcomeOf(status) == client::Outcome::kNotExecuted) {
    result.ending = Ending::kRefused;
  } else {
    // Also where the server has done a part of it: that part may be seen.
    result.ending = Ending::kUnknown;
  }
  return result;
}

}  // namespace nacre::check::run
