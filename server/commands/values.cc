#include "server/commands/values.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "server/base/numbers.h"
#include "server/base/text.h"
#include "server/server_state.h"

namespace nacre::server {

absl::StatusOr<std::optional<std::string_view>> ReadString(DataContext& context,
                                                           std::string_view key) {
  return context.tx.Get(key);
}

absl::Status ReadLatestString(
    AloneContext& context, std::string_view key,
    absl::FunctionRef<void(std::optional<std::string_view> value, absl::Time expiry)> visit) {
  return context.server.db().ReadLatest(key, visit, context.keyspace);
}

DatabaseArgument ReadDatabase(std::string_view text) {
  const auto index = ParseInteger(text);
  if (!index) return {.error = std::string(kNotAnInteger)};
  if (*index < INT32_MIN || *index > INT32_MAX) {
    return {.error = absl::StrCat("ERR value is out of range, value must between ", INT32_MIN,
                                  " and ", INT32_MAX)};
  }
  return {.index = static_cast<int>(*index)};
}

bool StringMayHold(const ServerState& server, uint64_t bytes) {
  return bytes <= server.settings().bulk_bytes_max();
}

absl::Status ReplyTooLarge(const ServerState& server) {
  return absl::OutOfRangeError(absl::StrCat("the reply would be larger than ",
                                            server.settings().reply_bytes_max(),
                                            " bytes; ask for less at a time"));
}

void WriteInvalidExpireTime(std::string_view command, ReplyWriter& out) {
  out.Error(absl::StrCat("ERR invalid expire time in '", ToAbsl(command), "' command"));
}

std::optional<absl::Time> ExpiryOf(int64_t amount, absl::Duration unit, bool absolute,
                                   absl::Time now) {
  int64_t millis = 0;
  if (__builtin_mul_overflow(amount, absl::ToInt64Milliseconds(unit), &millis)) return std::nullopt;
  if (!absolute && __builtin_add_overflow(millis, absl::ToUnixMillis(now), &millis)) {
    return std::nullopt;
  }
  // The engine keeps the last of them for "never".
  return absl::FromUnixMillis(std::min(millis, INT64_MAX - 1));
}

}  // namespace nacre::server
