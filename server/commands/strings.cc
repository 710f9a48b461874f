// GET MGET MSET APPEND STRLEN.

#include <string>

#include "absl/container/inlined_vector.h"
#include "absl/strings/str_cat.h"
#include "nacre/database.h"
#include "server/commands/handlers.h"
#include "server/commands/values.h"
#include "server/server_state.h"

namespace nacre::server {

absl::Status RunGet(DataContext& context) {
  const auto value = context.tx.Get(context.args[1]);
  if (!value.ok()) return value.status();
  WriteValue(*value, context.out);
  return absl::OkStatus();
}

absl::Status RunGetAlone(AloneContext& context) {
  return context.server.db().ReadLatest(
      context.args[1],
      [&](std::optional<std::string_view> value, absl::Time) { WriteValue(value, context.out); },
      context.keyspace);
}

absl::Status RunMget(DataContext& context) {
  const Args keys = context.args.subspan(1);
  absl::InlinedVector<std::optional<std::string_view>, 16> values(keys.size());
  const absl::Status status = context.tx.MultiGet(keys, absl::MakeSpan(values));
  if (!status.ok()) return status;
  const size_t start = context.out.size();
  context.out.Array(keys.size());
  for (const auto& value : values) {
    WriteValue(value, context.out);
    if (context.out.size() - start > context.server.settings().reply_bytes_max()) {
      return ReplyTooLarge(context.server);
    }
  }
  return absl::OkStatus();
}

absl::Status RunMset(DataContext& context) {
  const Args args = context.args;
  if (args.size() % 2 == 0) {
    context.out.Error("ERR wrong number of arguments for 'mset' command");
    return absl::OkStatus();
  }
  for (size_t i = 1; i < args.size(); i += 2) {
    const absl::Status status = context.tx.Put(args[i], args[i + 1]);
    if (!status.ok()) return status;
  }
  context.out.Ok();
  return absl::OkStatus();
}

absl::Status RunAppend(DataContext& context) {
  const std::string_view key = context.args[1];
  const std::string_view tail = context.args[2];
  const auto value = context.tx.Get(key);
  if (!value.ok()) return value.status();
  const std::string_view head = value->value_or(std::string_view());
  if (head.size() + tail.size() > context.server.settings().bulk_bytes_max()) {
    context.out.Error("ERR string exceeds maximum allowed size (proto-max-bulk-len)");
    return absl::OkStatus();
  }
  std::string joined;
  joined.reserve(head.size() + tail.size());
  joined.append(head).append(tail);
  const absl::Status status = context.tx.Put(key, joined, {.keep_expiry = true});
  if (!status.ok()) return status;
  context.out.Integer(static_cast<int64_t>(joined.size()));
  return absl::OkStatus();
}

absl::Status RunStrlen(DataContext& context) {
  const auto info = context.tx.GetInfo(context.args[1]);
  if (!info.ok()) return info.status();
  context.out.Integer(*info ? static_cast<int64_t>((*info)->value_bytes) : 0);
  return absl::OkStatus();
}

absl::Status RunStrlenAlone(AloneContext& context) {
  return context.server.db().ReadLatest(
      context.args[1],
      [&](std::optional<std::string_view> value, absl::Time) {
        context.out.Integer(value ? static_cast<int64_t>(value->size()) : 0);
      },
      context.keyspace);
}

}  // namespace nacre::server
