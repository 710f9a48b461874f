#include "client/cli/words.h"

#include "absl/strings/ascii.h"

namespace nacre::cli {

namespace {

constexpr char kHexDigits[] = "0123456789abcdef";

bool IsSpace(char c) { return absl::ascii_isspace(static_cast<unsigned char>(c)); }
bool IsHex(char c) { return absl::ascii_isxdigit(static_cast<unsigned char>(c)); }

int HexValue(char c) {
  const char lower = absl::ascii_tolower(static_cast<unsigned char>(c));
  return lower <= '9' ? lower - '0' : lower - 'a' + 10;
}

char Unescaped(char c) {
  switch (c) {
    case 'n': return '\n';
    case 'r': return '\r';
    case 't': return '\t';
    case 'b': return '\b';
    case 'a': return '\a';
    default: return c;
  }
}

class Splitter {
 public:
  explicit Splitter(std::string_view line) : rest_(line) {}

  std::optional<std::vector<std::string>> Run() {
    std::vector<std::string> words;
    for (;;) {
      while (!rest_.empty() && IsSpace(rest_.front())) rest_.remove_prefix(1);
      if (rest_.empty()) return words;
      if (!Word(words.emplace_back())) return std::nullopt;
    }
  }

 private:
  bool Word(std::string& word) {
    while (!rest_.empty() && !IsSpace(rest_.front())) {
      const char c = Take();
      if (c == '"') return DoubleQuoted(word) && AtEndOfWord();
      if (c == '\'') return SingleQuoted(word) && AtEndOfWord();
      word += c;
    }
    return true;
  }

  bool DoubleQuoted(std::string& word) {
    while (!rest_.empty()) {
      const char c = Take();
      if (c == '"') return true;
      if (c != '\\' || rest_.empty()) {
        word += c;
      } else if (rest_.size() >= 3 && rest_[0] == 'x' && IsHex(rest_[1]) && IsHex(rest_[2])) {
        word += static_cast<char>(HexValue(rest_[1]) * 16 + HexValue(rest_[2]));
        rest_.remove_prefix(3);
      } else {
        word += Unescaped(Take());
      }
    }
    return false;
  }

  bool SingleQuoted(std::string& word) {
    while (!rest_.empty()) {
      const char c = Take();
      if (c == '\'') return true;
      if (c == '\\' && !rest_.empty() && rest_.front() == '\'') {
        word += Take();
      } else {
        word += c;
      }
    }
    return false;
  }

  bool AtEndOfWord() const { return rest_.empty() || IsSpace(rest_.front()); }

  char Take() {
    const char c = rest_.front();
    rest_.remove_prefix(1);
    return c;
  }

  std::string_view rest_;
};

}  // namespace

std::optional<std::vector<std::string>> SplitWords(std::string_view line) {
  return Splitter(line).Run();
}

void AppendQuotedInside(std::string_view bytes, std::string& out) {
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    switch (c) {
      case '\\':
      case '"':
        out += '\\';
        out += c;
        break;
      case '\n': out += "\\n"; break;
      case '\r': out += "\\r"; break;
      case '\t': out += "\\t"; break;
      case '\a': out += "\\a"; break;
      case '\b': out += "\\b"; break;
      default:
        if (absl::ascii_isprint(byte)) {
          out += c;
        } else {
          out += "\\x";
          out += kHexDigits[byte >> 4];
          out += kHexDigits[byte & 15];
        }
    }
  }
}

std::string Quote(std::string_view bytes) {
  std::string quoted = "\"";
  AppendQuotedInside(bytes, quoted);
  quoted += '"';
  return quoted;
}

}  // namespace nacre::cli
