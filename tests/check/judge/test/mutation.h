#ifndef NACRE_TESTS_CHECK_JUDGE_TEST_MUTATION_H_
#define NACRE_TESTS_CHECK_JUDGE_TEST_MUTATION_H_

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <functional>
#include <optional>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "nacre/check/judge.h"
#include "tests/check/judge/test/history_text.h"
#include "tests/check/judge/test/rule_store.h"

namespace nacre::check {

// Of each rule that is broken: as many as NACRE_QUOTA, which the slow test sets so that there are
// more than 10,000 in all.
inline constexpr int kQuota = NACRE_QUOTA;

using Data = StoreRules::Data;
inline const JudgeOptions kByValues = {.ignore_timestamps = true};

inline uint32_t FirstSeed() {
  const char* text = std::getenv("NACRE_SEED");
  return text == nullptr ? 1 : static_cast<uint32_t>(std::strtoul(text, nullptr, 10));
}

using Txns = std::vector<RecordedTxn>;
// Changes one thing and says which level forbids it; nothing: there was nothing to change.
using Mutation = std::function<std::optional<Level>(Txns&, std::mt19937&)>;

inline void ExpectFound(const StoreRules& rules, const Mutation& mutate,
                        const JudgeOptions& options, int wanted) {
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
inline std::optional<std::pair<size_t, size_t>> Pick(
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

inline bool IsListRead(const RecordedOp& op) { return op.text.rfind("list", 0) == 0; }
// Wrote `key`, or "key value".
inline bool Touches(const RecordedTxn& txn, const std::string& what) {
  return std::any_of(txn.ops.begin(), txn.ops.end(), [&](const RecordedOp& op) {
    const std::string written = op.text.substr(op.text.find(' ') + 1);
    return op.answer.empty() && (written == what || written.rfind(what + " ", 0) == 0);
  });
}

}  // namespace nacre::check

#endif  // NACRE_TESTS_CHECK_JUDGE_TEST_MUTATION_H_
