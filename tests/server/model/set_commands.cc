// SET and GETEX with their options, SETNX SETEX PSETEX.

#include <set>

#include "absl/numeric/int128.h"
#include "tests/server/model/string_commands.h"

namespace nacre::server::model {

namespace {

bool IsTime(const std::string& word) {
  return word == "ex" || word == "px" || word == "exat" || word == "pxat";
}

// The options behind a key (and value): the flags that were given, and the last number.
struct Options {
  std::set<std::string> words;
  std::string amount;

  bool Has(const std::string& word) const { return words.count(word) != 0; }
  std::string Time() const {
    for (const std::string& word : words) {
      if (IsTime(word)) return word;
    }
    return "";
  }
};

// nullopt is a syntax error. `flags` are the words that stand alone; `apart` are the groups of
// words of which one may be given.
std::optional<Options> ReadOptions(const Words& words, size_t first,
                                   const std::set<std::string>& flags,
                                   const std::vector<std::set<std::string>>& apart) {
  Options options;
  for (size_t i = first; i < words.size(); ++i) {
    const std::string word = Lower(words[i]);
    if (IsTime(word) && i + 1 < words.size()) {
      options.amount = words[++i];
    } else if (flags.count(word) == 0) {
      return std::nullopt;
    }
    options.words.insert(word);
  }
  for (const auto& group : apart) {
    int given = 0;
    for (const std::string& word : group) given += options.Has(word) ? 1 : 0;
    if (given > 1) return std::nullopt;
  }
  return options;
}

// The time of day at which the value ends. nullopt if an error was answered, in the name of the
// command.
std::optional<int64_t> ExpiryFrom(Context& context, const std::string& unit,
                                  const std::string& amount) {
  const auto number = ToInteger(amount);
  if (!number) {
    context.out.Error(kNotAnInteger);
    return std::nullopt;
  }
  absl::int128 millis = *number;
  if (unit[0] == 'e') millis *= 1000;
  if (unit.size() == 2) millis += context.now_ms;
  if (*number <= 0 || millis > INT64_MAX) {
    context.out.Error("ERR invalid expire time in '" + Lower(context.words[0]) + "' command");
    return std::nullopt;
  }
  // The last millisecond of all means "never" in the engine, and the one before it is used.
  return static_cast<int64_t>(std::min<absl::int128>(millis, INT64_MAX - 1));
}

void PutWithTime(Context& context, const std::string& unit) {
  const auto expiry = ExpiryFrom(context, unit, context.words[2]);
  if (!expiry) return;
  context.Put(context.words[1], {context.words[3], *expiry});
  context.out.Ok();
}

std::string RandomAmount(RandomWords& random, const std::string& unit) {
  if (unit == "ex") return random.Seconds();
  if (unit == "px") return random.Milliseconds();
  return unit == "exat" ? random.UnixSeconds() : random.UnixMilliseconds();
}

void AddOptions(RandomWords& random, const Words& choices, Words& words) {
  for (size_t left = random.Below(4); left > 0; --left) {
    const std::string option = random.OneOf(choices);
    words.push_back(random.AnyCase(option));
    if (IsTime(option) && !random.OneIn(20)) words.push_back(RandomAmount(random, option));
  }
}

}  // namespace

void RunSet(Context& context) {
  const auto options = ReadOptions(context.words, 3, {"nx", "xx", "get", "keepttl"},
                                   {{"nx", "xx"}, {"keepttl", "ex", "px", "exat", "pxat"}});
  if (!options) {
    context.out.Error(kSyntaxError);
    return;
  }
  Entry entry = {context.words[2], std::nullopt};
  if (!options->Time().empty()) {
    entry.expires_at_ms = ExpiryFrom(context, options->Time(), options->amount);
    if (!entry.expires_at_ms) return;
  }
  const Entry* const old = context.Find(context.words[1]);
  const bool applies =
      !(options->Has("nx") && old != nullptr) && !(options->Has("xx") && old == nullptr);
  if (options->Has("get")) {
    context.out.BulkOrNull(context.Value(context.words[1]));
  } else if (applies) {
    context.out.Ok();
  } else {
    context.out.Null();
  }
  if (options->Has("keepttl") && old != nullptr) entry.expires_at_ms = old->expires_at_ms;
  if (applies) context.Put(context.words[1], entry);
}

void RunSetNx(Context& context) {
  const bool absent = context.Find(context.words[1]) == nullptr;
  if (absent) context.Put(context.words[1], {context.words[2], std::nullopt});
  context.out.Integer(absent ? 1 : 0);
}

void RunSetEx(Context& context) { PutWithTime(context, "ex"); }
void RunPsetEx(Context& context) { PutWithTime(context, "px"); }

void RunGetEx(Context& context) {
  const auto options =
      ReadOptions(context.words, 2, {"persist"}, {{"persist", "ex", "px", "exat", "pxat"}});
  if (!options) {
    context.out.Error(kSyntaxError);
    return;
  }
  const auto value = context.Value(context.words[1]);
  if (value && !options->Time().empty()) {
    const auto expiry = ExpiryFrom(context, options->Time(), options->amount);
    if (!expiry) return;
    context.Put(context.words[1], {*value, *expiry});
    if (*expiry <= context.now_ms) context.Erase(context.words[1]);
  } else if (value && options->Has("persist")) {
    context.Put(context.words[1], {*value, std::nullopt});
  }
  context.out.BulkOrNull(value);
}

Words SetArguments(RandomWords& random) {
  Words words = {random.Key(), random.Value()};
  AddOptions(random, {"nx", "xx", "get", "keepttl", "ex", "px", "exat", "pxat", "persist", ""},
             words);
  return words;
}

Words SetExArguments(RandomWords& random) {
  return {random.Key(), random.Seconds(), random.Value()};
}
Words PsetExArguments(RandomWords& random) {
  return {random.Key(), random.Milliseconds(), random.Value()};
}

Words GetExArguments(RandomWords& random) {
  Words words = {random.Key()};
  AddOptions(random, {"persist", "ex", "px", "exat", "pxat", "keepttl"}, words);
  return words;
}

}  // namespace nacre::server::model
