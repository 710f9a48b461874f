// SET and its options.

#include "absl/status/status.h"
#include "server/base/numbers.h"
#include "server/base/text.h"
#include "server/commands/handlers.h"
#include "server/commands/values.h"

namespace nacre::server {

namespace {

enum class Condition : uint8_t { kNone, kIfAbsent, kIfPresent };

struct SetArguments {
  Condition condition = Condition::kNone;
  bool answer_old_value = false;
  bool keep_expiry = false;
  bool has_expiry = false;
  std::string_view amount;  // As it was sent: a syntax error elsewhere is reported first.
  absl::Duration unit;
  bool absolute = false;
};

// Whether `option` is one of the four that set a time. The same one may be repeated, and the last
// counts; two different ones may not stand together.
bool ReadTimeOption(std::string_view option, SetArguments& set) {
  const bool seconds = EqualsIgnoringCase(option, "ex") || EqualsIgnoringCase(option, "exat");
  const bool millis = EqualsIgnoringCase(option, "px") || EqualsIgnoringCase(option, "pxat");
  if (!seconds && !millis) return false;
  const absl::Duration unit = seconds ? absl::Seconds(1) : absl::Milliseconds(1);
  const bool absolute = option.size() == 4;
  if (set.has_expiry && (set.unit != unit || set.absolute != absolute)) return false;
  set.unit = unit;
  set.absolute = absolute;
  set.has_expiry = true;
  return true;
}

// False is a syntax error.
bool ReadSetArguments(Args args, SetArguments& set) {
  for (size_t i = 3; i < args.size(); ++i) {
    const std::string_view option = args[i];
    const bool has_next = i + 1 < args.size();
    if (EqualsIgnoringCase(option, "nx") && set.condition != Condition::kIfPresent) {
      set.condition = Condition::kIfAbsent;
    } else if (EqualsIgnoringCase(option, "xx") && set.condition != Condition::kIfAbsent) {
      set.condition = Condition::kIfPresent;
    } else if (EqualsIgnoringCase(option, "get")) {
      set.answer_old_value = true;
    } else if (EqualsIgnoringCase(option, "keepttl") && !set.has_expiry) {
      set.keep_expiry = true;
    } else if (has_next && !set.keep_expiry && ReadTimeOption(option, set)) {
      set.amount = args[++i];
    } else {
      return false;
    }
  }
  return true;
}

// False if an error has been written.
bool ReadExpiry(const SetArguments& set, DataContext& context, PutOptions& options) {
  options.keep_expiry = set.keep_expiry;
  if (!set.has_expiry) return true;
  const auto amount = ParseInteger(set.amount);
  if (!amount) {
    context.out.Error(kNotAnInteger);
    return false;
  }
  const auto expiry =
      *amount > 0 ? ExpiryOf(*amount, set.unit, set.absolute, context.now) : std::nullopt;
  if (!expiry) {
    WriteInvalidExpireTime("set", context.out);
    return false;
  }
  options.expiry = *expiry;
  return true;
}

}  // namespace

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
  PutOptions options;
  if (!ReadExpiry(set, context, options)) return absl::OkStatus();

  bool applies = true;
  if (set.condition != Condition::kNone || set.answer_old_value) {
    const auto old_value = context.tx.Get(args[1]);
    if (!old_value.ok()) return old_value.status();
    const bool wanted_present = set.condition == Condition::kIfPresent;
    applies = set.condition == Condition::kNone || old_value->has_value() == wanted_present;
    if (set.answer_old_value) {
      WriteValue(*old_value, context.out);
    } else if (!applies) {
      context.out.Null();
    }
  }
  if (!applies) return absl::OkStatus();
  const absl::Status status = context.tx.Put(args[1], args[2], options);
  if (status.ok() && !set.answer_old_value) context.out.Ok();
  return status;
}

}  // namespace nacre::server
