#ifndef NACRE_TESTS_CHECK_EXPLORE_SHIPPED_SCHEDULES_H_
#define NACRE_TESTS_CHECK_EXPLORE_SHIPPED_SCHEDULES_H_

#include <string_view>

#include "absl/types/span.h"

namespace nacre::check::explore {

// A file of tests/check/schedules, which every program that links this has with it.
struct ShippedSchedule {
  std::string_view name;  // "g2_item_write_skew"
  std::string_view text;
};

absl::Span<const ShippedSchedule> ShippedSchedules();  // By name.

}  // namespace nacre::check::explore

#endif  // NACRE_TESTS_CHECK_EXPLORE_SHIPPED_SCHEDULES_H_
