#ifndef NACRE_SERVER_COMMANDS_NAMES_H_
#define NACRE_SERVER_COMMANDS_NAMES_H_

// Names that clients give themselves.

#include <string_view>

namespace nacre::server {

inline constexpr std::string_view kBadClientName =
    "ERR Client names cannot contain spaces, newlines or special characters.";

// Printable ASCII without blanks, so that lists of clients stay one line each. Empty is allowed.
inline bool IsClientName(std::string_view name) {
  for (const char c : name) {
    if (c < '!' || c > '~') return false;
  }
  return true;
}

}  // namespace nacre::server

#endif  // NACRE_SERVER_COMMANDS_NAMES_H_
