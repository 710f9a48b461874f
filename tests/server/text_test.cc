#include "server/base/text.h"

#include <gtest/gtest.h>

#include <string>

#include "server/base/byte_buffer.h"
#include "server/base/numbers.h"

namespace nacre::server {
namespace {

struct GlobCase {
  std::string pattern;
  std::string text;
  bool matches;
};

TEST(Glob, MatchesAsDocumented) {
  const GlobCase cases[] = {
      {"*", "", true},
      {"*", "abc", true},
      {"", "", true},
      {"", "a", false},
      {"a*", "abc", true},
      {"a*c", "abbbc", true},
      {"a*c", "abbbd", false},
      {"a**c", "ac", true},
      {"h?llo", "hello", true},
      {"h?llo", "hllo", false},
      {"h[ae]llo", "hallo", true},
      {"h[ae]llo", "hillo", false},
      {"h[^e]llo", "hallo", true},
      {"h[^e]llo", "hello", false},
      {"h[a-c]llo", "hbllo", true},
      {"h[c-a]llo", "hbllo", true},
      {"h[a-c]llo", "hdllo", false},
      {"\\*", "*", true},
      {"\\*", "a", false},
      {"a\\", "a\\", true},
      {"[\\]]", "]", true},
      {"[a", "a", true},
      {"[a", "b", false},
      {"*a*b*c*", "xxaxxbxxcxx", true},
      {"*a*b*c*", "xxaxxcxxbxx", false},
      {"?", std::string(1, '\0'), true},
      {"[\x80-\xff]", "\xc3", true},
      {"[^a]", "", false},
  };
  for (const GlobCase& c : cases) {
    EXPECT_EQ(MatchesGlob(c.pattern, c.text), c.matches) << c.pattern << " / " << c.text;
  }
  EXPECT_TRUE(MatchesGlob("MAX*", "maxmemory", /*ignore_case=*/true));
  EXPECT_FALSE(MatchesGlob("MAX*", "maxmemory"));
}

TEST(Glob, ManyStarsDoNotTakeForEver) {
  std::string pattern;
  for (int i = 0; i < 30; ++i) pattern += "a*";
  EXPECT_FALSE(MatchesGlob(pattern + "b", std::string(5000, 'a')));
}

TEST(Glob, LiteralPrefixEndsAtTheFirstWildcard) {
  EXPECT_EQ(GlobLiteralPrefix("user:*"), "user:");
  EXPECT_EQ(GlobLiteralPrefix("a\\*b?"), "a*b");
  EXPECT_EQ(GlobLiteralPrefix("[ab]"), "");
  EXPECT_EQ(GlobLiteralPrefix("plain"), "plain");
}

TEST(ParseInteger, TakesOnlyTheCanonicalSpelling) {
  EXPECT_EQ(ParseInteger("0"), 0);
  EXPECT_EQ(ParseInteger("-1"), -1);
  EXPECT_EQ(ParseInteger("9223372036854775807"), INT64_MAX);
  EXPECT_EQ(ParseInteger("-9223372036854775808"), INT64_MIN);
  for (const char* text :
       {"", "-", "+1", " 1", "1 ", "01", "-0", "1.0", "0x1", "a", "9223372036854775808",
        "-9223372036854775809", "111111111111111111111"}) {
    EXPECT_EQ(ParseInteger(text), std::nullopt) << text;
  }
}

TEST(ByteBuffer, KeepsItsContentWhileItMovesAndGrows) {
  ByteBuffer buffer;
  std::string model;
  uint32_t next = 0;
  for (int round = 0; round < 5000; ++round) {
    const std::string piece(static_cast<size_t>((round * 7919) % 97), static_cast<char>(next++));
    buffer.Append(piece);
    model += piece;
    if (round % 3 == 0) {
      const size_t taken = (static_cast<size_t>(round) * 31) % (model.size() + 1);
      buffer.Consume(taken);
      model.erase(0, taken);
    }
    ASSERT_EQ(buffer.view(), model);
  }
}

TEST(ByteBuffer, InsertsAndTruncatesBehindWhatWasConsumed) {
  ByteBuffer buffer;
  buffer.Append("xxabcdef");
  buffer.Consume(2);
  buffer.Insert(3, "123");
  EXPECT_EQ(buffer.view(), "abc123def");
  buffer.Truncate(4);
  EXPECT_EQ(buffer.view(), "abc1");
  buffer.Consume(4);
  buffer.ShrinkTo(0);
  EXPECT_EQ(buffer.capacity(), 0u);
}

}  // namespace
}  // namespace nacre::server
