#ifndef NACRE_TESTS_UNIT_INDEX_FIXTURE_H_
#define NACRE_TESTS_UNIT_INDEX_FIXTURE_H_

#include <cstdint>
#include <deque>
#include <map>
#include <new>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/types/span.h"
#include "engine/base/epoch.h"
#include "engine/base/retire.h"
#include "engine/index/radix_tree.h"
#include "gtest/gtest.h"
#include "tests/unit/test_seed.h"

namespace nacre::index {

// Views its key, so that many keys can share one buffer.
struct TestEntry {
  std::string_view bytes;
  std::string_view key() const { return bytes; }
};

using TestTree = RadixTree<TestEntry>;

// Entries at addresses that a near link reaches, and one in so many at an address that it does not:
// between two of its units.
class TestEntries {
 public:
  explicit TestEntries(size_t whole_one_in) : whole_one_in_(whole_one_in) {}

  TestEntry* New(std::string_view key) {
    return New(key, whole_one_in_ != 0 && places_.size() % whole_one_in_ == 0);
  }
  TestEntry* New(std::string_view key, bool whole) {
    return new (places_.emplace_back().bytes + (whole ? 8 : 0)) TestEntry{key};
  }

 private:
  struct alignas(16) Place {
    char bytes[sizeof(TestEntry) + 8];
  };

  const size_t whole_one_in_;
  std::deque<Place> places_;
};

// A tree beside the ordered map that it should equal.
class IndexTest : public ::testing::Test {
 protected:
  using Model = std::map<std::string_view, TestEntry*>;

  explicit IndexTest(size_t whole_one_in = 50) : entries_(whole_one_in) {}
  ~IndexTest() override { CheckStructure(); }

  void CheckStructure() {
    const absl::Status status = tree_.VerifyStructure();
    ASSERT_TRUE(status.ok()) << status;
    ASSERT_EQ(tree_.stats().entries, model_.size());
  }

  // `key` must outlive the test; Insert() copies it.
  void InsertView(std::string_view key) {
    int made = 0;
    const auto [entry, inserted] = tree_.FindOrInsert(key, [&] {
      ++made;
      return entries_.New(key);
    });
    ASSERT_EQ(made, inserted ? 1 : 0);
    ASSERT_EQ(entry->key(), key);
    const auto [position, added] = model_.try_emplace(entry->key(), entry);
    ASSERT_EQ(added, inserted);
    ASSERT_EQ(position->second, entry);
  }
  void Insert(std::string_view key) { InsertView(keys_.emplace_back(key)); }

  void Remove(std::string_view key) {
    const auto position = model_.find(key);
    ASSERT_NE(position, model_.end());
    const TestEntry* entry = position->second;
    const TestEntry impostor{entry->key()};
    ASSERT_FALSE(tree_.Remove(key, &impostor));
    ASSERT_TRUE(tree_.Remove(key, entry));
    ASSERT_FALSE(tree_.Remove(key, entry));
    model_.erase(position);
  }

  void CheckFind(std::string_view key) {
    const auto position = model_.find(key);
    TestEntry* const expected = position == model_.end() ? nullptr : position->second;
    ASSERT_EQ(tree_.Find(key), expected);
    TestEntry* found = nullptr;
    ASSERT_TRUE(tree_.TryFind(key, &found));
    ASSERT_EQ(found, expected);
  }
  void CheckFindAll() {
    // Each key, and after each one that is not there or is another's.
    std::deque<std::string> longer;
    std::vector<std::string_view> keys;
    for (const auto& [key, entry] : model_) {
      CheckFind(key);
      keys.push_back(key);
      keys.push_back(longer.emplace_back(std::string(key) + '\0'));
      CheckFind(keys.back());
      CheckFind(key.substr(0, key.size() / 2));
    }
    std::vector<TestEntry*> found(keys.size());
    tree_.FindEach(keys, absl::MakeSpan(found));
    for (size_t i = 0; i < keys.size(); ++i) ASSERT_EQ(found[i], tree_.Find(keys[i]));
  }

  void CheckForward(std::string_view from, bool inclusive, size_t limit,
                    std::optional<std::string_view> end = std::nullopt) {
    std::vector<TestEntry*> expected;
    auto position = inclusive ? model_.lower_bound(from) : model_.upper_bound(from);
    for (; position != model_.end() && expected.size() < limit; ++position) {
      if (end.has_value() && position->first >= *end) break;
      expected.push_back(position->second);
    }
    std::vector<TestEntry*> out(limit);
    out.resize(tree_.CollectForward(from, inclusive, absl::MakeSpan(out), end));
    ASSERT_EQ(out, expected);
  }
  void CheckBackward(std::string_view from, bool inclusive, size_t limit,
                     std::optional<std::string_view> begin = std::nullopt) {
    auto position = inclusive ? model_.upper_bound(from) : model_.lower_bound(from);
    std::vector<TestEntry*> out(limit);
    out.resize(tree_.CollectBackward(from, inclusive, absl::MakeSpan(out), begin));
    ASSERT_EQ(out, Descending(position, limit, begin));
  }
  void CheckLast(size_t limit, std::optional<std::string_view> begin = std::nullopt) {
    std::vector<TestEntry*> out(limit);
    out.resize(tree_.CollectLast(absl::MakeSpan(out), begin));
    ASSERT_EQ(out, Descending(model_.end(), limit, begin));
  }
  // Everything, in both directions, in one batch and in batches that continue behind the last key.
  void CheckScans() {
    const size_t all = model_.size() + 1;
    CheckForward("", true, all);
    CheckLast(all);
    for (const size_t batch : {size_t{1}, size_t{3}, size_t{64}}) {
      std::vector<TestEntry*> forward;
      std::vector<TestEntry*> out(batch);
      size_t got = tree_.CollectForward("", true, absl::MakeSpan(out));
      while (got > 0) {
        forward.insert(forward.end(), out.begin(), out.begin() + static_cast<ptrdiff_t>(got));
        got = tree_.CollectForward(forward.back()->key(), false, absl::MakeSpan(out));
      }
      std::vector<TestEntry*> expected;
      for (const auto& [key, entry] : model_) expected.push_back(entry);
      ASSERT_EQ(forward, expected);
    }
  }

  std::vector<TestEntry*> Descending(Model::iterator position, size_t limit,
                                     std::optional<std::string_view> begin) {
    std::vector<TestEntry*> expected;
    while (position != model_.begin() && expected.size() < limit) {
      --position;
      if (begin.has_value() && position->first < *begin) break;
      expected.push_back(position->second);
    }
    return expected;
  }

  std::deque<std::string> keys_;
  TestEntries entries_;
  Model model_;
  base::RetireList retired_;
  TestTree tree_{retired_};
  base::EpochPin pin_;
};

}  // namespace nacre::index

#endif  // NACRE_TESTS_UNIT_INDEX_FIXTURE_H_
