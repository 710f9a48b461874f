#ifndef NACRE_SERVER_BASE_NUMBERS_H_
#define NACRE_SERVER_BASE_NUMBERS_H_

#include <charconv>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>

namespace nacre::server {

// The longest decimal of a 64-bit integer, with its sign.
inline constexpr size_t kIntegerDigitsMax = 20;

// The integer that `text` is the one canonical spelling of: no sign but '-', no leading zero, no
// blanks, nothing after it. Everything that the protocol calls an integer is read by this.
inline std::optional<int64_t> ParseInteger(std::string_view text) {
  if (text.empty() || text.size() > kIntegerDigitsMax) return std::nullopt;
  const char* const end = text.data() + text.size();
  const size_t sign = text[0] == '-' ? 1 : 0;
  if (text.size() == sign) return std::nullopt;
  if (text[sign] == '0' && text.size() > 1) return std::nullopt;
  int64_t value = 0;
  const auto [stop, error] = std::from_chars(text.data(), end, value);
  if (error != std::errc() || stop != end) return std::nullopt;
  return value;
}

// The shortest decimal, without an exponent, that is read as exactly this number.
inline std::string ShortestDecimal(double number) {
  char text[400];  // The smallest has some 340 digits.
  return std::string(
      text, std::to_chars(text, text + sizeof(text), number, std::chars_format::fixed).ptr);
}

}  // namespace nacre::server

#endif  // NACRE_SERVER_BASE_NUMBERS_H_
