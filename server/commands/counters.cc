// INCR DECR INCRBY DECRBY INCRBYFLOAT.

#include <charconv>
#include <cmath>
#include <limits>
#include <string>

#include "server/base/decimals.h"
#include "server/base/numbers.h"
#include "server/commands/handlers.h"
#include "server/commands/values.h"

namespace nacre::server {

namespace {

absl::Status Add(DataContext& context, int64_t increment) {
  const std::string_view key = context.args[1];
  const auto value = ReadString(context, key);
  if (!value.ok()) return value.status();
  int64_t number = 0;
  if (*value) {
    const auto parsed = ParseInteger(**value);
    if (!parsed) {
      context.out.Error(kNotAnInteger);
      return absl::OkStatus();
    }
    number = *parsed;
  }
  if (__builtin_add_overflow(number, increment, &number)) {
    context.out.Error("ERR increment or decrement would overflow");
    return absl::OkStatus();
  }
  char digits[kIntegerDigitsMax];
  const char* const end = std::to_chars(digits, digits + sizeof(digits), number).ptr;
  const std::string_view text(digits, static_cast<size_t>(end - digits));
  const absl::Status status = context.tx.Put(key, text, {.keep_expiry = value->has_value()});
  if (status.ok()) context.out.Integer(number);
  return status;
}

}  // namespace

absl::Status RunIncr(DataContext& context) { return Add(context, 1); }
absl::Status RunDecr(DataContext& context) { return Add(context, -1); }

absl::Status RunIncrBy(DataContext& context) {
  const auto increment = ParseInteger(context.args[2]);
  if (!increment) {
    context.out.Error(kNotAnInteger);
    return absl::OkStatus();
  }
  return Add(context, *increment);
}

absl::Status RunDecrBy(DataContext& context) {
  const auto decrement = ParseInteger(context.args[2]);
  if (!decrement) {
    context.out.Error(kNotAnInteger);
    return absl::OkStatus();
  }
  // The least integer has no negative.
  if (*decrement == std::numeric_limits<int64_t>::min()) {
    context.out.Error("ERR decrement would overflow");
    return absl::OkStatus();
  }
  return Add(context, -*decrement);
}

absl::Status RunIncrByFloat(DataContext& context) {
  const std::string_view key = context.args[1];
  const auto value = ReadString(context, key);
  if (!value.ok()) return value.status();
  const auto number = *value ? ParseDecimal(**value) : 0.0L;
  const auto increment = ParseDecimal(context.args[2]);
  if (!number || !increment) {
    context.out.Error("ERR value is not a valid float");
    return absl::OkStatus();
  }
  const long double sum = *number + *increment;
  if (!std::isfinite(sum)) {
    context.out.Error("ERR increment would produce NaN or Infinity");
    return absl::OkStatus();
  }
  const std::string text = FormatDecimal(sum);
  const absl::Status status = context.tx.Put(key, text, {.keep_expiry = value->has_value()});
  if (status.ok()) context.out.Bulk(text);
  return status;
}

}  // namespace nacre::server
