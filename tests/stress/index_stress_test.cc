#include <algorithm>
#include <atomic>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <iostream>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "absl/types/span.h"
#include "engine/base/epoch.h"
#include "engine/base/retire.h"
#include "engine/index/radix_tree.h"
#include "gtest/gtest.h"

namespace nacre::index {
namespace {

// Owns its key and spoils it when freed, so that a reader of freed memory sees a wrong key even
// without a sanitizer.
class Owned {
 public:
  // Some where no near link points: between two of its units.
  static Owned* New(std::string_view key) {
    static std::atomic<unsigned> made = 0;
    char* const place = static_cast<char*>(::operator new(sizeof(Owned) + kUnit / 2));
    return new (place + (made++ % 20 == 0 ? kUnit / 2 : 0)) Owned(key);
  }
  ~Owned() { std::fill(bytes_.begin(), bytes_.end(), '!'); }
  std::string_view key() const { return bytes_; }
  static void Free(void* entry) {
    static_cast<Owned*>(entry)->~Owned();
    const auto place = reinterpret_cast<uintptr_t>(entry) & ~(kUnit - 1);
    ::operator delete(reinterpret_cast<void*>(place));
  }

 private:
  static constexpr uintptr_t kUnit = 16;

  explicit Owned(std::string_view key) : bytes_(key) {}

  std::string bytes_;
};
using Tree = RadixTree<Owned>;

uint64_t Seed() {
  const char* given = std::getenv("NACRE_SEED");
  const uint64_t seed =
      given != nullptr ? std::strtoull(given, nullptr, 10) : std::random_device()();
  std::cout << "NACRE_SEED=" << seed << std::endl;
  return seed;
}

std::set<std::string> MakeKeys(std::mt19937_64& random, size_t count,
                               const std::function<std::string(std::mt19937_64&)>& make) {
  std::set<std::string> keys;
  while (keys.size() < count) keys.insert(make(random));
  return keys;
}

// Three kinds of keys in one tree: those of nobody, always there; those of one writer each, who
// knows what it should find; and those that all writers fight for.
class IndexStress : public ::testing::Test {
 protected:
  static constexpr size_t kWriters = 2;
  static constexpr int kRounds = 150000;

  void Run(const std::set<std::string>& keys) {
    size_t i = 0;
    for (const std::string& key : keys) {
      const size_t kind = i++ % (kWriters + 3);
      if (kind < kWriters) {
        owned_[kind].push_back(key);
      } else if (kind == kWriters) {
        permanent_.push_back(key);
      } else {
        contended_.push_back(key);
      }
    }
    all_.assign(keys.begin(), keys.end());
    {
      const base::EpochPin pin;
      for (const std::string& key : permanent_) InsertOwn(key);
    }
    const uint64_t seed = Seed();
    std::vector<std::thread> threads;
    std::atomic<size_t> writing{kWriters};
    for (size_t writer = 0; writer < kWriters; ++writer) {
      threads.emplace_back([this, writer, seed, &writing] {
        Write(writer, seed + writer);
        writing.fetch_sub(1);
      });
    }
    threads.emplace_back([this, seed, &writing] {
      for (uint64_t run = 0; writing.load() > 0; ++run) FindSome(seed + 100 + run);
    });
    threads.emplace_back([this, seed, &writing] {
      for (uint64_t run = 0; writing.load() > 0; ++run) ScanAll(seed + 200 + run);
    });
    threads.emplace_back([this, &writing] {
      while (writing.load() > 0) {
        retired_.Reclaim(1000);
        std::this_thread::yield();
      }
    });
    for (std::thread& thread : threads) thread.join();
    Finish();
  }

  std::pair<Owned*, bool> Insert(const std::string& key) {
    Owned* made = nullptr;
    const auto result = tree_.FindOrInsert(key, [&] { return made = Owned::New(key); });
    if (made != nullptr && !result.second) Owned::Free(made);
    return result;
  }

  void InsertOwn(const std::string& key) {
    const auto [entry, inserted] = Insert(key);
    ASSERT_TRUE(inserted) << "a key of one writer appeared by itself";
    ASSERT_EQ(entry->key(), key);
    ASSERT_EQ(tree_.Find(key), entry);
  }
  void RemoveOwn(const std::string& key) {
    Owned* entry = tree_.Find(key);
    ASSERT_NE(entry, nullptr) << "a key of one writer vanished";
    ASSERT_TRUE(tree_.Remove(key, entry));
    ASSERT_EQ(tree_.Find(key), nullptr);
    retired_.Add(entry, &Owned::Free);
  }

  void Write(size_t writer, uint64_t seed) {
    std::mt19937_64 random(seed);
    std::vector<bool> present(owned_[writer].size());
    for (int round = 0; round < kRounds && !HasFatalFailure(); ++round) {
      const base::EpochPin pin;
      // Waves of inserting and removing make nodes grow and shrink all the time.
      const bool grow = round / 1000 % 2 == 0 ? random() % 4 != 0 : random() % 4 == 0;
      if (random() % 2 == 0) {
        const size_t i = random() % present.size();
        if (grow != present[i]) {
          if (grow) {
            InsertOwn(owned_[writer][i]);
          } else {
            RemoveOwn(owned_[writer][i]);
          }
          present[i] = grow;
        }
        continue;
      }
      const std::string& key = contended_[random() % contended_.size()];
      if (grow) {
        const auto [entry, inserted] = Insert(key);
        ASSERT_EQ(entry->key(), key);
      } else if (Owned* entry = tree_.Find(key); entry != nullptr) {
        ASSERT_EQ(entry->key(), key);
        if (tree_.Remove(key, entry)) retired_.Add(entry, &Owned::Free);
      }
    }
  }

  // As a read does: without a call where that goes.
  const Owned* FindAsReadersDo(std::string_view key) const {
    Owned* found = nullptr;
    return tree_.TryFind(key, &found) ? found : tree_.Find(key);
  }

  void FindSome(uint64_t seed) {
    std::mt19937_64 random(seed);
    const base::EpochPin pin;
    for (int i = 0; i < 200; ++i) {
      const std::string& key = permanent_[random() % permanent_.size()];
      const Owned* entry = FindAsReadersDo(key);
      ASSERT_NE(entry, nullptr) << "a permanent key was not found";
      ASSERT_EQ(entry->key(), key);
      const std::string& other = all_[random() % all_.size()];
      entry = FindAsReadersDo(other);
      if (entry != nullptr) {
        ASSERT_EQ(entry->key(), other);
      }
    }
  }

  // One scan over a random range, in one direction, in batches of a random size.
  void ScanAll(uint64_t seed) {
    std::mt19937_64 random(seed);
    const bool forward = random() % 2 == 0;
    std::string low;
    std::optional<std::string> high;
    if (random() % 2 == 0) {
      low = all_[random() % all_.size()];
      high = all_[random() % all_.size()];
      if (*high < low) std::swap(low, *high);
    }
    std::vector<Owned*> out(1 + random() % 300);
    std::vector<std::string> seen;
    for (;;) {
      const base::EpochPin pin;
      const size_t got = Collect(forward, low, high, seen, absl::MakeSpan(out));
      for (size_t i = 0; i < got; ++i) {
        const std::string_view key = out[i]->key();
        ASSERT_TRUE(seen.empty() || (forward ? seen.back() < key : key < seen.back()));
        ASSERT_GE(key, low);
        ASSERT_TRUE(!high.has_value() || key < *high);
        seen.emplace_back(key);
      }
      if (got < out.size()) break;
    }
    std::sort(seen.begin(), seen.end());
    for (const std::string& key : permanent_) {
      if (key < low || (high.has_value() && key >= *high)) continue;
      ASSERT_TRUE(std::binary_search(seen.begin(), seen.end(), key))
          << "a scan missed a permanent key";
    }
  }

  size_t Collect(bool forward, const std::string& low, const std::optional<std::string>& high,
                 const std::vector<std::string>& seen, absl::Span<Owned*> out) {
    if (forward) {
      return seen.empty() ? tree_.CollectForward(low, true, out, high)
                          : tree_.CollectForward(seen.back(), false, out, high);
    }
    if (!seen.empty()) return tree_.CollectBackward(seen.back(), false, out, low);
    return high.has_value() ? tree_.CollectBackward(*high, false, out, low)
                            : tree_.CollectLast(out, low);
  }

  void Finish() {
    const absl::Status status = tree_.VerifyStructure();
    ASSERT_TRUE(status.ok()) << status;
    const base::EpochPin pin;
    std::vector<Owned*> left(all_.size());
    left.resize(tree_.CollectForward("", true, absl::MakeSpan(left)));
    EXPECT_GE(left.size(), permanent_.size());
    for (Owned* entry : left) {
      ASSERT_TRUE(tree_.Remove(entry->key(), entry));
      Owned::Free(entry);
    }
    EXPECT_EQ(tree_.stats().nodes, 0U);
  }

  std::vector<std::string> owned_[kWriters];
  std::vector<std::string> contended_;
  std::vector<std::string> permanent_;
  std::vector<std::string> all_;
  base::RetireList retired_;
  Tree tree_{retired_};
};

TEST_F(IndexStress, WideNodesGrowAndShrinkUnderReaders) {
  std::mt19937_64 random(Seed());
  Run(MakeKeys(random, 600, [](std::mt19937_64& r) {
    return std::string({static_cast<char>('a' + r() % 4), static_cast<char>(r())});
  }));
}

TEST_F(IndexStress, EdgesSplitAndJoinUnderReaders) {
  std::mt19937_64 random(Seed());
  Run(MakeKeys(random, 300, [](std::mt19937_64& r) {
    std::string key(r() % 14, 'a');
    for (char& c : key) c = static_cast<char>('a' + (r() % 5 == 0 ? 1 : 0));
    return key;
  }));
}

TEST_F(IndexStress, ATreeThatIsNearlyEmptyComesAndGoes) { Run({"", "a", "ab", "b", "bcd", "bce"}); }

TEST_F(IndexStress, ManyRandomIntegers) {
  std::mt19937_64 random(Seed());
  Run(MakeKeys(random, 6000, [](std::mt19937_64& r) {
    std::string key(16, 'x');
    for (size_t i = 0; i < 8; ++i) key[i] = static_cast<char>(r());
    return key;
  }));
}

}  // namespace
}  // namespace nacre::index
