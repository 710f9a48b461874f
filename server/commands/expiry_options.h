#ifndef NACRE_SERVER_COMMANDS_EXPIRY_OPTIONS_H_
#define NACRE_SERVER_COMMANDS_EXPIRY_OPTIONS_H_

// EX PX EXAT PXAT: the options by which a command that writes a string says how long it lives.

#include <optional>
#include <string_view>

#include "absl/time/time.h"
#include "server/base/text.h"
#include "server/command/spec.h"
#include "server/commands/values.h"

namespace nacre::server {

// How a number becomes a time.
struct ExpiryUnit {
  absl::Duration unit;
  bool absolute = false;

  friend bool operator==(const ExpiryUnit& a, const ExpiryUnit& b) {
    return a.unit == b.unit && a.absolute == b.absolute;
  }
};

// A time to live, as it was sent: it is looked at only once all options are known to be well
// formed.
struct ExpiryOption {
  ExpiryUnit unit;
  std::string_view amount;
};

inline std::optional<ExpiryUnit> ReadExpiryUnit(std::string_view option) {
  if (EqualsIgnoringCase(option, "ex")) return ExpiryUnit{absl::Seconds(1), false};
  if (EqualsIgnoringCase(option, "px")) return ExpiryUnit{absl::Milliseconds(1), false};
  if (EqualsIgnoringCase(option, "exat")) return ExpiryUnit{absl::Seconds(1), true};
  if (EqualsIgnoringCase(option, "pxat")) return ExpiryUnit{absl::Milliseconds(1), true};
  return std::nullopt;
}

// Reads the option at args[at], and its number, and moves `at` to that. False if it is none of the
// four. The same one may be repeated, and the last counts; two different ones do not go together.
inline bool ReadExpiryOption(Args args, size_t& at, std::optional<ExpiryOption>& expiry) {
  const auto unit = ReadExpiryUnit(args[at]);
  if (!unit || at + 1 == args.size()) return false;
  if (expiry && !(expiry->unit == *unit)) return false;
  expiry = ExpiryOption{*unit, args[++at]};
  return true;
}

// The time that the option names; nullopt if an error has been written. `command` is for its text.
std::optional<absl::Time> ExpiryFrom(const ExpiryOption& option, std::string_view command,
                                     DataContext& context);

}  // namespace nacre::server

#endif  // NACRE_SERVER_COMMANDS_EXPIRY_OPTIONS_H_
