#include "server/command/syntax.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "absl/strings/ascii.h"
#include "server/base/text.h"

namespace nacre::server {

namespace {

using Kind = SyntaxArgument::Kind;

bool IsToken(std::string_view word) {
  return std::any_of(word.begin(), word.end(), absl::ascii_isupper) &&
         std::none_of(word.begin(), word.end(), absl::ascii_islower);
}

SyntaxArgument Group(Kind kind, std::vector<SyntaxArgument> arguments) {
  SyntaxArgument group;
  group.kind = kind;
  group.name = arguments.front().name;
  group.arguments = std::move(arguments);
  return group;
}

class SyntaxParser {
 public:
  explicit SyntaxParser(std::string_view syntax) : rest_(syntax) {}

  struct Sequence {
    std::vector<SyntaxArgument> arguments;
    bool repeats = false;  // It ended in "...".
  };

  // Up to the bracket that closes it, or the end.
  std::vector<Sequence> Alternatives() {
    std::vector<Sequence> alternatives;
    do {
      alternatives.push_back(OneSequence());
    } while (TakeIf("|"));
    return alternatives;
  }

  static SyntaxArgument OneOf(std::vector<Sequence> alternatives) {
    std::vector<SyntaxArgument> choices;
    for (Sequence& sequence : alternatives) {
      choices.push_back(sequence.arguments.size() == 1
                            ? std::move(sequence.arguments.front())
                            : Group(Kind::kBlock, std::move(sequence.arguments)));
    }
    return choices.size() == 1 ? std::move(choices.front())
                               : Group(Kind::kOneOf, std::move(choices));
  }

 private:
  Sequence OneSequence() {
    Sequence sequence;
    while (!Peek().empty() && Peek() != "|" && Peek() != "]") {
      if (TakeIf("...")) {
        sequence.repeats = true;
      } else if (TakeIf("[")) {
        AddOptional(Alternatives(), sequence.arguments);
        TakeIf("]");
      } else if (IsToken(Peek())) {
        sequence.arguments.push_back(Token());
      } else {
        sequence.arguments.push_back(Value());
      }
    }
    return sequence;
  }

  SyntaxArgument Value() {
    SyntaxArgument value;
    value.name = std::string(Take());
    return value;
  }

  // A token with the values that follow it.
  SyntaxArgument Token() {
    const std::string token(Take());
    std::vector<SyntaxArgument> values;
    while (!Peek().empty() && Peek() != "..." && !IsMark(Peek()) && !IsToken(Peek())) {
      values.push_back(Value());
    }
    SyntaxArgument argument;
    if (values.empty()) {
      argument.kind = Kind::kToken;
      argument.name = AsciiLower(token);
    } else if (values.size() == 1) {
      argument = std::move(values.front());
    } else {
      argument = Group(Kind::kBlock, std::move(values));
    }
    argument.token = token;
    return argument;
  }

  static void AddOptional(std::vector<Sequence> alternatives, std::vector<SyntaxArgument>& before) {
    if (alternatives.size() == 1 && alternatives[0].repeats &&
        RepeatsEndOf(before, alternatives[0].arguments)) {
      MakeMultiple(alternatives[0].arguments.size(), before);
      return;
    }
    const bool repeats = alternatives.back().repeats;
    SyntaxArgument argument = OneOf(std::move(alternatives));
    argument.optional = true;
    argument.multiple = argument.multiple || repeats;
    before.push_back(std::move(argument));
  }

  static bool RepeatsEndOf(const std::vector<SyntaxArgument>& before,
                           const std::vector<SyntaxArgument>& repeated) {
    return before.size() >= repeated.size() &&
           std::equal(repeated.rbegin(), repeated.rend(), before.rbegin(),
                      [](const SyntaxArgument& a, const SyntaxArgument& b) {
                        return a.name == b.name && !b.optional;
                      });
  }

  static void MakeMultiple(size_t count, std::vector<SyntaxArgument>& arguments) {
    if (count > 1) {
      const auto first = arguments.end() - static_cast<std::ptrdiff_t>(count);
      SyntaxArgument block = Group(
          Kind::kBlock, {std::make_move_iterator(first), std::make_move_iterator(arguments.end())});
      arguments.erase(first, arguments.end());
      arguments.push_back(std::move(block));
    }
    arguments.back().multiple = true;
  }

  static bool IsMark(std::string_view word) { return word == "[" || word == "]" || word == "|"; }

  std::string_view Peek() {
    while (rest_.starts_with(' ')) rest_.remove_prefix(1);
    if (rest_.empty()) return {};
    if (IsMark(rest_.substr(0, 1))) return rest_.substr(0, 1);
    return rest_.substr(0, rest_.find_first_of(" []|"));
  }
  std::string_view Take() {
    const std::string_view word = Peek();
    rest_.remove_prefix(word.size());
    return word;
  }
  bool TakeIf(std::string_view word) {
    if (Peek() != word) return false;
    Take();
    return true;
  }

  std::string_view rest_;
};

}  // namespace

std::vector<SyntaxArgument> ParseSyntax(std::string_view syntax) {
  if (syntax.empty()) return {};
  std::vector<SyntaxParser::Sequence> alternatives = SyntaxParser(syntax).Alternatives();
  if (alternatives.size() == 1) return std::move(alternatives.front().arguments);
  return {SyntaxParser::OneOf(std::move(alternatives))};
}

std::string_view TypeOf(const SyntaxArgument& argument) {
  static constexpr std::string_view kKeys[] = {"key",    "key1",        "key2",
                                               "source", "destination", "newkey"};
  static constexpr std::string_view kIntegers[] = {
      "seconds", "milliseconds", "offset", "count",    "start",     "end",         "cursor",
      "index",   "database",     "id",     "protover", "decrement", "numreplicas", "timeout"};
  const auto is_among = [&](const auto& names) {
    return std::find(std::begin(names), std::end(names), argument.name) != std::end(names);
  };
  switch (argument.kind) {
    case Kind::kToken: return "pure-token";
    case Kind::kOneOf: return "oneof";
    case Kind::kBlock: return "block";
    case Kind::kValue: break;
  }
  if (is_among(kKeys)) return "key";
  if (is_among(kIntegers)) return "integer";
  if (argument.name == "pattern") return "pattern";
  if (argument.name.starts_with("unix-time")) return "unix-time";
  return "string";
}

}  // namespace nacre::server
