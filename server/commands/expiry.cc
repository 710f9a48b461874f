// EXPIRE PEXPIRE EXPIREAT PEXPIREAT TTL PTTL EXPIRETIME PEXPIRETIME PERSIST.

#include <algorithm>

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

// What an expiry is answered as.
struct Answer {
  absl::Duration unit;
  bool absolute = false;  // The time itself, not what is left until then.
};

void WriteExpiry(std::optional<absl::Time> expiry, Answer answer, absl::Time now,
                 ReplyWriter& out) {
  if (!expiry) {
    out.Integer(-2);  // No such key.
    return;
  }
  if (*expiry == absl::InfiniteFuture()) {
    out.Integer(-1);
    return;
  }
  const int64_t millis = std::max<int64_t>(
      0, answer.absolute ? absl::ToUnixMillis(*expiry) : absl::ToInt64Milliseconds(*expiry - now));
  // Rounded to the nearest second, in a way that can not overflow.
  const bool seconds = answer.unit == absl::Seconds(1);
  out.Integer(seconds ? millis / 1000 + (millis % 1000 >= 500 ? 1 : 0) : millis);
}

absl::Status AnswerExpiry(DataContext& context, Answer answer) {
  const auto info = context.tx.GetInfo(context.args[1]);
  if (!info.ok()) return info.status();
  std::optional<absl::Time> expiry;
  if (*info) expiry = (*info)->expiry;
  WriteExpiry(expiry, answer, context.now, context.out);
  return absl::OkStatus();
}

absl::Status AnswerExpiryAlone(AloneContext& context, Answer answer) {
  const Database& db = context.server.db();
  const absl::Time now = db.now();
  return db.ReadLatest(
      context.args[1],
      [&](std::optional<std::string_view> value, absl::Time expiry) {
        WriteExpiry(value ? std::optional(expiry) : std::nullopt, answer, now, context.out);
      },
      context.keyspace);
}

// Writes the value again, with another expiry.
absl::Status PutExpiry(Transaction& tx, std::string_view key, absl::Time expiry) {
  const auto value = tx.Get(key);
  if (!value.ok()) return value.status();
  return tx.Put(key, value->value_or(std::string_view()), {.expiry = expiry});
}

// `absolute`: the argument is a time since 1970, not from now.
absl::Status Expire(DataContext& context, absl::Duration unit, bool absolute) {
  const Args args = context.args;
  ExpireConditions conditions;
  if (!ReadConditions(args.subspan(3), context.out, conditions)) return absl::OkStatus();
  const auto amount = ParseInteger(args[2]);
  if (!amount) {
    context.out.Error(kNotAnInteger);
    return absl::OkStatus();
  }
  const auto expiry = ExpiryOf(*amount, unit, absolute, context.now);
  if (!expiry) {
    WriteInvalidExpireTime(AsciiLower(args[0]), context.out);
    return absl::OkStatus();
  }
  const auto info = context.tx.GetInfo(args[1]);
  if (!info.ok()) return info.status();
  if (!*info || !conditions.Hold((*info)->expiry, *expiry)) {
    context.out.Integer(0);
    return absl::OkStatus();
  }
  const absl::Status status =
      *expiry <= context.now ? context.tx.Delete(args[1]) : PutExpiry(context.tx, args[1], *expiry);
  if (status.ok()) context.out.Integer(1);
  return status;
}

constexpr absl::Duration kSecond = absl::Seconds(1);
constexpr absl::Duration kMilli = absl::Milliseconds(1);
constexpr Answer kSecondsLeft = {kSecond};
constexpr Answer kMillisLeft = {kMilli};
constexpr Answer kAtSecond = {kSecond, /*absolute=*/true};
constexpr Answer kAtMilli = {kMilli, /*absolute=*/true};

}  // namespace

absl::Status RunExpire(DataContext& context) { return Expire(context, kSecond, false); }
absl::Status RunExpireAt(DataContext& context) { return Expire(context, kSecond, true); }
absl::Status RunPExpire(DataContext& context) { return Expire(context, kMilli, false); }
absl::Status RunPExpireAt(DataContext& context) { return Expire(context, kMilli, true); }

absl::Status RunTtl(DataContext& context) { return AnswerExpiry(context, kSecondsLeft); }
absl::Status RunPTtl(DataContext& context) { return AnswerExpiry(context, kMillisLeft); }
absl::Status RunExpireTime(DataContext& context) { return AnswerExpiry(context, kAtSecond); }
absl::Status RunPExpireTime(DataContext& context) { return AnswerExpiry(context, kAtMilli); }

absl::Status RunTtlAlone(AloneContext& context) { return AnswerExpiryAlone(context, kSecondsLeft); }
absl::Status RunPTtlAlone(AloneContext& context) { return AnswerExpiryAlone(context, kMillisLeft); }
absl::Status RunExpireTimeAlone(AloneContext& context) {
  return AnswerExpiryAlone(context, kAtSecond);
}
absl::Status RunPExpireTimeAlone(AloneContext& context) {
  return AnswerExpiryAlone(context, kAtMilli);
}

absl::Status RunPersist(DataContext& context) {
  const auto info = context.tx.GetInfo(context.args[1]);
  if (!info.ok()) return info.status();
  if (!*info || (*info)->expiry == absl::InfiniteFuture()) {
    context.out.Integer(0);
    return absl::OkStatus();
  }
  const absl::Status status = PutExpiry(context.tx, context.args[1], absl::InfiniteFuture());
  if (status.ok()) context.out.Integer(1);
  return status;
}

}  // namespace nacre::server
