#ifndef NACRE_TESTS_CHECK_JUDGE_TEST_WILD_STORE_H_
#define NACRE_TESTS_CHECK_JUDGE_TEST_WILD_STORE_H_

#include <algorithm>
#include <cstdint>
#include <map>
#include <random>
#include <string>
#include <vector>

namespace nacre::check {

// A store without any rules: every operation sees some of what has been written before, often the
// newest.
class WildStore {
 public:
  struct Shape {
    bool lists = false;  // Or registers.
    // With deletions, values that are written more than once and many indeterminate transactions,
    // so that it is not known whose version a read saw. Lists are not deleted.
    bool open = false;
    uint32_t transactions_min = 2;
    uint32_t transactions_max = 5;
  };
  WildStore(uint32_t seed, const Shape& shape) : random_(seed), shape_(shape) {}

  std::string History() {
    const uint32_t more = shape_.transactions_max - shape_.transactions_min + 1;
    const uint32_t txns = shape_.transactions_min + random_() % more;
    const bool real_time = random_() % 2 == 0;
    const bool sessions = random_() % 2 == 0;
    std::string text;
    int now = 1;
    for (uint32_t t = 0; t < txns; ++t) {
      std::string line = "T" + std::to_string(t);
      if (sessions) line += " s=" + std::to_string(random_() % 2);
      line += random_() % (shape_.open ? 4 : 12) == 0             ? " info"
              : shape_.open && shape_.lists && random_() % 8 == 0 ? " fail"
                                                                  : " ok";
      if (real_time) {
        const int begin = std::max(1, now - static_cast<int>(random_() % 3));
        now += static_cast<int>(random_() % 3) + 1;
        line += " real=" + std::to_string(begin) + ".." + std::to_string(now);
      }
      const std::map<std::string, std::vector<std::string>> snapshot = state_;
      auto view = random_() % 3 == 0 && !old_.empty() ? old_[random_() % old_.size()] : snapshot;
      // Often one key is of another time than the other.
      if (random_() % 2 == 0 && !old_.empty()) view["x"] = old_[random_() % old_.size()]["x"];
      const uint32_t ops = 1 + random_() % 4;
      for (uint32_t i = 0; i < ops; ++i) line += Operation(view);
      text += line + "\n";
      old_.push_back(state_);
    }
    return text;
  }

 private:
  std::string Operation(std::map<std::string, std::vector<std::string>>& view) {
    const std::string key(1, static_cast<char>('x' + random_() % 2));
    if (shape_.open && !shape_.lists && random_() % 6 == 0) {
      state_[key].clear();
      view[key].clear();
      return " | delete " + key;
    }
    if (random_() % 2 == 0) {
      const std::string value = Value();
      if (!shape_.lists) {
        state_[key] = {value};
        view[key] = {value};
        return " | write " + key + " " + value;
      }
      state_[key].push_back(value);
      view[key].push_back(value);
      return " | append " + key + " " + value;
    }
    const std::vector<std::string>& values = view[key];
    if (!shape_.lists) return " | read " + key + " " + (values.empty() ? "nil" : values.back());
    std::vector<std::string> shown = values;
    if (shape_.open && shown.size() > 1 && random_() % 6 == 0) {
      const size_t at = random_() % (shown.size() - 1);
      if (random_() % 2 == 0) {
        std::swap(shown[at], shown[at + 1]);
      } else {
        shown.erase(shown.begin() + static_cast<ptrdiff_t>(at));
      }
    }
    std::string list;
    for (const std::string& value : shown) list += (list.empty() ? "" : " ") + value;
    return " | list " + key + " [" + list + "]";
  }

  std::string Value() {
    const bool again = shape_.open && (!shape_.lists || random_() % 8 == 0);
    return std::to_string(again ? 1 + random_() % 3 : ++values_);
  }

  std::mt19937 random_;
  const Shape shape_;
  uint32_t values_ = 0;
  std::map<std::string, std::vector<std::string>> state_;
  std::vector<std::map<std::string, std::vector<std::string>>> old_;
};

}  // namespace nacre::check

#endif  // NACRE_TESTS_CHECK_JUDGE_TEST_WILD_STORE_H_
