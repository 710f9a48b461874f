#ifndef NACRE_CLIENT_CLI_TEXT_H_
#define NACRE_CLIENT_CLI_TEXT_H_

// Small things about text that several parts of nacre-cli need.

#include <cstddef>
#include <string>
#include <string_view>

#include "absl/strings/string_view.h"

namespace nacre::cli {

// The packaged Abseil has a string_view of its own.
inline absl::string_view ToAbsl(std::string_view text) { return {text.data(), text.size()}; }

std::string Upper(std::string_view text);
std::string Lower(std::string_view text);
bool EqualsIgnoringCase(std::string_view a, std::string_view b);
bool StartsWithIgnoringCase(std::string_view text, std::string_view prefix);

// Bytes of the well-formed UTF-8 character that `text` begins with; 0 if it begins with none.
size_t Utf8CharacterBytes(std::string_view text);

// Columns that valid UTF-8 takes on a terminal; bytes that are none take one each.
size_t Columns(std::string_view text);
// As much of the front as fits.
std::string_view CutToColumns(std::string_view text, size_t columns);

// To stdout, at once.
void Print(std::string_view text);

// "512B", "1.50K", "12.30G".
std::string HumanBytes(double bytes);

}  // namespace nacre::cli

#endif  // NACRE_CLIENT_CLI_TEXT_H_
