// The judge of registers against z3, on more transactions than all orders of could be tried.
// NACRE_SMT_HISTORIES: how many of each kind, 30 by default; NACRE_SEED: the first seed.

#include <gtest/gtest.h>

#include <cstdlib>
#include <random>
#include <string>
#include <vector>

#include "nacre/check/judge.h"
#include "tests/check/judge/test/history_text.h"
#include "tests/check/judge/test/rule_store.h"
#include "tests/check/judge/test/smt_oracle.h"
#include "tests/check/judge/test/wild_store.h"

namespace nacre::check {
namespace {

constexpr Level kExact[] = {Level::kSnapshotIsolation, Level::kStrongSessionSnapshotIsolation,
                            Level::kStrongSnapshotIsolation, Level::kSerializable,
                            Level::kStrictSerializable};

uint32_t Environment(const char* name, uint32_t otherwise) {
  const char* text = std::getenv(name);
  return text == nullptr ? otherwise : static_cast<uint32_t>(std::strtoul(text, nullptr, 10));
}

struct Tally {
  uint32_t holds = 0;
  uint32_t violated = 0;
};

// `make`: the text of a history, by seed.
template <typename Make>
Tally Compare(Make make) {
  Tally tally;
  const uint32_t first = Environment("NACRE_SEED", 1);
  const uint32_t count = Environment("NACRE_SMT_HISTORIES", 30);
  for (uint32_t seed = first; seed < first + count && !testing::Test::HasFailure(); ++seed) {
    const std::string text = make(seed);
    const History history = Parsed(text);
    for (const Level level : kExact) {
      const bool allowed = SmtOracleAllows(history, level);
      ++(allowed ? tally.holds : tally.violated);
      const Verdict verdict = Judge(history, level, {.ignore_timestamps = true});
      EXPECT_EQ(verdict.ruling, allowed ? Ruling::kHolds : Ruling::kViolated)
          << "seed " << seed << " " << ToString(level) << "\n"
          << text << verdict.ToString();
    }
  }
  std::printf("%u hold, %u violated\n", tally.holds, tally.violated);
  EXPECT_GT(tally.holds, count / 10);
  EXPECT_GT(tally.violated, count / 10);
  return tally;
}

TEST(Smt, AgreesOnWildHistories) {
  Compare([](uint32_t seed) {
    return WildStore(seed, {.transactions_min = 4, .transactions_max = 9}).History();
  });
}

TEST(Smt, AgreesOnWildHistoriesOfWhichItIsNotKnownWhoseVersionsWereRead) {
  Compare([](uint32_t seed) {
    return WildStore(seed, {.open = true, .transactions_min = 4, .transactions_max = 9}).History();
  });
}

// Of a store of snapshots, in every other one of which a read saw another version of its key.
TEST(Smt, AgreesOnHistoriesOfWhichOneReadIsWrong) {
  Compare([](uint32_t seed) {
    std::mt19937 random(seed);
    std::vector<RecordedTxn> txns = RunStore(
        {.fresh = seed % 3 == 0, .validate = false, .data = StoreRules::Data::kRegisters}, seed);
    txns.resize(std::min<size_t>(txns.size(), 14));
    std::vector<RecordedOp*> reads;
    std::vector<std::string> writes;
    for (RecordedTxn& txn : txns) {
      for (RecordedOp& op : txn.ops) {
        if (!op.answer.empty()) {
          reads.push_back(&op);
        } else if (txn.committed) {
          writes.push_back(op.text);
        }
      }
    }
    if (seed % 2 == 0 && !reads.empty() && !writes.empty()) {
      RecordedOp& read = *reads[random() % reads.size()];
      for (int i = 0; i < 20; ++i) {
        const std::string& write = writes[random() % writes.size()];
        if (write[6] == read.text[5]) read.answer = write.substr(8);
      }
    }
    return ToText(txns);
  });
}

}  // namespace
}  // namespace nacre::check
