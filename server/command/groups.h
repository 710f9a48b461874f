#ifndef NACRE_SERVER_COMMAND_GROUPS_H_
#define NACRE_SERVER_COMMAND_GROUPS_H_

// The table of commands is written in parts, one a group. Each part is in alphabetical order.

#include "absl/types/span.h"
#include "server/command/spec.h"

namespace nacre::server {

inline constexpr KeyPositions kFirstKey = {.first = 1, .last = 1, .step = 1};
inline constexpr KeyPositions kSecondKey = {.first = 2, .last = 2, .step = 1};
inline constexpr KeyPositions kTwoKeys = {.first = 1, .last = 2, .step = 1};
inline constexpr KeyPositions kAllKeys = {.first = 1, .last = -1, .step = 1};
inline constexpr KeyPositions kKeysAndValues = {.first = 1, .last = -1, .step = 2};

inline constexpr uint32_t kWriteFast = kWrite | kDenyOom | kFast;

absl::Span<const CommandSpec> ConnectionCommands();
absl::Span<const CommandSpec> GenericCommands();
absl::Span<const CommandSpec> ServerCommands();
absl::Span<const CommandSpec> StringCommands();
absl::Span<const CommandSpec> TransactionCommands();

}  // namespace nacre::server

#endif  // NACRE_SERVER_COMMAND_GROUPS_H_
