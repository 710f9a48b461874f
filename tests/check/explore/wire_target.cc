#include "tests/check/explore/wire_target.h"

#include <utility>

#include "nacre/client/errors.h"

namespace nacre::check::explore {
namespace {

using client::BlockingLease;
using client::Reply;
using client::ReplyKind;
using client::Request;
using Words = std::vector<std::string>;

constexpr absl::Duration kReplyWaitMax = absl::Seconds(30);

client::ClientOptions OptionsFor(uint16_t port) {
  client::ClientOptions options;
  options.connection.endpoint.port = port;
  options.call_timeout = kReplyWaitMax;
  return options;
}

// Sends through a client or a lease. A conflict is kAborted; any other error reply means that the
// server does not work.
template <typename Connection>
absl::StatusOr<Reply> Call(Connection& connection, const Words& words) {
  absl::StatusOr<Reply> reply = connection.Exec(Request().AddWords(words));
  if (reply.ok() || absl::IsAborted(reply.status())) return reply;
  return absl::Status(reply.status().code(),
                      words[0] + ": " + std::string(reply.status().message()));
}

absl::Status Unexpected(const Words& words) {
  return absl::DataLossError(words[0] + ": a reply of another type than documented");
}

template <typename Connection>
absl::StatusOr<KeyValues> Range(Connection& connection, Words words) {
  words.push_back("WITHVALUES");
  absl::StatusOr<Reply> reply = Call(connection, words);
  if (!reply.ok()) return reply.status();
  return reply->To<KeyValues>();
}

class WireSession : public Session, private Access {
 public:
  WireSession(BlockingLease lease, Isolation level) : lease_(std::move(lease)), level_(level) {
    lease_.DoNotReuse();  // A transaction may be left open.
  }

  absl::StatusOr<std::string> Execute(const Operation& operation) override {
    switch (operation.kind) {
      case OperationKind::kBegin: {
        Words words = {"BEGIN", level_ == Isolation::kSnapshot ? "SNAPSHOT" : "SERIALIZABLE"};
        if (operation.read_only) words.push_back("READONLY");
        return Simple(words);
      }
      case OperationKind::kRollback: return Simple({"ROLLBACK"});
      case OperationKind::kCommit: {
        absl::StatusOr<Reply> reply = Call(lease_, {"COMMIT"});
        if (!reply.ok()) return reply.status();
        if (reply->kind() != ReplyKind::kInteger) return Unexpected({"COMMIT"});
        return std::to_string(reply->integer());
      }
      default: return Perform(operation, *this);
    }
  }

 private:
  absl::StatusOr<std::string> Simple(const Words& words) {
    absl::StatusOr<Reply> reply = Call(lease_, words);
    if (!reply.ok()) return reply.status();
    return std::string("ok");
  }

  absl::StatusOr<std::optional<std::string>> Get(const std::string& key) override {
    absl::StatusOr<Reply> reply = Call(lease_, {"GET", key});
    if (!reply.ok()) return reply.status();
    if (reply->kind() == ReplyKind::kNull) return std::optional<std::string>();
    if (reply->kind() != ReplyKind::kBulkString) return Unexpected({"GET"});
    return std::optional<std::string>(reply->text());
  }
  absl::StatusOr<std::optional<std::string>> GetForUpdate(const std::string&) override {
    return absl::UnimplementedError("the protocol has no command for GETFORUPDATE");
  }
  absl::StatusOr<bool> Exists(const std::string& key) override {
    absl::StatusOr<Reply> reply = Call(lease_, {"EXISTS", key});
    if (!reply.ok()) return reply.status();
    if (reply->kind() != ReplyKind::kInteger) return Unexpected({"EXISTS"});
    return reply->integer() != 0;
  }
  absl::StatusOr<KeyValues> Scan(const std::string& start, const std::string& end, bool reverse,
                                 std::optional<uint64_t> limit) override {
    // As in ZRANGE ... REV, the bound to start from stands first.
    Words words = reverse ? Words{"RANGE", "(" + end, "[" + start, "REV"}
                          : Words{"RANGE", "[" + start, "(" + end};
    if (limit) words.insert(words.end(), {"LIMIT", "0", std::to_string(*limit)});
    return Range(lease_, words);
  }
  absl::StatusOr<uint64_t> Count(const std::string& start, const std::string& end) override {
    absl::StatusOr<Reply> reply = Call(lease_, {"RANGE", "[" + start, "(" + end});
    if (!reply.ok()) return reply.status();
    if (reply->kind() != ReplyKind::kArray) return Unexpected({"RANGE"});
    return reply->size();
  }
  absl::Status Put(const std::string& key, const std::string& value,
                   std::optional<int64_t> expires_s) override {
    if (expires_s) return absl::UnimplementedError("a server's time cannot be set");
    return Call(lease_, {"SET", key, value}).status();
  }
  absl::Status Delete(const std::string& key) override {
    return Call(lease_, {"DEL", key}).status();
  }
  absl::Status SetSavepoint() override {
    return absl::UnimplementedError("the protocol has no command for SAVEPOINT");
  }
  absl::Status RollbackToSavepoint() override {
    return absl::UnimplementedError("the protocol has no command for ROLLBACKTO");
  }

  BlockingLease lease_;
  const Isolation level_;
};

}  // namespace

WireTarget::WireTarget(uint16_t port) : client_(OptionsFor(port)) {}

absl::Status WireTarget::Reset(const State& state) {
  if (absl::Status status = Call(client_, {"FLUSHALL"}).status(); !status.ok()) return status;
  for (const auto& [key, value] : state) {
    if (absl::Status status = Call(client_, {"SET", key, value}).status(); !status.ok()) {
      return status;
    }
  }
  return absl::OkStatus();
}

absl::StatusOr<std::unique_ptr<Session>> WireTarget::Connect(Isolation level) {
  absl::StatusOr<BlockingLease> lease = client_.Acquire();
  if (!lease.ok()) return lease.status();
  return std::make_unique<WireSession>(*std::move(lease), level);
}

absl::StatusOr<State> WireTarget::ReadAll() {
  absl::StatusOr<KeyValues> items = Range(client_, {"RANGE", "-", "+"});
  if (!items.ok()) return items.status();
  return State(items->begin(), items->end());
}

absl::Status WireTarget::Verify() { return Call(client_, {"PING"}).status(); }

}  // namespace nacre::check::explore
