#include "tests/check/judge/format/data_reader.h"

#include <algorithm>
#include <charconv>
#include <cstdlib>

#include "tests/check/judge/text.h"

namespace nacre::check::judge {
namespace {

constexpr size_t kScalarBytesMax = 1 << 20;
constexpr int kDiscardsMax = 64;
// What lies beyond 16 bits is written as two of these.
constexpr uint32_t kHighSurrogate = 0xd800;
constexpr uint32_t kLowSurrogate = 0xdc00;
constexpr uint32_t kSurrogatesEnd = 0xdfff;
constexpr ByteSet kEndOfScalar = BytesOf(" \t\r\n,[](){}\";");
constexpr ByteSet kEndOfJsonScalar = BytesOf(" \t\r\n,[](){}\";:");
constexpr ByteSet kEndOfRun = BytesOf("\"\\\n");
constexpr ByteSet kEndOfLine = BytesOf("\n");

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

// The digits of an integer, or nothing if it is no integer.
std::string_view DigitsOf(std::string_view text) {
  if (!text.empty() && (text.front() == '+' || text.front() == '-')) text.remove_prefix(1);
  if (text.size() > 1 && text.back() == 'N') text.remove_suffix(1);
  for (const char c : text) {
    if (!IsDigit(c)) return {};
  }
  return text;
}

// JSON has one kind of number, so some write 10 as 10.0 or 1e+01. `integer` gets the integer that
// `text` is; false: it is none, or one already.
bool IntegerOf(std::string_view text, std::string& integer) {
  constexpr int kZerosMax = 400;  // More than any double has.
  const size_t e = text.find_first_of("eE");
  const size_t dot = text.substr(0, e).find('.');
  if (e == std::string_view::npos && dot == std::string_view::npos) return false;
  int exponent = 0;
  if (e != std::string_view::npos) {
    std::string_view digits = text.substr(e + 1);
    if (!digits.empty() && digits.front() == '+') digits.remove_prefix(1);
    const auto [end, error] =
        std::from_chars(digits.data(), digits.data() + digits.size(), exponent);
    if (error != std::errc() || end != digits.data() + digits.size()) return false;
  }
  if (exponent < -kZerosMax || exponent > kZerosMax) return false;
  integer = text.substr(0, std::min(e, dot));
  if (dot != std::string_view::npos) {
    const std::string_view fraction =
        text.substr(dot + 1, e == std::string_view::npos ? e : e - dot - 1);
    if (fraction.empty() || fraction.size() > 2 * kZerosMax) return false;
    integer += fraction;
    exponent -= static_cast<int>(fraction.size());
  }
  const size_t first_digit = integer.find_first_of("0123456789");
  if (first_digit == std::string::npos) return false;
  for (; exponent < 0; ++exponent) {
    if (integer.back() != '0') return false;
    if (integer.size() > first_digit + 1) integer.pop_back();
  }
  integer.append(static_cast<size_t>(exponent), '0');
  return true;
}

void AppendUtf8(std::string& text, uint32_t code) {
  if (code < 0x80) {
    text += static_cast<char>(code);
  } else if (code < 0x800) {
    text += static_cast<char>(0xc0 | (code >> 6));
    text += static_cast<char>(0x80 | (code & 0x3f));
  } else if (code < 0x10000) {
    text += static_cast<char>(0xe0 | (code >> 12));
    text += static_cast<char>(0x80 | ((code >> 6) & 0x3f));
    text += static_cast<char>(0x80 | (code & 0x3f));
  } else {
    text += static_cast<char>(0xf0 | (code >> 18));
    text += static_cast<char>(0x80 | ((code >> 12) & 0x3f));
    text += static_cast<char>(0x80 | ((code >> 6) & 0x3f));
    text += static_cast<char>(0x80 | (code & 0x3f));
  }
}

void AppendQuoted(std::string& text, std::string_view bytes) {
  for (const char c : bytes) {
    switch (c) {
      case '"': text += "\\\""; break;
      case '\\': text += "\\\\"; break;
      case '\n': text += "\\n"; break;
      case '\r': text += "\\r"; break;
      case '\t': text += "\\t"; break;
      default: text += c;
    }
  }
}

}  // namespace

std::string_view WordOf(std::string_view scalar) {
  if (scalar.size() >= 2 && scalar.front() == '"') return scalar.substr(1, scalar.size() - 2);
  if (!scalar.empty() && scalar.front() == ':') scalar.remove_prefix(1);
  return scalar;
}

std::string Quoted(std::string_view bytes) {
  std::string text = "\"";
  AppendQuoted(text, bytes);
  return text + "\"";
}

void DataReader::SkipBlanks() {
  for (int c = bytes_.Peek(); c != -1; c = bytes_.Peek()) {
    if (c == ';' && dialect_ == Dialect::kEdn) {
      bytes_.TakeUntil(kEndOfLine);
    } else if (c == ' ' || c == '\n' || c == '\t' || c == '\r' || c == ',' ||
               (c == ':' && dialect_ == Dialect::kJson)) {
      bytes_.Skip();
    } else {
      return;
    }
  }
}

absl::Status DataReader::Next(Token& token) {
  while (true) {
    SkipBlanks();
    token = {};
    const int c = bytes_.Peek();
    switch (c) {
      case -1: return absl::OkStatus();
      case '[':
      case '(':
        token.kind = Token::Kind::kOpenList;
        open_ += c == '[' ? ']' : ')';
        break;
      case '{':
        token.kind = Token::Kind::kOpenMap;
        open_ += '}';
        break;
      case ']':
      case ')':
      case '}':
        token.kind = Token::Kind::kClose;
        if (absl::Status status = Close(static_cast<char>(c)); !status.ok()) return status;
        break;
      case '"': return String(token);
      case '\\':
        if (dialect_ == Dialect::kJson) return Error("unexpected \\");
        return Character(token);
      case '#': {
        bool none = false;
        if (absl::Status status = Tagged(token, none); !status.ok() || !none) return status;
        continue;
      }
      case ';': return Error("unexpected ;");
      default: Scalar(token); return absl::OkStatus();
    }
    bytes_.Skip();
    return absl::OkStatus();
  }
}

absl::Status DataReader::Close(char bracket) {
  if (open_.empty()) return Error(Cat("unexpected ", std::string_view(&bracket, 1)));
  if (open_.back() != bracket) {
    return Error(Cat("expected ", std::string_view(&open_.back(), 1), ", found ",
                     std::string_view(&bracket, 1)));
  }
  open_.pop_back();
  return absl::OkStatus();
}

// #{ opens a set, #_ drops a form, and any other tag says nothing that a history needs.
absl::Status DataReader::Tagged(Token& token, bool& none) {
  bytes_.Skip();
  const int c = bytes_.Peek();
  if (c == '{') {
    bytes_.Skip();
    token.kind = Token::Kind::kOpenSet;
    open_ += '}';
    return absl::OkStatus();
  }
  none = true;
  if (c != '_') {
    if (bytes_.TakeUntil(kEndOfScalar).empty()) return Error("# without a tag");
    return absl::OkStatus();
  }
  bytes_.Skip();
  if (++depth_ > kDiscardsMax) return Error("too many #_");
  Token dropped;
  absl::Status status = Next(dropped);
  if (status.ok()) status = SkipValue(dropped);
  --depth_;
  return status;
}

void DataReader::Scalar(Token& token) {
  const std::string_view text =
      bytes_.TakeUntil(dialect_ == Dialect::kJson ? kEndOfJsonScalar : kEndOfScalar);
  token.kind = Token::Kind::kScalar;
  token.text = text;
  if (text == "nil" || text == "null") {
    token.kind = Token::Kind::kNil;
    return;
  }
  std::string integer;
  const bool number = dialect_ == Dialect::kJson && (IsDigit(text.front()) || text.front() == '-');
  const bool converted = number && IntegerOf(text, integer);
  const bool plain = text.front() >= '1' && text.front() <= '9' && text.back() != 'N';
  if ((plain && !converted) || text.front() == ':') return;
  std::string_view digits = DigitsOf(converted ? std::string_view(integer) : text);
  if (digits.empty()) return;
  while (digits.size() > 1 && digits.front() == '0') digits.remove_prefix(1);
  text_ = text.front() == '-' && digits != "0" ? Cat("-", digits) : std::string(digits);
  token.text = text_;
}

absl::Status DataReader::Character(Token& token) {
  bytes_.Skip();
  text_ = "\\";
  if (bytes_.Peek() == -1) return Error("\\ at the end");
  text_ += static_cast<char>(bytes_.Peek());  // Also of \( and \,.
  bytes_.Skip();
  text_ += bytes_.TakeUntil(kEndOfScalar);
  token.kind = Token::Kind::kScalar;
  token.text = text_;
  return absl::OkStatus();
}

absl::Status DataReader::String(Token& token) {
  bytes_.Skip();
  text_ = "\"";
  while (true) {
    AppendQuoted(text_, bytes_.TakeUntil(kEndOfRun));
    if (text_.size() > kScalarBytesMax) return Error("a string of more than a MiB");
    const int c = bytes_.Peek();
    if (c == -1) return Error("a string without an end");
    bytes_.Skip();
    if (c == '"') break;
    if (c == '\n') {
      text_ += "\\n";
    } else if (absl::Status status = Escape(text_); !status.ok()) {
      return status;
    }
  }
  text_ += '"';
  token.kind = Token::Kind::kScalar;
  token.text = text_;
  return absl::OkStatus();
}

absl::Status DataReader::Escape(std::string& text) {
  const int c = bytes_.Peek();
  if (c == -1) return Error("a string without an end");
  bytes_.Skip();
  switch (c) {
    case 'n': text += "\\n"; return absl::OkStatus();
    case 't': text += "\\t"; return absl::OkStatus();
    case 'r': text += "\\r"; return absl::OkStatus();
    case 'b': text += '\b'; return absl::OkStatus();
    case 'f': text += '\f'; return absl::OkStatus();
    case '/': text += '/'; return absl::OkStatus();
    case '"': text += "\\\""; return absl::OkStatus();
    case '\\': text += "\\\\"; return absl::OkStatus();
    case 'u': break;
    default: return Error("unknown escape in a string");
  }
  uint32_t code = 0;
  if (absl::Status status = HexCode(code); !status.ok()) return status;
  if (code >= kHighSurrogate && code <= kSurrogatesEnd) {
    uint32_t low = 0;
    const bool high = code < kLowSurrogate && bytes_.Peek() == '\\';
    if (high) bytes_.Skip();
    if (!high || bytes_.Peek() != 'u') return Error("\\u with half of a surrogate pair");
    bytes_.Skip();
    if (absl::Status status = HexCode(low); !status.ok()) return status;
    if (low < kLowSurrogate || low > kSurrogatesEnd) {
      return Error("\\u with half of a surrogate pair");
    }
    code = 0x10000 + ((code - kHighSurrogate) << 10) + (low - kLowSurrogate);
  }
  std::string character;
  AppendUtf8(character, code);
  AppendQuoted(text, character);
  return absl::OkStatus();
}

absl::Status DataReader::HexCode(uint32_t& code) {
  std::string digits;
  for (int i = 0; i < 4; ++i) {
    const int digit = bytes_.Peek();
    if (digit == -1 || !isxdigit(digit)) return Error("\\u without four digits");
    digits += static_cast<char>(digit);
    bytes_.Skip();
  }
  code = static_cast<uint32_t>(std::strtoul(digits.c_str(), nullptr, 16));
  return absl::OkStatus();
}

absl::Status DataReader::SkipValue(Token token) {
  for (uint64_t open = 0;;) {
    switch (token.kind) {
      case Token::Kind::kEnd: return Error("unexpected end");
      case Token::Kind::kOpenList:
      case Token::Kind::kOpenMap:
      case Token::Kind::kOpenSet: ++open; break;
      case Token::Kind::kClose:
        if (open == 0) return Error("unexpected closing bracket");
        --open;
        break;
      default: break;
    }
    if (open == 0) return absl::OkStatus();
    if (absl::Status status = Next(token); !status.ok()) return status;
  }
}

}  // namespace nacre::check::judge
