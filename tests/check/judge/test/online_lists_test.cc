// Lists online: what is taken off them when what they begin with is dropped.

#include <gtest/gtest.h>

#include "tests/check/judge/online/frontier.h"
#include "tests/check/judge/online/window.h"

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

}  // namespace
}  // namespace nacre::check
