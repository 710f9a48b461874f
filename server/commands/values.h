#ifndef NACRE_SERVER_COMMANDS_VALUES_H_
#define NACRE_SERVER_COMMANDS_VALUES_H_

// What several groups of commands need to read arguments and write values.

#include <optional>
#include <string_view>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "server/command/spec.h"

namespace nacre::server {

inline constexpr std::string_view kSyntaxError = "ERR syntax error";
inline constexpr std::string_view kNotAnInteger = "ERR value is not an integer or out of range";

// Of a command whose reply would be larger than one reply may be.
absl::Status ReplyTooLarge(const ServerState& server);

inline void WriteValue(std::optional<std::string_view> value, ReplyWriter& out) {
  if (value) {
    out.Bulk(*value);
  } else {
    out.Null();
  }
}

// "invalid expire time in 'set' command"
void WriteInvalidExpireTime(std::string_view command, ReplyWriter& out);

// `amount` of `unit` from `now`, or, if `absolute`, since 1970. nullopt if that is no time that 64
// bits of milliseconds can hold.
std::optional<absl::Time> ExpiryOf(int64_t amount, absl::Duration unit, bool absolute,
                                   absl::Time now);

}  // namespace nacre::server

#endif  // NACRE_SERVER_COMMANDS_VALUES_H_
