#ifndef NACRE_TESTS_CHECK_JUDGE_TEST_FLAWED_STORE_H_
#define NACRE_TESTS_CHECK_JUDGE_TEST_FLAWED_STORE_H_

#include <algorithm>
#include <cstdint>
#include <map>
#include <random>
#include <string>
#include <utility>
#include <vector>

namespace nacre::check {

// A store of snapshots, whose answers are sometimes those of another time. What is of unknown
// outcome happened, happens later or never does.
class FlawedStore {
 public:
  struct Shape {
    bool lists = false;  // As well as registers.
    bool scans = false;
    bool again = false;  // Deletions, and values that are written more than once.
    bool both = false;   // A key that is a list and a register in turn, too.
    bool old = false;    // Snapshots of any time.
    bool more = false;   // Transactions, and of these more that read.
  };
  FlawedStore(uint32_t seed, const Shape& shape)
      : random_(seed), shape_(shape), flaw_one_in_(Below(2) == 0 ? 1'000 : 5) {}

  std::string History() {
    const uint32_t txns = (shape_.more ? 7 : 3) + Below(4);
    std::string text;
    for (uint32_t i = 1; i <= txns; ++i) {
      if (!late_.empty() && Below(3) == 0) Commit(std::exchange(late_, {}));
      text += Line("T" + std::to_string(i)) + "\n";
    }
    return text;
  }

 private:
  static constexpr char kElement[] = " 9000";
  using Values = std::map<std::string, std::vector<std::string>>;
  struct Version {
    uint64_t at = 0;
    Values values = {};
  };
  struct Write {
    std::string kind;
    std::string key;
    std::string value;
  };
  using Writes = std::vector<Write>;

  uint32_t Below(uint32_t end) { return random_() % end; }

  std::string Line(std::string line) {
    if (Below(2) == 0) line += " s=" + std::to_string(Below(2));
    const size_t newest = versions_.size() - 1;
    const size_t oldest = shape_.old || newest < 2 ? 0 : newest - 2;
    const size_t snapshot =
        Below(3) == 0 ? newest - Below(static_cast<uint32_t>(newest - oldest + 1)) : newest;
    const uint64_t at = versions_[snapshot].at;
    const uint64_t until = snapshot == newest ? at + 2
                           : shape_.old       ? versions_[snapshot + 1].at
                                              : at + 1;
    const uint64_t begin = at + (until > at + 1 ? Below(static_cast<uint32_t>(until - at)) : 0);
    const uint64_t asked = now_ - Below(3);
    now_ += 1 + Below(3);
    const std::string real = " real=" + std::to_string(asked) + "..";
    const bool unknown = open_ < 3 && Below(3) == 0;
    Writes writes;
    std::string ops;
    const uint32_t count = 1 + Below(3);
    for (uint32_t i = 0; i < count; ++i) ops += Operation(snapshot, unknown, writes);
    if (unknown) {
      ++open_;
      if (Below(3) > 0) {
        Commit(writes);
      } else {
        late_ = writes;
      }
      return line + " info" + real + "?" + ops;
    }
    const bool aborted = Conflicts(writes, begin) && Below(4) > 0;
    line += (aborted ? " fail" : " ok") + real + std::to_string(now_);
    if (aborted) return line + ops;
    line += " time=" + std::to_string(begin) + "..";
    return line + (writes.empty() ? "?" : std::to_string(Commit(writes))) + ops;
  }

  std::string Operation(size_t snapshot, bool unknown, Writes& writes) {
    const bool both = shape_.both && Below(2) == 0;
    const std::string key = both                           ? "o"
                            : shape_.lists && Below(3) > 0 ? (Below(2) == 0 ? "l" : "n")
                                                           : (Below(2) == 0 ? "k" : "m");
    const bool list = key == "l" || key == "n" || (both && Below(2) == 0);
    if (unknown || Below(shape_.more ? 4 : 2) == 0) {
      const bool deletes = shape_.again && Below(4) == 0;
      const bool same = !deletes && shape_.again && (!list || shape_.both) && Below(3) == 0;
      std::string value = deletes ? "" : " " + std::to_string(same ? 1 : ++values_);
      std::string text;
      if (both && list && !deletes) {
        value = kElement + value.substr(1);
        writes.push_back({"delete", key, ""});
        text = " | delete " + key;
      }
      writes.push_back({deletes ? "delete" : list ? "append" : "write", key, value});
      return text + " | " + writes.back().kind + " " + key + value;
    }
    const size_t other = Below(static_cast<uint32_t>(versions_.size()));
    Values view = versions_[Below(flaw_one_in_) == 0 ? other : snapshot].values;
    for (const Write& write : writes) Apply(write, view);
    if (shape_.scans && Below(2) == 0) return Scan(view);
    const auto there = view.find(key);
    return " | " + Read(key, there == view.end() ? list : IsList(key, there->second), view);
  }

  // Of what is there. What "o" has as a list are other values than it has as a register.
  static bool IsList(const std::string& key, const std::vector<std::string>& values) {
    return key == "l" || key == "n" || (key == "o" && values[0].starts_with(kElement));
  }

  static std::string Read(const std::string& key, bool list, const Values& view) {
    const auto it = view.find(key);
    if (it != view.end()) return (list ? "list " : "read ") + Found(key, view);
    return list ? "list " + key + " []" : "read " + key + " nil";
  }

  static std::string Found(const std::string& key, const Values& view) {
    const auto it = view.find(key);
    std::string values;
    for (const std::string& value : it->second) values += value;
    values.erase(0, 1);
    return key + (IsList(key, it->second) ? " [" + values + "]" : " " + values);
  }

  std::string Scan(const Values& view) {
    const std::pair<std::string, std::string> ranges[] = {
        {"a", "z"}, {"l", "z"}, {"a", "m"}, {"m", "nil"}};
    const auto& [from, to] = ranges[Below(4)];
    std::vector<std::string> found;
    for (const auto& [key, values] : view) {
      if (key >= from && (to == "nil" || key < to)) found.push_back(Found(key, view));
    }
    const bool reverse = Below(3) == 0;
    if (reverse) std::reverse(found.begin(), found.end());
    const bool limited = !found.empty() && Below(3) == 0;
    if (limited) found.resize(1 + Below(static_cast<uint32_t>(found.size())));
    std::string text = std::string(reverse ? " | rscan " : " | scan ") + from + " " + to +
                       (limited ? " limit" : "") + " {";
    for (size_t i = 0; i < found.size(); ++i) text += (i == 0 ? "" : " ") + found[i];
    return text + "}";
  }

  static void Apply(const Write& write, Values& values) {
    if (write.kind != "append") values.erase(write.key);
    if (write.kind != "delete") values[write.key].push_back(write.value);
  }

  bool Conflicts(const Writes& writes, uint64_t begin) const {
    return std::any_of(writes.begin(), writes.end(), [&](const Write& write) {
      const auto it = written_.find(write.key);
      return it != written_.end() && it->second > begin;
    });
  }

  uint64_t Commit(const Writes& writes) {
    Version version = {.at = versions_.back().at + 1 + Below(2), .values = versions_.back().values};
    for (const Write& write : writes) {
      Apply(write, version.values);
      written_[write.key] = version.at;
    }
    versions_.push_back(version);
    return version.at;
  }

  std::mt19937 random_;
  const Shape shape_;
  const uint32_t flaw_one_in_;
  uint64_t now_ = 3;
  uint32_t values_ = 1;
  uint32_t open_ = 0;
  Writes late_;
  std::vector<Version> versions_ = {{}};
  std::map<std::string, uint64_t> written_;  // When each key was last.
};

}  // namespace nacre::check

#endif  // NACRE_TESTS_CHECK_JUDGE_TEST_FLAWED_STORE_H_
