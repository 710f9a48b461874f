// The commands on strings, but for the options of time and LCS.

#include <charconv>
#include <cmath>
#include <cstdlib>
#include <iomanip>
#include <sstream>

#include "absl/numeric/int128.h"
#include "tests/server/model/model.h"
#include "tests/server/model/string_commands.h"

namespace nacre::server::model {

namespace {

constexpr std::string_view kTooLong =
    "ERR string exceeds maximum allowed size (proto-max-bulk-len)";

// --- Whole strings ---

void RunGet(Context& context) { context.out.BulkOrNull(context.Value(context.words[1])); }

void RunGetDel(Context& context) {
  RunGet(context);
  context.Erase(context.words[1]);
}

void RunGetSet(Context& context) {
  RunGet(context);
  context.Put(context.words[1], {context.words[2], std::nullopt});
}

void RunMget(Context& context) {
  context.out.Array(context.words.size() - 1);
  for (size_t i = 1; i < context.words.size(); ++i) {
    context.out.BulkOrNull(context.Value(context.words[i]));
  }
}

// Whether all keys have values; if not, that is the reply.
bool ArePairs(Context& context) {
  if (context.words.size() % 2 == 1) return true;
  context.out.Error("ERR wrong number of arguments for '" + Lower(context.words[0]) + "' command");
  return false;
}

void PutPairs(Context& context) {
  for (size_t i = 1; i < context.words.size(); i += 2) {
    context.Put(context.words[i], {context.words[i + 1], std::nullopt});
  }
}

void RunMset(Context& context) {
  if (!ArePairs(context)) return;
  PutPairs(context);
  context.out.Ok();
}

void RunMsetNx(Context& context) {
  if (!ArePairs(context)) return;
  bool taken = false;
  for (size_t i = 1; i < context.words.size(); i += 2) {
    taken = taken || context.Find(context.words[i]) != nullptr;
  }
  if (!taken) PutPairs(context);
  context.out.Integer(taken ? 0 : 1);
}

void RunStrlen(Context& context) {
  const auto length = context.Value(context.words[1]).value_or("").size();
  context.out.Integer(static_cast<int64_t>(length));
}

// --- Parts ---

void RunAppend(Context& context) {
  const std::string value = context.Value(context.words[1]).value_or("") + context.words[2];
  if (value.size() > kStringBytesMax) {
    context.out.Error(kTooLong);
    return;
  }
  context.Replace(context.words[1], value);
  context.out.Integer(static_cast<int64_t>(value.size()));
}

void RunGetRange(Context& context) {
  const auto start = ToInteger(context.words[2]);
  const auto end = ToInteger(context.words[3]);
  if (!start || !end) {
    context.out.Error(kNotAnInteger);
    return;
  }
  const std::string value = context.Value(context.words[1]).value_or("");
  const auto size = static_cast<int64_t>(value.size());
  std::string part;
  // Byte by byte, which needs no care at the boundaries. A place before the first byte is the first
  // byte, but two of them in the wrong order are nothing.
  const bool backwards = *start < 0 && *end < 0 && *start > *end;
  const auto place = [&](int64_t at) { return at < 0 ? std::max<int64_t>(0, size + at) : at; };
  for (int64_t i = 0; i < size && !backwards; ++i) {
    if (i >= place(*start) && i <= place(*end)) part += value[static_cast<size_t>(i)];
  }
  context.out.Bulk(part);
}

void RunSetRange(Context& context) {
  const auto offset = ToInteger(context.words[2]);
  if (!offset || *offset < 0) {
    context.out.Error(offset ? "ERR offset is out of range" : kNotAnInteger);
    return;
  }
  const std::string& part = context.words[3];
  std::string value = context.Value(context.words[1]).value_or("");
  if (!part.empty()) {
    const size_t start = static_cast<size_t>(*offset);
    if (start > kStringBytesMax || start + part.size() > kStringBytesMax) {
      context.out.Error(kTooLong);
      return;
    }
    while (value.size() < start + part.size()) value += '\0';
    for (size_t i = 0; i < part.size(); ++i) value[start + i] = part[i];
    context.Replace(context.words[1], value);
  }
  context.out.Integer(static_cast<int64_t>(value.size()));
}

// --- Numbers ---

// Wide enough for every sum, so that the overflow shows by comparing.
void Add(Context& context, absl::int128 increment) {
  const auto number = ToInteger(context.Value(context.words[1]).value_or("0"));
  if (!number) {
    context.out.Error(kNotAnInteger);
    return;
  }
  const absl::int128 sum = *number + increment;
  if (sum > INT64_MAX || sum < INT64_MIN) {
    context.out.Error("ERR increment or decrement would overflow");
    return;
  }
  context.Replace(context.words[1], std::to_string(static_cast<int64_t>(sum)));
  context.out.Integer(static_cast<int64_t>(sum));
}

void RunIncr(Context& context) { Add(context, 1); }
void RunDecr(Context& context) { Add(context, -1); }

void RunIncrBy(Context& context) {
  const auto increment = ToInteger(context.words[2]);
  if (increment) {
    Add(context, *increment);
  } else {
    context.out.Error(kNotAnInteger);
  }
}

void RunDecrBy(Context& context) {
  const auto decrement = ToInteger(context.words[2]);
  if (!decrement) {
    context.out.Error(kNotAnInteger);
  } else if (*decrement == INT64_MIN) {
    context.out.Error("ERR decrement would overflow");
  } else {
    Add(context, -absl::int128(*decrement));
  }
}

// Zeros at the end of a fraction, and the sign of zero, are left out.
std::string FormatDecimal(long double value) {
  std::ostringstream stream;
  stream << std::fixed << std::setprecision(17) << value;
  std::string text = stream.str();
  while (text.back() == '0') text.pop_back();
  if (text.back() == '.') text.pop_back();
  return text == "-0" ? "0" : text;
}

std::optional<long double> ToDecimal(const std::string& text) {
  if (text.empty() || std::isspace(static_cast<unsigned char>(text[0])) != 0) return std::nullopt;
  char* end = nullptr;
  const long double value = std::strtold(text.c_str(), &end);
  if (end != text.c_str() + text.size() || std::isnan(value)) return std::nullopt;
  // Out of range, unless it was meant: an infinity has no digits, and a zero no others.
  const size_t exponent = text.find_first_of("eEpP");
  const std::string digits = Lower(text.substr(0, exponent));
  if (std::isinf(value) && digits.find("inf") == std::string::npos) return std::nullopt;
  if (value == 0 && digits.find_first_of("123456789abcdef") != std::string::npos) {
    return std::nullopt;
  }
  return value;
}

void RunIncrByFloat(Context& context) {
  const auto number = ToDecimal(context.Value(context.words[1]).value_or("0"));
  const auto increment = ToDecimal(context.words[2]);
  if (!number || !increment) {
    context.out.Error("ERR value is not a valid float");
    return;
  }
  const long double sum = *number + *increment;
  if (std::isnan(sum) || std::isinf(sum)) {
    context.out.Error("ERR increment would produce NaN or Infinity");
    return;
  }
  context.Replace(context.words[1], FormatDecimal(sum));
  context.out.Bulk(FormatDecimal(sum));
}

// --- Arguments ---

Words OneKey(RandomWords& random) { return {random.Key()}; }
Words KeyAndValue(RandomWords& random) { return {random.Key(), random.Value()}; }
Words KeyAndInteger(RandomWords& random) { return {random.Key(), random.Integer(-1000, 1000)}; }
Words KeyAndDecimal(RandomWords& random) { return {random.Key(), random.Decimal()}; }
Words KeyAndSlice(RandomWords& random) {
  return {random.Key(), random.Integer(-60, 60), random.Integer(-60, 60)};
}
Words KeyOffsetAndValue(RandomWords& random) {
  return {random.Key(), random.Integer(-2, 100), random.OneIn(8) ? "" : random.Value()};
}

Words SomeKeys(RandomWords& random) {
  Words keys(1 + random.Below(3));
  for (std::string& key : keys) key = random.Key();
  return keys;
}

Words KeysAndValues(RandomWords& random) {
  Words words;
  for (size_t i = 0; i <= random.Below(3); ++i) {
    words.push_back(random.Key());
    words.push_back(random.Value());
  }
  if (random.OneIn(10)) words.pop_back();
  return words;
}

const Command kCommands[] = {
    {"append", 3, RunAppend, KeyAndValue},
    {"decr", 2, RunDecr, OneKey},
    {"decrby", 3, RunDecrBy, KeyAndInteger},
    {"get", 2, RunGet, OneKey},
    {"getdel", 2, RunGetDel, OneKey},
    {"getex", -2, RunGetEx, GetExArguments},
    {"getrange", 4, RunGetRange, KeyAndSlice},
    {"getset", 3, RunGetSet, KeyAndValue},
    {"incr", 2, RunIncr, OneKey},
    {"incrby", 3, RunIncrBy, KeyAndInteger},
    {"incrbyfloat", 3, RunIncrByFloat, KeyAndDecimal},
    {"lcs", -3, RunLcs, LcsArguments},
    {"mget", -2, RunMget, SomeKeys},
    {"mset", -3, RunMset, KeysAndValues},
    {"msetnx", -3, RunMsetNx, KeysAndValues},
    {"psetex", 4, RunPsetEx, PsetExArguments},
    {"set", -3, RunSet, SetArguments},
    {"setex", 4, RunSetEx, SetExArguments},
    {"setnx", 3, RunSetNx, KeyAndValue},
    {"setrange", 4, RunSetRange, KeyOffsetAndValue},
    {"strlen", 2, RunStrlen, OneKey},
    {"substr", 4, RunGetRange, KeyAndSlice},
};

}  // namespace

absl::Span<const Command> StringCommands() { return kCommands; }

}  // namespace nacre::server::model
