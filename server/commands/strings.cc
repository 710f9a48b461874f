// GET GETDEL GETSET MGET MSET MSETNX STRLEN: whole strings.

#include "absl/container/inlined_vector.h"
#include "nacre/database.h"
#include "server/commands/handlers.h"
#include "server/commands/values.h"
#include "server/server_state.h"

namespace nacre::server {

namespace {

// "key value key value": false if the last key has no value, which no arity can tell.
bool ArePairs(Args args, std::string_view error, ReplyWriter& out) {
  if (args.size() % 2 == 1) return true;
  out.Error(error);
  return false;
}

absl::Status PutPairs(DataContext& context) {
  const Args args = context.args;
  for (size_t i = 1; i < args.size(); i += 2) {
    const absl::Status status = context.tx.Put(args[i], args[i + 1]);
    if (!status.ok()) return status;
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status RunGet(DataContext& context) {
  const auto value = ReadString(context, context.args[1]);
  if (!value.ok()) return value.status();
  WriteValue(*value, context.out);
  return absl::OkStatus();
}

absl::Status RunGetAlone(AloneContext& context) {
  return ReadLatestString(
      context, context.args[1],
      [&](std::optional<std::string_view> value, absl::Time) { WriteValue(value, context.out); });
}

absl::Status RunGetDel(DataContext& context) {
  const auto value = ReadString(context, context.args[1]);
  if (!value.ok()) return value.status();
  WriteValue(*value, context.out);
  return *value ? context.tx.Delete(context.args[1]) : absl::OkStatus();
}

absl::Status RunGetSet(DataContext& context) {
  const auto value = ReadString(context, context.args[1]);
  if (!value.ok()) return value.status();
  WriteValue(*value, context.out);
  return context.tx.Put(context.args[1], context.args[2]);
}

absl::Status RunMget(DataContext& context) {
  const Args keys = context.args.subspan(1);
  absl::InlinedVector<std::optional<std::string_view>, 16> values(keys.size());
  const absl::Status status = context.tx.MultiGet(keys, absl::MakeSpan(values));
  if (!status.ok()) return status;
  const size_t start = context.out.Mark();
  context.out.Array(keys.size());
  for (const auto& value : values) {
    WriteValue(value, context.out);
    if (context.out.Mark() - start > context.server.settings().reply_bytes_max()) {
      return ReplyTooLarge(context.server);
    }
  }
  return absl::OkStatus();
}

absl::Status RunMset(DataContext& context) {
  if (!ArePairs(context.args, "ERR wrong number of arguments for 'mset' command", context.out)) {
    return absl::OkStatus();
  }
  const absl::Status status = PutPairs(context);
  if (status.ok()) context.out.Ok();
  return status;
}

absl::Status RunMsetNx(DataContext& context) {
  const Args args = context.args;
  if (!ArePairs(args, "ERR wrong number of arguments for 'msetnx' command", context.out)) {
    return absl::OkStatus();
  }
  // All before the first write: a key that is named twice is no obstacle to itself.
  for (size_t i = 1; i < args.size(); i += 2) {
    const auto exists = context.tx.Exists(args[i]);
    if (!exists.ok()) return exists.status();
    if (*exists) {
      context.out.Integer(0);
      return absl::OkStatus();
    }
  }
  const absl::Status status = PutPairs(context);
  if (status.ok()) context.out.Integer(1);
  return status;
}

absl::Status RunStrlen(DataContext& context) {
  const auto value = ReadString(context, context.args[1]);
  if (!value.ok()) return value.status();
  context.out.Integer(*value ? static_cast<int64_t>((*value)->size()) : 0);
  return absl::OkStatus();
}

absl::Status RunStrlenAlone(AloneContext& context) {
  return ReadLatestString(context, context.args[1],
                          [&](std::optional<std::string_view> value, absl::Time) {
                            context.out.Integer(value ? static_cast<int64_t>(value->size()) : 0);
                          });
}

}  // namespace nacre::server
