#include "tests/check/explore/operation.h"

#include <charconv>
#include <sstream>

namespace nacre::check::explore {
namespace {

std::optional<int64_t> ToNumber(std::string_view text) {
  int64_t number = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

absl::Status Invalid(const std::string& why) { return absl::InvalidArgumentError(why); }

// The words of one operation, taken from the front.
class Words {
 public:
  explicit Words(std::string_view text) {
    std::istringstream stream{std::string(text)};
    for (std::string word; stream >> word;) words_.push_back(word);
  }

  bool empty() const { return next_ == words_.size(); }
  const std::string& front() const { return words_[next_]; }
  std::string Take() { return words_[next_++]; }
  bool TakeIf(std::string_view word) {
    if (empty() || front() != word) return false;
    ++next_;
    return true;
  }
  absl::StatusOr<std::string> Expect(const char* what) {
    if (empty()) return Invalid(std::string("expected ") + what + " at the end");
    return Take();
  }
  absl::StatusOr<int64_t> ExpectNumber(const char* what) {
    absl::StatusOr<std::string> word = Expect(what);
    if (!word.ok()) return word.status();
    std::optional<int64_t> number = ToNumber(*word);
    if (!number) return Invalid("'" + *word + "' is not a number: expected " + what);
    return *number;
  }

 private:
  std::vector<std::string> words_;
  size_t next_ = 0;
};

struct Form {
  const char* name;
  OperationKind kind;
  int arguments;  // Words that must follow: key (and end of range, value).
};

constexpr Form kForms[] = {
    {"BEGIN", OperationKind::kBegin, 0},
    {"COMMIT", OperationKind::kCommit, 0},
    {"ROLLBACK", OperationKind::kRollback, 0},
    {"ABORT", OperationKind::kRollback, 0},
    {"GET", OperationKind::kGet, 1},
    {"GETFORUPDATE", OperationKind::kGetForUpdate, 1},
    {"EXISTS", OperationKind::kExists, 1},
    {"SET", OperationKind::kSet, 2},
    {"DEL", OperationKind::kDelete, 1},
    {"ADD", OperationKind::kAdd, 2},
    {"SCAN", OperationKind::kScan, 2},
    {"COUNT", OperationKind::kCount, 2},
    {"DELSCAN", OperationKind::kDeleteWhere, 2},
    {"SAVEPOINT", OperationKind::kSavepoint, 0},
    {"ROLLBACKTO", OperationKind::kRollbackTo, 0},
    {"VACUUM", OperationKind::kVacuum, 0},
    {"ADVANCE", OperationKind::kAdvance, 1},
    {"FLUSH", OperationKind::kFlush, 0},
};

bool IsRange(OperationKind kind) {
  return kind == OperationKind::kScan || kind == OperationKind::kCount ||
         kind == OperationKind::kDeleteWhere;
}

absl::Status ParseFilter(Words& words, Operation& operation) {
  if (!words.TakeIf("VALUE")) return Invalid("expected VALUE after WHERE");
  Filter filter;
  if (words.TakeIf("%")) {
    absl::StatusOr<int64_t> modulus = words.ExpectNumber("a modulus");
    if (!modulus.ok()) return modulus.status();
    if (*modulus <= 0) return Invalid("the modulus must be positive");
    filter.modulus = *modulus;
  }
  if (!words.TakeIf("=")) return Invalid("expected = in WHERE");
  absl::StatusOr<int64_t> remainder = words.ExpectNumber("a number after =");
  if (!remainder.ok()) return remainder.status();
  filter.remainder = *remainder;
  operation.where = filter;
  return absl::OkStatus();
}

absl::Status ParseOptions(Words& words, Operation& operation) {
  while (!words.empty()) {
    const std::string word = words.Take();
    if (word == "READONLY" && operation.kind == OperationKind::kBegin) {
      operation.read_only = true;
    } else if (word == "REV" && operation.kind == OperationKind::kScan) {
      operation.reverse = true;
    } else if (word == "LIMIT" && operation.kind == OperationKind::kScan) {
      absl::StatusOr<int64_t> limit = words.ExpectNumber("a limit");
      if (!limit.ok()) return limit.status();
      if (*limit < 0) return Invalid("the limit must not be negative");
      operation.limit = static_cast<uint64_t>(*limit);
    } else if (word == "EXPIRES" && operation.kind == OperationKind::kSet) {
      absl::StatusOr<int64_t> second = words.ExpectNumber("a second");
      if (!second.ok()) return second.status();
      if (*second <= 0) return Invalid("what expires does so behind second 0");
      if (*second > kSecondMax) return Invalid("time ends with the second 1000000000");
      operation.expires_s = *second;
    } else if (word == "WHERE" && (operation.kind == OperationKind::kScan ||
                                   operation.kind == OperationKind::kDeleteWhere)) {
      if (absl::Status status = ParseFilter(words, operation); !status.ok()) return status;
    } else {
      return Invalid("unexpected '" + word + "'");
    }
  }
  if (operation.kind == OperationKind::kDeleteWhere && !operation.where) {
    return Invalid("DELSCAN needs WHERE");
  }
  return absl::OkStatus();
}

}  // namespace

bool Filter::Matches(std::string_view value) const {
  std::optional<int64_t> number = ToNumber(value);
  if (!number) return false;
  return (modulus == 0 ? *number : *number % modulus) == remainder;
}

absl::StatusOr<Operation> ParseOperation(std::string_view text) {
  Words words(text);
  if (words.empty()) return Invalid("expected an operation");
  const std::string name = words.Take();
  const Form* form = nullptr;
  for (const Form& candidate : kForms) {
    if (name == candidate.name) form = &candidate;
  }
  if (form == nullptr) return Invalid("unknown operation '" + name + "'");

  Operation operation;
  operation.kind = form->kind;
  if (form->arguments >= 1) {
    absl::StatusOr<std::string> key = words.Expect("a key");
    if (!key.ok()) return key.status();
    (form->kind == OperationKind::kAdvance ? operation.value : operation.key) = *key;
  }
  if (form->arguments == 2) {
    absl::StatusOr<std::string> second =
        words.Expect(IsRange(form->kind) ? "the end of the range" : "a value");
    if (!second.ok()) return second.status();
    (IsRange(form->kind) ? operation.end : operation.value) = *second;
  }
  if (form->kind == OperationKind::kAdd && !ToNumber(operation.value)) {
    return Invalid("'" + operation.value + "' is not a number: ADD needs one");
  }
  if (form->kind == OperationKind::kAdvance && ToNumber(operation.value).value_or(0) <= 0) {
    return Invalid("'" + operation.value + "' is not a number of seconds");
  }
  if (absl::Status status = ParseOptions(words, operation); !status.ok()) return status;
  return operation;
}

std::string ToString(const Operation& operation) {
  std::ostringstream out;
  // The first name of a kind in the table is its canonical one.
  for (const Form& form : kForms) {
    if (form.kind != operation.kind) continue;
    out << form.name;
    if (form.arguments >= 1) {
      out << ' ' << (form.kind == OperationKind::kAdvance ? operation.value : operation.key);
    }
    if (form.arguments == 2) {
      out << ' ' << (IsRange(form.kind) ? operation.end : operation.value);
    }
    break;
  }
  if (operation.read_only) out << " READONLY";
  if (operation.expires_s) out << " EXPIRES " << *operation.expires_s;
  if (operation.reverse) out << " REV";
  if (operation.limit) out << " LIMIT " << *operation.limit;
  if (operation.where) {
    out << " WHERE VALUE ";
    if (operation.where->modulus != 0) out << "% " << operation.where->modulus << ' ';
    out << "= " << operation.where->remainder;
  }
  return out.str();
}

namespace {

absl::StatusOr<KeyValues> FilteredScan(const Operation& operation, Access& access) {
  absl::StatusOr<KeyValues> items =
      access.Scan(operation.key, operation.end, operation.reverse, operation.limit);
  if (!items.ok() || !operation.where) return items;
  KeyValues matching;
  for (auto& item : *items) {
    if (operation.where->Matches(item.second)) matching.push_back(item);
  }
  return matching;
}

absl::StatusOr<std::string> PerformAdd(const Operation& operation, Access& access) {
  absl::StatusOr<std::optional<std::string>> value = access.Get(operation.key);
  if (!value.ok()) return value.status();
  std::optional<int64_t> number = value->has_value() ? ToNumber(**value) : 0;
  if (!number) return Invalid("ADD to '" + **value + "', which is not a number");
  int64_t total = 0;
  if (__builtin_add_overflow(*number, *ToNumber(operation.value), &total)) {
    return Invalid("ADD to " + **value + ", which makes a number too large");
  }
  const std::string sum = std::to_string(total);
  if (absl::Status status = access.Put(operation.key, sum, std::nullopt); !status.ok())
    return status;
  return sum;
}

absl::StatusOr<std::string> PerformDeleteWhere(const Operation& operation, Access& access) {
  absl::StatusOr<KeyValues> items = FilteredScan(operation, access);
  if (!items.ok()) return items.status();
  for (const auto& [key, value] : *items) {
    if (absl::Status status = access.Delete(key); !status.ok()) return status;
  }
  return FormatKeyValues(*items);
}

absl::StatusOr<std::string> OkOr(const absl::Status& status) {
  if (!status.ok()) return status;
  return std::string("ok");
}

absl::StatusOr<std::string> ValueOrNil(absl::StatusOr<std::optional<std::string>> value) {
  if (!value.ok()) return value.status();
  return value->has_value() ? **value : std::string("nil");
}

}  // namespace

absl::StatusOr<std::string> Perform(const Operation& operation, Access& access) {
  switch (operation.kind) {
    case OperationKind::kGet: return ValueOrNil(access.Get(operation.key));
    case OperationKind::kGetForUpdate: return ValueOrNil(access.GetForUpdate(operation.key));
    case OperationKind::kExists: {
      absl::StatusOr<bool> present = access.Exists(operation.key);
      if (!present.ok()) return present.status();
      return std::string(*present ? "1" : "0");
    }
    case OperationKind::kSet:
      return OkOr(access.Put(operation.key, operation.value, operation.expires_s));
    case OperationKind::kDelete: return OkOr(access.Delete(operation.key));
    case OperationKind::kAdd: return PerformAdd(operation, access);
    case OperationKind::kScan: {
      absl::StatusOr<KeyValues> items = FilteredScan(operation, access);
      if (!items.ok()) return items.status();
      return FormatKeyValues(*items);
    }
    case OperationKind::kCount: {
      absl::StatusOr<uint64_t> count = access.Count(operation.key, operation.end);
      if (!count.ok()) return count.status();
      return std::to_string(*count);
    }
    case OperationKind::kDeleteWhere: return PerformDeleteWhere(operation, access);
    case OperationKind::kSavepoint: return OkOr(access.SetSavepoint());
    case OperationKind::kRollbackTo: return OkOr(access.RollbackToSavepoint());
    case OperationKind::kBegin:
    case OperationKind::kCommit:
    case OperationKind::kRollback:
    case OperationKind::kVacuum:
    case OperationKind::kAdvance:
    case OperationKind::kFlush: break;
  }
  return absl::InternalError("not an operation inside a transaction: " + ToString(operation));
}

std::string FormatKeyValues(const KeyValues& items) {
  std::string text = "{";
  for (const auto& [key, value] : items) {
    if (text.size() > 1) text += ", ";
    text += key + "=" + value;
  }
  return text + "}";
}

std::string FormatState(const State& state) {
  return FormatKeyValues(KeyValues(state.begin(), state.end()));
}

}  // namespace nacre::check::explore
