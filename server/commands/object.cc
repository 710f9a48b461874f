// TYPE OBJECT: what a value is, and how it would be stored.

#include "nacre/database.h"
#include "server/base/numbers.h"
#include "server/commands/handlers.h"
#include "server/commands/values.h"
#include "server/server_state.h"

namespace nacre::server {

namespace {

// The longest string that Redis keeps in one piece with its header.
constexpr size_t kEmbeddedBytesMax = 44;

// The name that Redis has for how it stores such a string when it is set. All are stored in one way
// here.
std::string_view EncodingOf(std::string_view value) {
  if (ParseInteger(value)) return "int";
  return value.size() <= kEmbeddedBytesMax ? "embstr" : "raw";
}

void WriteType(bool exists, ReplyWriter& out) { out.Simple(exists ? "string" : "none"); }

// Null if there is no such key, which Redis asks before anything else.
template <typename Write>
absl::Status AboutKey(DataContext& context, Write write) {
  const auto exists = context.tx.Exists(context.args[2]);
  if (!exists.ok()) return exists.status();
  if (*exists) {
    write(context.out);
  } else {
    context.out.Null();
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status RunType(DataContext& context) {
  const auto exists = context.tx.Exists(context.args[1]);
  if (!exists.ok()) return exists.status();
  WriteType(*exists, context.out);
  return absl::OkStatus();
}

absl::Status RunTypeAlone(AloneContext& context) {
  return context.server.db().ReadLatest(
      context.args[1],
      [&](std::optional<std::string_view> value, absl::Time) {
        WriteType(value.has_value(), context.out);
      },
      context.keyspace);
}

absl::Status RunObjectEncoding(DataContext& context) {
  const auto value = context.tx.Get(context.args[2]);
  if (!value.ok()) return value.status();
  if (*value) {
    context.out.Bulk(EncodingOf(**value));
  } else {
    context.out.Null();
  }
  return absl::OkStatus();
}

absl::Status RunObjectFreq(DataContext& context) {
  return AboutKey(context, [](ReplyWriter& out) {
    out.Error(
        "ERR An LFU maxmemory policy is not selected, access frequency not tracked. Please note "
        "that when switching between policies at runtime LRU and LFU data will take some time to "
        "adjust.");
  });
}

absl::Status RunObjectIdleTime(DataContext& context) {
  return AboutKey(context, [](ReplyWriter& out) {
    out.Error("ERR idle time not tracked: reading a key leaves no trace");
  });
}

absl::Status RunObjectRefCount(DataContext& context) {
  return AboutKey(context, [](ReplyWriter& out) { out.Integer(1); });
}

}  // namespace nacre::server
