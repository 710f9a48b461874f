#ifndef NACRE_CLIENT_BASE_STRINGS_H_
#define NACRE_CLIENT_BASE_STRINGS_H_

#include <string_view>

#include "absl/strings/string_view.h"

namespace nacre::client {

// Abseil may have been built with a string_view of its own, which does not convert.
inline absl::string_view ToAbsl(std::string_view text) { return {text.data(), text.size()}; }

}  // namespace nacre::client

#endif  // NACRE_CLIENT_BASE_STRINGS_H_
