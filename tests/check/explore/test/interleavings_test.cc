#include "tests/check/explore/interleavings.h"

#include <gtest/gtest.h>

#include <set>

namespace nacre::check::explore {
namespace {

Schedule Parse(const std::string& steps) {
  absl::StatusOr<Schedule> schedule =
      ParseSchedule("anomaly: 0 test\nsource: here\nlicence: none\ninitial: {}\n" + steps +
                    "both required: none -> {}\n");
  EXPECT_TRUE(schedule.ok()) << schedule.status();
  return *schedule;
}

const char kTwoReaders[] =
    "T1: BEGIN\nT1: GET k\nT1: GET l\nT1: COMMIT\n"
    "T2: BEGIN\nT2: GET k\nT2: GET l\nT2: COMMIT\n";

TEST(Interleavings, OfWhichThereAreTooManyAreNotCounted) {
  std::string steps;
  for (int session = 1; session <= 8; ++session) {
    const std::string name = "T" + std::to_string(session) + ": ";
    steps += name + "BEGIN\n" + name + "GET k\n" + name + "COMMIT\n";
  }
  EXPECT_EQ(CountInterleavings(Parse(steps)), std::nullopt);  // 24! / 6^8, which is 3.7 * 10^17.
}

TEST(Interleavings, AreCountedAndVisitedOnceInTheOrderOfEachSession) {
  const Schedule schedule = Parse(kTwoReaders);
  EXPECT_EQ(CountInterleavings(schedule), 70u);  // 8! / (4! 4!)
  std::set<std::vector<size_t>> seen;
  EXPECT_EQ(ForEachInterleaving(schedule, Reduction::kNone,
                                [&](const std::vector<size_t>& order) {
                                  std::vector<size_t> first;
                                  for (size_t step : order) {
                                    if (step < 4) first.push_back(step);
                                  }
                                  EXPECT_EQ(first, (std::vector<size_t>{0, 1, 2, 3}));
                                  EXPECT_TRUE(seen.insert(order).second);
                                  return true;
                                }),
            70u);
}

TEST(Interleavings, StopWhenTheVisitorSaysSo) {
  EXPECT_EQ(
      ForEachInterleaving(Parse(kTwoReaders), Reduction::kNone, [](const auto&) { return false; }),
      1u);
}

// Exchanges neighbours that commute until nothing moves: the first order of the class.
std::vector<size_t> FirstOfClass(const Schedule& schedule, std::vector<size_t> order) {
  std::set<std::vector<size_t>> reached = {order};
  std::vector<std::vector<size_t>> open = {order};
  while (!open.empty()) {
    std::vector<size_t> next = open.back();
    open.pop_back();
    for (size_t i = 0; i + 1 < next.size(); ++i) {
      const Step& a = schedule.steps[next[i]];
      const Step& b = schedule.steps[next[i + 1]];
      if (a.session == b.session || !Commute(a.operation, b.operation)) continue;
      std::vector<size_t> exchanged = next;
      std::swap(exchanged[i], exchanged[i + 1]);
      if (reached.insert(exchanged).second) open.push_back(exchanged);
    }
  }
  return *reached.begin();
}

TEST(Interleavings, ReductionKeepsExactlyOneOfEachClass) {
  const Schedule schedule = Parse(
      "T1: BEGIN\nT1: SET k 1\nT1: COMMIT\n"
      "T2: BEGIN\nT2: GET k\nT2: COMMIT\n"
      "T3: BEGIN\nT3: SCAN a z\nT3: ABORT\n");
  std::set<std::vector<size_t>> classes;
  ForEachInterleaving(schedule, Reduction::kNone, [&](const std::vector<size_t>& order) {
    classes.insert(FirstOfClass(schedule, order));
    return true;
  });
  std::set<std::vector<size_t>> kept;
  ForEachInterleaving(schedule, Reduction::kCommuting, [&](const std::vector<size_t>& order) {
    EXPECT_TRUE(kept.insert(FirstOfClass(schedule, order)).second) << "a class is visited twice";
    return true;
  });
  EXPECT_EQ(kept, classes);
  EXPECT_LT(kept.size(), CountInterleavings(schedule));
}

TEST(Interleavings, AWriteIsNotTakenToBePrivate) {
  const Operation begin = *ParseOperation("BEGIN");
  const Operation get = *ParseOperation("GET k");
  EXPECT_TRUE(Commute(begin, get));
  for (const char* text : {"SET k 1", "DEL k"}) {
    EXPECT_FALSE(Commute(begin, *ParseOperation(text)));
    EXPECT_FALSE(Commute(*ParseOperation(text), get));
  }
}

}  // namespace
}  // namespace nacre::check::explore
