// READABLE: however long what is wrong is, people can read what is said and drawn of it.

#include <gtest/gtest.h>

#include <algorithm>
#include <string>

#include "nacre/check/judge.h"
#include "nacre/check/picture.h"
#include "nacre/check/words.h"
#include "tests/check/judge/test/history_text.h"

namespace nacre::check {
namespace {

// Each of `size` readers shows an order of two writers; all together make a cycle of all of them,
// and nothing less does.
std::string Ring(int size) {
  std::string text;
  const auto n = [size](int i) { return std::to_string((i + size) % size); };
  for (int i = 0; i < size; ++i) {
    text += "T" + n(i) + " ok | write x" + n(i) + " a" + n(i) + " | write x" + n(i - 1) + " b" +
            n(i) + " | write y" + n(i) + " 1\n";
  }
  for (int i = 0; i < size; ++i) {
    text += "T" + std::to_string(size + i) + " ok | read y" + n(i) + " 1 | read x" + n(i) + " b" +
            n(i + 1) + "\n";
  }
  return text;
}

size_t Count(const std::string& text, const std::string& part) {
  size_t count = 0;
  for (size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++count;
  return count;
}

TEST(Readable, ACycleIsShownWholeUpToTheLimitAndByBothItsEndsBeyond) {
  for (const int over : {0, 1, 3, 400}) {
    const int size = static_cast<int>(kEdgesShownMax) + over;
    const History history = Parsed(Ring(size));
    const Verdict verdict = Judge(history, Level::kReadAtomic);
    ASSERT_EQ(verdict.violations.size(), 1u);
    const Violation& violation = verdict.violations[0];
    ASSERT_EQ(violation.edges.size(), static_cast<size_t>(size));
    const std::string words = ViolationWords(history, violation);
    EXPECT_EQ(Count(CycleWords(history, violation), "--ww"), kEdgesShownMax);
    EXPECT_EQ(Count(words, "... and " + std::to_string(over) + " more\n"), over == 0 ? 0u : 2u)
        << words;
    EXPECT_EQ(Count(violation.words, "(" + std::to_string(over) + " more)"), over == 0 ? 0u : 1u);
    const std::string dot = ToDot(history, violation);
    EXPECT_EQ(Count(dot, " -> "), kEdgesShownMax);
    const std::string svg = ToSvg(history, violation);
    EXPECT_EQ(Count(svg, "Not drawn: " + std::to_string(over) + " more edges"),
              over == 0 ? 0u : 1u);
    EXPECT_LT(svg.size(), 200'000u);
    EXPECT_LT(words.size(), 20'000u);
  }
}

TEST(Readable, OfVeryManyOperationsThoseThatItIsAboutAreShown) {
  std::string text = "T1 ok";
  for (int i = 0; i < 5'000; ++i) text += " | write k" + std::to_string(i) + " 1";
  const History direct = Parsed(text + " | read q 7\n");
  const Verdict thin_air = Judge(direct, Level::kReadCommitted);
  ASSERT_EQ(thin_air.violations.size(), 1u);
  std::string words = ViolationWords(direct, thin_air.violations[0]);
  EXPECT_LT(words.size(), 2'000u);
  EXPECT_EQ(Count(words, "read q = 7"), 2u) << words;
  EXPECT_EQ(Count(words, "; and 4977 others"), 1u) << words;
  EXPECT_LT(ToSvg(direct, thin_air.violations[0]).size(), 20'000u);
  // A cycle about all of them.
  std::string reads = "\nT2 ok | read k0 1";
  for (int i = 1; i < 5'000; ++i) reads += " | read k" + std::to_string(i) + " nil";
  const History cycle = Parsed(text + reads + "\n");
  const Verdict fractured = Judge(cycle, Level::kReadAtomic);
  ASSERT_FALSE(fractured.violations.empty());
  words = ViolationWords(cycle, fractured.violations[0]);
  EXPECT_LT(words.size(), 4'000u);
  EXPECT_EQ(Count(words, "; and 4976 others"), 2u) << words;
}

TEST(Readable, AProofByVeryManyCyclesIsToldInPart) {
  std::string text;
  std::string reader = "T9000 ok | read x 1";
  for (int i = 0; i < 200; ++i) {
    const std::string n = std::to_string(i);
    text += "T" + n + " ok | write x 1 | write y" + n + " 1\n";
    reader += " | read y" + n + " nil";
  }
  const History history = Parsed(text + reader + "\n");
  const Verdict verdict = Judge(history, Level::kSerializable);
  ASSERT_EQ(verdict.violations.size(), 1u);
  EXPECT_EQ(Count(verdict.violations[0].remark, "further cycles, 200 in all"), 1u);
  EXPECT_LE(verdict.violations[0].witnesses.size(), 20u);
  EXPECT_LT(ViolationWords(history, verdict.violations[0]).size(), 10'000u);
  EXPECT_LT(ToSvg(history, verdict.violations[0]).size(), 50'000u);
}

TEST(Readable, ALostUpdateOfOneOfManyIsProvedByOneMoreThanThereWereVersions) {
  std::string text = "T1 ok | write x 1\nT2 ok | write x 1\n";
  for (int i = 10; i < 500; ++i) {
    const std::string n = std::to_string(i);
    text += "T" + n + " ok | read x 1 | write x v" + n + "\n";
  }
  const Verdict verdict = Judge(Parsed(text), Level::kSnapshotIsolation);
  ASSERT_EQ(verdict.violations.size(), 1u);
  EXPECT_EQ(verdict.violations[0].txns, (std::vector<TxnId>{2, 3, 4}));
  EXPECT_EQ(verdict.violations[0].witnesses, (std::vector<TxnId>{0, 1}));
}

// Its search of a shorter one ends, and changes nothing.
TEST(Readable, ALimitEndsTheSearchOfAShorterCycleAndNotTheVerdict) {
  const History history = Parsed(Ring(50));
  for (const Level level : {Level::kReadAtomic, Level::kCausal}) {
    int asked = 0;
    const Verdict verdict =
        Judge(history, level, {.time_limit = absl::ZeroDuration(), .clock = [&] {
                                 ++asked;
                                 return absl::UnixEpoch();
                               }});
    ASSERT_EQ(verdict.ruling, Ruling::kViolated);
    EXPECT_EQ(verdict.violations[0].edges.size(), 50u);
    EXPECT_GT(asked, 1);
    EXPECT_LT(asked, 10);
  }
}

}  // namespace
}  // namespace nacre::check
