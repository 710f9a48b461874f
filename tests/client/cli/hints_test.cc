// Completion, hints and help, from a COMMAND DOCS reply as servers give it.

#include "client/cli/hints.h"

#include "client/cli/help.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/client/cli/replies.h"

namespace nacre::cli {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

// Writes a reply in either protocol: maps are flat arrays in RESP2.
class DocsWriter {
 public:
  explicit DocsWriter(int protocol) : map_(protocol == 3 ? '%' : '*') {}

  static std::string Text(const std::string& text) {
    return "$" + std::to_string(text.size()) + "\r\n" + text + "\r\n";
  }
  std::string Map(const std::vector<std::pair<std::string, std::string>>& fields) const {
    std::string wire = map_ + std::to_string(fields.size() * (map_ == '%' ? 1 : 2)) + "\r\n";
    for (const auto& [name, value] : fields) wire += Text(name) + value;
    return wire;
  }
  static std::string Array(const std::vector<std::string>& elements) {
    std::string wire = "*" + std::to_string(elements.size()) + "\r\n";
    for (const std::string& element : elements) wire += element;
    return wire;
  }
  std::string Argument(const std::string& name, const std::string& type,
                       const std::string& token = "", const std::vector<std::string>& flags = {},
                       const std::vector<std::string>& arguments = {}) const {
    std::vector<std::pair<std::string, std::string>> fields = {{"name", Text(name)},
                                                               {"type", Text(type)}};
    if (!token.empty()) fields.emplace_back("token", Text(token));
    std::vector<std::string> shown;
    for (const std::string& flag : flags) shown.push_back("+" + flag + "\r\n");
    if (!flags.empty()) fields.emplace_back("flags", Array(shown));
    if (!arguments.empty()) fields.emplace_back("arguments", Array(arguments));
    return Map(fields);
  }

 private:
  char map_;
};

std::string DocsWire(int protocol) {
  const DocsWriter to(protocol);
  const auto optional = std::vector<std::string>{"optional"};
  const std::string set_arguments = DocsWriter::Array(
      {to.Argument("key", "key"), to.Argument("value", "string"),
       to.Argument("condition", "oneof", "", optional,
                   {to.Argument("nx", "pure-token", "NX"), to.Argument("xx", "pure-token", "XX")}),
       to.Argument("get", "pure-token", "GET", optional),
       to.Argument(
           "expiration", "oneof", "", optional,
           {to.Argument("seconds", "integer", "EX"), to.Argument("milliseconds", "integer", "PX"),
            to.Argument("keepttl", "pure-token", "KEEPTTL")})});
  const std::string mset_arguments =
      DocsWriter::Array({to.Argument("key_value", "block", "", {"multiple"},
                                     {to.Argument("key", "key"), to.Argument("value", "string")})});
  const std::string sort_arguments = DocsWriter::Array(
      {to.Argument("key", "key"),
       to.Argument("pattern", "pattern", "GET", {"optional", "multiple", "multiple_token"})});
  return to.Map(
      {{"set", to.Map({{"summary", DocsWriter::Text("Sets a value.")},
                       {"since", DocsWriter::Text("1.0.0")},
                       {"group", DocsWriter::Text("string")},
                       {"complexity", DocsWriter::Text("O(1)")},
                       {"arguments", set_arguments}})},
       {"mset", to.Map({{"group", DocsWriter::Text("string")}, {"arguments", mset_arguments}})},
       {"sort", to.Map({{"group", DocsWriter::Text("generic")}, {"arguments", sort_arguments}})},
       {"ping", to.Map({{"group", DocsWriter::Text("connection")}})},
       {"config",
        to.Map({{"summary", DocsWriter::Text("A container.")},
                {"group", DocsWriter::Text("server")},
                {"subcommands",
                 to.Map({{"config|set", to.Map({{"summary", DocsWriter::Text("Changes.")}})},
                         {"config|get", to.Map({{"summary", DocsWriter::Text("Reads.")},
                                                {"arguments", DocsWriter::Array({to.Argument(
                                                                  "parameter", "string", "",
                                                                  {"multiple"})})}})}})}})}});
}

class HintsTest : public testing::TestWithParam<int> {
 protected:
  HintsTest() : reply_(Wire(DocsWire(GetParam()))), docs_(CommandDocs::Read(reply_.view())) {}

  std::string Hint(std::string_view line) const { return HintFor(docs_, line); }
  std::vector<std::string> Complete(std::string_view line) const {
    return CompletionsFor(docs_, line).candidates;
  }

  client::Reply reply_;
  CommandDocs docs_;
};
INSTANTIATE_TEST_SUITE_P(Resp, HintsTest, testing::Values(2, 3));

TEST_P(HintsTest, ShowAllArgumentsAfterTheName) {
  EXPECT_EQ(Hint("set"), " key value [NX|XX] [GET] [EX seconds|PX milliseconds|KEEPTTL]");
  EXPECT_EQ(Hint("SET "), "key value [NX|XX] [GET] [EX seconds|PX milliseconds|KEEPTTL]");
  EXPECT_EQ(Hint("mset"), " key value [key value ...]");
  EXPECT_EQ(Hint("sort"), " key [GET pattern [GET pattern ...]]");
}

TEST_P(HintsTest, LeaveOutWhatHasBeenTyped) {
  EXPECT_EQ(Hint("set k"), " value [NX|XX] [GET] [EX seconds|PX milliseconds|KEEPTTL]");
  EXPECT_EQ(Hint("set k "), "value [NX|XX] [GET] [EX seconds|PX milliseconds|KEEPTTL]");
  EXPECT_EQ(Hint("set k v nx "), "[GET] [EX seconds|PX milliseconds|KEEPTTL]");
  EXPECT_EQ(Hint("set k v EX "), "seconds [NX|XX] [GET]");
  EXPECT_EQ(Hint("set k v EX 5 get xx "), "");
  EXPECT_EQ(Hint("mset a "), "value [key value ...]");
  EXPECT_EQ(Hint("mset a 1 "), "[key value ...]");
}

TEST_P(HintsTest, UnderstandQuotesThatAreStillOpen) {
  EXPECT_EQ(Hint("set \"a key"), " value [NX|XX] [GET] [EX seconds|PX milliseconds|KEEPTTL]");
  EXPECT_EQ(Hint("set 'a key' \"v"), " [NX|XX] [GET] [EX seconds|PX milliseconds|KEEPTTL]");
}

TEST_P(HintsTest, KnowSubcommands) {
  EXPECT_EQ(Hint("config"), " subcommand");
  EXPECT_EQ(Hint("config get"), " parameter [parameter ...]");
  EXPECT_EQ(Hint("config get a "), "[parameter ...]");
  EXPECT_EQ(Hint("config nonsense"), "");
}

TEST_P(HintsTest, SayNothingOfUnknownCommands) {
  EXPECT_EQ(Hint(""), "");
  EXPECT_EQ(Hint("se"), "");
  EXPECT_EQ(Hint("nonsense k"), "");
  EXPECT_EQ(Hint("ping"), "");
  EXPECT_EQ(HintFor(CommandDocs(), "set"), "");
}

TEST_P(HintsTest, CompletionIsInTheCaseOfWhatWasTyped) {
  EXPECT_THAT(Complete("s"), ElementsAre("set", "sort"));
  EXPECT_THAT(Complete("SE"), ElementsAre("SET"));
  EXPECT_THAT(Complete("  co"), ElementsAre("config"));
  EXPECT_THAT(Complete("x"), IsEmpty());
}

TEST_P(HintsTest, CompletionKnowsSubcommandsAndTheProgramsOwnCommands) {
  EXPECT_THAT(Complete("config "), ElementsAre("GET", "SET"));
  EXPECT_THAT(Complete("CONFIG s"), ElementsAre("set"));
  EXPECT_THAT(Complete("set "), IsEmpty()) << "what follows is a key";
  EXPECT_THAT(Complete("q"), ElementsAre("quit"));
  EXPECT_THAT(Complete("help mse"), ElementsAre("mset"));
  EXPECT_THAT(Complete("help config g"), ElementsAre("get"));
  EXPECT_THAT(Complete("help @s"), ElementsAre("@server", "@string"));
  EXPECT_THAT(CompletionsFor(CommandDocs(), "he").candidates, ElementsAre("help"));
}

TEST_P(HintsTest, CompletionSaysWhereTheWordBegins) {
  EXPECT_EQ(CompletionsFor(docs_, "  se").start, 2u);
  EXPECT_EQ(CompletionsFor(docs_, "config ").start, 7u);
}

TEST_P(HintsTest, HelpShowsWhatTheServerSays) {
  EXPECT_EQ(HelpText(docs_, {"Set"}),
            "\n  SET key value [NX|XX] [GET] [EX seconds|PX milliseconds|KEEPTTL]\n"
            "  summary: Sets a value.\n  since: 1.0.0\n  group: string\n  complexity: O(1)\n\n");
  EXPECT_THAT(HelpText(docs_, {"config"}),
              HasSubstr("CONFIG GET parameter [parameter ...]\n    Reads."));
  EXPECT_THAT(HelpText(docs_, {"config", "get"}), HasSubstr("summary: Reads."));
  EXPECT_THAT(HelpText(docs_, {"@STRING"}), HasSubstr("MSET key value"));
  EXPECT_THAT(HelpText(docs_, {"@string"}), Not(HasSubstr("PING")));
  EXPECT_EQ(HelpText(docs_, {"nonsense"}), "This server has no command NONSENSE.\n");
  EXPECT_EQ(HelpText(docs_, {"set", "key"}), "This server has no command SET KEY.\n");
  EXPECT_EQ(HelpText(docs_, {"@x"}), "There is no group @x.\n");
  EXPECT_THAT(HelpText(docs_, {}), HasSubstr("@connection @generic @server @string"));
}

TEST(CommandDocs, RepliesOfAnotherShapeTellNothing) {
  for (const char* wire : {"-ERR unknown command\r\n", "_\r\n", "*1\r\n+set\r\n",
                           "*2\r\n+set\r\n+nothing\r\n", "*2\r\n:1\r\n*-1\r\n"}) {
    const client::Reply reply = Wire(wire);
    EXPECT_TRUE(CommandDocs::Read(reply.view()).empty()) << wire;
  }
}

TEST(CommonPrefix, IgnoresCase) {
  EXPECT_EQ(CommonPrefix({"GETSET", "getdel", "Get"}), "GET");
  EXPECT_EQ(CommonPrefix({"a", "b"}), "");
  EXPECT_EQ(CommonPrefix({}), "");
}

}  // namespace
}  // namespace nacre::cli
