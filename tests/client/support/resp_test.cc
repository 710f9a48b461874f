#include "tests/client/support/resp.h"

#include "gtest/gtest.h"

namespace nacre::client::support {
namespace {

TEST(SupportResp, ARequestComesBackAsItWasWritten) {
  const Words words = {"SET", "", std::string("a\0\r\n$3\r\n", 9), "x"};
  const std::string bytes = RequestBytes(words);
  const auto request = ParseRequest(bytes + "*1\r\n");
  ASSERT_TRUE(request.ok() && request->has_value());
  EXPECT_EQ((*request)->words, words);
  EXPECT_EQ((*request)->bytes, bytes.size());
}

TEST(SupportResp, AnyBeginningOfARequestIsNotWhole) {
  const std::string bytes = RequestBytes({"GET", "key", ""});
  for (size_t size = 0; size < bytes.size(); ++size) {
    const auto request = ParseRequest(std::string_view(bytes).substr(0, size));
    ASSERT_TRUE(request.ok()) << size << ": " << request.status();
    EXPECT_FALSE(request->has_value()) << size;
  }
}

TEST(SupportResp, WhatIsNoRequestIsRefused) {
  for (const char* bytes :
       {"GET key\r\n", "*0\r\n", "*-1\r\n", "*x\r\n", "*1\r\n:1\r\n", "*1\r\n$-1\r\n",
        "*1\r\n$1\r\nab\r\n", "*1\r\n$1x\r\na\r\n", "+OK\r\n"}) {
    EXPECT_FALSE(ParseRequest(bytes).ok()) << bytes;
  }
}

TEST(SupportResp, ARepliesSizeIsThatOfTheWholeOfIt) {
  for (const std::string& reply :
       {SimpleString("OK"), ErrorReplyText("ERR x"), Integer(-5), Bulk("a\r\nb"), NullBulk(),
        Array({}), Array({Integer(1), Array({Bulk("x"), NullBulk()}), SimpleString("y")})}) {
    const auto size = ReplySize(reply + "+next\r\n");
    ASSERT_TRUE(size.ok() && size->has_value()) << reply;
    EXPECT_EQ(**size, reply.size()) << reply;
    for (size_t part = 0; part < reply.size(); ++part) {
      const auto partial = ReplySize(std::string_view(reply).substr(0, part));
      ASSERT_TRUE(partial.ok()) << reply << part;
      EXPECT_FALSE(partial->has_value()) << reply << part;
    }
  }
  EXPECT_FALSE(ReplySize("what\r\n").ok());
}

}  // namespace
}  // namespace nacre::client::support
