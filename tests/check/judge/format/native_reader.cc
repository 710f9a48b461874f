#include <charconv>
#include <optional>
#include <string>
#include <string_view>

#include "absl/container/flat_hash_set.h"
#include "tests/check/judge/format/byte_reader.h"
#include "tests/check/judge/format/readers.h"
#include "tests/check/judge/text.h"

namespace nacre::check::judge {
namespace {

constexpr ByteSet kEndOfWord = BytesOf(" \t\r|[]{}\"");

int HexDigit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

// A word, a quoted string or one of | [ ] { }.
struct Piece {
  std::string_view text;  // Valid until the next piece is taken.
  bool quoted = false;

  bool is(std::string_view word) const { return !quoted && text == word; }
  bool nil() const { return is("nil"); }
};

// Walks along a line. Errors are kept and end the line: after one, everything is empty.
class LineScanner {
 public:
  explicit LineScanner(std::string_view line) : line_(line) {}

  std::string_view error() const { return error_; }
  size_t at() const { return at_; }
  void Fail(std::string_view error) {
    if (error_.empty()) error_ = error;
    at_ = line_.size();
  }

  bool AtEnd() {
    while (at_ < line_.size() && (line_[at_] == ' ' || line_[at_] == '\t' || line_[at_] == '\r')) {
      ++at_;
    }
    return at_ == line_.size();
  }
  bool NextIs(char c) { return !AtEnd() && line_[at_] == c; }
  bool Accept(char c) {
    if (!NextIs(c)) return false;
    ++at_;
    return true;
  }
  void Expect(char c, std::string_view error) {
    if (!Accept(c)) Fail(error);
  }

  // A word or a string, never a bracket.
  Piece Take(std::string_view what) {
    if (AtEnd()) {
      Fail(what);
      return {};
    }
    if (line_[at_] == '"') return {Unquote(), true};
    const size_t start = at_;
    while (at_ < line_.size() && !kEndOfWord[static_cast<uint8_t>(line_[at_])]) ++at_;
    if (at_ == start) Fail(what);
    return {line_.substr(start, at_ - start), false};
  }

  // What follows a prefix such as "s=" directly.
  Piece TakeDirectly(std::string_view what) {
    if (at_ < line_.size() && line_[at_] != ' ') return Take(what);
    Fail(what);
    return {};
  }

  // `word` at the front, without what comes after it.
  bool AcceptPrefix(std::string_view prefix) {
    if (AtEnd() || line_.substr(at_, prefix.size()) != prefix) return false;
    at_ += prefix.size();
    return true;
  }

 private:
  std::string_view Unquote() {
    unquoted_.clear();
    for (++at_; at_ < line_.size() && line_[at_] != '"'; ++at_) {
      if (line_[at_] != '\\') {
        unquoted_ += line_[at_];
        continue;
      }
      if (++at_ == line_.size()) break;
      switch (line_[at_]) {
        case 'n': unquoted_ += '\n'; break;
        case 'r': unquoted_ += '\r'; break;
        case 't': unquoted_ += '\t'; break;
        case '"':
        case '\\': unquoted_ += line_[at_]; break;
        case 'x': {
          const int high = at_ + 2 < line_.size() ? HexDigit(line_[at_ + 1]) : -1;
          const int low = at_ + 2 < line_.size() ? HexDigit(line_[at_ + 2]) : -1;
          if (high < 0 || low < 0) {
            Fail("\\x needs two hexadecimal digits");
            return {};
          }
          unquoted_ += static_cast<char>(high * 16 + low);
          at_ += 2;
          break;
        }
        default: Fail("unknown escape in a string"); return {};
      }
    }
    if (at_ == line_.size()) {
      Fail("a string without an end");
      return {};
    }
    ++at_;
    return unquoted_;
  }

  const std::string_view line_;
  size_t at_ = 0;
  std::string_view error_;
  std::string unquoted_;
};

class NativeLine {
 public:
  NativeLine(std::string_view line, HistoryBuilder& builder) : scanner_(line), builder_(builder) {}

  void Read(uint64_t line) {
    info_.line = line;
    ReadName();
    while (!scanner_.AtEnd() && !scanner_.NextIs('|')) ReadField();
    while (scanner_.Accept('|')) ReadOperation();
    if (!scanner_.AtEnd()) scanner_.Fail("expected | before an operation");
    if ((given_ & kOutcome) == 0) scanner_.Fail("expected ok, fail or info");
    if (scanner_.error().empty()) builder_.Add(info_);
  }
  LineScanner& scanner() { return scanner_; }
  uint64_t number() const { return info_.number; }

 private:
  void ReadName() {
    const Piece name = scanner_.Take("expected a transaction's name");
    if (name.text.size() < 2 || name.text.front() != 'T' ||
        !Number(name.text.substr(1)).has_value()) {
      scanner_.Fail("expected a transaction's name, T and a number");
      return;
    }
    info_.number = *Number(name.text.substr(1));
  }

  static std::optional<uint64_t> Number(std::string_view text) {
    uint64_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
    return number;
  }

  // "10..20"; either may be ?.
  void ReadPair(std::optional<uint64_t>& from, std::optional<uint64_t>& to) {
    const Piece piece = scanner_.TakeDirectly("expected two numbers");
    const size_t dots = piece.text.find("..");
    if (piece.quoted || dots == std::string_view::npos) {
      scanner_.Fail("expected two numbers with .. between them");
      return;
    }
    const std::string_view first = piece.text.substr(0, dots);
    const std::string_view second = piece.text.substr(dots + 2);
    from = Number(first);
    to = Number(second);
    if ((first != "?" && !from.has_value()) || (second != "?" && !to.has_value())) {
      scanner_.Fail("expected a number or ?");
    }
  }

  enum Field : uint8_t { kOutcome = 1, kSession = 2, kReal = 4, kTime = 8 };
  void Once(Field field, std::string_view error) {
    if ((given_ & field) != 0) scanner_.Fail(error);
    given_ |= field;
  }

  void ReadField() {
    if (scanner_.AcceptPrefix("s=")) {
      Once(kSession, "a second session");
      info_.session = builder_.Session(scanner_.TakeDirectly("expected a session").text);
    } else if (scanner_.AcceptPrefix("real=")) {
      Once(kReal, "a second real=");
      std::optional<uint64_t> invoked;
      std::optional<uint64_t> completed;
      ReadPair(invoked, completed);
      info_.invoked = invoked.value_or(kAlways);
      info_.completed = completed.value_or(kNever);
      if (info_.completed < info_.invoked) scanner_.Fail("completed before it was invoked");
    } else if (scanner_.AcceptPrefix("time=")) {
      Once(kTime, "a second time=");
      ReadPair(info_.begin_timestamp, info_.commit_timestamp);
    } else {
      const Piece word = scanner_.Take("expected ok, fail, info, s=, real= or time=");
      if (word.is("ok")) {
        info_.outcome = Outcome::kCommitted;
      } else if (word.is("fail")) {
        info_.outcome = Outcome::kAborted;
      } else if (word.is("info")) {
        info_.outcome = Outcome::kIndeterminate;
      } else {
        scanner_.Fail("expected ok, fail, info, s=, real= or time=");
      }
      Once(kOutcome, "a second outcome");
    }
  }

  KeyId Key() { return builder_.Key(scanner_.Take("expected a key").text); }
  ValueId Value() {
    const Piece value = scanner_.Take("expected a value");
    if (value.nil()) scanner_.Fail("nil cannot be written");
    return builder_.Value(value.text);
  }

  void ReadOperation() {
    const Piece word = scanner_.Take("expected an operation");
    if (word.is("append")) {
      const KeyId key = Key();
      builder_.Append(key, Value());
    } else if (word.is("write")) {
      const KeyId key = Key();
      builder_.Write(key, Value());
    } else if (word.is("delete")) {
      builder_.Delete(Key());
    } else if (word.is("read") || word.is("list")) {
      ReadAnswer(Key());
    } else if (word.is("scan") || word.is("rscan")) {
      ReadScan(word.is("rscan"));
    } else {
      scanner_.Fail("expected append, list, read, write, delete, scan or rscan");
    }
  }

  void ReadAnswer(KeyId key) {
    if (scanner_.Accept('[')) {
      builder_.BeginList(key);
      while (!scanner_.NextIs(']') && !scanner_.AtEnd()) {
        builder_.Element(scanner_.Take("expected an element or ]").text);
      }
      scanner_.Expect(']', "a list without an end");
      builder_.EndList();
      return;
    }
    const Piece value = scanner_.Take("expected what was read");
    if (value.nil()) {
      builder_.ReadAbsent(key);
    } else {
      builder_.Read(key, builder_.Value(value.text));
    }
  }

  void ReadScan(bool reverse) {
    const KeyId start = Key();
    const Piece end = scanner_.Take("expected the end of the range or nil");
    const KeyId end_key = end.nil() ? kNone : builder_.Key(end.text);
    const bool limited = scanner_.AcceptPrefix("limit");
    scanner_.Expect('{', "expected { before what was found");
    builder_.BeginScan(start, end_key, reverse, limited);
    while (!scanner_.NextIs('}') && !scanner_.AtEnd()) ReadAnswer(Key());
    scanner_.Expect('}', "a scan's results without an end");
    builder_.EndScan();
  }

  LineScanner scanner_;
  HistoryBuilder& builder_;
  TxnInfo info_;
  uint8_t given_ = 0;  // Of Field.
};

}  // namespace

absl::Status ReadNative(std::istream& in, HistoryBuilder& builder) {
  ByteReader bytes(in);
  std::string_view text;
  absl::flat_hash_set<uint64_t> numbers;
  for (uint64_t start = 0; bytes.NextLine(text); start = bytes.offset()) {
    const uint64_t number = bytes.line() - (bytes.offset() > start + text.size() ? 1 : 0);
    const size_t first = text.find_first_not_of(" \t\r");
    if (first == std::string_view::npos || text[first] == '#') continue;
    NativeLine line(text, builder);
    line.Read(number);
    if (!line.scanner().error().empty()) {
      return absl::InvalidArgumentError(Cat("line ", number, ", byte ", start + line.scanner().at(),
                                            ": ", line.scanner().error()));
    }
    if (!numbers.insert(line.number()).second) {
      return absl::InvalidArgumentError(
          Cat("line ", number, ", byte ", start, ": a second T", line.number()));
    }
  }
  return absl::OkStatus();
}

}  // namespace nacre::check::judge
