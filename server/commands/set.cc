// SET with its options, SETNX SETEX PSETEX, and GETEX, which has the same options.

#include "absl/status/status.h"
#include "server/base/numbers.h"
#include "server/base/text.h"
#include "server/commands/expiry_options.h"
#include "server/commands/handlers.h"
#include "server/commands/values.h"

namespace nacre::server {

namespace {

enum class Condition : uint8_t { kNone, kIfAbsent, kIfPresent };

struct SetArguments {
  Condition condition = Condition::kNone;
  bool answer_old_value = false;
  bool keep_expiry = false;
  std::optional<ExpiryOption> expiry;
};

// False is a syntax error.
bool ReadSetArguments(Args args, SetArguments& set) {
  for (size_t i = 3; i < args.size(); ++i) {
    const std::string_view option = args[i];
    if (EqualsIgnoringCase(option, "nx") && set.condition != Condition::kIfPresent) {
      set.condition = Condition::kIfAbsent;
    } else if (EqualsIgnoringCase(option, "xx") && set.condition != Condition::kIfAbsent) {
      set.condition = Condition::kIfPresent;
    } else if (EqualsIgnoringCase(option, "get")) {
      set.answer_old_value = true;
    } else if (EqualsIgnoringCase(option, "keepttl") && !set.expiry) {
      set.keep_expiry = true;
    } else if (set.keep_expiry || !ReadExpiryOption(args, i, set.expiry)) {
      return false;
    }
  }
  return true;
}

// SETEX and PSETEX.
absl::Status SetWithExpiry(DataContext& context, absl::Duration unit, std::string_view command) {
  const Args args = context.args;
  const auto expiry =
      ExpiryFrom({.unit = {unit, /*absolute=*/false}, .amount = args[2]}, command, context);
  if (!expiry) return absl::OkStatus();
  const absl::Status status = context.tx.Put(args[1], args[3], {.expiry = *expiry});
  if (status.ok()) context.out.Ok();
  return status;
}

}  // namespace

std::optional<absl::Time> ExpiryFrom(const ExpiryOption& option, std::string_view command,
                                     DataContext& context) {
  const auto amount = ParseInteger(option.amount);
  if (!amount) {
    context.out.Error(kNotAnInteger);
    return std::nullopt;
  }
  std::optional<absl::Time> expiry;
  if (*amount > 0) {
    expiry = ExpiryOf(*amount, option.unit.unit, option.unit.absolute, context.now);
  }
  if (!expiry) WriteInvalidExpireTime(command, context.out);
  return expiry;
}

absl::Status RunSet(DataContext& context) {
  const Args args = context.args;
  if (args.size() == 3) {
    const absl::Status status = context.tx.Put(args[1], args[2]);
    if (status.ok()) context.out.Ok();
    return status;
  }
  SetArguments set;
  if (!ReadSetArguments(args, set)) {
    context.out.Error(kSyntaxError);
    return absl::OkStatus();
  }
  PutOptions options = {.keep_expiry = set.keep_expiry};
  if (set.expiry) {
    const auto expiry = ExpiryFrom(*set.expiry, "set", context);
    if (!expiry) return absl::OkStatus();
    options.expiry = *expiry;
  }

  bool present = false;
  if (set.answer_old_value) {
    const auto old_value = ReadString(context, args[1]);
    if (!old_value.ok()) return old_value.status();
    present = old_value->has_value();
    WriteValue(*old_value, context.out);
  } else if (set.condition != Condition::kNone) {
    const auto exists = context.tx.Exists(args[1]);
    if (!exists.ok()) return exists.status();
    present = *exists;
  }
  if (set.condition != Condition::kNone && present != (set.condition == Condition::kIfPresent)) {
    if (!set.answer_old_value) context.out.Null();
    return absl::OkStatus();
  }
  const absl::Status status = context.tx.Put(args[1], args[2], options);
  if (status.ok() && !set.answer_old_value) context.out.Ok();
  return status;
}

absl::Status RunSetNx(DataContext& context) {
  const auto exists = context.tx.Exists(context.args[1]);
  if (!exists.ok()) return exists.status();
  context.out.Integer(*exists ? 0 : 1);
  return *exists ? absl::OkStatus() : context.tx.Put(context.args[1], context.args[2]);
}

absl::Status RunSetEx(DataContext& context) {
  return SetWithExpiry(context, absl::Seconds(1), "setex");
}

absl::Status RunPsetEx(DataContext& context) {
  return SetWithExpiry(context, absl::Milliseconds(1), "psetex");
}

absl::Status RunGetEx(DataContext& context) {
  const Args args = context.args;
  bool persist = false;
  std::optional<ExpiryOption> option;
  for (size_t i = 2; i < args.size(); ++i) {
    if (EqualsIgnoringCase(args[i], "persist") && !option) {
      persist = true;
    } else if (persist || !ReadExpiryOption(args, i, option)) {
      context.out.Error(kSyntaxError);
      return absl::OkStatus();
    }
  }
  const auto value = ReadString(context, args[1]);
  if (!value.ok()) return value.status();
  // The number is not even looked at if there is no key.
  if (!*value) {
    context.out.Null();
    return absl::OkStatus();
  }
  if (option) {
    const auto expiry = ExpiryFrom(*option, "getex", context);
    if (!expiry) return absl::OkStatus();
    context.out.Bulk(**value);
    if (*expiry <= context.now) return context.tx.Delete(args[1]);
    return context.tx.Put(args[1], **value, {.expiry = *expiry});
  }
  context.out.Bulk(**value);
  if (!persist) return absl::OkStatus();
  const auto info = context.tx.GetInfo(args[1]);
  if (!info.ok()) return info.status();
  // A key that lives for ever stays untouched: whoever watches it notices nothing.
  if (!*info || (*info)->expiry == absl::InfiniteFuture()) return absl::OkStatus();
  return context.tx.Put(args[1], **value);
}

}  // namespace nacre::server
