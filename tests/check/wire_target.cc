#include "tests/check/wire_target.h"

#include <utility>

namespace nacre::check {
namespace {

using Kind = RespReply::Kind;
using Words = std::vector<std::string>;

// Sends, and turns an error reply into a status: a conflict into kAborted.
absl::StatusOr<RespReply> Call(RespClient& client, const Words& words) {
  absl::StatusOr<RespReply> reply = client.Call(words);
  if (!reply.ok() || reply->kind != Kind::kError) return reply;
  const std::string message = words[0] + " answered " + reply->text;
  if (reply->text.rfind("CONFLICT", 0) == 0) return absl::AbortedError(message);
  return absl::InternalError(message);
}

absl::Status Unexpected(const Words& words) {
  return absl::DataLossError(words[0] + ": a reply of another type than documented");
}

absl::StatusOr<KeyValues> Range(RespClient& client, Words words) {
  words.push_back("WITHVALUES");
  absl::StatusOr<RespReply> reply = Call(client, words);
  if (!reply.ok()) return reply.status();
  if (reply->kind != Kind::kArray || reply->elements.size() % 2 != 0) return Unexpected(words);
  KeyValues items;
  for (size_t i = 0; i < reply->elements.size(); i += 2) {
    items.emplace_back(reply->elements[i].text, reply->elements[i + 1].text);
  }
  return items;
}

class WireSession : public Session, private Access {
 public:
  WireSession(RespClient client, Isolation level) : client_(std::move(client)), level_(level) {}

  absl::StatusOr<std::string> Execute(const Operation& operation) override {
    switch (operation.kind) {
      case OperationKind::kBegin: {
        Words words = {"BEGIN", level_ == Isolation::kSnapshot ? "SNAPSHOT" : "SERIALIZABLE"};
        if (operation.read_only) words.push_back("READONLY");
        return Simple(words);
      }
      case OperationKind::kRollback: return Simple({"ROLLBACK"});
      case OperationKind::kCommit: {
        absl::StatusOr<RespReply> reply = Call(client_, {"COMMIT"});
        if (!reply.ok()) return reply.status();
        if (reply->kind != Kind::kInteger) return Unexpected({"COMMIT"});
        return std::to_string(reply->integer);
      }
      default: return Perform(operation, *this);
    }
  }

 private:
  absl::StatusOr<std::string> Simple(const Words& words) {
    absl::StatusOr<RespReply> reply = Call(client_, words);
    if (!reply.ok()) return reply.status();
    return std::string("ok");
  }

  absl::StatusOr<std::optional<std::string>> Get(const std::string& key) override {
    absl::StatusOr<RespReply> reply = Call(client_, {"GET", key});
    if (!reply.ok()) return reply.status();
    if (reply->kind == Kind::kNil) return std::optional<std::string>();
    if (reply->kind != Kind::kBulk) return Unexpected({"GET"});
    return std::optional<std::string>(reply->text);
  }
  absl::StatusOr<std::optional<std::string>> GetForUpdate(const std::string&) override {
    return absl::UnimplementedError("the protocol has no command for GETFORUPDATE");
  }
  absl::StatusOr<bool> Exists(const std::string& key) override {
    absl::StatusOr<RespReply> reply = Call(client_, {"EXISTS", key});
    if (!reply.ok()) return reply.status();
    if (reply->kind != Kind::kInteger) return Unexpected({"EXISTS"});
    return reply->integer != 0;
  }
  absl::StatusOr<KeyValues> Scan(const std::string& start, const std::string& end, bool reverse,
                                 std::optional<uint64_t> limit) override {
    // As in ZRANGE ... REV, the bound to start from stands first.
    Words words = reverse ? Words{"RANGE", "(" + end, "[" + start, "REV"}
                          : Words{"RANGE", "[" + start, "(" + end};
    if (limit) words.insert(words.end(), {"LIMIT", "0", std::to_string(*limit)});
    return Range(client_, words);
  }
  absl::StatusOr<uint64_t> Count(const std::string& start, const std::string& end) override {
    absl::StatusOr<RespReply> reply = Call(client_, {"RANGE", "[" + start, "(" + end});
    if (!reply.ok()) return reply.status();
    if (reply->kind != Kind::kArray) return Unexpected({"RANGE"});
    return reply->elements.size();
  }
  absl::Status Put(const std::string& key, const std::string& value) override {
    return Call(client_, {"SET", key, value}).status();
  }
  absl::Status Delete(const std::string& key) override {
    return Call(client_, {"DEL", key}).status();
  }
  absl::Status SetSavepoint() override {
    return absl::UnimplementedError("the protocol has no command for SAVEPOINT");
  }
  absl::Status RollbackToSavepoint() override {
    return absl::UnimplementedError("the protocol has no command for ROLLBACKTO");
  }

  RespClient client_;
  const Isolation level_;
};

}  // namespace

absl::Status WireTarget::Reset(const State& state) {
  absl::StatusOr<RespClient> client = RespClient::Connect(port_);
  if (!client.ok()) return client.status();
  if (absl::Status status = Call(*client, {"FLUSHALL"}).status(); !status.ok()) return status;
  for (const auto& [key, value] : state) {
    if (absl::Status status = Call(*client, {"SET", key, value}).status(); !status.ok()) {
      return status;
    }
  }
  return absl::OkStatus();
}

absl::StatusOr<std::unique_ptr<Session>> WireTarget::Connect(Isolation level) {
  absl::StatusOr<RespClient> client = RespClient::Connect(port_);
  if (!client.ok()) return client.status();
  return std::make_unique<WireSession>(*std::move(client), level);
}

absl::StatusOr<State> WireTarget::ReadAll() {
  absl::StatusOr<RespClient> client = RespClient::Connect(port_);
  if (!client.ok()) return client.status();
  absl::StatusOr<KeyValues> items = Range(*client, {"RANGE", "-", "+"});
  if (!items.ok()) return items.status();
  return State(items->begin(), items->end());
}

absl::Status WireTarget::Verify() {
  absl::StatusOr<RespClient> client = RespClient::Connect(port_);
  if (!client.ok()) return client.status();
  return Call(*client, {"PING"}).status();
}

}  // namespace nacre::check
