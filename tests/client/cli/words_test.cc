#include "client/cli/words.h"

#include <random>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace nacre::cli {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Optional;

TEST(Words, AreSeparatedByAnyWhiteSpace) {
  EXPECT_THAT(SplitWords("  SET\tkey   value \r\n"), Optional(ElementsAre("SET", "key", "value")));
  EXPECT_THAT(SplitWords(""), Optional(IsEmpty()));
  EXPECT_THAT(SplitWords(" \t "), Optional(IsEmpty()));
}

TEST(Words, DoubleQuotesHoldBlanksAndEscapes) {
  EXPECT_THAT(SplitWords(R"(SET "a key" "line\n\r\t\b\a\"\\\q")"),
              Optional(ElementsAre("SET", "a key", "line\n\r\t\b\a\"\\q")));
  EXPECT_THAT(SplitWords(R"("\x00\xfF\x4a")"),
              Optional(ElementsAre(std::string("\x00\xff\x4a", 3))));
  EXPECT_THAT(SplitWords(R"("\xg1\x4")"), Optional(ElementsAre("xg1x4")))
      << "no two hexadecimal digits: the x stands for itself";
  EXPECT_THAT(SplitWords(R"("")"), Optional(ElementsAre("")));
}

TEST(Words, SingleQuotesEscapeOnlyThemselves) {
  EXPECT_THAT(SplitWords(R"('it\'s \n "so"' '')"), Optional(ElementsAre("it's \\n \"so\"", "")));
}

TEST(Words, AQuoteMayBeginInsideOfAWord) {
  EXPECT_THAT(SplitWords(R"(key:"a b")"), Optional(ElementsAre("key:a b")));
}

TEST(Words, AQuoteThatDoesNotEndOrIsFollowedByMoreIsNoLine) {
  for (const char* line : {"\"", "'", "SET \"a", "SET 'a", "\"a\"b", "'a'b", "\"a\\\"", "\"a\\"}) {
    EXPECT_EQ(SplitWords(line), std::nullopt) << line;
  }
}

TEST(Words, WhatQuoteWritesReadsBackAsTheSameBytes) {
  const unsigned seed = std::random_device()();
  SCOPED_TRACE(seed);
  std::mt19937 random(seed);
  for (int round = 0; round < 2000; ++round) {
    std::string bytes(random() % 20, '\0');
    for (char& byte : bytes) byte = static_cast<char>(random());
    const std::string quoted = Quote(bytes);
    for (const char c : quoted) ASSERT_TRUE(c >= ' ' && c < 127) << quoted;
    ASSERT_THAT(SplitWords(quoted), Optional(ElementsAre(bytes))) << quoted;
  }
}

}  // namespace
}  // namespace nacre::cli
