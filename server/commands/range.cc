// KEYS and RANGE: ordered reads over the keys of a database.

#include <string>

#include "server/base/numbers.h"
#include "server/base/text.h"
#include "server/commands/handlers.h"
#include "server/commands/values.h"
#include "server/server_state.h"

namespace nacre::server {

namespace {

// A pattern of many stars costs its length for each name that it is compared with.
constexpr size_t kQuickWordBytesMax = 1024;

// A RANGE that passes over no more keys than this takes about as long as a large MGET, and runs
// where it arrives.
constexpr int64_t kQuickKeysMax = 500;

enum class End : uint8_t { kKey, kFirst, kLast };

struct RangeBound {
  End end = End::kKey;
  bool inclusive = false;
  std::string_view key = {};
};

struct RangeArguments {
  RangeBound lower;
  RangeBound upper;
  bool reverse = false;
  bool with_values = false;
  bool limited = false;
  int64_t offset = 0;
  int64_t count = -1;  // Negative: no limit.
};

// "-", "+", "[key" or "(key".
std::optional<RangeBound> ReadBound(std::string_view text) {
  if (text == "-") return RangeBound{.end = End::kFirst};
  if (text == "+") return RangeBound{.end = End::kLast};
  if (text.empty() || (text[0] != '[' && text[0] != '(')) return std::nullopt;
  return RangeBound{.inclusive = text[0] == '[', .key = text.substr(1)};
}

// The error, empty if there is none.
std::string_view ReadRangeArguments(Args args, RangeArguments& range) {
  for (size_t i = 3; i < args.size(); ++i) {
    if (EqualsIgnoringCase(args[i], "rev")) {
      range.reverse = true;
    } else if (EqualsIgnoringCase(args[i], "withvalues")) {
      range.with_values = true;
    } else if (EqualsIgnoringCase(args[i], "limit") && i + 2 < args.size()) {
      const auto offset = ParseInteger(args[i + 1]);
      const auto count = ParseInteger(args[i + 2]);
      if (!offset || !count) return kNotAnInteger;
      range.limited = true;
      range.offset = *offset;
      range.count = *count;
      i += 2;
    } else {
      return kSyntaxError;
    }
  }
  const auto start = ReadBound(args[1]);
  const auto end = ReadBound(args[2]);
  if (!start || !end) return "ERR min or max not valid string range item";
  range.lower = range.reverse ? *end : *start;
  range.upper = range.reverse ? *start : *end;
  return {};
}

Bound ToBound(const RangeBound& bound) {
  if (bound.end != End::kKey) return Bound::Unbounded();
  return bound.inclusive ? Bound::Inclusive(bound.key) : Bound::Exclusive(bound.key);
}

// Nothing lies below the first key or above the last one.
bool IsEmpty(const RangeArguments& range) {
  return range.lower.end == End::kLast || range.upper.end == End::kFirst || range.offset < 0 ||
         range.count == 0;
}

}  // namespace

bool AlwaysSlow(Args) { return true; }

bool LongWordsAreSlow(Args args) {
  size_t bytes = 0;
  for (const std::string_view arg : args) bytes += arg.size();
  return bytes > kQuickWordBytesMax;
}

bool RangeIsSlow(Args args) {
  RangeArguments range;
  if (!ReadRangeArguments(args, range).empty() || IsEmpty(range)) return false;
  return range.count < 0 || range.offset > kQuickKeysMax || range.count > kQuickKeysMax;
}

absl::Status RunRange(DataContext& context) {
  ReplyWriter& out = context.out;
  RangeArguments range;
  const std::string_view error = ReadRangeArguments(context.args, range);
  if (!error.empty()) {
    out.Error(error);
    return absl::OkStatus();
  }
  if (IsEmpty(range)) {
    out.Array(0);
    return absl::OkStatus();
  }
  const bool pairs = range.with_values && out.protocol() >= 3;
  const size_t begun_at = out.BeginArray();
  size_t elements = 0;
  bool too_large = false;
  const absl::Status status = context.tx.Scan(
      {.start = ToBound(range.lower),
       .end = ToBound(range.upper),
       .reverse = range.reverse,
       .offset = static_cast<uint64_t>(range.offset),
       .limit = range.count < 0 ? Range::kNoLimit : static_cast<uint64_t>(range.count)},
      [&](std::string_view key, std::string_view value) {
        if (pairs) out.Array(2);
        out.Bulk(key);
        if (range.with_values) out.Bulk(value);
        elements += range.with_values && !pairs ? 2 : 1;
        too_large = out.Mark() - begun_at > context.server.settings().reply_bytes_max();
        return !too_large;
      });
  if (!status.ok()) return status;
  if (too_large) return ReplyTooLarge(context.server);
  out.EndArray(begun_at, elements);
  return absl::OkStatus();
}

absl::Status RunKeys(DataContext& context) {
  ReplyWriter& out = context.out;
  const std::string_view pattern = context.args[1];
  // Only keys that begin like the pattern are visited.
  const std::string prefix = GlobLiteralPrefix(pattern);
  const bool everything = pattern == "*";
  const size_t begun_at = out.BeginArray();
  size_t elements = 0;
  bool too_large = false;
  const absl::Status status =
      context.tx.Scan(Range::Prefix(prefix), [&](std::string_view key, std::string_view) {
        if (!everything && !MatchesGlob(pattern, key)) return true;
        out.Bulk(key);
        ++elements;
        too_large = out.Mark() - begun_at > context.server.settings().reply_bytes_max();
        return !too_large;
      });
  if (!status.ok()) return status;
  if (too_large) return ReplyTooLarge(context.server);
  out.EndArray(begun_at, elements);
  return absl::OkStatus();
}

}  // namespace nacre::server
