#include "client/transact/watch_script.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "nacre/client/errors.h"

namespace nacre::client {

namespace {

absl::Status NotSeenYet(const std::string& key) {
  const std::string message = absl::StrCat(
      "key '", key, "' was written by this transaction, and the server has not seen that yet");
  return MakeError(absl::StatusCode::kFailedPrecondition, message, Outcome::kNotExecuted);
}

// EXEC has applied everything else.
absl::Status PartlyExecuted(const absl::Status& error) {
  const std::string message = absl::StrCat(
      error.message(), " (the other commands of the transaction have been applied: this server ",
      "does not undo them)");
  return MakeError(error.code(), message, Outcome::kExecuted);
}

}  // namespace

// --- Reads ------------------------------------------------------------------------------------

absl::Status WatchScript::StartGet(std::span<const std::string> keys, bool as_array) {
  std::vector<ReadAnswer::Value> values(keys.size());
  std::vector<size_t> missing;
  std::vector<std::string> asked;
  for (size_t i = 0; i < keys.size(); ++i) {
    const auto written = written_.find(keys[i]);
    if (written == written_.end()) {
      missing.push_back(i);
      asked.push_back(keys[i]);
    } else if (written->second.is_known) {
      values[i] = written->second.value;
    } else {
      return NotSeenYet(keys[i]);
    }
  }
  to_watch_ = asked;
  if (!asked.empty()) read_ = as_array ? Request("MGET", asked) : Request("GET", asked[0]);
  answer_.ExpectValues(std::move(values), std::move(missing), as_array);
  return absl::OkStatus();
}

absl::Status WatchScript::StartRead(const Request& command, std::span<const std::string> keys) {
  if (keys.empty()) {
    return MakeError(absl::StatusCode::kInvalidArgument,
                     "on this server a read has to name its keys, for WATCH",
                     Outcome::kNotExecuted);
  }
  for (const std::string& key : keys) {
    if (written_.contains(key)) return NotSeenYet(key);
  }
  to_watch_.assign(keys.begin(), keys.end());
  read_ = command;
  answer_.ExpectReply();
  return absl::OkStatus();
}

absl::Status WatchScript::StartExec(const Request&) {
  return MakeError(absl::StatusCode::kUnimplemented,
                   "this server has no transactions that answer before they commit",
                   Outcome::kNotExecuted);
}

void WatchScript::AskNextRead() {
  if (read_.empty()) return;
  // Before the read, so that there is no moment between them in which a change goes unnoticed.
  std::erase_if(to_watch_, [this](const std::string& key) { return watched_.contains(key); });
  if (!to_watch_.empty()) {
    Ask(Role::kOpen, Request("WATCH", to_watch_));
    watched_.insert(to_watch_.begin(), to_watch_.end());
  }
  AskRead();
  ++steps_;
}

// --- Writes -----------------------------------------------------------------------------------

void WatchScript::NoteValue(std::string_view key, const std::string_view* value) {
  Written written{.is_known = true};
  if (value != nullptr) written.value.emplace(*value);
  written_.insert_or_assign(std::string(key), std::move(written));
}

void WatchScript::NoteUnknown(std::string_view key) {
  written_.insert_or_assign(std::string(key), Written());
}

// --- The end ----------------------------------------------------------------------------------

void WatchScript::AskNextCommit() {
  if (writes_.empty() && steps_ <= 1) return;  // One read is of one moment.
  Ask(Role::kOpen, Request("MULTI"));
  AskWrites();
  AskCommit(Request("EXEC"));
}

void WatchScript::AskRollback() { Ask(Role::kClose, Request("UNWATCH")); }

void WatchScript::OnOpenReply(ReplyView reply) {
  if (is_committing()) {
    multi_error_ = reply.status();
  } else if (reply.is_error()) {
    Fail(reply.status());
  } else {
    is_watching_ = true;
  }
}

void WatchScript::OnWriteReply(ReplyView reply, size_t) {
  if (!reply.is_error()) {
    has_run_without_multi_ |= !multi_error_.ok();
  } else if (queue_error_.ok()) {
    // What it says of a command that was to be queued, whatever else the request holds: no script
    // has run. OnCommitReply() makes sure that there was a queue.
    queue_error_ = ErrorReply(reply.text());
  }
}

void WatchScript::OnCommitReply(ReplyView reply) {
  is_watching_ = false;
  if (!multi_error_.ok()) {
    OnMultiRefused();
  } else if (reply.is_null()) {
    Fail(MakeError(absl::StatusCode::kAborted, "a key that was read has been changed since",
                   Outcome::kNotExecuted));
  } else if (reply.is_error()) {
    // EXECABORT says that nothing was run, because of an error; the error says which.
    const bool tells_why = !queue_error_.ok() && ErrorCode(reply.status()) == "EXECABORT";
    Fail(tells_why ? queue_error_ : reply.status());
  } else {
    OnExecReplies(reply);
  }
}

void WatchScript::OnMultiRefused() {
  if (!has_run_without_multi_) {
    Fail(multi_error_);
    return;
  }
  Fail(MakeError(multi_error_.code(),
                 absl::StrCat("MULTI was refused, and writes of this transaction have been applied "
                              "one by one: ",
                              multi_error_.message()),
                 Outcome::kUnknown));
}

void WatchScript::OnExecReplies(ReplyView replies) {
  if (replies.size() != sent_.size()) {
    Fail(
        MakeError(absl::StatusCode::kDataLoss,
                  absl::StrCat("EXEC of ", sent_.size(), " commands has answered ", replies.size()),
                  Outcome::kUnknown));
    return;
  }
  size_t index = 0;
  for (const ReplyView reply : replies) {
    if (reply.is_error()) Fail(PartlyExecuted(reply.status()));
    if (sent_.is_kept(index++)) committed_.replies.emplace_back(reply);
  }
}

}  // namespace nacre::client
