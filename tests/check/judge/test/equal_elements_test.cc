// Lists in which several transactions appended the same.

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "nacre/check/judge.h"
#include "tests/check/judge/equal_elements.h"
#include "tests/check/judge/observations.h"
#include "tests/check/judge/test/history_text.h"

namespace nacre::check {
namespace {

constexpr Level kWeak = Level::kReadCommitted;

struct ListOp {
  bool append;
  int key;
  std::vector<int> values;  // Of an append one.
};
struct ListTxn {
  int session = 0;
  bool known = true;  // That it committed.
  std::vector<ListOp> ops;
};

std::string TextOf(const std::vector<ListTxn>& txns) {
  std::string text;
  for (size_t t = 0; t < txns.size(); ++t) {
    text += "T" + std::to_string(t + 1) + " s=" + std::to_string(txns[t].session) +
            (txns[t].known ? " ok" : " info");
    for (const ListOp& op : txns[t].ops) {
      std::string values;
      for (const int value : op.values) {
        values += (values.empty() ? "" : " ") + std::to_string(value);
      }
      const std::string key(1, static_cast<char>('x' + op.key));
      text +=
          op.append ? " | append " + key + " " + values : " | list " + key + " [" + values + "]";
    }
    text += "\n";
  }
  return text;
}

// A few transactions with snapshots, of which many append a 1 or a 2. An element of an answer is
// often missing.
std::vector<ListTxn> RandomTxns(std::mt19937& random) {
  std::vector<ListTxn> txns(3 + random() % 3);
  std::vector<std::vector<std::vector<int>>> states(1, std::vector<std::vector<int>>(2));
  std::vector<std::pair<size_t, size_t>> shown;
  int unique = 10;
  for (size_t t = 0; t < txns.size(); ++t) {
    txns[t].session = static_cast<int>(random() % 4);
    txns[t].known = random() % 6 != 0;
    const size_t old = random() % 2 == 0 ? 0 : random() % states.size();
    std::vector<std::vector<int>> view = states[states.size() - 1 - old];
    std::vector<std::vector<int>> next = states.back();
    for (uint32_t ops = 1 + random() % 3; ops > 0; --ops) {
      const int key = random() % 3 == 0 ? 1 : 0;
      if (random() % 2 == 0) {
        const int value = random() % 2 == 0 ? 1 + static_cast<int>(random() % 2) : ++unique;
        txns[t].ops.push_back({true, key, {value}});
        view[key].push_back(value);
        next[key].push_back(value);
      } else {
        if (txns[t].known && !view[key].empty()) shown.emplace_back(t, txns[t].ops.size());
        txns[t].ops.push_back({false, key, view[key]});
      }
    }
    states.push_back(next);
  }
  if (!shown.empty() && random() % 3 != 0) {
    const auto [t, op] = shown[random() % shown.size()];
    std::vector<int>& values = txns[t].ops[op].values;
    values.erase(values.begin() + static_cast<std::ptrdiff_t>(random() % values.size()));
  }
  std::shuffle(txns.begin(), txns.end(), random);
  return txns;
}

// All ways in which the elements of the lists can have been appended, each with a name of its own
// for every append.
class AllWays {
 public:
  explicit AllWays(const std::vector<ListTxn>& txns) : txns_(txns) {}

  // False: the answers are no lists of one store, or there are too many ways.
  bool Find(std::vector<std::vector<ListTxn>>& ways) {
    int name = 100;
    for (size_t t = 0; t < txns_.size(); ++t) {
      std::map<int, std::vector<int>> own;
      for (size_t i = 0; i < txns_[t].ops.size(); ++i) {
        const ListOp& op = txns_[t].ops[i];
        if (op.append) {
          appends_[{op.key, op.values[0]}].push_back(++name);
          names_[{t, i}] = name;
          own[op.key].push_back(op.values[0]);
        } else if (txns_[t].known) {
          std::vector<int> base = op.values;
          if (!TakeOff(own[op.key], base)) return false;
          std::vector<int>& longest = longest_[op.key];
          if (base.size() > longest.size()) std::swap(base, longest);
          if (!std::equal(base.begin(), base.end(), longest.begin())) return false;
        }
      }
    }
    for (const auto& [key, longest] : longest_) {
      for (const int value : longest) places_.emplace_back(key, value);
    }
    Choose(ways);
    return ways.size() < kMax;
  }

 private:
  static constexpr size_t kMax = 60;

  static bool TakeOff(const std::vector<int>& own, std::vector<int>& values) {
    if (values.size() < own.size() || !std::equal(own.rbegin(), own.rend(), values.rbegin())) {
      return false;
    }
    values.resize(values.size() - own.size());
    return true;
  }

  void Choose(std::vector<std::vector<ListTxn>>& ways) {
    if (ways.size() >= kMax) return;
    if (chosen_.size() == places_.size()) {
      ways.push_back(Renamed());
      return;
    }
    for (const int name : appends_[places_[chosen_.size()]]) {
      if (std::find(chosen_.begin(), chosen_.end(), name) != chosen_.end()) continue;
      chosen_.push_back(name);
      Choose(ways);
      chosen_.pop_back();
    }
  }

  std::vector<ListTxn> Renamed() const {
    std::map<int, std::vector<int>> lists;
    for (size_t i = 0; i < places_.size(); ++i) lists[places_[i].first].push_back(chosen_[i]);
    std::vector<ListTxn> way = txns_;
    for (size_t t = 0; t < way.size(); ++t) {
      std::map<int, std::vector<int>> own;
      for (size_t i = 0; i < way[t].ops.size(); ++i) {
        ListOp& op = way[t].ops[i];
        std::vector<int>& mine = own[op.key];
        if (op.append) {
          op.values = {names_.at({t, i})};
          mine.push_back(op.values[0]);
        } else if (way[t].known) {
          const size_t size = op.values.size() - mine.size();
          op.values.assign(lists[op.key].begin(),
                           lists[op.key].begin() + static_cast<std::ptrdiff_t>(size));
          op.values.insert(op.values.end(), mine.begin(), mine.end());
        } else {
          op.values.clear();
        }
      }
    }
    return way;
  }

  const std::vector<ListTxn>& txns_;
  std::map<std::pair<int, int>, std::vector<int>> appends_;  // By key and value.
  std::map<std::pair<size_t, size_t>, int> names_;           // Of appends, by their place.
  std::map<int, std::vector<int>> longest_;                  // By key.
  std::vector<std::pair<int, int>> places_;
  std::vector<int> chosen_;
};

TEST(EqualElements, AHistoryHoldsIfAndOnlyIfOneOfItsWaysDoes) {
  std::mt19937 random(1);
  int holds = 0;
  int violated = 0;
  for (int round = 0; round < 3'000 && !testing::Test::HasFailure(); ++round) {
    const std::vector<ListTxn> txns = RandomTxns(random);
    std::vector<std::vector<ListTxn>> ways;
    if (!AllWays(txns).Find(ways) || ways.empty()) continue;
    const std::string text = TextOf(txns);
    const History history = Parsed(text);
    for (const Level level : kLevels) {
      const bool possible = std::any_of(ways.begin(), ways.end(), [&](const auto& way) {
        return Judge(Parsed(TextOf(way)), level).ruling == Ruling::kHolds;
      });
      ++(possible ? holds : violated);
      EXPECT_EQ(Judge(history, level).ruling, possible ? Ruling::kHolds : Ruling::kViolated)
          << "round " << round << " " << ToString(level) << "\n"
          << text;
    }
  }
  EXPECT_GT(holds, 2'500);
  EXPECT_GT(violated, 2'500);
}

TEST(EqualElements, WhatOneAppendedBeforeStandsThereWhoeverElseAppendedIt) {
  // Whether or not T2 appended a 2 too, that of T1 would stand before the 1.
  const Verdict verdict =
      Judge(Parsed("T1 ok | append x 2 | append x 1\nT2 ok | append x 2\nT3 ok | list x [1]"),
            Level::kReadCommitted);
  ASSERT_EQ(verdict.ruling, Ruling::kViolated);
  EXPECT_EQ(verdict.violations[0].name(), "incompatible-order");
}

TEST(EqualElements, TheMildestOfTheViolationsIsTold) {
  // If x is T1's it is a G-single, if it is T2's one in real time, which fewer levels forbid.
  const History history = Parsed(
      "T1 s=1 ok real=1..30 | append e 2 | append k x\nT2 s=2 ok real=10..30 | append k x\n"
      "T3 s=3 ok real=1..2 | append c 1\nT4 s=4 ok real=1..30 | append e 1 | append f 1\n"
      "T5 s=5 ok real=1..31 | list e [1 2]\n"
      "T6 s=6 ok real=1..31 | list k [x] | list f [] | list c []\n");
  EXPECT_EQ(Judge(history, Level::kSnapshotIsolation).ruling, Ruling::kHolds);
  const Verdict verdict = Judge(history, Level::kStrongSnapshotIsolation);
  ASSERT_EQ(verdict.ruling, Ruling::kViolated);
  EXPECT_EQ(verdict.violations[0].name(), "G-single-realtime");
}

TEST(EqualElements, AWayOfWhichItIsUnknownDoesNotEndTheSearch) {
  // Whether T1 or T4 wrote what T2 read is not tried at this level. If the 1 is T2's, T1 is likely
  // and a cycle; if it is T3's, T1 does.
  const std::string before =
      "T1 ok | list x [1] | write r 5\nT2 ok | append x 1 | read r 5\nT3 ok | append x 1";
  const std::string behind = "\nT4 ok | write r 5\n";
  const Verdict unknown = Judge(Parsed(before + " | read r 5" + behind), kWeak);
  EXPECT_EQ(unknown.ruling, Ruling::kUnknown);
  EXPECT_NE(unknown.reason.find("and of one way it is unknown: of 2 reads"), std::string::npos)
      << unknown.reason;
  EXPECT_EQ(Judge(Parsed(before + behind), kWeak).ruling, Ruling::kHolds);
}

// One append each of the same by many, all of which were read.
std::string ManyEqual(int appends) {
  std::string text;
  std::string list;
  for (int i = 0; i < appends; ++i) {
    text += "T" + std::to_string(i) + " ok | append k x\n";
    list += i == 0 ? "x" : " x";
  }
  return text + "T100000 ok | list k [" + list + "]\n";
}

TEST(EqualElements, TheFirstWayIsFoundInAsManyStepsAsThereAreElements) {
  constexpr int kAppends = 5'000;
  const History history = Parsed(ManyEqual(kAppends));
  judge::EqualElements ways(history, judge::Observe(history, 1));
  ASSERT_TRUE(ways.decidable());
  ASSERT_EQ(ways.Advance([] { return false; }), judge::EqualElements::Step::kWay);
  EXPECT_EQ(ways.steps(), uint64_t{kAppends});
  EXPECT_EQ(Judge(ways.Way(), Level::kStrictSerializable).ruling, Ruling::kHolds);
  judge::EqualElements stopped(history, judge::Observe(history, 1));
  int asked = 0;
  EXPECT_EQ(stopped.Advance([&] { return ++asked == 3; }), judge::EqualElements::Step::kStopped);
  EXPECT_LT(stopped.steps(), uint64_t{kAppends});
}

TEST(EqualElements, ThatTheTimeLimitEndedTheSearchIsTold) {
  // All had returned, so all would have to be there: none of the 504 ways is possible.
  std::string text = "T9 ok real=3..4 | list x [1 1 1]\n";
  for (int i = 0; i < 9; ++i) text += "T" + std::to_string(i) + " ok real=1..2 | append x 1\n";
  const History history = Parsed(text);
  int told = 0;
  for (int limit = 1; limit < 1'000; limit += 20) {
    int asked = 0;
    const Verdict verdict = Judge(history, Level::kStrictSerializable,
                                  {.time_limit = absl::Seconds(limit), .clock = [&asked] {
                                     return absl::UnixEpoch() + absl::Seconds(asked++);
                                   }});
    if (verdict.ruling != Ruling::kUnknown) continue;
    ++told;
    EXPECT_NE(verdict.reason.find("the time limit ended"), std::string::npos) << verdict.reason;
  }
  EXPECT_GT(told, 5);
}

}  // namespace
}  // namespace nacre::check
