// The judge against the definitions, on very many very small histories.

#include "tests/check/judge/test/oracle.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <map>
#include <string>

#include "nacre/check/judge.h"
#include "tests/check/judge/test/history_text.h"
#include "tests/check/judge/test/rule_store.h"
#include "tests/check/judge/test/wild_store.h"

namespace nacre::check {
namespace {

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
    const std::string text = WildStore(seed, {.lists = lists, .open = open}).History();
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

// Trying all orders takes twenty times as long where every access is looked at.
#ifdef NACRE_SANITIZED
constexpr int kShare = 10;
#else
constexpr int kShare = 1;
#endif

TEST(Oracle, AgreesOnListsAtEveryLevel) {
  const Tally tally = Compare(true, false, FirstSeed(), 3'000 / kShare);
  EXPECT_GT(tally.holds, 1'000 / kShare);
  EXPECT_GT(tally.violated, 1'000 / kShare);
  EXPECT_EQ(tally.unknown, 0);
}

TEST(Oracle, AgreesOnRegisters) {
  const Tally tally = Compare(false, false, FirstSeed(), 3'000 / kShare);
  EXPECT_GT(tally.holds, 1'000 / kShare);
  EXPECT_GT(tally.violated, 200 / kShare);
  EXPECT_EQ(tally.unknown, 0);
}

TEST(Oracle, AgreesOnRegistersOfWhichItIsNotKnownWhoseVersionsWereRead) {
  const Tally tally = Compare(false, true, FirstSeed(), 3'000 / kShare);
  EXPECT_GT(tally.holds, 1'000 / kShare);
  EXPECT_GT(tally.violated, 200 / kShare);
  EXPECT_EQ(tally.unknown, 0);
}

// With aborted and indeterminate writers, elements that stand in another order or are missing, and
// some that were appended more than once.
TEST(Oracle, AgreesOnListsWithFlaws) {
  const Tally tally = Compare(true, true, FirstSeed(), 6'000 / kShare);
  EXPECT_GT(tally.holds, 1'000 / kShare);
  EXPECT_GT(tally.violated, 1'000 / kShare);
  EXPECT_EQ(tally.unknown, 0);
}

// The order of the commits is one of many, and the first that is tried.
TEST(Oracle, AgreesOnSerializabilityWithTimestamps) {
  Tally tally;
  for (uint32_t seed = FirstSeed(); seed < FirstSeed() + 6'000; ++seed) {
    const StoreRules rules = {
        .fresh = seed % 2 == 0,
        .first_committer = seed % 5 != 0,
        .validate = false,
        .data = seed % 3 == 0 ? StoreRules::Data::kLists : StoreRules::Data::kRegisters,
        .steps = 16,
        .sessions = 3,
        .unknown_one_in = seed % 4 == 0 ? 4 : 0};
    const std::string text = ToText(RunStore(rules, seed));
    const History history = Parsed(text);
    if (history.size() > 5 || !history.has_timestamps()) continue;
    for (const Level level : {Level::kSerializable, Level::kStrictSerializable}) {
      const Verdict verdict = Judge(history, level);
      const bool allowed = OracleAllows(history, level);
      ++(allowed ? tally.holds : tally.violated);
      EXPECT_EQ(verdict.ruling, allowed ? Ruling::kHolds : Ruling::kViolated)
          << "seed " << seed << " " << ToString(level) << "\n"
          << text << verdict.ToString();
    }
    if (testing::Test::HasFailure()) break;
  }
  EXPECT_GT(tally.holds, 1'000);
  EXPECT_GT(tally.violated, 100);
}

// Every operation of the wild store reads its own writes and what was written before, so of the
// preconditions only the outcomes have to be seen to.
Tally CompareVisibility(bool lists, uint32_t first_seed, int rounds) {
  Tally tally;
  for (uint32_t seed = first_seed; seed < first_seed + static_cast<uint32_t>(rounds); ++seed) {
    std::string text = WildStore(seed, {.lists = lists}).History();
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
  const Tally tally = CompareVisibility(true, FirstSeed(), 3'000 / kShare);
  EXPECT_GT(tally.holds, 1'000 / kShare);
  EXPECT_GT(tally.violated, 100 / kShare);
}

TEST(Oracle, AgreesOnReadAtomicAndCausalRegisters) {
  const Tally tally = CompareVisibility(false, FirstSeed(), 3'000 / kShare);
  EXPECT_GT(tally.holds, 1'000 / kShare);
  EXPECT_GT(tally.violated, 100 / kShare);
}

}  // namespace
}  // namespace nacre::check
