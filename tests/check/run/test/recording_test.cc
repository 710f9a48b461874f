#include <sstream>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "nacre/check/format.h"
#include "tests/check/run/embedded_target.h"
#include "tests/check/run/history_log.h"
#include "tests/check/run/pace.h"
#include "tests/check/run/test/run_for_test.h"

namespace nacre::check::run {
namespace {

// What is asked, without the answers: reads show only their keys.
std::string Asked(const History& history, TxnId t) {
  std::string text;
  for (const Op& op : history.ops(t)) {
    text += std::to_string(static_cast<int>(op.kind)) + " " + std::string(history.key(op.key));
    if (op.kind == OpKind::kAppend || op.kind == OpKind::kWrite) {
      text += " " + std::string(history.value(op.value));
    }
    text += "; ";
  }
  return text;
}

// By session.
std::vector<std::vector<std::string>> AskedBySession(uint64_t seed, const RunOptions& base) {
  RunOptions options = base;
  options.seed = seed;
  OneTarget source([] { return OpenEmbeddedTarget(Isolation::kSnapshot); });
  const Judged judged = RunAndJudge(source, "list-append", options);
  std::vector<std::vector<std::string>> asked(options.sessions);
  const History& history = judged.result.lives[0].history;
  for (TxnId t = 0; t < history.size(); ++t) {
    const std::string session(history.sessions().text(history.session(t)));
    asked[std::stoul(session)].push_back(Asked(history, t));
  }
  return asked;
}

TEST(Seed, DecidesWhatEverySessionAsks) {
  const RunOptions options = OptionsForTest(1000);
  const auto first = AskedBySession(1, options);
  EXPECT_EQ(first, AskedBySession(1, options));
  EXPECT_NE(first, AskedBySession(2, options));
  EXPECT_NE(first[0], first[1]);
}

TEST(Seed, DecidesTheSameWhetherOrNotSessionsPause) {
  RunOptions paused = OptionsForTest(400);
  const auto undisturbed = AskedBySession(1, paused);
  paused.disturbance.pause_share = 0.05;
  paused.disturbance.pause_max = absl::Milliseconds(1);
  EXPECT_EQ(AskedBySession(1, paused), undisturbed);
}

TEST(HistoryLog, KeepsEverythingThatWasSaid) {
  OperationLog log;
  log.Append("list", "1");
  log.ReadList("list", std::vector<std::string>{"1", "a long element that is on the heap"});
  log.ReadList("empty", {});
  log.Write("x", "");
  log.Read("x", "");
  log.Read("y", std::nullopt);
  log.Delete("y");
  log.Scan({.start = "a", .end = "m", .reverse = true}, std::vector<Row>{{"c", "3"}, {"b", "2"}});
  log.Scan({.start = "n", .end = std::nullopt}, {});
  FinishedTransaction txn;
  txn.session = 1;
  txn.process = 4;
  txn.invoked = 10;
  txn.completed = 20;
  txn.begin_timestamp = 3;
  txn.commit_timestamp = 7;
  txn.operations = log.bytes();
  HistoryLog history(3);
  history.Take(txn);
  txn.session = txn.process = 0;
  txn.completed = 15;
  txn.begin_timestamp = txn.commit_timestamp = std::nullopt;
  txn.outcome = Outcome::kAborted;
  txn.operations = {};
  history.Take(txn);

  std::ostringstream out;
  ASSERT_TRUE(WriteHistory(history.Merge(), Format::kNative, out).ok());
  EXPECT_EQ(out.str(),
            "T1 s=0 fail real=10..15\n"
            "T2 s=4 ok real=10..20 time=3..7 | append list 1 | "
            "list list [1 \"a long element that is on the heap\"] | list empty [] | write x \"\" | "
            "read x \"\" | read y nil | delete y | rscan a m {c 3 b 2} | scan n nil {}\n");
}

TEST(HistoryLog, KeepsTransactionsLargerThanItsBlocks) {
  OperationLog log;
  const std::string large(3 << 20, 'x');
  log.Write("key", large);
  HistoryLog history(1);
  FinishedTransaction txn;
  txn.operations = log.bytes();
  history.Take(txn);
  history.Take(txn);
  const History merged = history.Merge();
  ASSERT_EQ(merged.size(), 2u);
  EXPECT_EQ(merged.value(merged.ops(1)[0].value), large);
}

TEST(Zipf, DrawsAllAlikeWithoutSkewAndTheFirstMostWithIt) {
  for (const double skew : {0.0, 1.0}) {
    const Zipf zipf(4, skew);
    std::vector<int> counts(4);
    Random random(1, 2, 3);
    for (int i = 0; i < 10'000; ++i) ++counts[zipf.Draw(random)];
    // 1 : 1/2 : 1/3 : 1/4 is 48% : 24% : 16% : 12%.
    EXPECT_NEAR(counts[0], skew == 0 ? 2500 : 4800, 300);
    EXPECT_NEAR(counts[3], skew == 0 ? 2500 : 1200, 300);
  }
}

TEST(Pace, LetsNobodyBeMoreThanOneStretchAhead) {
  Pace pace(2);
  pace.Enter(0, 1);  // The other is in stretch 0.
  std::atomic<bool> entered = false;
  std::thread ahead([&] {
    pace.Enter(0, 2);
    entered = true;
  });
  EXPECT_FALSE(entered);
  pace.Enter(1, 1);
  ahead.join();
  EXPECT_TRUE(entered);
  pace.Leave(1);
  pace.Enter(0, 100);  // Nobody is left to wait for.
}

}  // namespace
}  // namespace nacre::check::run
