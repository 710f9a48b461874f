#ifndef NACRE_TESTS_CHECK_RUN_WORKLOADS_TAGGED_VALUE_H_
#define NACRE_TESTS_CHECK_RUN_WORKLOADS_TAGGED_VALUE_H_

#include <charconv>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace nacre::check::run {

// "100#17": a number that the workload is about, and one that no other write has, so that it can be
// told whose write was read.
inline std::string TaggedValue(int64_t number, std::string_view unique) {
  std::string text = std::to_string(number);
  text += '#';
  text += unique;
  return text;
}

// The first of both; none of what TaggedValue() has not made.
inline std::optional<int64_t> NumberOf(const std::optional<std::string>& value) {
  if (!value) return std::nullopt;
  int64_t number = 0;
  const char* const end = value->data() + value->size();
  const auto parsed = std::from_chars(value->data(), end, number);
  if (parsed.ec != std::errc() || parsed.ptr == end || *parsed.ptr != '#') return std::nullopt;
  return number;
}

}  // namespace nacre::check::run

#endif  // NACRE_TESTS_CHECK_RUN_WORKLOADS_TAGGED_VALUE_H_
