// No false alarm on what a store with the rules of a level records.

#include "tests/check/judge/test/rule_store.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <string>

#include "nacre/check/judge.h"
#include "tests/check/judge/test/history_text.h"

namespace nacre::check {
namespace {

// Of each store: as many as NACRE_QUOTA, which the slow test sets so that there are more than
// 10,000 in all.
constexpr int kQuota = NACRE_QUOTA;

using Data = StoreRules::Data;
constexpr JudgeOptions kByValues = {.ignore_timestamps = true};

uint32_t FirstSeed() {
  const char* text = std::getenv("NACRE_SEED");
  return text == nullptr ? 1 : static_cast<uint32_t>(std::strtoul(text, nullptr, 10));
}

// Runs the store and expects that all levels implied by `level` hold. Only of deletions it cannot
// be told below snapshot isolation whose a missing value is.
void ExpectValid(const StoreRules& rules, Level level, int rounds) {
  for (int round = 0; round < rounds && !testing::Test::HasFailure(); ++round) {
    const uint32_t seed = FirstSeed() + static_cast<uint32_t>(round);
    const std::string text = ToText(RunStore(rules, seed));
    const History history = Parsed(text);
    for (const Level weaker : kLevels) {
      if (!Implies(level, weaker)) continue;
      const Verdict by_values = Judge(history, weaker, kByValues);
      if (rules.data != Data::kRegistersAndScans || Implies(weaker, Level::kSnapshotIsolation)) {
        EXPECT_EQ(by_values.ruling, Ruling::kHolds)
            << "seed " << seed << " " << ToString(weaker) << "\n"
            << text << by_values.ToString();
      } else {
        EXPECT_NE(by_values.ruling, Ruling::kViolated)
            << "seed " << seed << " " << ToString(weaker) << "\n"
            << text << by_values.ToString();
      }
      if (!Implies(level, Level::kSnapshotIsolation) ||
          !Implies(weaker, Level::kSnapshotIsolation)) {
        continue;
      }
      const Verdict by_time = Judge(history, weaker);
      EXPECT_EQ(by_time.ruling, Ruling::kHolds)
          << "seed " << seed << " by time, " << ToString(weaker) << "\n"
          << text << by_time.ToString();
    }
  }
}

constexpr Data kData[] = {Data::kLists, Data::kRegisters, Data::kRegistersAndScans};

TEST(RuleStore, AStrictSerializableStoreIsValidAtEveryLevel) {
  for (const Data data : kData) {
    ExpectValid({.data = data}, Level::kStrictSerializable, kQuota);
  }
}

TEST(RuleStore, AStoreOfFreshSnapshotsIsValidUpToStrongSnapshotIsolation) {
  for (const Data data : kData) {
    ExpectValid({.validate = false, .data = data}, Level::kStrongSnapshotIsolation, kQuota);
  }
}

TEST(RuleStore, AStoreOfOldSnapshotsIsValidUpToSnapshotIsolation) {
  for (const Data data : kData) {
    ExpectValid({.fresh = false, .validate = false, .data = data}, Level::kSnapshotIsolation,
                kQuota);
  }
}

TEST(RuleStore, AStoreOfOldSnapshotsAndNoConflictsIsReadAtomic) {
  for (const Data data : kData) {
    ExpectValid({.fresh = false, .first_committer = false, .validate = false, .data = data},
                Level::kReadAtomic, kQuota);
  }
}

TEST(RuleStore, AStoreThatReadsWhatIsCommittedIsReadCommitted) {
  for (const Data data : kData) {
    ExpectValid({.reads = StoreRules::Reads::kCommitted,
                 .first_committer = false,
                 .validate = false,
                 .data = data},
                Level::kReadCommitted, kQuota);
  }
}

}  // namespace
}  // namespace nacre::check
