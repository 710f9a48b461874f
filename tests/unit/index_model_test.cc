#include <optional>
#include <random>
#include <string>
#include <string_view>

#include "gtest/gtest.h"
#include "tests/unit/index_fixture.h"

namespace nacre::index {
namespace {

// What keys look like: few symbols make deep trees and many shared prefixes, many make wide nodes.
struct KeyStyle {
  const char* name;
  std::string_view alphabet;  // Empty: all bytes.
  size_t bytes_max;
  int operations;
};

constexpr KeyStyle kStyles[] = {
    {"TwoSymbols", "ab", 10, 6000},
    {"EdgeBytes", std::string_view("\x00\x01\x7f\x80\xff", 5), 5, 6000},
    {"AllBytes", "", 2, 6000},
    {"Digits", "0123456789", 4, 6000},
    {"LongRuns", "aaaaaaaaaaaaaaab", 60, 3000},
};

class IndexModel : public IndexTest, public ::testing::WithParamInterface<KeyStyle> {
 protected:
  std::string RandomKey() {
    std::string key(random_() % (GetParam().bytes_max + 1), '\0');
    for (char& c : key) {
      const std::string_view alphabet = GetParam().alphabet;
      c = alphabet.empty() ? static_cast<char>(random_()) : alphabet[random_() % alphabet.size()];
    }
    return key;
  }

  void RandomScan() {
    const std::string from = RandomKey();
    const std::string other = RandomKey();
    const std::optional<std::string_view> bound =
        random_() % 2 == 0 ? std::optional<std::string_view>(other) : std::nullopt;
    const size_t limit = random_() % 4 == 0 ? model_.size() + 1 : random_() % 20;
    const bool inclusive = random_() % 2 == 0;
    switch (random_() % 3) {
      case 0: CheckForward(from, inclusive, limit, bound); break;
      case 1: CheckBackward(from, inclusive, limit, bound); break;
      default: CheckLast(limit, bound); break;
    }
  }

  std::mt19937_64 random_{TestSeed()};
};

INSTANTIATE_TEST_SUITE_P(Index, IndexModel, ::testing::ValuesIn(kStyles),
                         [](const auto& style) { return style.param.name; });

TEST_P(IndexModel, EqualsAnOrderedMapThroughGrowthAndDecline) {
  for (int phase = 0; phase < 4; ++phase) {
    const unsigned inserts_in_ten = phase % 2 == 0 ? 7 : 2;
    for (int i = 0; i < GetParam().operations; ++i) {
      const std::string key = RandomKey();
      if (random_() % 10 < inserts_in_ten) {
        Insert(key);
      } else if (const auto position = model_.lower_bound(key); position != model_.end()) {
        Remove(std::string(position->first));
      }
      CheckFind(RandomKey());
      if (i % 4 == 0) RandomScan();
      if (i % 500 == 0) CheckStructure();
      if (HasFatalFailure()) return;
    }
    CheckFindAll();
    CheckScans();
    CheckStructure();
  }
  while (!model_.empty()) {
    auto position = model_.lower_bound(RandomKey());
    if (position == model_.end()) position = model_.begin();
    Remove(std::string(position->first));
    if (HasFatalFailure()) return;
  }
  EXPECT_EQ(tree_.stats().nodes, 0U);
}

}  // namespace
}  // namespace nacre::index
