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
const JudgeOptions kByValues = {.ignore_timestamps = true};

uint32_t FirstSeed() {
  const char* text = std::getenv("NACRE_SEED");
  return text == nullptr ? 1 : static_cast<uint32_t>(std::strtoul(text, nullptr, 10));
}

void ExpectHolds(const Verdict& verdict, bool may_be_unknown, const std::string& story) {
  if (may_be_unknown && verdict.ruling == Ruling::kUnknown) return;
  EXPECT_EQ(verdict.ruling, Ruling::kHolds) << story << verdict.ToString();
}

// Runs the store and expects that all levels implied by `level` hold. Of deletions it cannot always
// be told below snapshot isolation whose a missing value is, and never by values of lists.
void ExpectValid(const StoreRules& rules, Level level, int rounds) {
  for (int round = 0; round < rounds && !testing::Test::HasFailure(); ++round) {
    const uint32_t seed = FirstSeed() + static_cast<uint32_t>(round);
    const std::string text = ToText(RunStore(rules, seed));
    const History history = Parsed(text);
    const bool deleted_lists = rules.data == Data::kListsAndDeletions;
    for (const Level weaker : kLevels) {
      if (!Implies(level, weaker)) continue;
      const bool snapshots = Implies(weaker, Level::kSnapshotIsolation);
      const std::string story =
          "seed " + std::to_string(seed) + " " + std::string(ToString(weaker)) + "\n" + text;
      ExpectHolds(Judge(history, weaker, kByValues),
                  deleted_lists || (rules.data == Data::kRegistersAndScans && !snapshots), story);
      if (!snapshots) continue;
      ExpectHolds(Judge(history, weaker), deleted_lists && rules.unknown_one_in > 0,
                  "by time, " + story);
    }
  }
}

constexpr Data kData[] = {Data::kLists, Data::kListsAndDeletions, Data::kRegisters,
                          Data::kRegistersAndScans};

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

TEST(RuleStore, IndeterminateTransactionsAreNoReasonToAccuseAStore) {
  for (const Data data : kData) {
    ExpectValid({.data = data, .unknown_one_in = 4, .parts = true}, Level::kStrictSerializable,
                kQuota);
    ExpectValid({.validate = false, .data = data, .unknown_one_in = 4},
                Level::kStrongSnapshotIsolation, kQuota);
    ExpectValid({.fresh = false, .validate = false, .data = data, .unknown_one_in = 4},
                Level::kSnapshotIsolation, kQuota);
  }
}

TEST(RuleStore, NeitherAreScansOfAnyPart) {
  ExpectValid({.data = Data::kRegistersAndScans, .parts = true}, Level::kStrictSerializable,
              kQuota);
  ExpectValid({.fresh = false, .validate = false, .data = Data::kRegistersAndScans, .parts = true},
              Level::kSnapshotIsolation, kQuota);
}

}  // namespace
}  // namespace nacre::check
