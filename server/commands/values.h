#ifndef NACRE_SERVER_COMMANDS_VALUES_H_
#define NACRE_SERVER_COMMANDS_VALUES_H_

// What several groups of commands need to read arguments and write values.

#include <optional>
#include <string>
#include <string_view>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "server/command/spec.h"

namespace nacre::server {

inline constexpr std::string_view kSyntaxError = "ERR syntax error";
inline constexpr std::string_view kNotAnInteger = "ERR value is not an integer or out of range";
inline constexpr std::string_view kStringTooLong =
    "ERR string exceeds maximum allowed size (proto-max-bulk-len)";

inline constexpr std::string_view kNoSuchDatabase = "ERR DB index is out of range";

// The number of a database.
struct DatabaseArgument {
  int index = -1;
  std::string error = {};  // Empty: it is a number, of a database that there is or not.
};
DatabaseArgument ReadDatabase(std::string_view text);

// The string that a key holds, for every command that works on strings. The view lives until the
// transaction finishes.
absl::StatusOr<std::optional<std::string_view>> ReadString(DataContext& context,
                                                           std::string_view key);
// The same for a command that runs alone on one key: `visit` is called once, and the view lives
// during the call.
absl::Status ReadLatestString(
    AloneContext& context, std::string_view key,
    absl::FunctionRef<void(std::optional<std::string_view> value, absl::Time expiry)> visit);

// Whether a string may be so long.
bool StringMayHold(const ServerState& server, uint64_t bytes);

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
