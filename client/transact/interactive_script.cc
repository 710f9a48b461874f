#include "client/transact/interactive_script.h"

#include <numeric>
#include <utility>
#include <vector>

namespace nacre::client {

absl::Status InteractiveScript::StartGet(std::span<const std::string> keys, bool as_array) {
  std::vector<size_t> all(keys.size());
  std::iota(all.begin(), all.end(), size_t{0});
  answer_.ExpectValues(std::vector<ReadAnswer::Value>(keys.size()), std::move(all), as_array);
  read_may_write_ = false;
  if (!keys.empty()) read_ = as_array ? Request("MGET", keys) : Request("GET", keys[0]);
  return absl::OkStatus();
}

absl::Status InteractiveScript::StartRead(const Request& command, std::span<const std::string>) {
  read_ = command;
  read_may_write_ = false;
  answer_.ExpectReply();
  return absl::OkStatus();
}

absl::Status InteractiveScript::StartExec(const Request& command) {
  if (!options_.read_only) has_written_ = true;  // For all we know.
  absl::Status status = StartRead(command, {});
  read_may_write_ = true;
  return status;
}

void InteractiveScript::AskNextRead() {
  if (read_.empty()) return;
  if (!is_open_) {
    AskBegin();
    if (!writes_.empty() || read_may_write_) return;  // NO-WRITE-OUTSIDE
  }
  AskWrites();
  AskRead();
}

void InteractiveScript::AskNextCommit() {
  if (!is_open_) {
    AskBegin();
    if (!writes_.empty()) return;  // NO-WRITE-OUTSIDE
  }
  if (!writes_.empty()) {
    AskWrites();
    return;  // ALL-OR-NOTHING
  }
  AskCommit(Request("COMMIT"));
}

void InteractiveScript::AskBegin() {
  std::vector<std::string> words = {
      "BEGIN", options_.isolation == Isolation::kSerializable ? "SERIALIZABLE" : "SNAPSHOT"};
  if (options_.read_only) words.emplace_back("READONLY");
  Request begin;
  begin.AddWords(words);
  Ask(Role::kOpen, begin);
}

void InteractiveScript::AskRollback() { Ask(Role::kClose, Request("ROLLBACK")); }

void InteractiveScript::OnOpenReply(ReplyView reply) {
  is_open_ = !reply.is_error();
  if (reply.is_error()) Fail(reply.status());
}

void InteractiveScript::OnWriteReply(ReplyView reply, size_t index) {
  if (reply.is_error()) Fail(reply.status());
  if (sent_.is_kept(index)) committed_.replies.emplace_back(reply);
}

void InteractiveScript::OnCommitReply(ReplyView reply) {
  is_open_ = false;  // Whatever the answer.
  if (reply.is_error()) Fail(reply.status());
  if (reply.kind() == ReplyKind::kInteger) committed_.timestamp = reply.integer();
}

}  // namespace nacre::client
