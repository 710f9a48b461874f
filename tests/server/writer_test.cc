#include "server/resp/writer.h"

#include <gtest/gtest.h>

#include <functional>
#include <string>

namespace nacre::server {
namespace {

std::string Written(int protocol, const std::function<void(ReplyWriter&)>& write) {
  ByteBuffer buffer;
  ReplyWriter out(buffer);
  out.set_protocol(protocol);
  write(out);
  return std::string(buffer.view());
}

struct WriterCase {
  std::function<void(ReplyWriter&)> write;
  std::string resp2;
  std::string resp3;
};

TEST(ReplyWriter, SpellsEachTypeInBothProtocols) {
  const WriterCase cases[] = {
      {[](ReplyWriter& out) { out.Ok(); }, "+OK\r\n", "+OK\r\n"},
      {[](ReplyWriter& out) { out.Simple("PONG"); }, "+PONG\r\n", "+PONG\r\n"},
      {[](ReplyWriter& out) { out.Integer(0); }, ":0\r\n", ":0\r\n"},
      {[](ReplyWriter& out) { out.Integer(9); }, ":9\r\n", ":9\r\n"},
      {[](ReplyWriter& out) { out.Integer(10); }, ":10\r\n", ":10\r\n"},
      {[](ReplyWriter& out) { out.Integer(INT64_MIN); }, ":-9223372036854775808\r\n",
       ":-9223372036854775808\r\n"},
      {[](ReplyWriter& out) { out.Bulk(""); }, "$0\r\n\r\n", "$0\r\n\r\n"},
      {[](ReplyWriter& out) { out.Bulk("a\r\nb"); }, "$4\r\na\r\nb\r\n", "$4\r\na\r\nb\r\n"},
      {[](ReplyWriter& out) { out.Null(); }, "$-1\r\n", "_\r\n"},
      {[](ReplyWriter& out) { out.NullArray(); }, "*-1\r\n", "_\r\n"},
      {[](ReplyWriter& out) { out.Array(2); }, "*2\r\n", "*2\r\n"},
      {[](ReplyWriter& out) { out.Map(2); }, "*4\r\n", "%2\r\n"},
      {[](ReplyWriter& out) { out.Set(2); }, "*2\r\n", "~2\r\n"},
      {[](ReplyWriter& out) { out.Verbatim("hi"); }, "$2\r\nhi\r\n", "=6\r\ntxt:hi\r\n"},
  };
  for (const WriterCase& c : cases) {
    EXPECT_EQ(Written(2, c.write), c.resp2);
    EXPECT_EQ(Written(3, c.write), c.resp3);
  }
}

TEST(ReplyWriter, AnErrorIsOneLine) {
  EXPECT_EQ(Written(2, [](ReplyWriter& out) { out.Error("ERR a\r\nb\nc"); }), "-ERR a  b c\r\n");
}

TEST(ReplyWriter, ArraysCanBeCountedAfterwards) {
  const std::string written = Written(2, [](ReplyWriter& out) {
    out.Ok();
    const size_t begun_at = out.BeginArray();
    for (int i = 0; i < 12; ++i) out.Integer(i);
    out.EndArray(begun_at, 12);
  });
  EXPECT_EQ(written.substr(0, 14), "+OK\r\n*12\r\n:0\r\n");
}

TEST(ReplyWriter, RollsBackToAMark) {
  EXPECT_EQ(Written(2,
                    [](ReplyWriter& out) {
                      out.Ok();
                      const size_t mark = out.Mark();
                      out.Bulk(std::string(100'000, 'x'));
                      out.RollbackTo(mark);
                      out.Integer(1);
                    }),
            "+OK\r\n:1\r\n");
}

}  // namespace
}  // namespace nacre::server
