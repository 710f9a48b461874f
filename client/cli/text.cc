#include "client/cli/text.h"

#include <wchar.h>

#include <cstdio>
#include <iterator>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_format.h"

namespace nacre::cli {

namespace {

char32_t DecodeUtf8(std::string_view character) {
  const auto byte = [&](size_t i) { return static_cast<unsigned char>(character[i]); };
  if (character.size() == 1) return byte(0);
  char32_t code = byte(0) & (0xff >> (character.size() + 1));
  for (size_t i = 1; i < character.size(); ++i) code = (code << 6) | (byte(i) & 0x3f);
  return code;
}

// Columns of one character, which takes `bytes` of the front (0: no UTF-8).
size_t ColumnsOfFront(std::string_view text, size_t bytes) {
  if (bytes == 0) return 1;
  const int width = wcwidth(static_cast<wchar_t>(DecodeUtf8(text.substr(0, bytes))));
  return width < 0 ? 1 : static_cast<size_t>(width);
}

}  // namespace

std::string Upper(std::string_view text) { return absl::AsciiStrToUpper(ToAbsl(text)); }

std::string Lower(std::string_view text) { return absl::AsciiStrToLower(ToAbsl(text)); }

bool EqualsIgnoringCase(std::string_view a, std::string_view b) {
  return absl::EqualsIgnoreCase(ToAbsl(a), ToAbsl(b));
}

bool StartsWithIgnoringCase(std::string_view text, std::string_view prefix) {
  return absl::StartsWithIgnoreCase(ToAbsl(text), ToAbsl(prefix));
}

size_t Utf8CharacterBytes(std::string_view text) {
  if (text.empty()) return 0;
  const auto byte = [&](size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char lead = byte(0);
  if (lead < 0x80) return 1;
  const size_t bytes = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
  if (lead < 0xc2 || lead > 0xf4 || text.size() < bytes) return 0;
  for (size_t i = 1; i < bytes; ++i) {
    if ((byte(i) & 0xc0) != 0x80) return 0;
  }
  // Longer than needed, halves of surrogate pairs, and past U+10FFFF.
  if ((lead == 0xe0 && byte(1) < 0xa0) || (lead == 0xed && byte(1) > 0x9f) ||
      (lead == 0xf0 && byte(1) < 0x90) || (lead == 0xf4 && byte(1) > 0x8f)) {
    return 0;
  }
  return bytes;
}

size_t Columns(std::string_view text) {
  size_t columns = 0;
  while (!text.empty()) {
    const size_t bytes = Utf8CharacterBytes(text);
    columns += ColumnsOfFront(text, bytes);
    text.remove_prefix(bytes == 0 ? 1 : bytes);
  }
  return columns;
}

std::string_view CutToColumns(std::string_view text, size_t columns) {
  size_t taken = 0;
  while (taken < text.size()) {
    const std::string_view rest = text.substr(taken);
    const size_t bytes = Utf8CharacterBytes(rest);
    const size_t width = ColumnsOfFront(rest, bytes);
    if (width > columns) break;
    columns -= width;
    taken += bytes == 0 ? 1 : bytes;
  }
  return text.substr(0, taken);
}

std::string HumanBytes(double bytes) {
  static constexpr const char* kUnits[] = {"B", "K", "M", "G", "T", "P"};
  size_t unit = 0;
  while (bytes >= 1024 && unit + 1 < std::size(kUnits)) {
    bytes /= 1024;
    ++unit;
  }
  return unit == 0 ? absl::StrFormat("%.0fB", bytes)
                   : absl::StrFormat("%.2f%s", bytes, kUnits[unit]);
}

void Print(std::string_view text) {
  std::fwrite(text.data(), 1, text.size(), stdout);
  std::fflush(stdout);
}

}  // namespace nacre::cli
