#include <optional>

#include "server/resp/parser.h"

namespace nacre::server {

namespace {

bool IsBlank(char c) {
  return c == ' ' || c == '\t' || c == '\r' || c == '\n' || c == '\v' || c == '\f' || c == '\0';
}

std::optional<int> HexDigit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return std::nullopt;
}

char Unescape(char c) {
  switch (c) {
    case 'n': return '\n';
    case 'r': return '\r';
    case 't': return '\t';
    case 'b': return '\b';
    case 'a': return '\a';
    default: return c;
  }
}

// Reads the escape behind the backslash at line[at]; moves `at` behind it.
char ReadEscape(std::string_view line, size_t& at) {
  if (line[at + 1] == 'x' && at + 3 < line.size()) {
    const auto high = HexDigit(line[at + 2]);
    const auto low = HexDigit(line[at + 3]);
    if (high && low) {
      at += 4;
      return static_cast<char>(*high * 16 + *low);
    }
  }
  const char c = Unescape(line[at + 1]);
  at += 2;
  return c;
}

// Reads the quoted text that opens at line[at] and appends it; moves `at` behind the closing quote.
// False if it does not close, or something other than a blank follows.
bool ReadQuoted(std::string_view line, size_t& at, std::string& out) {
  const char quote = line[at++];
  while (at < line.size()) {
    const char c = line[at];
    const bool more = at + 1 < line.size();
    if (c == quote) {
      ++at;
      return at == line.size() || IsBlank(line[at]);
    }
    if (c == '\\' && more && quote == '"') {
      out.push_back(ReadEscape(line, at));
    } else if (c == '\\' && more && line[at + 1] == '\'') {
      out.push_back('\'');
      at += 2;
    } else {
      out.push_back(c);
      ++at;
    }
  }
  return false;
}

}  // namespace

bool SplitInlineWords(std::string_view line, std::vector<std::string_view>& words,
                      std::string& storage) {
  words.clear();
  storage.clear();
  // Unquoting never lengthens, so the storage does not move under the views into it.
  if (line.find_first_of("\"'") != std::string_view::npos) storage.reserve(line.size());
  size_t at = 0;
  while (true) {
    while (at < line.size() && IsBlank(line[at])) ++at;
    if (at == line.size()) return true;
    const size_t start = at;
    while (at < line.size() && !IsBlank(line[at]) && line[at] != '"' && line[at] != '\'') ++at;
    if (at == line.size() || IsBlank(line[at])) {
      words.push_back(line.substr(start, at - start));
      continue;
    }
    // A quote opens inside the word: what stands before it belongs to the word.
    const size_t stored = storage.size();
    storage.append(line.substr(start, at - start));
    if (!ReadQuoted(line, at, storage)) return false;
    words.push_back(std::string_view(storage).substr(stored));
  }
}

}  // namespace nacre::server
