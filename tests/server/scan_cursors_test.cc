// The table of scan positions, at its edges.

#include "server/scan_cursors.h"

#include <gtest/gtest.h>

#include <set>
#include <string>
#include <thread>
#include <vector>

namespace nacre::server {
namespace {

constexpr size_t kNoBound = size_t{1} << 40;

TEST(ScanCursors, ANumberStandsForItsPosition) {
  ScanCursors cursors(10, kNoBound);
  const uint64_t a = *cursors.Advance(0, "a");
  const uint64_t b = *cursors.Advance(a, "b");
  EXPECT_NE(a, b);
  EXPECT_EQ(cursors.Find(a), "a");
  EXPECT_EQ(cursors.Find(b), "b");
  EXPECT_EQ(cursors.Find(a), "a") << "a cursor can be used again";
  EXPECT_EQ(cursors.size(), 2u);
}

TEST(ScanCursors, NumbersThatWereNotGivenOutAreUnknown) {
  ScanCursors cursors(10, kNoBound);
  const uint64_t a = *cursors.Advance(0, "a");
  for (const uint64_t guess : {uint64_t{0}, uint64_t{1}, a + 1, a - 1, ~uint64_t{0}}) {
    EXPECT_EQ(cursors.Find(guess), std::nullopt) << guess;
  }
  // An unknown one to go on from is as good as none.
  EXPECT_EQ(cursors.Find(*cursors.Advance(a + 1, "b")), "b");
}

TEST(ScanCursors, NumbersFitADoubleAndDoNotRepeat) {
  ScanCursors cursors(1, kNoBound);
  std::set<uint64_t> seen;
  for (int i = 0; i < 100'000; ++i) {
    const uint64_t number = *cursors.Advance(0, "k");
    ASSERT_GT(number, 0u);
    ASSERT_EQ(static_cast<uint64_t>(static_cast<double>(number)), number);
    ASSERT_TRUE(seen.insert(number).second);
  }
  // Another table starts elsewhere: what an earlier server gave out means nothing to it.
  ScanCursors other(200'000, kNoBound);
  for (int i = 0; i < 1000; ++i) EXPECT_FALSE(seen.contains(*other.Advance(0, "k")));
}

TEST(ScanCursors, TheOldestIdleGoesFirst) {
  ScanCursors cursors(3, kNoBound);
  const uint64_t a = *cursors.Advance(0, "a");
  const uint64_t b = *cursors.Advance(0, "b");
  const uint64_t c = *cursors.Advance(0, "c");
  EXPECT_EQ(cursors.Find(a), "a");  // Now b is the oldest.
  const uint64_t d = *cursors.Advance(0, "d");
  EXPECT_EQ(cursors.size(), 3u);
  EXPECT_EQ(cursors.Find(b), std::nullopt);
  EXPECT_EQ(cursors.Find(a), "a");
  EXPECT_EQ(cursors.Find(c), "c");
  EXPECT_EQ(cursors.Find(d), "d");
}

TEST(ScanCursors, ALongScanTakesThePlaceOfItsOwnPast) {
  ScanCursors cursors(5, kNoBound);
  const uint64_t idle = *cursors.Advance(0, "idle");
  uint64_t at = *cursors.Advance(0, "0");
  for (int i = 1; i < 1000; ++i) {
    ASSERT_EQ(cursors.Find(at), std::to_string(i - 1));
    at = *cursors.Advance(at, std::to_string(i));
    ASSERT_LE(cursors.size(), 5u);
  }
  EXPECT_EQ(cursors.Find(idle), "idle");
  EXPECT_EQ(cursors.Find(at), "999");
}

TEST(ScanCursors, ARepeatedStepGetsTheSameAnswer) {
  ScanCursors cursors(10, kNoBound);
  const uint64_t a = *cursors.Advance(0, "a");
  const uint64_t b = *cursors.Advance(a, "b");
  EXPECT_EQ(*cursors.Advance(a, "b"), b);
  EXPECT_EQ(cursors.size(), 2u);
  // Other keys stand there by now.
  const uint64_t c = *cursors.Advance(a, "c");
  EXPECT_NE(c, b);
  EXPECT_EQ(cursors.Find(b), "b");
  EXPECT_EQ(cursors.Find(c), "c");
}

TEST(ScanCursors, ACursorThatIsUsedAgainIsCurrentAgain) {
  ScanCursors cursors(3, kNoBound);
  const uint64_t a = *cursors.Advance(0, "a");
  const uint64_t b = *cursors.Advance(a, "b");
  EXPECT_EQ(cursors.Find(b), "b");  // a is passed.
  EXPECT_EQ(cursors.Find(a), "a");  // The client begins again from there.
  *cursors.Advance(0, "c");
  *cursors.Advance(0, "d");  // b is idle for longest, and a was not given up before it.
  EXPECT_EQ(cursors.Find(b), std::nullopt);
  EXPECT_EQ(cursors.Find(a), "a");
}

TEST(ScanCursors, FinishedScansGoBeforeOthers) {
  ScanCursors cursors(2, kNoBound);
  const uint64_t running = *cursors.Advance(0, "running");
  const uint64_t finished = *cursors.Advance(0, "finished");
  cursors.Finish(finished);
  cursors.Finish(finished);
  cursors.Finish(12345);
  EXPECT_EQ(cursors.Find(running), "running");
  *cursors.Advance(0, "third");
  EXPECT_EQ(cursors.Find(finished), std::nullopt);
  EXPECT_EQ(cursors.Find(running), "running");
}

TEST(ScanCursors, BytesAreBoundedToo) {
  constexpr size_t kBytesMax = 100'000;
  ScanCursors cursors(1000, kBytesMax);
  std::vector<uint64_t> given;
  for (int i = 0; i < 100; ++i) {
    given.push_back(*cursors.Advance(0, std::string(10'000, static_cast<char>('a' + i % 26))));
    ASSERT_LE(cursors.bytes(), kBytesMax);
  }
  EXPECT_GE(cursors.size(), 8u);
  EXPECT_LE(cursors.size(), 10u);
  EXPECT_EQ(cursors.Find(given.front()), std::nullopt);
  EXPECT_EQ(cursors.Find(given.back())->size(), 10'000u);
  const absl::Status refused = cursors.Advance(0, std::string(kBytesMax, 'x')).status();
  EXPECT_EQ(refused.code(), absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(cursors.Find(given.back())->size(), 10'000u) << "nothing was given up for it";
}

TEST(ScanCursors, ThreadsShareTheTable) {
  constexpr int kThreads = 4;
  ScanCursors cursors(64, kNoBound);
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&cursors, t] {
      uint64_t at = 0;
      std::string position;
      for (int i = 0; i < 5000; ++i) {
        if (at != 0) {
          // So few scans keep their current cursors in 64 places.
          ASSERT_EQ(cursors.Find(at), position);
        }
        position = std::to_string(t) + ":" + std::to_string(i);
        at = *cursors.Advance(at, position);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_LE(cursors.size(), 64u);
}

}  // namespace
}  // namespace nacre::server
