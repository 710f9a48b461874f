#ifndef NACRE_SERVER_BASE_TEXT_H_
#define NACRE_SERVER_BASE_TEXT_H_

#include <string>
#include <string_view>

#include "absl/strings/string_view.h"

namespace nacre::server {

// The packaged Abseil has a string_view of its own, without conversions.
inline absl::string_view ToAbsl(std::string_view text) { return {text.data(), text.size()}; }

constexpr char ToLower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }

// Whether `text` is `lower` in any case of its ASCII letters. `lower` is in lower case.
inline bool EqualsIgnoringCase(std::string_view text, std::string_view lower) {
  if (text.size() != lower.size()) return false;
  for (size_t i = 0; i < text.size(); ++i) {
    if (ToLower(text[i]) != lower[i]) return false;
  }
  return true;
}

std::string AsciiLower(std::string_view text);
std::string AsciiUpper(std::string_view text);

// Whether the whole of `text` matches a glob pattern: * any run, ? one byte, [a-z] and [^a-z] one
// byte of a set, backslash takes the next byte literally. An unclosed set ends with the pattern.
// O(pattern * text) at worst, on one byte of memory a level: only the last star is ever retried.
bool MatchesGlob(std::string_view pattern, std::string_view text, bool ignore_case = false);

// The bytes that everything which matches the pattern begins with.
std::string GlobLiteralPrefix(std::string_view pattern);

}  // namespace nacre::server

#endif  // NACRE_SERVER_BASE_TEXT_H_
