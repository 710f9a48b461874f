#include "server/base/decimals.h"

#include <cctype>
#include <cerrno>
#include <cmath>
#include <cstdio>
#include <cstdlib>

namespace nacre::server {

namespace {
// A longer text is no number. The largest long double has 4933 digits before its point.
constexpr size_t kDecimalBytesMax = 5 * 1024 - 1;
}  // namespace

std::optional<long double> ParseDecimal(std::string_view text) {
  if (text.empty() || text.size() > kDecimalBytesMax) return std::nullopt;
  if (std::isspace(static_cast<unsigned char>(text[0])) != 0) return std::nullopt;
  const std::string terminated(text);
  char* stop = nullptr;
  errno = 0;
  const long double value = std::strtold(terminated.c_str(), &stop);
  if (stop != terminated.c_str() + terminated.size()) return std::nullopt;
  // What is too small for full precision counts as itself; what becomes zero or infinite does not.
  if (errno == ERANGE && (std::isinf(value) || value == 0)) return std::nullopt;
  if (std::isnan(value)) return std::nullopt;
  return value;
}

std::string FormatDecimal(long double value) {
  char digits[kDecimalBytesMax + 1];
  const int bytes = std::snprintf(digits, sizeof(digits), "%.17Lf", value);
  std::string text(digits, static_cast<size_t>(bytes));
  text.resize(text.find_last_not_of('0') + 1);
  if (text.back() == '.') text.pop_back();
  return text == "-0" ? "0" : text;
}

}  // namespace nacre::server
