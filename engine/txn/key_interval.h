#ifndef NACRE_ENGINE_TXN_KEY_INTERVAL_H_
#define NACRE_ENGINE_TXN_KEY_INTERVAL_H_

#include <string>
#include <string_view>

#include "nacre/types.h"

namespace nacre::txn {

// Keys that lie side by side. The lowest key there is, is the empty one, so only the upper end can
// be open.
struct KeyInterval {
  std::string low;
  std::string high;
  bool low_inclusive = true;
  bool high_inclusive = false;
  bool has_high = false;

  static KeyInterval Of(const Range& range);
  static KeyInterval Of(std::string_view key) {
    return {std::string(key), std::string(key), true, true, true};
  }

  bool AboveLow(std::string_view key) const { return low_inclusive ? key >= low : key > low; }
  bool BelowHigh(std::string_view key) const {
    return !has_high || (high_inclusive ? key <= high : key < high);
  }
  // Takes in all that `other` has above the low end of this one.
  void ExtendHigh(const KeyInterval& other) {
    if (!has_high || (other.has_high && other.high < high)) return;
    const bool same_key = other.has_high && other.high == high;
    high_inclusive = other.high_inclusive || (same_key && high_inclusive);
    has_high = other.has_high;
    high = other.high;
  }
  bool Contains(std::string_view key) const { return AboveLow(key) && BelowHigh(key); }
};

// `["a", "b")`, with unprintable bytes escaped and long keys cut; for messages.
std::string ToString(const KeyInterval& interval);
std::string QuoteKey(std::string_view key);

}  // namespace nacre::txn

#endif  // NACRE_ENGINE_TXN_KEY_INTERVAL_H_
