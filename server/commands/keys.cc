// DEL EXISTS DBSIZE RANDOMKEY FLUSHDB FLUSHALL SWAPDB.

#include "nacre/database.h"
#include "server/base/numbers.h"
#include "server/base/text.h"
#include "server/commands/handlers.h"
#include "server/commands/values.h"
#include "server/server_state.h"

namespace nacre::server {

namespace {

// FLUSHDB and FLUSHALL take one option. It makes no difference: alone, both are O(1) for the client
// and everybody else, and the vacuum frees the contents.
bool ReadFlushOption(Args args, ReplyWriter& out) {
  if (args.size() == 1) return true;
  if (args.size() == 2 &&
      (EqualsIgnoringCase(args[1], "async") || EqualsIgnoringCase(args[1], "sync"))) {
    return true;
  }
  out.Error(kSyntaxError);
  return false;
}

// The two databases of SWAPDB; nullopt if an error has been written.
std::optional<std::pair<Keyspace, Keyspace>> ReadSwap(const ServerState& server, Args args,
                                                      ReplyWriter& out) {
  const auto read = [](std::string_view text) -> std::optional<int> {
    const auto index = ParseInteger(text);
    if (!index || *index < INT32_MIN || *index > INT32_MAX) return std::nullopt;
    return static_cast<int>(*index);
  };
  const auto first = read(args[1]);
  const auto second = read(args[2]);
  if (!first || !second) {
    out.Error(first ? "ERR invalid second DB index" : "ERR invalid first DB index");
    return std::nullopt;
  }
  for (const int index : {*first, *second}) {
    if (server.HasDatabase(index)) continue;
    out.Error(kNoSuchDatabase);
    return std::nullopt;
  }
  return std::pair(server.keyspace(*first), server.keyspace(*second));
}

absl::Status DeleteAll(Transaction& tx) {
  absl::Status deleted;
  const absl::Status scanned = tx.Scan(Range::All(), [&](std::string_view key, std::string_view) {
    deleted = tx.Delete(key);
    return deleted.ok();
  });
  return scanned.ok() ? deleted : scanned;
}

}  // namespace

absl::Status RunDel(DataContext& context) {
  int64_t deleted = 0;
  for (const std::string_view key : context.args.subspan(1)) {
    const auto exists = context.tx.Exists(key);
    if (!exists.ok()) return exists.status();
    if (!*exists) continue;
    const absl::Status status = context.tx.Delete(key);
    if (!status.ok()) return status;
    ++deleted;
  }
  context.out.Integer(deleted);
  return absl::OkStatus();
}

absl::Status RunExists(DataContext& context) {
  int64_t found = 0;
  for (const std::string_view key : context.args.subspan(1)) {
    const auto exists = context.tx.Exists(key);
    if (!exists.ok()) return exists.status();
    found += *exists ? 1 : 0;
  }
  context.out.Integer(found);
  return absl::OkStatus();
}

absl::Status RunExistsAlone(AloneContext& context) {
  Database& db = context.server.db();
  if (context.args.size() == 2) {
    return db.ReadLatest(
        context.args[1],
        [&](std::optional<std::string_view> value, absl::Time) {
          context.out.Integer(value ? 1 : 0);
        },
        context.keyspace);
  }
  // Several keys are counted as of one instant.
  Transaction tx = db.Begin({.read_only = true, .keyspace = context.keyspace});
  DataContext data{tx, context.args, context.out, context.server, absl::Time()};
  return RunExists(data);
}

absl::Status RunDbsize(DataContext& context) {
  const auto count = context.tx.Count(Range::All());
  if (!count.ok()) return count.status();
  context.out.Integer(static_cast<int64_t>(*count));
  return absl::OkStatus();
}

absl::Status RunDbsizeAlone(AloneContext& context) {
  const auto count = context.server.db().KeyCount(context.keyspace);
  if (!count.ok()) return count.status();
  context.out.Integer(static_cast<int64_t>(*count));
  return absl::OkStatus();
}

bool CountingIsSlow(const ServerState& server) { return server.db().CountingIsSlow(); }

absl::Status RunRandomKey(DataContext& context) {
  const auto key = context.tx.RandomKey();
  if (!key.ok()) return key.status();
  WriteValue(*key, context.out);
  return absl::OkStatus();
}

absl::Status RunFlushDb(DataContext& context) {
  if (!ReadFlushOption(context.args, context.out)) return absl::OkStatus();
  const absl::Status status = DeleteAll(context.tx);
  if (status.ok()) context.out.Ok();
  return status;
}

absl::Status RunFlushDbAlone(AloneContext& context) {
  if (!ReadFlushOption(context.args, context.out)) return absl::OkStatus();
  const auto flushed = context.server.db().FlushKeyspace(context.keyspace);
  if (flushed.ok()) context.out.Ok();
  return flushed.status();
}

absl::Status RunFlushAll(DataContext& context) {
  if (!ReadFlushOption(context.args, context.out)) return absl::OkStatus();
  const Keyspace selected = context.tx.keyspace();
  for (int i = 0; i < context.server.databases(); ++i) {
    absl::Status status = context.tx.Use(context.server.keyspace(i));
    if (status.ok()) status = DeleteAll(context.tx);
    if (!status.ok()) return status;
  }
  const absl::Status status = context.tx.Use(selected);
  if (status.ok()) context.out.Ok();
  return status;
}

absl::Status RunFlushAllAlone(AloneContext& context) {
  if (!ReadFlushOption(context.args, context.out)) return absl::OkStatus();
  const auto flushed = context.server.db().FlushAllKeyspaces();
  if (flushed.ok()) context.out.Ok();
  return flushed.status();
}

absl::Status RunSwapDb(DataContext& context) {
  const auto swap = ReadSwap(context.server, context.args, context.out);
  if (!swap) return absl::OkStatus();
  const absl::Status status = context.tx.SwapKeyspaces(swap->first, swap->second);
  if (status.ok()) context.out.Ok();
  return status;
}

absl::Status RunSwapDbAlone(AloneContext& context) {
  const auto swap = ReadSwap(context.server, context.args, context.out);
  if (!swap) return absl::OkStatus();
  const auto swapped = context.server.db().SwapKeyspaces(swap->first, swap->second);
  if (swapped.ok()) context.out.Ok();
  return swapped.status();
}

}  // namespace nacre::server
