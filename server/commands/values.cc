#include "server/commands/values.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "server/base/text.h"
#include "server/server_state.h"

namespace nacre::server {

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
