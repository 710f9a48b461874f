// The search of orders from inside: when it prunes, when it is stopped, and what it checks itself.

#include <gtest/gtest.h>

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "nacre/check/judge.h"
#include "tests/check/judge/causal_past.h"
#include "tests/check/judge/cycle_judge.h"
#include "tests/check/judge/register_order.h"
#include "tests/check/judge/sat/counterexample.h"
#include "tests/check/judge/sat/order_search.h"
#include "tests/check/judge/test/history_text.h"
#include "tests/check/judge/test/rule_store.h"
#include "tests/check/judge/visibility_judge.h"
#include "tests/check/judge/witness.h"

namespace nacre::check {
namespace {

using judge::OrderSearch;

bool Never() { return false; }

// Also checks the answer: an order is judged again, and cycles are proved again.
OrderSearch::Outcome Search(const History& history, Level level, uint32_t prune_round) {
  judge::Observations seen = judge::Observe(history, 10);
  const std::vector<judge::OpenSources> reads = judge::NarrowReads(history, seen);
  judge::OrderRegisters(history, seen);
  EXPECT_TRUE(seen.direct.empty());
  const judge::OrderProblem problem = judge::MakeProblem(history, seen, reads);
  OrderSearch search(history, seen, problem, level, prune_round);
  const OrderSearch::Outcome outcome = search.Run(Never);
  if (outcome == OrderSearch::Outcome::kFound) {
    Verdict again;
    EXPECT_FALSE(judge::JudgeByCycles(history, search.Witness(), level, {}, again));
    EXPECT_TRUE(again.violations.empty()) << again.ToString();
  } else {
    judge::MakeCounterexample(history, seen, search.graph(), search.cycles(), Never);
  }
  return outcome;
}

StoreRules Registers() {
  StoreRules rules;
  rules.validate = false;
  rules.data = StoreRules::Data::kRegisters;
  rules.sessions = 4;
  return rules;
}

TEST(Search, WheneverWhatIsForcedIsSettledTheVerdictIsTheSame) {
  int found = 0;
  int none = 0;
  for (uint32_t seed = 1; seed <= 150; ++seed) {
    const std::string text = ToText(RunStore(Registers(), seed));
    const History history = Parsed(text);
    judge::Observations seen = judge::Observe(history, 10);
    judge::OrderRegisters(history, seen);
    if (!seen.direct.empty()) continue;
    for (const Level level : {Level::kSnapshotIsolation, Level::kStrictSerializable}) {
      const OrderSearch::Outcome first = Search(history, level, 0);
      (first == OrderSearch::Outcome::kFound ? found : none)++;
      for (const uint32_t round : {1u, 2u, 3u, 1000u}) {
        ASSERT_EQ(Search(history, level, round), first) << "round " << round << "\n" << text;
      }
    }
  }
  EXPECT_GT(found, 100);
  EXPECT_GT(none, 10);
}

// Both began before the commit of the other, which only what was settled before shows, and beside
// so much else that no further round is worth while.
TEST(Search, TwoOrdersThatAreBothForcedInALaterRoundAreAContradiction) {
  std::string text;
  const auto side = [&](const std::string& i, const std::string& own, const std::string& other) {
    text += "T" + i + " ok | write x " + i + " | read y" + i + " nil | write v" + other + " 1\n";
    text += "T1000" + i + " ok | write y" + i + " 1 | read u" + i + " nil | write w" + i + " 1\n";
    text += "T2000" + i + " ok | write u" + i + " 1 | write w" + i + " 2 | read v" + own + " nil\n";
  };
  side("1", "1", "2");
  side("2", "2", "1");
  for (int i = 10; i < 110; ++i) {
    const std::string n = std::to_string(i);
    text += "T3" + n + " ok | read u" + n + " nil | write w" + n + " 1\n";
    text += "T4" + n + " ok | write u" + n + " 1 | write w" + n + " 2\n";
  }
  const History history = Parsed(text);
  for (const uint32_t round : {0u, 1u, 1000u}) {
    EXPECT_EQ(Search(history, Level::kSnapshotIsolation, round), OrderSearch::Outcome::kNone);
  }
}

// A search would go through all pairs of a write and who read it to find that they match.
TEST(Search, AsManyUpdatesOfOneValueAsThereWereWritesOfItHoldWithoutAnyQuestion) {
  constexpr int kWrites = 30;
  for (const std::string real : {"", " real=1..99"}) {
    std::string writes;
    std::string updates;
    for (int i = 0; i < kWrites; ++i) {
      const std::string n = std::to_string(i);
      writes += "T1" + n + " ok" + real + " | write x 1\n";
      updates += "T2" + n + " ok" + real + " | read x 1 | write x v" + n + "\n";
    }
    const std::string other = "T3 ok" + real + " | write x 0\n";
    for (const std::string& text :
         {writes + updates, updates + writes, writes + other + updates, other + updates + writes}) {
      const History history = Parsed(text);
      for (const Level level :
           {Level::kSnapshotIsolation, Level::kSerializable, Level::kStrictSerializable}) {
        std::optional<judge::Observations> witness;
        EXPECT_EQ(judge::JudgeWithWitness(history, level, {}, witness, 0).ruling, Ruling::kHolds)
            << ToString(level) << "\n"
            << text;
      }
    }
  }
}

TEST(Search, ALimitEndsTheImitationOfAStore) {
  std::string text;
  for (const char* operations : {" ok | write x 1\n", " ok | read x 1 | write x v"}) {
    for (int i = 0; i < 30; ++i) {
      const bool reads = operations[6] == 'r';
      const std::string n = std::to_string(i);
      text += (reads ? "T2" : "T1") + n + operations + (reads ? n + "\n" : "");
    }
  }
  const History history = Parsed(text);
  judge::Observations seen = judge::Observe(history, 10);
  const std::vector<judge::OpenSources> reads = judge::NarrowReads(history, seen);
  judge::OrderRegisters(history, seen);
  const judge::OrderProblem problem = judge::MakeProblem(history, seen, reads);
  OrderSearch whole(history, seen, problem, Level::kSnapshotIsolation);
  EXPECT_EQ(whole.Run(Never), OrderSearch::Outcome::kFound);
  OrderSearch limited(history, seen, problem, Level::kSnapshotIsolation);
  // Only before it begins there is time left.
  EXPECT_EQ(limited.Run([asked = 0]() mutable { return asked++ > 0; }),
            OrderSearch::Outcome::kStopped);
}

TEST(CausalPast, AsManyChainsAreKeptAsFitAndOneAtLeast) {
  EXPECT_EQ(judge::CausalPast::BlockFor(10, 4, 41), 4u);
  EXPECT_EQ(judge::CausalPast::BlockFor(10, 4, 40), 4u);
  EXPECT_EQ(judge::CausalPast::BlockFor(10, 4, 39), 3u);
  EXPECT_EQ(judge::CausalPast::BlockFor(10, 4, 9), 1u);
  EXPECT_EQ(judge::CausalPast::BlockFor(10, 4, 0), 1u);
  EXPECT_EQ(judge::CausalPast::BlockFor(0, 0, 0), 1u);
  EXPECT_EQ(judge::CausalPast::BlockFor(1, UINT32_MAX, UINT64_MAX), UINT32_MAX);
}

// Whether all was looked at, and what was found.
struct Seen {
  bool all = true;
  std::vector<std::string> violations = {};
};

Seen Causal(const std::string& text, uint64_t entries_max, const judge::Stop& stop) {
  const History history = Parsed(text);
  judge::Observations seen = judge::Observe(history, 10);
  judge::NarrowReads(history, seen);
  Verdict verdict;
  judge::JudgeByCycles(history, seen, Level::kCausal, {}, verdict);
  if (!verdict.violations.empty()) return {};  // The precondition.
  Seen found;
  found.all = judge::JudgeByVisibility(
      history, seen,
      {.transitive = true, .sessions = true, .stop = stop, .past_entries_max = entries_max},
      {.violations_max = 1'000}, verdict);
  for (const Violation& violation : verdict.violations) found.violations.push_back(violation.words);
  std::sort(found.violations.begin(), found.violations.end());
  return found;
}

TEST(CausalPast, HowManyChainsFitAtATimeChangesNoVerdict) {
  constexpr uint64_t kAll = 32'000'000;
  int violated = 0;
  int given_up = 0;
  for (uint32_t seed = 1; seed <= 300; ++seed) {
    StoreRules rules = Registers();
    rules.reads = seed % 2 == 0 ? StoreRules::Reads::kCommitted : StoreRules::Reads::kSnapshot;
    rules.fresh = false;
    rules.first_committer = false;
    rules.validate = false;
    rules.steps = 60;
    rules.sessions = 4;
    const std::string text = ToText(RunStore(rules, seed));
    const uint32_t txns = Parsed(text).size();
    const Seen whole = Causal(text, kAll, Never);
    violated += whole.violations.empty() ? 0 : 1;
    for (uint32_t chains = 0; chains <= 4; ++chains) {
      for (const uint64_t entries : {uint64_t{txns} * chains, uint64_t{txns} * chains + 1}) {
        const Seen seen = Causal(text, entries, Never);
        EXPECT_TRUE(seen.all);
        EXPECT_EQ(seen.violations, whole.violations) << "seed " << seed << ", " << entries;
      }
    }
    // What fits is linear, and not given up. One entry less is one session less.
    const auto always = [] { return true; };
    EXPECT_TRUE(Causal(text, uint64_t{txns} * 4, always).all);
    const Seen part = Causal(text, uint64_t{txns} * 4 - 1, always);
    given_up += part.all ? 0 : 1;
    EXPECT_TRUE(!part.all || !part.violations.empty() || whole.violations.empty()) << text;
  }
  EXPECT_GT(violated, 30);
  EXPECT_GT(given_up, 30);
}

TEST(SearchDeathTest, ComponentHasCycleIsChecked) {
  const History history = Parsed("T1 ok | read x 2 | write x 1\nT2 ok | read x 1 | write x 2\n");
  judge::Observations seen = judge::Observe(history, 10);
  const judge::OrderProblem problem;
  judge::Solver solver;
  const judge::EventGraph graph(history, seen, problem, {}, solver);
  EXPECT_EQ(FindCycles(graph, {}, 1).cycles.size(), 1u);
  EXPECT_DEATH(FindCycles(graph, {}, 0), "component without a cycle");
  // The same of the judge of complete orders.
  const auto violations = [&](uint32_t looked_for) {
    Verdict verdict;
    judge::JudgeByCycles(history, seen, Level::kSerializable, {.violations_max = looked_for},
                         verdict);
    return verdict.violations.size();
  };
  EXPECT_EQ(violations(1), 1u);
  EXPECT_DEATH(violations(0), "component without a forbidden cycle");
}

// A clock that goes on by a second whenever it is asked: so a limit of n seconds ends the judge
// when it looks at the clock for the n-th time, wherever that is.
TEST(Search, ALimitThatEndsAnywhereLeavesNoWrongVerdictAndLittleIsDoneBehindIt) {
  int unknown = 0;
  int decided = 0;
  for (uint32_t seed = 1; seed <= 40; ++seed) {
    StoreRules rules = Registers();
    rules.steps = 1000;
    const std::string text = ToText(RunStore(rules, seed));
    const History history = Parsed(text);
    for (const Level level : {Level::kSnapshotIsolation, Level::kSerializable}) {
      const Verdict exact = Judge(history, level, {.ignore_timestamps = true});
      for (int limit = 1; limit < 400; limit += 1 + limit / 2) {
        int asked = 0;
        const Verdict verdict = Judge(
            history, level,
            {.ignore_timestamps = true, .time_limit = absl::Seconds(limit), .clock = [&asked] {
               return absl::UnixEpoch() + absl::Seconds(asked++);
             }});
        (verdict.ruling == Ruling::kUnknown ? unknown : decided)++;
        ASSERT_TRUE(verdict.ruling == Ruling::kUnknown || verdict.ruling == exact.ruling) << text;
        EXPECT_LE(asked, limit + 20) << "seed " << seed << "\n" << verdict.ToString();
      }
    }
  }
  EXPECT_GT(unknown, 20);
  EXPECT_GT(decided, 20);
}

}  // namespace
}  // namespace nacre::check
