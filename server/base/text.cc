#include "server/base/text.h"

namespace nacre::server {

namespace {

// Matches one byte against the pattern element that starts at `at` (not a star), and moves `at`
// behind the element.
bool MatchesElement(std::string_view pattern, size_t& at, char byte, bool ignore_case) {
  const auto fold = [ignore_case](char c) {
    return static_cast<unsigned char>(ignore_case ? ToLower(c) : c);
  };
  const unsigned char wanted = fold(byte);
  const char first = pattern[at++];
  if (first == '?') return true;
  if (first == '\\' && at < pattern.size()) return fold(pattern[at++]) == wanted;
  if (first != '[') return fold(first) == wanted;

  const bool negated = at < pattern.size() && pattern[at] == '^';
  if (negated) ++at;
  bool found = false;
  while (at < pattern.size() && pattern[at] != ']') {
    if (pattern[at] == '\\' && at + 1 < pattern.size()) {
      ++at;
      found |= fold(pattern[at++]) == wanted;
    } else if (at + 2 < pattern.size() && pattern[at + 1] == '-') {
      unsigned char low = fold(pattern[at]);
      unsigned char high = fold(pattern[at + 2]);
      if (low > high) std::swap(low, high);
      found |= low <= wanted && wanted <= high;
      at += 3;
    } else {
      found |= fold(pattern[at++]) == wanted;
    }
  }
  if (at < pattern.size()) ++at;  // The closing bracket.
  return found != negated;
}

}  // namespace

std::string AsciiLower(std::string_view text) {
  std::string lower(text);
  for (char& c : lower) c = ToLower(c);
  return lower;
}

std::string AsciiUpper(std::string_view text) {
  std::string upper(text);
  for (char& c : upper) {
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 32);
  }
  return upper;
}

bool MatchesGlob(std::string_view pattern, std::string_view text, bool ignore_case) {
  size_t p = 0;
  size_t t = 0;
  // Where to go on after a mismatch: behind the last star, which takes one byte more each time. An
  // earlier star need not be retried, since the later one can take whatever the earlier one would.
  size_t star_p = std::string_view::npos;
  size_t star_t = 0;
  while (t < text.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      star_p = ++p;
      star_t = t;
      continue;
    }
    if (p < pattern.size() && MatchesElement(pattern, p, text[t], ignore_case)) {
      ++t;
      continue;
    }
    if (star_p == std::string_view::npos) return false;
    p = star_p;
    t = ++star_t;
  }
  while (p < pattern.size() && pattern[p] == '*') ++p;
  return p == pattern.size();
}

std::string GlobLiteralPrefix(std::string_view pattern) {
  std::string prefix;
  for (size_t i = 0; i < pattern.size(); ++i) {
    const char c = pattern[i];
    if (c == '*' || c == '?' || c == '[') break;
    if (c == '\\' && i + 1 < pattern.size()) ++i;
    prefix.push_back(pattern[i]);
  }
  return prefix;
}

}  // namespace nacre::server
