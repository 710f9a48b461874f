#include "client/transact/transaction_script.h"

#include <utility>

#include "client/base/check.h"
#include "client/transact/interactive_script.h"
#include "client/transact/watch_script.h"
#include "nacre/client/errors.h"

namespace nacre::client {

namespace {

absl::Status Invalid(std::string_view message) {
  return MakeError(absl::StatusCode::kInvalidArgument, message, Outcome::kNotExecuted);
}

}  // namespace

std::unique_ptr<TransactionScript> TransactionScript::New(bool interactive,
                                                          const TransactOptions& options) {
  if (interactive) return std::make_unique<InteractiveScript>(options);
  return std::make_unique<WatchScript>(options);
}

std::unique_ptr<TransactionScript> TransactionScript::New(TransactionMode mode,
                                                          const ServerInfo& server,
                                                          const TransactOptions& options) {
  switch (mode) {
    case TransactionMode::kInteractive: return New(/*interactive=*/true, options);
    case TransactionMode::kWatch: return New(/*interactive=*/false, options);
    case TransactionMode::kAuto: break;
  }
  return New(server.name == "nacre", options);
}

// --- Operations -------------------------------------------------------------------------------

absl::Status TransactionScript::Start() {
  if (operation_ != Operation::kNone) {
    return MakeError(absl::StatusCode::kFailedPrecondition,
                     "a transaction does one thing at a time: await its last call first",
                     Outcome::kNotExecuted);
  }
  return failure_;
}

absl::Status TransactionScript::Get(std::string_view key) {
  if (absl::Status status = Start(); !status.ok()) return status;
  const std::string keys[] = {std::string(key)};
  absl::Status status = StartGet(keys, /*as_array=*/false);
  if (status.ok()) operation_ = Operation::kRead;
  return status;
}

absl::Status TransactionScript::MultiGet(std::span<const std::string> keys) {
  if (absl::Status status = Start(); !status.ok()) return status;
  absl::Status status = StartGet(keys, /*as_array=*/true);
  if (status.ok()) operation_ = Operation::kRead;
  return status;
}

absl::Status TransactionScript::Read(Request command, std::span<const std::string> keys) {
  if (absl::Status status = Start(); !status.ok()) return status;
  if (command.commands() != 1) return Invalid("Read takes one command");
  absl::Status status = StartRead(command, keys);
  if (status.ok()) operation_ = Operation::kRead;
  return status;
}

absl::Status TransactionScript::Exec(Request command) {
  if (absl::Status status = Start(); !status.ok()) return status;
  if (command.commands() != 1) return Invalid("Exec takes one command");
  absl::Status status = StartExec(command);
  if (status.ok()) operation_ = Operation::kRead;
  return status;
}

void TransactionScript::Finish(const absl::Status& status) {
  if (operation_ != Operation::kNone) {
    // fn has returned without awaiting one of its calls, whose replies are still to come.
    Fail(MakeError(absl::StatusCode::kFailedPrecondition,
                   "the transaction ended during one of its calls", Outcome::kNotExecuted));
    LoseTrack();
  }
  fn_status_ = status;
  operation_ = status.ok() ? Operation::kCommit : Operation::kRollback;
}

absl::Status TransactionScript::AnswerStatus() {
  operation_ = Operation::kNone;
  return failure_;
}

absl::StatusOr<std::optional<std::string>> TransactionScript::TakeValue() {
  if (absl::Status status = AnswerStatus(); !status.ok()) return status;
  return answer_.TakeValue();
}

absl::StatusOr<std::vector<std::optional<std::string>>> TransactionScript::TakeValues() {
  if (absl::Status status = AnswerStatus(); !status.ok()) return status;
  return answer_.TakeValues();
}

absl::StatusOr<Reply> TransactionScript::TakeReply() {
  if (absl::Status status = AnswerStatus(); !status.ok()) return status;
  return answer_.TakeReply();
}

AttemptEnd TransactionScript::TakeEnd() {
  if (!fn_status_.ok()) {
    return {.result = fn_status_, .of_transaction = has_failed() && fn_status_ == failure_};
  }
  if (has_failed()) return {.result = failure_, .of_transaction = true};
  return {.result = std::move(committed_), .of_transaction = true};
}

// --- Writes -----------------------------------------------------------------------------------

bool TransactionScript::NoteWrite() {
  has_written_ = true;
  if (options_.read_only) Fail(Invalid("a write in a read-only transaction"));
  return !has_failed();
}

void TransactionScript::Set(std::string_view key, std::string_view value,
                            absl::Duration time_to_live) {
  if (!NoteWrite()) return;
  if (absl::Status status = writes_.Set(key, value, time_to_live); !status.ok()) {
    Fail(status);
    return;
  }
  NoteValue(key, &value);
}

void TransactionScript::Del(std::string_view key) {
  if (!NoteWrite()) return;
  writes_.Del(key);
  NoteValue(key, nullptr);
}

void TransactionScript::Write(const Request& commands, std::span<const std::string> keys) {
  if (!NoteWrite()) return;
  writes_.Add(commands);
  for (const std::string& key : keys) NoteUnknown(key);
}

// --- Exchange ---------------------------------------------------------------------------------

const Request* TransactionScript::NextRequest() {
  // Then the last request may still be under way, if fn has not awaited it.
  if (is_lost_) return nullptr;
  NACRE_CLIENT_CHECK(exchange_.empty(), "the last request has not ended");
  const bool is_read = operation_ == Operation::kRead;
  if (is_read && !has_failed()) AskNextRead();
  if (operation_ == Operation::kCommit && !has_failed() && !is_decided_) {
    AskNextCommit();
    is_decided_ = exchange_.empty();  // There is nothing to commit.
  }
  if (!is_read && exchange_.empty() && is_open()) AskRollback();
  return exchange_.empty() ? nullptr : &exchange_.request();
}

void TransactionScript::OnReply(ReplyView reply) {
  NACRE_CLIENT_CHECK(exchange_.has_next_reply(), "more replies than commands");
  const auto [role, index] = exchange_.NextReply();
  if (reply.is_error()) OnError(role, reply);
  switch (role) {
    case Role::kOpen: OnOpenReply(reply); return;
    case Role::kWrite: OnWriteReply(reply, index); return;
    case Role::kRead: OnReadReply(reply); return;
    case Role::kCommit:
      is_decided_ = true;
      OnCommitReply(reply);
      return;
    case Role::kClose: OnCloseReply(); return;
  }
}

// What a server keeps of a transaction whose beginning or end it has refused is its own affair, but
// for the two refusals that say that nothing is left.
void TransactionScript::OnError(Role role, ReplyView reply) {
  if (role == Role::kWrite || role == Role::kRead) return;
  const absl::Status status = reply.status();
  const bool has_ended =
      role == Role::kCommit && (IsConflict(status) || ErrorCode(status) == "EXECABORT");
  if (!has_ended) LoseTrack();
}

void TransactionScript::OnReadReply(ReplyView reply) {
  if (has_failed()) return;  // Then it was not answered from inside the transaction.
  answer_.OnReply(reply);
  // What another attempt may cure ends this one, whatever fn makes of it.
  const absl::Status& status = answer_.status();
  if (IsConflict(status) || status.code() == absl::StatusCode::kUnavailable) Fail(status);
}

void TransactionScript::OnEnd(const absl::Status& status) {
  exchange_.Clear();
  if (status.ok()) return;
  LoseTrack();
  if (!is_decided_ && operation_ != Operation::kRollback) Fail(LossOf(status));
}

absl::Status TransactionScript::LossOf(const absl::Status& status) const {
  // UNKNOWN-STAYS-UNKNOWN.
  if (has_asked_commit_ && has_written_) return status;
  const absl::StatusCode code =
      status.code() == absl::StatusCode::kUnknown ? absl::StatusCode::kUnavailable : status.code();
  const absl::string_view message = status.message();
  return MakeError(code, std::string_view(message.data(), message.size()), Outcome::kNotExecuted);
}

void TransactionScript::AskRead() {
  Ask(Role::kRead, read_);
  read_.Clear();
}

void TransactionScript::AskWrites() {
  std::swap(sent_, writes_);
  writes_.Clear();
  Ask(Role::kWrite, sent_.request());
}

void TransactionScript::AskCommit(const Request& command) {
  has_asked_commit_ = true;
  Ask(Role::kCommit, command);
}

void TransactionScript::Fail(const absl::Status& status) {
  if (failure_.ok()) failure_ = status;
}

}  // namespace nacre::client
