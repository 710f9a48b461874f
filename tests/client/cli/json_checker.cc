#include "tests/client/cli/json_checker.h"

#include <regex>
#include <string>

namespace nacre::cli {

namespace {

class Checker {
 public:
  explicit Checker(std::string_view text) : text_(text) {}

  bool Whole() { return Value() && place_ == text_.size(); }

 private:
  char Peek() const { return place_ < text_.size() ? text_[place_] : '\0'; }
  bool Take(char c) {
    if (Peek() != c) return false;
    ++place_;
    return true;
  }
  bool TakeWord(std::string_view word) {
    if (text_.substr(place_, word.size()) != word) return false;
    place_ += word.size();
    return true;
  }

  bool Value() {
    switch (Peek()) {
      case '{': return Object();
      case '[': return Array();
      case '"': return String();
      case 'n': return TakeWord("null");
      case 't': return TakeWord("true");
      case 'f': return TakeWord("false");
      default: return Number();
    }
  }

  bool Object() {
    Take('{');
    if (Take('}')) return true;
    do {
      if (Peek() != '"' || !String() || !Take(':') || !Value()) return false;
    } while (Take(','));
    return Take('}');
  }

  bool Array() {
    Take('[');
    if (Take(']')) return true;
    do {
      if (!Value()) return false;
    } while (Take(','));
    return Take(']');
  }

  bool String() {
    Take('"');
    while (place_ < text_.size()) {
      const auto c = static_cast<unsigned char>(text_[place_]);
      if (c == '"') return Take('"');
      if (c < 0x20) return false;
      if (!(c == '\\' ? Escape() : Character())) return false;
    }
    return false;
  }

  bool Escape() {
    Take('\\');
    const char c = Peek();
    ++place_;
    if (c != 'u') return std::string_view("\"\\/bfnrt").find(c) != std::string_view::npos;
    for (int i = 0; i < 4; ++i) {
      if (std::string_view("0123456789abcdefABCDEF").find(Peek()) == std::string_view::npos) {
        return false;
      }
      ++place_;
    }
    return true;
  }

  bool Character() {
    // The well-formed byte sequences of the Unicode standard, table 3-7.
    static const std::regex kUtf8(
        "[\\x20-\\x7f]|[\\xc2-\\xdf][\\x80-\\xbf]|\\xe0[\\xa0-\\xbf][\\x80-\\xbf]|"
        "[\\xe1-\\xec\\xee\\xef][\\x80-\\xbf]{2}|\\xed[\\x80-\\x9f][\\x80-\\xbf]|"
        "\\xf0[\\x90-\\xbf][\\x80-\\xbf]{2}|[\\xf1-\\xf3][\\x80-\\xbf]{3}|"
        "\\xf4[\\x80-\\x8f][\\x80-\\xbf]{2}",
        std::regex::optimize);
    return Match(kUtf8, 4);
  }

  bool Number() {
    static const std::regex kNumber("-?(0|[1-9][0-9]*)(\\.[0-9]+)?([eE][-+]?[0-9]+)?");
    return Match(kNumber, 400);
  }

  bool Match(const std::regex& expression, size_t bytes_max) {
    const std::string front(text_.substr(place_, bytes_max));
    std::smatch match;
    if (!std::regex_search(front, match, expression, std::regex_constants::match_continuous)) {
      return false;
    }
    place_ += static_cast<size_t>(match.length());
    return true;
  }

  std::string_view text_;
  size_t place_ = 0;
};

}  // namespace

bool IsJson(std::string_view text) { return Checker(text).Whole(); }

}  // namespace nacre::cli
