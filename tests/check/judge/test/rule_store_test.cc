// No false alarm on what a store with the rules of a level records, and no miss when one thing in
// it is made wrong.

#include "tests/check/judge/test/rule_store.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <functional>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "nacre/check/judge.h"
#include "tests/check/judge/test/history_text.h"

namespace nacre::check {
namespace {

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
    ExpectValid({.data = data}, Level::kStrictSerializable, 800);
  }
}

TEST(RuleStore, AStoreOfFreshSnapshotsIsValidUpToStrongSnapshotIsolation) {
  for (const Data data : kData) {
    ExpectValid({.validate = false, .data = data}, Level::kStrongSnapshotIsolation, 800);
  }
}

TEST(RuleStore, AStoreOfOldSnapshotsIsValidUpToSnapshotIsolation) {
  for (const Data data : kData) {
    ExpectValid({.fresh = false, .validate = false, .data = data}, Level::kSnapshotIsolation, 800);
  }
}

TEST(RuleStore, AStoreOfOldSnapshotsAndNoConflictsIsReadAtomic) {
  for (const Data data : kData) {
    ExpectValid({.fresh = false, .first_committer = false, .validate = false, .data = data},
                Level::kReadAtomic, 800);
  }
}

TEST(RuleStore, AStoreThatReadsWhatIsCommittedIsReadCommitted) {
  for (const Data data : kData) {
    ExpectValid({.reads = StoreRules::Reads::kCommitted,
                 .first_committer = false,
                 .validate = false,
                 .data = data},
                Level::kReadCommitted, 800);
  }
}

// --- one thing made wrong ---

using Txns = std::vector<RecordedTxn>;
// Changes one thing and says which level forbids it; nothing: there was nothing to change.
using Mutation = std::function<std::optional<Level>(Txns&, std::mt19937&)>;

void ExpectFound(const StoreRules& rules, const Mutation& mutate, const JudgeOptions& options,
                 int wanted) {
  int found = 0;
  for (uint32_t seed = FirstSeed(); found < wanted; ++seed) {
    ASSERT_LT(seed, FirstSeed() + 100'000u) << "too few chances to break the rule";
    Txns txns = RunStore(rules, seed);
    std::mt19937 random(seed);
    const std::optional<Level> level = mutate(txns, random);
    if (!level.has_value()) continue;
    ++found;
    const std::string text = ToText(txns);
    const Verdict verdict = Judge(Parsed(text), *level, options);
    ASSERT_EQ(verdict.ruling, Ruling::kViolated)
        << "seed " << seed << " " << ToString(*level) << "\n"
        << text << verdict.ToString();
  }
}

// A committed transaction and one of its operations for which `wanted` is true.
std::optional<std::pair<size_t, size_t>> Pick(
    const Txns& txns, std::mt19937& random,
    const std::function<bool(const RecordedTxn&, const RecordedOp&)>& wanted) {
  std::vector<std::pair<size_t, size_t>> all;
  for (size_t t = 0; t < txns.size(); ++t) {
    for (size_t i = 0; txns[t].committed && i < txns[t].ops.size(); ++i) {
      if (wanted(txns[t], txns[t].ops[i])) all.emplace_back(t, i);
    }
  }
  if (all.empty()) return std::nullopt;
  return all[random() % all.size()];
}

bool IsListRead(const RecordedOp& op) { return op.text.rfind("list", 0) == 0; }
// Wrote `key`, or "key value".
bool Touches(const RecordedTxn& txn, const std::string& what) {
  return std::any_of(txn.ops.begin(), txn.ops.end(), [&](const RecordedOp& op) {
    const std::string written = op.text.substr(op.text.find(' ') + 1);
    return op.answer.empty() && (written == what || written.rfind(what + " ", 0) == 0);
  });
}

TEST(Mutation, AnElementThatNobodyAppendedIsFoundAtReadCommitted) {
  ExpectFound(
      {},
      [](Txns& txns, std::mt19937& random) -> std::optional<Level> {
        const auto at =
            Pick(txns, random, [](auto&, const RecordedOp& op) { return IsListRead(op); });
        if (!at) return std::nullopt;
        txns[at->first].ops[at->second].answer.insert(1, "777 ");
        return Level::kReadCommitted;
      },
      kByValues, 1'000);
}

TEST(Mutation, AnAbortOfAWriterThatWasReadIsFoundAtReadCommitted) {
  ExpectFound(
      {},
      [](Txns& txns, std::mt19937& random) -> std::optional<Level> {
        // The first element of a list of another transaction.
        const auto at = Pick(txns, random, [](const RecordedTxn& txn, const RecordedOp& op) {
          return IsListRead(op) && op.answer != "[]" && !Touches(txn, op.text.substr(5));
        });
        if (!at) return std::nullopt;
        const std::string& answer = txns[at->first].ops[at->second].answer;
        const std::string value = answer.substr(1, answer.find_first_of(" ]") - 1);
        for (RecordedTxn& txn : txns) {
          for (const RecordedOp& op : txn.ops) {
            if (op.text.rfind("append", 0) == 0 && op.text.substr(9) == value)
              txn.committed = false;
          }
        }
        return Level::kReadCommitted;
      },
      kByValues, 1'000);
}

TEST(Mutation, AReadThatMissesTheLastOfSeveralAppendsIsFoundAtStrongSnapshotIsolation) {
  for (const bool by_time : {false, true}) {
    ExpectFound(
        {.validate = false},
        [](Txns& txns, std::mt19937& random) -> std::optional<Level> {
          const auto at = Pick(txns, random, [](const RecordedTxn& txn, const RecordedOp& op) {
            return IsListRead(op) && op.answer != "[]" && !Touches(txn, op.text.substr(5));
          });
          if (!at) return std::nullopt;
          // The writer of the last element must have returned before the reader began.
          std::string& answer = txns[at->first].ops[at->second].answer;
          const size_t last = answer.find_last_of("[ ") + 1;
          const std::string value = answer.substr(last, answer.size() - 1 - last);
          for (const RecordedTxn& txn : txns) {
            for (const RecordedOp& op : txn.ops) {
              if (op.text.rfind("append", 0) != 0 || op.text.substr(9) != value) continue;
              if (txn.completed >= txns[at->first].invoked) return std::nullopt;
            }
          }
          answer = answer.substr(0, last == 1 ? 1 : last - 1) + "]";
          return Level::kStrongSnapshotIsolation;
        },
        by_time ? JudgeOptions() : kByValues, 1'000);
  }
}

TEST(Mutation, AScanThatMissesAKeyIsFoundByTimestamps) {
  ExpectFound(
      {.validate = false, .data = Data::kRegistersAndScans},
      [](Txns& txns, std::mt19937& random) -> std::optional<Level> {
        const auto at = Pick(txns, random, [](auto&, const RecordedOp& op) {
          return op.text.rfind("scan", 0) == 0 && op.answer != "{}";
        });
        if (!at) return std::nullopt;
        std::string& answer = txns[at->first].ops[at->second].answer;
        const size_t key_end = answer.find(' ');
        const size_t value_end = answer.find_first_of(" }", key_end + 1);
        answer = "{" + answer.substr(value_end + (answer[value_end] == ' ' ? 1 : 0));
        return Level::kSnapshotIsolation;
      },
      {}, 1'000);
}

TEST(Mutation, ASnapshotFromBeforeACommitOfTheKeyIsFoundByTimestamps) {
  ExpectFound(
      {.validate = false, .data = Data::kRegisters},
      [](Txns& txns, std::mt19937& random) -> std::optional<Level> {
        const auto at = Pick(txns, random, [](const RecordedTxn& txn, const RecordedOp& op) {
          return op.text.rfind("read", 0) == 0 && op.answer != "nil" &&
                 !Touches(txn, op.text.substr(5));
        });
        if (!at) return std::nullopt;
        RecordedTxn& txn = txns[at->first];
        const RecordedOp& op = txn.ops[at->second];
        for (const RecordedTxn& writer : txns) {
          if (!writer.committed || !Touches(writer, op.text.substr(5) + " " + op.answer)) continue;
          txn.begin = writer.commit - 1;
        }
        return Level::kSnapshotIsolation;
      },
      {}, 1'000);
}

TEST(Mutation, ASecondCommitterIsFoundByTimestamps) {
  ExpectFound(
      {.validate = false},
      [](Txns& txns, std::mt19937&) -> std::optional<Level> {
        // Somebody who wrote a key that somebody else wrote begins before that one's commit.
        for (RecordedTxn& later : txns) {
          for (const RecordedTxn& earlier : txns) {
            if (!later.committed || !earlier.committed || later.commit <= earlier.commit ||
                earlier.commit == 0) {
              continue;
            }
            for (const char c : std::string("wxyz")) {
              const std::string key(1, c);
              if (!Touches(earlier, key) || !Touches(later, key)) continue;
              later.begin = earlier.commit - 1;
              return Level::kSnapshotIsolation;
            }
          }
        }
        return std::nullopt;
      },
      {}, 1'000);
}

TEST(Mutation, AnOldSnapshotInASessionIsFoundByTimestamps) {
  ExpectFound(
      {.validate = false},
      [](Txns& txns, std::mt19937&) -> std::optional<Level> {
        for (size_t a = 0; a < txns.size(); ++a) {
          for (size_t b = a + 1; b < txns.size(); ++b) {
            if (txns[a].session != txns[b].session || !txns[a].committed || !txns[b].committed ||
                txns[a].commit == 0) {
              continue;
            }
            txns[b].begin = txns[a].commit - 1;
            return Level::kStrongSessionSnapshotIsolation;
          }
        }
        return std::nullopt;
      },
      {}, 1'000);
}

}  // namespace
}  // namespace nacre::check
