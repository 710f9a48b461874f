// RENAME RENAMENX COPY MOVE: a value goes to another key, with its expiry.

#include "absl/strings/str_cat.h"
#include "server/base/numbers.h"
#include "server/base/text.h"
#include "server/commands/handlers.h"
#include "server/commands/values.h"
#include "server/server_state.h"

namespace nacre::server {

namespace {

constexpr std::string_view kNoSuchKey = "ERR no such key";
constexpr std::string_view kSameObject = "ERR source and destination objects are the same";

// A key in a database.
struct Place {
  Keyspace keyspace;
  std::string_view key;

  friend bool operator==(const Place&, const Place&) = default;
};

// The source leaves the transaction in its own keyspace.
struct Source {
  std::string_view value;
  absl::Time expiry;
};

absl::StatusOr<bool> Exists(Transaction& tx, const Place& place) {
  const absl::Status status = tx.Use(place.keyspace);
  if (!status.ok()) return status;
  return tx.Exists(place.key);
}

absl::StatusOr<std::optional<Source>> Read(Transaction& tx, const Place& place) {
  const absl::Status status = tx.Use(place.keyspace);
  if (!status.ok()) return status;
  const auto info = tx.GetInfo(place.key);
  if (!info.ok()) return info.status();
  if (!*info) return std::nullopt;
  const auto value = tx.Get(place.key);
  if (!value.ok()) return value.status();
  return Source{value->value_or(std::string_view()), (*info)->expiry};
}

absl::Status Write(Transaction& tx, const Place& place, const Source& source) {
  const absl::Status status = tx.Use(place.keyspace);
  return status.ok() ? tx.Put(place.key, source.value, {.expiry = source.expiry}) : status;
}

absl::Status Delete(Transaction& tx, const Place& place) {
  const absl::Status status = tx.Use(place.keyspace);
  return status.ok() ? tx.Delete(place.key) : status;
}

absl::Status Rename(DataContext& context, bool only_if_absent) {
  Transaction& tx = context.tx;
  const Place from = {tx.keyspace(), context.args[1]};
  const Place to = {tx.keyspace(), context.args[2]};
  const auto source = Read(tx, from);
  if (!source.ok()) return source.status();
  if (!*source) {
    context.out.Error(kNoSuchKey);
    return absl::OkStatus();
  }
  bool applies = from.key != to.key;
  if (applies && only_if_absent) {
    const auto taken = Exists(tx, to);
    if (!taken.ok()) return taken.status();
    applies = !*taken;
  }
  absl::Status status;
  if (applies) {
    status = Write(tx, to, **source);
    if (status.ok()) status = Delete(tx, from);
  }
  if (!status.ok()) return status;
  if (only_if_absent) {
    context.out.Integer(applies ? 1 : 0);
  } else {
    context.out.Ok();
  }
  return absl::OkStatus();
}

struct CopyArguments {
  bool replace = false;
  std::optional<int> database = {};
  std::string error = {};
};

CopyArguments ReadCopyArguments(Args args, const ServerState* server) {
  CopyArguments copy;
  for (size_t i = 3; i < args.size(); ++i) {
    if (EqualsIgnoringCase(args[i], "replace")) {
      copy.replace = true;
    } else if (EqualsIgnoringCase(args[i], "db") && i + 1 < args.size()) {
      DatabaseArgument database = ReadDatabase(args[++i]);
      copy.error = std::move(database.error);
      if (copy.error.empty() && server != nullptr && !server->HasDatabase(database.index)) {
        copy.error = kNoSuchDatabase;
      }
      copy.database = database.index;
    } else {
      copy.error = kSyntaxError;
    }
    if (!copy.error.empty()) return copy;
  }
  return copy;
}

}  // namespace

absl::Status RunRename(DataContext& context) { return Rename(context, /*only_if_absent=*/false); }

absl::Status RunRenameNx(DataContext& context) { return Rename(context, /*only_if_absent=*/true); }

void FindCopyKeys(Args args, int selected,
                  absl::FunctionRef<void(int database, std::string_view key)> visit) {
  const CopyArguments copy = ReadCopyArguments(args, nullptr);
  visit(selected, args[1]);
  visit(copy.error.empty() ? copy.database.value_or(selected) : selected, args[2]);
}

absl::Status RunCopy(DataContext& context) {
  const Args args = context.args;
  Transaction& tx = context.tx;
  const CopyArguments copy = ReadCopyArguments(args, &context.server);
  if (!copy.error.empty()) {
    context.out.Error(copy.error);
    return absl::OkStatus();
  }
  const Place from = {tx.keyspace(), args[1]};
  const Place to = {copy.database ? context.server.keyspace(*copy.database) : tx.keyspace(),
                    args[2]};
  if (from == to) {
    context.out.Error(kSameObject);
    return absl::OkStatus();
  }
  const auto source = Read(tx, from);
  if (!source.ok()) return source.status();
  bool applies = source->has_value();
  if (applies && !copy.replace) {
    const auto taken = Exists(tx, to);
    if (!taken.ok()) return taken.status();
    applies = !*taken;
  }
  if (applies) {
    const absl::Status status = Write(tx, to, **source);
    if (!status.ok()) return status;
  }
  context.out.Integer(applies ? 1 : 0);
  return tx.Use(from.keyspace);
}

void FindMoveKeys(Args args, int selected,
                  absl::FunctionRef<void(int database, std::string_view key)> visit) {
  visit(selected, args[1]);
  const DatabaseArgument database = ReadDatabase(args[2]);
  if (database.error.empty()) visit(database.index, args[1]);
}

absl::Status RunMove(DataContext& context) {
  Transaction& tx = context.tx;
  const DatabaseArgument database = ReadDatabase(context.args[2]);
  std::string error = database.error;
  if (error.empty() && !context.server.HasDatabase(database.index)) error = kNoSuchDatabase;
  const Place from = {tx.keyspace(), context.args[1]};
  Place to = from;
  if (error.empty()) {
    to.keyspace = context.server.keyspace(database.index);
    if (from == to) error = kSameObject;
  }
  if (!error.empty()) {
    context.out.Error(error);
    return absl::OkStatus();
  }
  const auto source = Read(tx, from);
  if (!source.ok()) return source.status();
  bool applies = source->has_value();
  if (applies) {
    const auto taken = Exists(tx, to);
    if (!taken.ok()) return taken.status();
    applies = !*taken;
  }
  if (applies) {
    absl::Status status = Write(tx, to, **source);
    if (status.ok()) status = Delete(tx, from);
    if (!status.ok()) return status;
  }
  context.out.Integer(applies ? 1 : 0);
  return tx.Use(from.keyspace);
}

}  // namespace nacre::server
