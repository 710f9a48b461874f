#include "client/net/output_buffer.h"

#include <algorithm>
#include <random>
#include <string>
#include <vector>

#include "gtest/gtest.h"

namespace nacre::client {
namespace {

std::string Drain(OutputBuffer& output, size_t bytes_max = SIZE_MAX) {
  std::string all;
  while (!output.empty()) {
    const std::string_view next = output.Next(bytes_max);
    EXPECT_FALSE(next.empty());
    EXPECT_LE(next.size(), bytes_max);
    if (next.empty()) break;
    all += next;
    output.Take(next.size());
  }
  return all;
}

TEST(OutputBuffer, SmallRequestsAreOnePiece) {
  OutputBuffer output;
  for (int i = 0; i < 100; ++i) output.Append("request");
  EXPECT_EQ(output.Next(SIZE_MAX).size(), 700u);
}

TEST(OutputBuffer, ALargeRequestIsNotMovedByThoseAfterIt) {
  OutputBuffer output;
  output.Append("small");
  output.Take(5);
  output.Append(std::string(10'000'000, 'v'));
  const char* const bytes = output.Next(SIZE_MAX).data();
  for (int i = 0; i < 1000; ++i) output.Append(std::string(1000, 'w'));
  EXPECT_EQ(output.Next(SIZE_MAX).data(), bytes);
}

TEST(OutputBuffer, WhatIsCutIsNotSent) {
  OutputBuffer output;
  output.Append("aaa");
  output.Append("bbb");
  output.Append("ccc");
  output.Take(1);
  output.Cut(3, 6);
  EXPECT_EQ(Drain(output), "aaccc");
}

TEST(OutputBuffer, WhatIsCutAtTheEndIsGivenBack) {
  OutputBuffer output;
  output.Append("aaa");
  output.Append("bbb");
  output.Append("ccc");
  output.Cut(3, 6);
  EXPECT_EQ(output.size(), 9u);
  output.Cut(6, 9);
  EXPECT_EQ(output.size(), 3u);
  output.Append("ddd");
  EXPECT_EQ(Drain(output), "aaaddd");
}

TEST(OutputBuffer, CuttingAllThatWaitsLeavesItEmpty) {
  OutputBuffer output;
  output.Append("aaa");
  output.Append("bbb");
  output.Take(3);
  output.Cut(3, 6);
  EXPECT_TRUE(output.empty());
  EXPECT_EQ(output.Next(SIZE_MAX), "");
  output.Append("ccc");
  EXPECT_EQ(Drain(output), "ccc");
}

// A connection that was once busy must not hold that memory for the rest of its life.
TEST(OutputBuffer, AnEmptyOneKeepsLittleMemory) {
  OutputBuffer output;
  output.Append(std::string(100'000, 'v'));
  Drain(output);
  EXPECT_GE(output.memory_bytes(), 100'000u) << "what requests gather in is kept";
  output.Append(std::string(10'000'000, 'v'));
  Drain(output);
  EXPECT_LE(output.memory_bytes(), size_t{1} << 20);
}

TEST(OutputBufferDeathTest, WhatHasBeenTakenCannotBeCut) {
  OutputBuffer output;
  output.Append("aaa");
  output.Take(1);
  EXPECT_DEATH(output.Cut(0, 3), "not been handed over");
}

// Requests of all sizes, taken in pieces of all sizes, some cut before their first byte has gone:
// what comes out is the others, whole and in order.
TEST(OutputBuffer, WhatComesOutIsWhatWasNotCutWhateverTheOrder) {
  for (uint32_t seed = 0; seed < 300; ++seed) {
    std::mt19937 random(seed);
    OutputBuffer output;
    struct Waiting {
      uint64_t begin, end;
      std::string bytes;
    };
    std::vector<Waiting> waiting;
    std::string expected, sent;
    const auto settle = [&] {  // Those that have begun to leave can be cut no more.
      while (!waiting.empty() && waiting.front().begin < output.taken()) {
        expected += waiting.front().bytes;
        waiting.erase(waiting.begin());
      }
    };
    for (int step = 0; step < 200; ++step) {
      switch (random() % 4) {
        case 0:
        case 1: {
          const size_t size = random() % 50 == 0 ? 100'000 + random() % 100'000 : 1 + random() % 40;
          std::string bytes(size, static_cast<char>('a' + step % 26));
          const uint64_t begin = output.end();
          output.Append(bytes);
          waiting.push_back({begin, output.end(), std::move(bytes)});
          break;
        }
        case 2: {
          const std::string_view next = output.Next(1 + random() % 30'000);
          const size_t taken = next.empty() ? 0 : 1 + random() % next.size();
          sent += next.substr(0, taken);
          output.Take(taken);
          settle();
          break;
        }
        case 3: {
          if (waiting.empty()) break;
          const size_t index = random() % waiting.size();
          output.Cut(waiting[index].begin, waiting[index].end);
          waiting.erase(waiting.begin() + static_cast<std::ptrdiff_t>(index));
          settle();
          break;
        }
      }
    }
    for (const Waiting& request : waiting) expected += request.bytes;
    sent += Drain(output);
    ASSERT_TRUE(sent == expected) << "seed " << seed;
  }
}

}  // namespace
}  // namespace nacre::client
