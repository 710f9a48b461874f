#ifndef NACRE_TESTS_CHECK_JUDGE_SCAN_RANGE_H_
#define NACRE_TESTS_CHECK_JUDGE_SCAN_RANGE_H_

#include <algorithm>
#include <cstdint>
#include <string_view>
#include <utility>
#include <vector>

#include "nacre/check/history.h"

namespace nacre::check::judge {

// Keys that hold data, in the order of their bytes. Empty if the history has no scans, which are
// all that it is for.
class SortedKeys {
 public:
  explicit SortedKeys(const History& history) : history_(history) {
    std::vector<bool> is_data(history.keys().size());
    bool scans = false;
    for (TxnId t = 0; t < history.size(); ++t) {
      for (const Op& op : history.ops(t)) {
        if (op.kind == OpKind::kScan) {
          scans = true;
        } else {
          is_data[op.key] = true;
        }
      }
    }
    if (!scans) return;
    for (KeyId key = 0; key < is_data.size(); ++key) {
      if (is_data[key]) keys_.push_back(key);
    }
    std::sort(keys_.begin(), keys_.end(),
              [&](KeyId a, KeyId b) { return history.key(a) < history.key(b); });
  }

  size_t size() const { return keys_.size(); }
  KeyId operator[](size_t rank) const { return keys_[rank]; }

  // The ranks [first, second) that the scan ops[i] has read: of a limited one only as far as it
  // went.
  std::pair<size_t, size_t> RangeOf(absl::Span<const Op> ops, uint32_t i) const {
    const Op& scan = ops[i];
    if (scan.limited && scan.results() == 0) return {0, 0};
    size_t from = RankOf(history_.key(scan.key));
    size_t to = scan.scan_end() == kNone ? keys_.size() : RankOf(history_.key(scan.scan_end()));
    if (scan.limited) {
      const size_t last = RankOf(history_.key(ops[i + scan.results()].key));
      if (scan.reverse) {
        from = std::max(from, last);
      } else {
        to = std::min(to, last + 1);
      }
    }
    return {from, std::max(from, to)};
  }

 private:
  size_t RankOf(std::string_view text) const {
    return static_cast<size_t>(
        std::lower_bound(keys_.begin(), keys_.end(), text,
                         [this](KeyId key, std::string_view t) { return history_.key(key) < t; }) -
        keys_.begin());
  }

  const History& history_;
  std::vector<KeyId> keys_;
};

}  // namespace nacre::check::judge

#endif  // NACRE_TESTS_CHECK_JUDGE_SCAN_RANGE_H_
