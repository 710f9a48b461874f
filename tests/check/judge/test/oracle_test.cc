// The judge against the definitions, on very many very small histories.

#include "tests/check/judge/test/oracle.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <map>
#include <random>
#include <string>
#include <vector>

#include "nacre/check/judge.h"
#include "tests/check/judge/test/history_text.h"

namespace nacre::check {
namespace {

// A store without any rules: every operation sees some of what has been written before, often the
// newest.
class WildStore {
 public:
  // `open`: with deletions, values that are written more than once and many indeterminate
  // transactions, so that it is not known whose version a read saw.
  WildStore(uint32_t seed, bool lists, bool open = false)
      : random_(seed), lists_(lists), open_(open) {}

  std::string History() {
    const int txns = 2 + static_cast<int>(random_() % 4);
    const bool real_time = random_() % 2 == 0;
    const bool sessions = random_() % 2 == 0;
    std::string text;
    int now = 1;
    for (int t = 0; t < txns; ++t) {
      std::string line = "T" + std::to_string(t);
      if (sessions) line += " s=" + std::to_string(random_() % 2);
      line += random_() % (open_ ? 4 : 12) == 0 ? " info" : " ok";
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
    if (open_ && random_() % 6 == 0) {
      state_[key].clear();
      view[key].clear();
      return " | delete " + key;
    }
    if (random_() % 2 == 0) {
      const std::string value = std::to_string(open_ ? 1 + random_() % 3 : ++values_);
      if (!lists_) {
        state_[key] = {value};
        view[key] = {value};
        return " | write " + key + " " + value;
      }
      state_[key].push_back(value);
      view[key].push_back(value);
      return " | append " + key + " " + value;
    }
    const std::vector<std::string>& values = view[key];
    if (!lists_) return " | read " + key + " " + (values.empty() ? "nil" : values.back());
    std::string list;
    for (const std::string& value : values) list += (list.empty() ? "" : " ") + value;
    return " | list " + key + " [" + list + "]";
  }

  std::mt19937 random_;
  const bool lists_;
  const bool open_;
  uint32_t values_ = 0;
  std::map<std::string, std::vector<std::string>> state_;
  std::vector<std::map<std::string, std::vector<std::string>>> old_;
};

constexpr Level kExact[] = {Level::kSnapshotIsolation, Level::kStrongSessionSnapshotIsolation,
                            Level::kStrongSnapshotIsolation, Level::kSerializable,
                            Level::kStrictSerializable};

struct Tally {
  int holds = 0;
  int violated = 0;
  int unknown = 0;
};

uint32_t FirstSeed() {
  const char* text = std::getenv("NACRE_SEED");
  return text == nullptr ? 1 : static_cast<uint32_t>(std::strtoul(text, nullptr, 10));
}

Tally Compare(bool lists, bool open, uint32_t first_seed, int rounds) {
  Tally tally;
  for (uint32_t seed = first_seed; seed < first_seed + static_cast<uint32_t>(rounds); ++seed) {
    const std::string text = WildStore(seed, lists, open).History();
    const History history = Parsed(text);
    std::map<Level, Ruling> rulings;
    for (const Level level : kLevels) rulings[level] = Judge(history, level).ruling;
    for (const Level level : kExact) {
      const Ruling ruling = rulings[level];
      if (ruling == Ruling::kUnknown) {
        ++tally.unknown;
        continue;
      }
      const bool allowed = OracleAllows(history, level);
      ++(allowed ? tally.holds : tally.violated);
      EXPECT_EQ(ruling == Ruling::kHolds, allowed)
          << "seed " << seed << " " << ToString(level) << "\n"
          << text << Judge(history, level).ToString();
    }
    // What a weaker level forbids, no stronger one allows.
    for (const Level stronger : kLevels) {
      for (const Level weaker : kLevels) {
        if (!Implies(stronger, weaker) || rulings[stronger] != Ruling::kHolds) continue;
        EXPECT_NE(rulings[weaker], Ruling::kViolated)
            << "seed " << seed << " " << ToString(stronger) << " holds, " << ToString(weaker)
            << " does not\n"
            << text;
      }
    }
    if (testing::Test::HasFailure()) break;
  }
  return tally;
}

TEST(Oracle, AgreesOnListsAtEveryLevel) {
  const Tally tally = Compare(true, false, FirstSeed(), 3'000);
  EXPECT_GT(tally.holds, 1'000);
  EXPECT_GT(tally.violated, 1'000);
  EXPECT_EQ(tally.unknown, 0);
}

TEST(Oracle, AgreesOnRegisters) {
  const Tally tally = Compare(false, false, FirstSeed(), 3'000);
  EXPECT_GT(tally.holds, 1'000);
  EXPECT_GT(tally.violated, 200);
  EXPECT_EQ(tally.unknown, 0);
}

TEST(Oracle, AgreesOnRegistersOfWhichItIsNotKnownWhoseVersionsWereRead) {
  const Tally tally = Compare(false, true, FirstSeed(), 3'000);
  EXPECT_GT(tally.holds, 1'000);
  EXPECT_GT(tally.violated, 200);
  EXPECT_EQ(tally.unknown, 0);
}

// Every operation of the wild store reads its own writes and what was written before, so of the
// preconditions only the outcomes have to be seen to.
Tally CompareVisibility(bool lists, uint32_t first_seed, int rounds) {
  Tally tally;
  for (uint32_t seed = first_seed; seed < first_seed + static_cast<uint32_t>(rounds); ++seed) {
    std::string text = WildStore(seed, lists).History();
    for (size_t at = text.find(" info"); at != std::string::npos; at = text.find(" info")) {
      text.replace(at, 5, " ok");
    }
    const History history = Parsed(text);
    for (const Level level : {Level::kReadAtomic, Level::kCausal}) {
      const Verdict verdict = Judge(history, level);
      const bool allowed = VisibilityOracleAllows(history, level);
      ++(allowed ? tally.holds : tally.violated);
      EXPECT_EQ(verdict.ruling, allowed ? Ruling::kHolds : Ruling::kViolated)
          << "seed " << seed << " " << ToString(level) << "\n"
          << text << verdict.ToString();
    }
    if (testing::Test::HasFailure()) break;
  }
  return tally;
}

TEST(Oracle, AgreesOnReadAtomicAndCausalLists) {
  const Tally tally = CompareVisibility(true, FirstSeed(), 3'000);
  EXPECT_GT(tally.holds, 1'000);
  EXPECT_GT(tally.violated, 100);
}

TEST(Oracle, AgreesOnReadAtomicAndCausalRegisters) {
  const Tally tally = CompareVisibility(false, FirstSeed(), 3'000);
  EXPECT_GT(tally.holds, 1'000);
  EXPECT_GT(tally.violated, 100);
}

}  // namespace
}  // namespace nacre::check
