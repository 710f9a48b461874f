// EXPIRE TTL.

#include "absl/strings/str_cat.h"
#include "nacre/database.h"
#include "server/base/numbers.h"
#include "server/base/text.h"
#include "server/commands/handlers.h"
#include "server/commands/values.h"
#include "server/server_state.h"

namespace nacre::server {

namespace {

struct ExpireConditions {
  bool if_none = false;     // NX
  bool if_any = false;      // XX
  bool if_later = false;    // GT
  bool if_earlier = false;  // LT

  // A key without an expiry counts as one that lives for ever.
  bool Hold(absl::Time current, absl::Time wanted) const {
    const bool has_expiry = current != absl::InfiniteFuture();
    if (if_none && has_expiry) return false;
    if (if_any && !has_expiry) return false;
    if (if_later && wanted <= current) return false;
    if (if_earlier && wanted >= current) return false;
    return true;
  }
};

// False if an error has been written.
bool ReadConditions(Args options, ReplyWriter& out, ExpireConditions& conditions) {
  for (const std::string_view option : options) {
    if (EqualsIgnoringCase(option, "nx")) {
      conditions.if_none = true;
    } else if (EqualsIgnoringCase(option, "xx")) {
      conditions.if_any = true;
    } else if (EqualsIgnoringCase(option, "gt")) {
      conditions.if_later = true;
    } else if (EqualsIgnoringCase(option, "lt")) {
      conditions.if_earlier = true;
    } else {
      out.Error(absl::StrCat("ERR Unsupported option ", ToAbsl(option)));
      return false;
    }
  }
  if (conditions.if_none && (conditions.if_any || conditions.if_later || conditions.if_earlier)) {
    out.Error("ERR NX and XX, GT or LT options at the same time are not compatible");
    return false;
  }
  if (conditions.if_later && conditions.if_earlier) {
    out.Error("ERR GT and LT options at the same time are not compatible");
    return false;
  }
  return true;
}

void WriteTimeLeft(std::optional<absl::Time> expiry, absl::Time now, ReplyWriter& out) {
  if (!expiry) {
    out.Integer(-2);  // No such key.
  } else if (*expiry == absl::InfiniteFuture()) {
    out.Integer(-1);
  } else {
    const int64_t left = std::max<int64_t>(0, absl::ToInt64Milliseconds(*expiry - now));
    out.Integer((left + 500) / 1000);
  }
}

}  // namespace

absl::Status RunExpire(DataContext& context) {
  const Args args = context.args;
  ExpireConditions conditions;
  if (!ReadConditions(args.subspan(3), context.out, conditions)) return absl::OkStatus();
  const auto seconds = ParseInteger(args[2]);
  if (!seconds) {
    context.out.Error(kNotAnInteger);
    return absl::OkStatus();
  }
  const auto expiry = ExpiryOf(*seconds, absl::Seconds(1), /*absolute=*/false, context.now);
  if (!expiry) {
    WriteInvalidExpireTime("expire", context.out);
    return absl::OkStatus();
  }
  const auto info = context.tx.GetInfo(args[1]);
  if (!info.ok()) return info.status();
  if (!*info || !conditions.Hold((*info)->expiry, *expiry)) {
    context.out.Integer(0);
    return absl::OkStatus();
  }
  absl::Status status;
  if (*expiry <= context.now) {
    status = context.tx.Delete(args[1]);
  } else {
    const auto value = context.tx.Get(args[1]);
    if (!value.ok()) return value.status();
    status = context.tx.Put(args[1], value->value_or(std::string_view()), {.expiry = *expiry});
  }
  if (status.ok()) context.out.Integer(1);
  return status;
}

absl::Status RunTtl(DataContext& context) {
  const auto info = context.tx.GetInfo(context.args[1]);
  if (!info.ok()) return info.status();
  std::optional<absl::Time> expiry;
  if (*info) expiry = (*info)->expiry;
  WriteTimeLeft(expiry, context.now, context.out);
  return absl::OkStatus();
}

absl::Status RunTtlAlone(AloneContext& context) {
  const Database& db = context.server.db();
  const absl::Time now = db.now();
  return db.ReadLatest(
      context.args[1],
      [&](std::optional<std::string_view> value, absl::Time expiry) {
        WriteTimeLeft(value ? std::optional(expiry) : std::nullopt, now, context.out);
      },
      context.keyspace);
}

}  // namespace nacre::server
