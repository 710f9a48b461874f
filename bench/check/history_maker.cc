#include "bench/check/history_maker.h"

#include <algorithm>
#include <cmath>
#include <random>
#include <string>
#include <utility>
#include <vector>

namespace nacre::bench {
namespace {

// A key and all that was ever in it.
struct Key {
  uint32_t number = 0;
  struct Version {
    uint64_t committed;
    size_t bytes;    // Of `list`: how far it went then.
    uint32_t value;  // Of a register.
  };
  std::vector<Version> versions = {};
  std::string list = {};  // Elements, with a blank before each.

  // The state that a snapshot has; nullptr: none yet.
  const Version* At(uint64_t snapshot) const {
    const Version* found = nullptr;
    for (size_t i = versions.size(); i-- > 0 && found == nullptr;) {
      if (versions[i].committed <= snapshot) found = &versions[i];
    }
    return found;
  }
};

class Maker {
 public:
  Maker(const HistoryShape& shape, std::ostream& out)
      : shape_(shape), out_(out), random_(shape.seed), keys_(shape.keys) {
    for (Key& key : keys_) key.number = next_key_++;
    double sum = 0;
    for (uint32_t k = 0; k < shape.keys; ++k) {
      sum += std::pow(k + 1, -shape.skew);
      sums_.push_back(sum);
    }
  }

  void Run() {
    for (uint32_t t = 0; t < shape_.transactions; ++t) {
      Transaction(t);
      for (Key& key : keys_) {
        if (key.versions.size() >= shape_.writes_a_key) key = {.number = next_key_++};
      }
    }
    for (const std::string& lines : of_session_) out_ << lines;
  }

 private:
  void Transaction(uint32_t t) {
    const uint64_t commit = t + 2;
    const uint64_t begin =
        commit - 1 -
        (shape_.concurrency == 0 ? 0 : random_() % std::min(shape_.concurrency, t + 1));
    const uint64_t now = uint64_t{100} * commit + 1'000'000;
    line_ = "T" + std::to_string(t) + " s=" + std::to_string(t % shape_.sessions) + " ok";
    const uint64_t invoked = uint64_t{100} * begin + 1'000'000 - random_() % 1'000;
    const uint64_t completed = now + random_() % 900;
    if (shape_.real_time) {
      line_ += " real=" + std::to_string(invoked) + ".." + std::to_string(completed);
    }
    line_ += " time=" + std::to_string(begin) + ".." + std::to_string(commit);
    own_.clear();
    const uint32_t operations = 1 + random_() % shape_.operations_max;
    for (uint32_t i = 0; i < operations; ++i) Operation(AnyKey(), begin);
    for (const auto& [k, value] : own_) {
      Key& key = keys_[k];
      key.list += ' ' + std::to_string(value);
      key.versions.push_back({commit, key.list.size(), value});
    }
    line_ += '\n';
    if (!shape_.by_session) {
      out_ << line_;
      return;
    }
    of_session_.resize(shape_.sessions);
    of_session_[t % shape_.sessions] += line_;
  }

  size_t AnyKey() {
    if (shape_.skew == 0) return random_() % keys_.size();
    const double at = std::uniform_real_distribution<double>(0, sums_.back())(random_);
    const auto it = std::lower_bound(sums_.begin(), sums_.end(), at);
    return std::min<size_t>(static_cast<size_t>(it - sums_.begin()), keys_.size() - 1);
  }

  void Operation(size_t k, uint64_t begin) {
    Key& key = keys_[k];
    const bool conflict = !key.versions.empty() && key.versions.back().committed > begin;
    const std::string name = std::to_string(key.number);
    if (random_() % 100 >= shape_.reads_percent && !conflict) {
      own_.emplace_back(k, ++values_);
      line_ += (shape_.lists ? " | append " : " | write ") + name + " " + std::to_string(values_);
      return;
    }
    const Key::Version* version = key.At(begin);
    if (!shape_.lists) {
      std::string value = version == nullptr ? "nil" : std::to_string(version->value);
      for (const auto& [other, own] : own_) {
        if (other == k) value = std::to_string(own);
      }
      line_ += " | read " + name + " " + value;
      return;
    }
    line_ += " | list " + name + " [";
    if (version != nullptr) line_.append(key.list, 1, version->bytes - 1);
    for (const auto& [other, own] : own_) {
      if (other == k) line_ += (line_.back() == '[' ? "" : " ") + std::to_string(own);
    }
    line_ += ']';
  }

  const HistoryShape& shape_;
  std::ostream& out_;
  std::mt19937 random_;
  std::vector<Key> keys_;
  std::vector<double> sums_;  // Of the weights of the keys up to each.
  uint32_t next_key_ = 0;
  uint32_t values_ = 0;
  std::vector<std::pair<size_t, uint32_t>> own_;
  std::string line_;
  std::vector<std::string> of_session_;  // Its lines, if they are not written as they come.
};

}  // namespace

void MakeHistory(const HistoryShape& shape, std::ostream& out) { Maker(shape, out).Run(); }

}  // namespace nacre::bench
