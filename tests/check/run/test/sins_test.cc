// What each workload finds in stores that break one rule each.

#include <algorithm>
#include <ostream>
#include <sstream>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "nacre/check/format.h"
#include "tests/check/run/test/run_for_test.h"
#include "tests/check/run/test/sinful_target.h"

namespace nacre::check::run {
namespace {

constexpr uint32_t kSessions = 4;
constexpr uint64_t kTransactions = 100;  // Of each session.

Judged RunOn(Sin sin, std::string_view workload, Level level) {
  RunOptions options = OptionsForTest(kSessions * kTransactions);
  options.sessions = kSessions;
  options.level = level;
  options.workload.keys = workload == "cycle" ? 0 : 4;
  options.workload.rollback_share = 0.1;
  OneTarget source([&] { return MakeSinfulTarget(sin, options.seed, kSessions); });
  return RunAndJudge(source, workload, options);
}

struct Case {
  Sin sin;
  std::string workload;
  Level level;
  std::string name;  // Of one of the violations.
};

void PrintTo(const Case& c, std::ostream* out) {
  *out << c.workload << " at " << std::string(ToString(c.level)) << " finds " << c.name;
}

class Sins : public testing::TestWithParam<Case> {};

TEST_P(Sins, AreFoundAndNamed) {
  const Judged judged = RunOn(GetParam().sin, GetParam().workload, GetParam().level);
  EXPECT_EQ(judged.verdict.ruling, Ruling::kViolated) << judged.verdict.ToString();
  const bool named =
      std::any_of(judged.verdict.violations.begin(), judged.verdict.violations.end(),
                  [](const Violation& violation) { return violation.name() == GetParam().name; });
  EXPECT_TRUE(named) << judged.verdict.ToString();
}

INSTANTIATE_TEST_SUITE_P(
    Each, Sins,
    testing::Values(Case{Sin::kDirtyRead, "list-append", Level::kReadCommitted, "G1a"},
                    Case{Sin::kDirtyRead, "register", Level::kReadCommitted, "G1a"},
                    Case{Sin::kDirtyRead, "bank", Level::kSnapshotIsolation, "G1a"},
                    Case{Sin::kLostUpdate, "rmw", Level::kSnapshotIsolation, "lost-update"},
                    Case{Sin::kLostUpdate, "bank", Level::kSnapshotIsolation, "lost-update"},
                    Case{Sin::kLostUpdate, "bank", Level::kSnapshotIsolation, "invariant"},
                    Case{Sin::kLostUpdate, "cycle", Level::kSnapshotIsolation, "invariant"},
                    Case{Sin::kStaleSnapshot, "list-append", Level::kStrongSnapshotIsolation,
                         "G-single-realtime"},
                    Case{Sin::kMixedSnapshot, "bank", Level::kSnapshotIsolation, "invariant"},
                    Case{Sin::kDirtyRead, "range", Level::kReadAtomic, "invariant"},
                    Case{Sin::kMixedSnapshot, "list-append", Level::kReadAtomic,
                         "non-repeatable-read"},
                    Case{Sin::kWriteSkew, "list-append", Level::kSerializable, "write-skew"},
                    Case{Sin::kWriteSkew, "rmw", Level::kSerializable, "write-skew"},
                    Case{Sin::kPhantom, "range", Level::kSerializable, "G2"},
                    Case{Sin::kPhantom, "range", Level::kSerializable, "invariant"},
                    Case{Sin::kFork, "long-fork", Level::kSnapshotIsolation, "long-fork"}));

// What a workload keeps true counts only at levels that keep it true.
struct Edge {
  Sin sin;
  std::string workload;
  Level admits;
  Level forbids;
};

void PrintTo(const Edge& edge, std::ostream* out) {
  *out << edge.workload << " from " << std::string(ToString(edge.forbids));
}

class Invariants : public testing::TestWithParam<Edge> {};

TEST_P(Invariants, CountFromTheLevelThatKeepsThemTrue) {
  const Edge& edge = GetParam();
  const Judged admitted = RunOn(edge.sin, edge.workload, edge.admits);
  EXPECT_NE(admitted.verdict.ruling, Ruling::kViolated) << admitted.verdict.ToString();
  EXPECT_TRUE(admitted.result.lives[0].breaches.empty());
  const Judged forbidden = RunOn(edge.sin, edge.workload, edge.forbids);
  EXPECT_FALSE(forbidden.result.lives[0].breaches.empty());
  EXPECT_TRUE(forbidden.verdict.Has(Anomaly::kInvariant)) << forbidden.verdict.ToString();
}

// Old snapshots may show the time before the workload set up; lost updates break totals and rings.
INSTANTIATE_TEST_SUITE_P(
    Each, Invariants,
    testing::Values(Edge{Sin::kStaleSnapshot, "bank", Level::kSnapshotIsolation,
                         Level::kStrongSnapshotIsolation},
                    Edge{Sin::kStaleSnapshot, "bank", Level::kSerializable,
                         Level::kStrictSerializable},
                    Edge{Sin::kStaleSnapshot, "cycle", Level::kSnapshotIsolation,
                         Level::kStrongSnapshotIsolation},
                    Edge{Sin::kLostUpdate, "bank", Level::kCausal, Level::kSnapshotIsolation},
                    Edge{Sin::kLostUpdate, "cycle", Level::kCausal, Level::kSnapshotIsolation}));

TEST(Invariants, ThatTheJudgeDoesNotSeeAreSaidToBeTheWorkloads) {
  Judged judged = RunOn(Sin::kNone, "bank", Level::kSnapshotIsolation);
  ASSERT_EQ(judged.verdict.ruling, Ruling::kHolds) << judged.verdict.ToString();
  judged.result.lives[0].breaches.push_back({.words = "found no money"});
  const Verdict verdict = JudgeLife(judged.result.lives[0], judged.result.level, {});
  EXPECT_EQ(verdict.ruling, Ruling::kViolated);
  ASSERT_FALSE(verdict.notes.empty());
  EXPECT_NE(verdict.notes.back().find("only the workload knows"), std::string::npos);
}

class NoSin : public testing::TestWithParam<std::string> {};

TEST_P(NoSin, IsFoundInAStoreThatKeepsItsPromise) {
  const Judged judged = RunOn(Sin::kNone, GetParam(), Level::kStrictSerializable);
  EXPECT_NE(judged.verdict.ruling, Ruling::kViolated) << judged.verdict.ToString();
  EXPECT_GT(judged.result.tally.committed, kSessions * kTransactions / 2);
  EXPECT_GT(judged.result.tally.conflicts, 0u);
}

INSTANTIATE_TEST_SUITE_P(Workloads, NoSin,
                         testing::Values("list-append", "register", "rmw", "bank", "cycle", "range",
                                         "long-fork"));

TEST(Sins, AreTheSameInEveryRun) {
  const auto history = [] {
    const Judged judged = RunOn(Sin::kWriteSkew, "list-append", Level::kSerializable);
    std::ostringstream out;
    const History& recorded = judged.result.lives[0].history;
    for (TxnId t = 0; t < recorded.size(); ++t) {
      out << recorded.sessions().text(recorded.session(t)) << ":";
      for (const Op& op : recorded.ops(t)) {
        out << " " << recorded.key(op.key) << "=" << op.value << "+" << op.extra;
      }
      out << "\n";
    }
    return out.str();
  };
  EXPECT_EQ(history(), history());
}

}  // namespace
}  // namespace nacre::check::run
