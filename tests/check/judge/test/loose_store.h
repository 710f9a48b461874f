#ifndef NACRE_TESTS_CHECK_JUDGE_TEST_LOOSE_STORE_H_
#define NACRE_TESTS_CHECK_JUDGE_TEST_LOOSE_STORE_H_

#include <algorithm>
#include <cstdint>
#include <map>
#include <random>
#include <string>
#include <utility>
#include <vector>

namespace nacre::check {

// Registers of a store whose history leaves open who was seen: values are written twice, keys in
// use are deleted, outcomes are unknown and then the same is tried again. Answers are those of a
// serial run, now and then of an older state.
class LooseStore {
 public:
  explicit LooseStore(uint32_t seed) : random_(seed) {
    equal_values_ = Chance(2);
    deletions_ = Chance(2);
    unknown_outcomes_ = Chance(2);
    sessions_go_on_ = Chance(2);
    stale_one_in_ = 2 + Draw(20);
    keys_ = 1 + Draw(3);
  }

  std::string History() {
    const uint32_t txns = 6 + Draw(Chance(2) ? 10 : 34);
    std::string text;
    for (uint32_t t = 0; t < txns; ++t) text += Transaction(t);
    return text;
  }

 private:
  using State = std::map<std::string, std::string>;  // Without what is absent.
  using Writes = std::vector<std::pair<std::string, std::string>>;

  uint32_t Draw(uint32_t below) { return random_() % below; }
  bool Chance(uint32_t one_in) { return Draw(one_in) == 0; }

  std::string Transaction(uint32_t t) {
    const uint32_t session = Draw(3);
    const bool unknown = unknown_outcomes_ && Chance(4);
    const bool failed = !unknown && Chance(10);
    const uint64_t begin = now_ > 8 ? now_ - Draw(6) : now_;
    now_ += 1 + Draw(3);
    std::string line = "T" + std::to_string(t) + " s=" + std::to_string(names_[session]) +
                       (unknown  ? " info"
                        : failed ? " fail"
                                 : " ok") +
                       " real=" + std::to_string(begin) + ".." +
                       (unknown && Chance(2) ? "?" : std::to_string(now_));
    if (unknown && !sessions_go_on_) names_[session] = ++last_name_;
    const bool stale = Chance(stale_one_in_);
    State view = stale ? states_[states_.size() - 1 - Draw(Recent())] : states_.back();
    if (Chance(stale_one_in_)) MakeStale(view);
    Writes writes = std::exchange(again_, {});
    if (writes.empty() || Chance(2)) {
      const uint32_t count = 1 + Draw(4);
      for (uint32_t i = 0; i < count; ++i) Operate(line, view, writes);
    }
    for (const auto& [key, value] : writes) {
      line += value.empty() ? " | delete " + key : " | write " + key + " " + value;
    }
    states_.push_back(states_.back());
    if (!failed && !(unknown && Chance(2))) {
      for (const auto& [key, value] : writes) Set(states_.back(), key, value);
    }
    if (unknown && Chance(2)) again_ = writes;
    return line + "\n";
  }

  uint32_t Recent() const { return static_cast<uint32_t>(std::min<size_t>(states_.size(), 5)); }

  void MakeStale(State& view) {
    const State& old = states_[states_.size() - 1 - Draw(Recent())];
    const std::string key = Key();
    Set(view, key, old.contains(key) ? old.at(key) : "");
  }

  static void Set(State& state, const std::string& key, const std::string& value) {
    if (value.empty()) {
      state.erase(key);
    } else {
      state[key] = value;
    }
  }

  std::string Key() { return std::string(1, static_cast<char>('x' + Draw(keys_))); }

  // Reads come before all writes.
  void Operate(std::string& line, const State& view, Writes& writes) {
    const std::string key = Key();
    if (Chance(2)) {
      line += " | read " + key + " " + (view.contains(key) ? view.at(key) : "nil");
    } else if (deletions_ && Chance(3)) {
      writes.emplace_back(key, "");
    } else {
      writes.emplace_back(key, std::to_string(equal_values_ ? 1 + Draw(4) : ++values_));
    }
  }

  std::mt19937 random_;
  bool equal_values_;
  bool deletions_;
  bool unknown_outcomes_;
  bool sessions_go_on_;
  uint32_t stale_one_in_;
  uint32_t keys_;
  uint64_t now_ = 2;
  uint32_t values_ = 0;
  uint32_t names_[3] = {0, 1, 2};
  uint32_t last_name_ = 2;
  Writes again_;  // Whose outcome is unknown, so it is tried again.
  std::vector<State> states_ = {{}};
};

}  // namespace nacre::check

#endif  // NACRE_TESTS_CHECK_JUDGE_TEST_LOOSE_STORE_H_
