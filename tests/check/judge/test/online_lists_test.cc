// Lists online: what is taken off them when what they begin with is dropped.

#include <gtest/gtest.h>

#include <string>

#include "tests/check/judge/online/frontier.h"
#include "tests/check/judge/online/window.h"
#include "tests/check/judge/test/history_text.h"
#include "tests/check/judge/test/online_compare.h"
#include "tests/check/judge/test/wild_store.h"

namespace nacre::check {
namespace {

// A window in which a transaction has read the list [1 2] of x.
judge::Window WindowThatReadsX(judge::Frontier& frontier) {
  judge::Window window;
  const KeyId x = window.Key("x", frontier);
  ListRef list = window.lists.Empty(x);
  for (const char* const element : {"1", "2"}) {
    list = window.lists.Extend(list, window.values.Intern(element));
  }
  judge::KeptTxn reader;
  reader.ops.push_back(
      {.op = {.kind = OpKind::kReadList, .key = x, .value = list.branch, .extra = list.length}});
  window.txns.push_back(reader);
  return window;
}

// LISTS-AGREE
TEST(OnlineLists, OnlyWhatWasDroppedIsTakenOff) {
  for (const bool agrees : {true, false}) {
    judge::Frontier frontier(10, 1 << 12);
    judge::Window window = WindowThatReadsX(frontier);
    const ValueId dropped = window.values.Find(agrees ? "1" : "2");
    window.Compact({false}, {{dropped}}, frontier);
    const judge::KeptOp& kept = window.txns[0].ops[0];
    EXPECT_EQ(kept.reach, agrees ? judge::Reach::kWithin : judge::Reach::kUnclear);
    EXPECT_EQ(kept.op.list().length, 1u);
  }
}

// Which 2 it is that was read decides how long the list was when it was dropped.
TEST(OnlineLists, AListWithEqualElementsIsNotCutShort) {
  const std::string text =
      "T0 ok real=1..3 | append y 1 | append y 2\n"
      "T1 ok real=3..4 | list y [1 2] | append y 2\n"
      "T2 ok real=2..7 | append y 3\nT3 fail real=7..9 | list x []\n"
      "T4 ok real=7..12 | list y [1 2]\n";
  for (const uint32_t step : {1u, 2u, 3u}) {
    EXPECT_NE(Online(text, Level::kStrictSerializable,
                     {.horizon = 0, .step = step, .filter_bytes = 1 << 12})
                  .ruling,
              Ruling::kHolds);
  }
}

// Elements that several transactions appended, some of them of unknown outcome or aborted.
TEST(OnlineLists, EqualElementsAreDecidedAsOnTheWholeOrNotAtAll) {
  int known = 0;
  int open = 0;
  for (uint32_t seed = FirstSeed(); seed < FirstSeed() + 500; ++seed) {
    const std::string text = WildStore(seed, {.lists = true, .open = true}).History();
    const History history = Parsed(text);
    for (const Level level : kLevels) {
      const Ruling whole = Judge(history, level).ruling;
      for (const OnlineOptions& options :
           {OnlineOptions{.horizon = 100, .step = 100, .filter_bytes = 1 << 12},
            OnlineOptions{.horizon = 100, .step = 1, .filter_bytes = 1 << 12}, kShort,
            OnlineOptions{.horizon = 0, .step = 2, .filter_bytes = 1 << 12}}) {
        const OnlineRun run = JudgeOnline(history, level, options);
        const Ruling online = run.verdict.ruling;
        ++(online == Ruling::kUnknown ? open : known);
        if (online == Ruling::kUnknown) continue;
        // What comes later may explain what is a violation now.
        if (run.added < history.size() && whole != Ruling::kViolated) continue;
        EXPECT_EQ(online, whole) << "NACRE_SEED=" << seed << " " << ToString(level) << ", horizon "
                                 << options.horizon << ", step " << options.step << "\n"
                                 << text << run.verdict.ToString();
      }
    }
    if (HasFailure()) break;
  }
  EXPECT_GT(known, 10 * open);
}

}  // namespace
}  // namespace nacre::check
