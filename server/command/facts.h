#ifndef NACRE_SERVER_COMMAND_FACTS_H_
#define NACRE_SERVER_COMMAND_FACTS_H_

#include <string_view>

#include "absl/types/span.h"

namespace nacre::server {

// What COMMAND tells of a command that Redis has, beyond its CommandSpec. Lists are parted by
// blanks.
struct CommandFacts {
  std::string_view name = {};
  std::string_view since = {};  // The version of Redis.
  std::string_view complexity = {};
  std::string_view flags = {};
  std::string_view categories = {};  // Without their '@'.
  std::string_view tips = {};
  // How the keys are used: "RW access update". Two if the second of two keys is used otherwise.
  std::string_view key_flags[2] = {};
};

absl::Span<const CommandFacts> DataFacts();
absl::Span<const CommandFacts> ServerFacts();

// nullptr for a command that Redis does not have.
const CommandFacts* FindFacts(std::string_view name);

}  // namespace nacre::server

#endif  // NACRE_SERVER_COMMAND_FACTS_H_
