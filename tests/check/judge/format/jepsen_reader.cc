#include <charconv>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "tests/check/judge/format/event_pairing.h"
#include "tests/check/judge/format/readers.h"
#include "tests/check/judge/text.h"

namespace nacre::check::judge {
namespace {

using Kind = Token::Kind;

class JepsenReader {
 public:
  JepsenReader(std::istream& in, DataReader::Dialect dialect, HistoryBuilder& builder)
      : data_(in, dialect), builder_(builder), pairing_(builder) {}

  absl::Status Read();

 private:
  absl::Status ReadMap();
  absl::Status ReadField(const std::string& field);
  absl::Status ReadType(const Token& token);
  // Sets has_ops_ if the value is a vector of micro-operations.
  absl::Status ReadValue(Token token);
  absl::Status ReadMicroOp();
  absl::Status ReadResult(const Token& token, KeyId key);
  absl::Status FinishMap(uint64_t line);
  absl::Status SkipRestOfList();

  DataReader data_;
  HistoryBuilder& builder_;
  EventPairing pairing_;
  Event event_;
  bool has_type_ = false;
  bool has_ops_ = false;
  bool is_txn_ = false;  // :f says so.
  std::string why_not_;  // What is wrong with the micro-operations.
  uint64_t passed_over_ = 0;
};

absl::Status JepsenReader::Read() {
  bool in_vector = false;
  bool first = true;
  for (Token token;; first = false) {
    if (absl::Status status = data_.Next(token); !status.ok()) return status;
    if (first && token.is(Kind::kOpenList)) {
      in_vector = true;
      continue;
    }
    if (in_vector && token.is(Kind::kClose)) {
      in_vector = false;
      continue;
    }
    if (token.is(Kind::kEnd)) break;
    if (!token.is(Kind::kOpenMap)) return data_.Error("expected an operation, which is a map");
    if (absl::Status status = ReadMap(); !status.ok()) return status;
  }
  if (in_vector) return data_.Error("the vector of operations has no end");
  pairing_.Finish();
  if (passed_over_ > 0 && builder_.transactions() == 0) {
    return absl::InvalidArgumentError(
        Cat("none of its ", passed_over_, " operations is a transaction of micro-operations"));
  }
  if (passed_over_ > 0) {
    builder_.Note(Cat(passed_over_, " operations are no transactions and were passed over"));
  }
  return absl::OkStatus();
}

absl::Status JepsenReader::ReadMap() {
  event_ = {};
  has_type_ = has_ops_ = is_txn_ = false;
  why_not_.clear();
  builder_.Drop();
  const uint64_t line = data_.line();
  std::string field;
  while (true) {
    Token token;
    if (absl::Status status = data_.Next(token); !status.ok()) return status;
    if (token.is(Kind::kClose)) break;
    if (token.is(Kind::kEnd)) return data_.Error("an operation without an end");
    field.clear();
    if (!token.is(Kind::kScalar)) return data_.Error("the name of an operation's field is no word");
    field = WordOf(token.text);
    if (absl::Status status = ReadField(field); !status.ok()) return status;
  }
  return FinishMap(line);
}

absl::Status JepsenReader::ReadField(const std::string& field) {
  Token token;
  if (absl::Status status = data_.Next(token); !status.ok()) return status;
  if (token.is(Kind::kClose)) return data_.Error(Cat("'", field, "' has no value"));
  if (field == "value") return ReadValue(token);
  if (!token.is(Kind::kScalar)) return data_.SkipValue(token);
  if (field == "type") return ReadType(token);
  if (field == "process") event_.process = builder_.Session(token.text);
  if (field == "f") is_txn_ = WordOf(token.text) == "txn";
  if (field == "index") {
    uint64_t index = 0;
    const auto [end, error] =
        std::from_chars(token.text.data(), token.text.data() + token.text.size(), index);
    if (error == std::errc() && end == token.text.data() + token.text.size()) event_.index = index;
  }
  return absl::OkStatus();
}

absl::Status JepsenReader::ReadType(const Token& token) {
  const std::string_view type = WordOf(token.text);
  has_type_ = true;
  if (type == "invoke") {
    event_.type = Event::Type::kInvoke;
  } else if (type == "ok") {
    event_.type = Event::Type::kOk;
  } else if (type == "fail") {
    event_.type = Event::Type::kFail;
  } else if (type == "info") {
    event_.type = Event::Type::kInfo;
  } else {
    return data_.Error(Cat("unknown type '", type, "'"));
  }
  return absl::OkStatus();
}

absl::Status JepsenReader::SkipRestOfList() {
  while (true) {
    Token token;
    if (absl::Status status = data_.Next(token); !status.ok()) return status;
    if (token.is(Kind::kClose)) return absl::OkStatus();
    if (absl::Status status = data_.SkipValue(token); !status.ok()) return status;
  }
}

absl::Status JepsenReader::ReadValue(Token token) {
  if (!token.is(Kind::kOpenList)) {
    why_not_ = "its :value is no vector";
    return data_.SkipValue(token);
  }
  builder_.Drop();
  has_ops_ = true;
  while (true) {
    if (absl::Status status = data_.Next(token); !status.ok()) return status;
    if (token.is(Kind::kClose)) return absl::OkStatus();
    if (!token.is(Kind::kOpenList)) {
      has_ops_ = false;
      why_not_ = "its :value holds something that is no vector";
      if (absl::Status status = data_.SkipValue(token); !status.ok()) return status;
      return SkipRestOfList();
    }
    if (absl::Status status = ReadMicroOp(); !status.ok()) return status;
    if (!has_ops_) return SkipRestOfList();
  }
}

// [f key value]. What is none ends the reading of the value, but not of the file: other operations
// than transactions may look like anything.
absl::Status JepsenReader::ReadMicroOp() {
  enum class Word : uint8_t { kNone, kAppend, kRead, kWrite };
  Token token;
  if (absl::Status status = data_.Next(token); !status.ok()) return status;
  Word word = Word::kNone;
  if (token.is(Kind::kScalar)) {
    const std::string_view text = WordOf(token.text);
    if (text == "append") word = Word::kAppend;
    if (text == "r" || text == "read") word = Word::kRead;
    if (text == "w" || text == "write") word = Word::kWrite;
  }
  if (word == Word::kNone) {
    has_ops_ = false;
    why_not_ = "a micro-operation is neither :append nor :r nor :w";
    if (token.is(Kind::kClose)) return absl::OkStatus();
    if (absl::Status status = data_.SkipValue(token); !status.ok()) return status;
    return SkipRestOfList();
  }
  if (absl::Status status = data_.Next(token); !status.ok()) return status;
  if (!token.is(Kind::kScalar)) return data_.Error("the key of a micro-operation is no scalar");
  const KeyId key = builder_.Key(token.text);
  if (absl::Status status = data_.Next(token); !status.ok()) return status;
  switch (word) {
    case Word::kRead:
      if (absl::Status status = ReadResult(token, key); !status.ok()) return status;
      break;
    case Word::kWrite:
      if (token.is(Kind::kNil)) {
        builder_.Delete(key);
        break;
      }
      if (!token.is(Kind::kScalar)) return data_.Error("what is written is no scalar");
      builder_.Write(key, builder_.Value(token.text));
      break;
    default:
      if (!token.is(Kind::kScalar)) return data_.Error("what is appended is no scalar");
      builder_.Append(key, builder_.Value(token.text));
  }
  if (absl::Status status = data_.Next(token); !status.ok()) return status;
  if (!token.is(Kind::kClose)) return data_.Error("a micro-operation has more than three parts");
  return absl::OkStatus();
}

absl::Status JepsenReader::ReadResult(const Token& token, KeyId key) {
  if (token.is(Kind::kNil)) {
    builder_.ReadAbsent(key);
    return absl::OkStatus();
  }
  if (token.is(Kind::kScalar)) {
    builder_.Read(key, builder_.Value(token.text));
    return absl::OkStatus();
  }
  if (token.is(Kind::kOpenSet)) return data_.Error("what was read is a set, which has no order");
  if (!token.is(Kind::kOpenList)) return data_.Error("what was read is neither scalar nor vector");
  builder_.BeginList(key);
  while (true) {
    Token element;
    if (absl::Status status = data_.Next(element); !status.ok()) return status;
    if (element.is(Kind::kClose)) break;
    if (!element.is(Kind::kScalar)) return data_.Error("an element of a list is no scalar");
    builder_.Element(element.text);
  }
  builder_.EndList();
  return absl::OkStatus();
}

absl::Status JepsenReader::FinishMap(uint64_t line) {
  if (!has_ops_) {
    builder_.Drop();
    // A transaction that failed may have lost its value; that something may have happened in it
    // cannot be told then.
    if (is_txn_ && event_.type != Event::Type::kFail && event_.type != Event::Type::kInfo) {
      return data_.Error(Cat("a transaction without micro-operations: ",
                             why_not_.empty() ? "it has no :value" : why_not_));
    }
    if (!is_txn_) {
      ++passed_over_;
      return absl::OkStatus();
    }
  }
  if (!has_type_) return data_.Error("an operation without a :type");
  event_.line = line;
  event_.ops = builder_.Take();
  if (!pairing_.Take(std::move(event_))) {
    return data_.Error(
        "an :ok for what its process had left behind when it began something else; without this "
        "line it is judged as what may have happened");
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status ReadJepsen(std::istream& in, DataReader::Dialect dialect, HistoryBuilder& builder) {
  return JepsenReader(in, dialect, builder).Read();
}

}  // namespace nacre::check::judge
