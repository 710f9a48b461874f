// Random replies and damage to them: what is valid is read as what was meant, and whatever arrives,
// however it is cut, the scanner gives one answer, ends, and reads nothing outside of its input
// (the blocks are exact, so the address sanitizer sees it).

#include <gtest/gtest.h>

#include <cstdlib>
#include <map>
#include <string>
#include <vector>

#include "tests/client/random_replies.h"
#include "tests/client/scan_all.h"

namespace nacre::client {
namespace {

using Verdict = ReplyScanner::Verdict;

// NACRE_FUZZ_SEED and NACRE_FUZZ_RUNS repeat a failure and lengthen a search.
uint64_t FromEnvironment(const char* name, uint64_t otherwise) {
  const char* text = std::getenv(name);
  return text == nullptr ? otherwise : std::strtoull(text, nullptr, 10);
}

template <typename Check>
void ForEachSeed(uint64_t runs, const Check& check) {
  const uint64_t first = FromEnvironment("NACRE_FUZZ_SEED", 1);
  const uint64_t last = first + FromEnvironment("NACRE_FUZZ_RUNS", runs);
  for (uint64_t seed = first; seed < last; ++seed) {
    SCOPED_TRACE("NACRE_FUZZ_SEED=" + std::to_string(seed));
    check(seed);
    if (::testing::Test::HasFailure()) return;
  }
}

TEST(ReplyFuzz, ARandomReplyIsReadAsWhatItIsMadeOfAtEverySplit) {
  ForEachSeed(2000, [](uint64_t seed) {
    RandomReplies random(seed);
    const RandomReply reply = random.Next();
    Scanned expected;
    expected.frames = {reply.dump};
    expected.consumed = reply.bytes.size();
    ASSERT_EQ(ScanWhole(reply.bytes), expected) << reply.bytes;
    std::vector<size_t> bytes;
    for (size_t cut = 0; cut < reply.bytes.size() && cut < 300; ++cut) {
      bytes.push_back(cut);
      ASSERT_EQ(ScanInPieces(reply.bytes, {cut}), expected) << reply.bytes << " cut at " << cut;
    }
    ASSERT_EQ(ScanInPieces(reply.bytes, bytes), expected) << reply.bytes;
  });
}

TEST(ReplyFuzz, RandomRepliesInARowAreReadAsWhatTheyAreMadeOf) {
  ForEachSeed(1000, [](uint64_t seed) {
    RandomReplies random(seed);
    std::string stream;
    Scanned expected;
    for (size_t i = random.Below(30); i > 0; --i) {
      const RandomReply reply = random.Next();
      stream += reply.bytes;
      expected.frames.push_back(reply.dump);
    }
    expected.consumed = stream.size();
    ASSERT_EQ(ScanWhole(stream), expected);
    for (int i = 0; i < 5; ++i) {
      const std::vector<size_t> cuts = random.Cuts(stream.size(), random.Below(20));
      const Scanned pieces = ScanInPieces(stream, cuts);
      ASSERT_EQ(pieces, expected);
      ASSERT_LE(pieces.examined, 3 * stream.size() + 32 * cuts.size());
    }
  });
}

TEST(ReplyFuzz, DamagedStreamsHaveOneAnswerAtEverySplit) {
  std::map<Verdict, int> verdicts;
  ForEachSeed(5000, [&verdicts](uint64_t seed) {
    RandomReplies random(seed);
    std::string stream;
    for (size_t i = random.Below(4) + 1; i > 0; --i) stream += random.Next().bytes;
    for (size_t i = random.Below(4) + 1; i > 0; --i) random.Mutate(stream);
    const ReplyScanner::Limits limits = {.bytes_max = 20 + random.Below(200),
                                         .depth_max = random.Below(5)};
    const Scanned whole = ScanWhole(stream, limits);
    ++verdicts[whole.verdict];
    for (int i = 0; i < 4; ++i) {
      const std::vector<size_t> cuts = random.Cuts(stream.size(), random.Below(6));
      ASSERT_EQ(ScanInPieces(stream, cuts, limits), whole) << stream;
    }
    std::vector<size_t> every(stream.size());
    for (size_t i = 0; i < every.size(); ++i) every[i] = i;
    ASSERT_EQ(ScanInPieces(stream, every, limits), whole) << stream;
  });
  EXPECT_GT(verdicts[Verdict::kMalformed], verdicts[Verdict::kMore] / 10);
  EXPECT_GT(verdicts[Verdict::kMore], verdicts[Verdict::kMalformed] / 10);
}

// A verdict on a part of a stream that is final stays what it is, whatever follows.
TEST(ReplyFuzz, WhatFollowsChangesNoVerdict) {
  ForEachSeed(1000, [](uint64_t seed) {
    RandomReplies random(seed);
    std::string stream = random.Next().bytes + random.Next().bytes;
    random.Mutate(stream);
    const Scanned whole = ScanWhole(stream);
    for (size_t bytes = 0; bytes <= stream.size(); ++bytes) {
      const Scanned part = ScanWhole(std::string_view(stream).substr(0, bytes));
      ASSERT_LE(part.frames.size(), whole.frames.size());
      for (size_t i = 0; i < part.frames.size(); ++i) ASSERT_EQ(part.frames[i], whole.frames[i]);
      if (part.verdict == Verdict::kMalformed) {
        ASSERT_EQ(part, whole) << stream;
      }
    }
  });
}

}  // namespace
}  // namespace nacre::client
