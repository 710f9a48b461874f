#include "engine/txn/key_interval.h"

#include <optional>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"

namespace nacre::txn {
namespace {

constexpr size_t kQuotedBytesMax = 64;

// The first string after all those that begin with `prefix`; nullopt if there is none.
std::optional<std::string> SuccessorOfPrefix(std::string_view prefix) {
  std::string successor(prefix);
  while (!successor.empty() && successor.back() == '\xff') successor.pop_back();
  if (successor.empty()) return std::nullopt;
  successor.back() = static_cast<char>(static_cast<unsigned char>(successor.back()) + 1);
  return successor;
}

}  // namespace

KeyInterval KeyInterval::Of(const Range& range) {
  KeyInterval interval;
  if (range.start.kind != Bound::Kind::kUnbounded) {
    interval.low = range.start.key;
    interval.low_inclusive = range.start.kind == Bound::Kind::kInclusive;
  }
  if (range.end.kind != Bound::Kind::kUnbounded) {
    interval.high = range.end.key;
    interval.high_inclusive = range.end.kind == Bound::Kind::kInclusive;
    interval.has_high = true;
  }
  if (range.prefix.empty()) return interval;
  if (range.prefix > interval.low) {
    interval.low = range.prefix;
    interval.low_inclusive = true;
  }
  std::optional<std::string> successor = SuccessorOfPrefix(range.prefix);
  if (successor && (!interval.has_high || *successor <= interval.high)) {
    interval.high = *std::move(successor);
    interval.high_inclusive = false;
    interval.has_high = true;
  }
  return interval;
}

std::string QuoteKey(std::string_view key) {
  const std::string_view shown = key.substr(0, kQuotedBytesMax);
  return absl::StrCat("\"", absl::CHexEscape({shown.data(), shown.size()}),
                      shown.size() < key.size() ? "...\"" : "\"");
}

std::string ToString(const KeyInterval& interval) {
  return absl::StrCat(interval.low_inclusive ? "[" : "(", QuoteKey(interval.low), ", ",
                      interval.has_high ? QuoteKey(interval.high) : "end",
                      interval.has_high && interval.high_inclusive ? "]" : ")");
}

}  // namespace nacre::txn
