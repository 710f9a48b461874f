// COMMAND: the table of commands, told to clients.

#include <gmock/gmock.h>

#include "server/command/facts.h"
#include "server/command/table.h"
#include "tests/server/server_fixture.h"

namespace nacre::server {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;
using ::testing::UnorderedElementsAre;
using CommandInfo = ServerTest;

// A key that stands alone.
std::string KeySpec(const std::string& flags, int index, int last, int step) {
  return "[\"flags\", [" + flags +
         "], \"begin_search\", [\"type\", \"index\", \"spec\", [\"index\", :" +
         std::to_string(index) +
         "]], \"find_keys\", [\"type\", \"range\", \"spec\", [\"lastkey\", :" +
         std::to_string(last) + ", \"keystep\", :" + std::to_string(step) + ", \"limit\", :0]]]";
}

TEST_F(CommandInfo, EveryCommandIsCountedListedDescribedAndDocumented) {
  WireClient client = Connect();
  EXPECT_EQ(client.Do("COMMAND COUNT"), ":" + std::to_string(AllCommands().size()));
  const std::string all = client.Do("COMMAND");
  EXPECT_EQ(client.Do("COMMAND INFO"), all);
  const std::string docs = client.Do("COMMAND DOCS");
  const std::string list = client.Do("COMMAND LIST");
  ForEachCommand([&](const CommandSpec& spec) {
    const std::string quoted = "\"" + std::string(spec.name) + "\"";
    EXPECT_THAT(all, HasSubstr("[" + quoted + ", :"));
    EXPECT_THAT(docs, HasSubstr(quoted + ", [\"summary\", \"" + std::string(spec.summary)));
    EXPECT_THAT(list, HasSubstr(quoted));
    EXPECT_THAT(client.DoWords({"COMMAND", "INFO", std::string(spec.name)}),
                StartsWith("[[" + quoted));
    EXPECT_THAT(client.DoWords({"COMMAND", "DOCS", std::string(spec.name)}),
                StartsWith("[" + quoted));
  });
}

TEST_F(CommandInfo, WhatRedisTellsOfACommandAgreesWithWhatItDoesHere) {
  size_t known = 0;
  std::vector<std::string_view> ours;
  ForEachCommand([&](const CommandSpec& spec) {
    if (spec.facts == nullptr) {
      ours.push_back(spec.name);
      return;
    }
    ++known;
    const std::string flags = " " + std::string(spec.facts->flags) + " ";
    const auto told = [&](const char* flag) { return flags.find(flag) != std::string::npos; };
    if (spec.run != nullptr) {
      EXPECT_EQ(told(" write "), spec.Has(kWrite)) << spec.name;
      EXPECT_EQ(told(" readonly "), spec.Has(kReadOnly)) << spec.name;
    }
    EXPECT_EQ(told(" no_auth "), spec.Has(kNoAuth)) << spec.name;
    EXPECT_EQ(told(" no_multi "), spec.Has(kNoMulti)) << spec.name;
    EXPECT_EQ(spec.facts->key_flags[0].empty(), spec.keys.first == 0) << spec.name;
  });
  EXPECT_EQ(known, DataFacts().size() + ServerFacts().size()) << "each belongs to a command";
  // Of 7.2 are CLIENT's two; DEBUG has no subcommands there.
  EXPECT_THAT(ours, UnorderedElementsAre("begin", "commit", "rollback", "range", "client|no-touch",
                                         "client|setinfo", "debug|help", "debug|sleep"));
}

TEST_F(CommandInfo, FlagsCategoriesTipsAndKeysAreThoseOfRedis) {
  WireClient client = Connect();
  EXPECT_EQ(client.Do("COMMAND INFO get nonsense"),
            "[[\"get\", :2, [+readonly, +fast], :1, :1, :1, [+@read, +@string, +@fast], [], [" +
                KeySpec("+RO, +access", 1, 0, 1) + "], []], (nil)]");
  EXPECT_EQ(client.Do("COMMAND INFO del"),
            "[[\"del\", :-2, [+write], :1, :-1, :1, [+@keyspace, +@write, +@slow], "
            "[\"request_policy:multi_shard\", \"response_policy:agg_sum\"], [" +
                KeySpec("+RM, +delete", 1, -1, 1) + "], []]]");
  EXPECT_EQ(client.Do("COMMAND INFO rename"),
            "[[\"rename\", :3, [+write], :1, :2, :1, [+@keyspace, +@write, +@slow], [], [" +
                KeySpec("+RW, +access, +delete", 1, 0, 1) + ", " +
                KeySpec("+OW, +update", 2, 0, 1) + "], []]]");
  EXPECT_EQ(client.Do("COMMAND INFO config|set"),
            "[[\"config|set\", :-4, [+admin, +noscript, +loading, +stale], :0, :0, :0, [+@admin, "
            "+@slow, +@dangerous], [\"request_policy:all_nodes\", "
            "\"response_policy:all_succeeded\"], [], []]]");
  EXPECT_THAT(client.Do("COMMAND INFO range"), HasSubstr("[+@keyspace, +@read, +@slow]"));
  WireClient three = ConnectWithResp3();
  EXPECT_THAT(three.Do("COMMAND INFO get"), HasSubstr("~[+readonly, +fast]"));
}

TEST_F(CommandInfo, DocsHaveTheComplexityAndTheSubcommands) {
  WireClient client = Connect();
  EXPECT_THAT(client.Do("COMMAND DOCS append"),
              AllOf(HasSubstr("\"since\", \"2.0.0\", \"group\", \"string\""),
                    HasSubstr("\"complexity\", \"O(1) for a small value\"")));
  EXPECT_THAT(client.Do("COMMAND DOCS get nonsense"), StartsWith("[\"get\", [\"summary\""));
  EXPECT_EQ(client.Do("COMMAND DOCS nonsense"), "[]");
  EXPECT_THAT(client.Do("COMMAND DOCS config"),
              HasSubstr("\"subcommands\", [\"config|get\", [\"summary\""));
  WireClient three = ConnectWithResp3();
  EXPECT_THAT(three.Do("COMMAND DOCS get"), StartsWith("{\"get\": {\"summary\": "));
}

TEST_F(CommandInfo, DocsHaveTheArgumentsInTheTermsOfRedis) {
  WireClient client = Connect();
  EXPECT_THAT(client.Do("COMMAND DOCS mget"),
              HasSubstr("\"arguments\", [[\"name\", \"key\", \"type\", \"key\", \"flags\", "
                        "[+multiple]]]"));
  EXPECT_THAT(client.Do("COMMAND DOCS begin"),
              HasSubstr("[\"name\", \"readonly\", \"type\", \"pure-token\", \"token\", "
                        "\"READONLY\", \"flags\", [+optional]]"));
  EXPECT_THAT(client.Do("COMMAND DOCS commit"), Not(HasSubstr("arguments")));
  WireClient three = ConnectWithResp3();
  EXPECT_THAT(three.Do("COMMAND DOCS scan"), HasSubstr("\"token\": \"COUNT\""));
}

TEST_F(CommandInfo, ListFilters) {
  WireClient client = Connect();
  Converse(client, {{"COMMAND LIST FILTERBY PATTERN mul*", "[\"multi\"]"},
                    {"COMMAND LIST FILTERBY PATTERN config|r*",
                     "[\"config|resetstat\", \"config|rewrite\"]"},
                    {"COMMAND LIST FILTERBY MODULE any", "[]"},
                    {"COMMAND LIST FILTERBY ACLCAT nonsense", "[]"},
                    {"COMMAND LIST FILTERBY nonsense x", "-ERR syntax error"},
                    {"COMMAND LIST FILTERBY PATTERN", "-ERR syntax error"}});
  EXPECT_THAT(client.Do("COMMAND LIST FILTERBY ACLCAT transaction"),
              AllOf(HasSubstr("\"exec\""), HasSubstr("\"begin\""), Not(HasSubstr("\"get\""))));
  const std::string stars(1 << 20, '*');
  EXPECT_EQ(client.DoWords({"COMMAND", "LIST", "FILTERBY", "PATTERN", stars + "nonsense"}), "[]");
  EXPECT_GE(Info("slow_commands"), 1u);
}

TEST_F(CommandInfo, GetKeys) {
  WireClient client = Connect();
  Converse(
      client,
      {{"COMMAND GETKEYS MSET a 1 b 2", "[\"a\", \"b\"]"},
       {"COMMAND GETKEYS GET a", "[\"a\"]"},
       {"COMMAND GETKEYS MEMORY USAGE a", "[\"a\"]"},
       {"COMMAND GETKEYS PING x", "-ERR The command has no key arguments"},
       {"COMMAND GETKEYS CONFIG GET x", "-ERR The command has no key arguments"},
       {"COMMAND GETKEYS nonsense x", "-ERR Invalid command specified"},
       {"COMMAND GETKEYS CONFIG x", "-ERR Invalid command specified"},
       {"COMMAND GETKEYS PING", "-ERR wrong number of arguments for 'command|getkeys' command"},
       {"COMMAND GETKEYS GET a b", "-ERR Invalid number of arguments specified for command"},
       {"COMMAND GETKEYSANDFLAGS SET k v", "[[\"k\", [+RW, +access, +update, +variable_flags]]]"},
       {"COMMAND GETKEYSANDFLAGS COPY a b", "[[\"a\", [+RO, +access]], [\"b\", [+OW, +update]]]"},
       {"COMMAND GETKEYSANDFLAGS MGET a b", "[[\"a\", [+RO, +access]], [\"b\", [+RO, +access]]]"},
       {"COMMAND nonsense", "-ERR unknown subcommand 'nonsense'. Try COMMAND HELP."}});
  EXPECT_THAT(client.Do("COMMAND HELP"), HasSubstr("GETKEYSANDFLAGS"));
}

}  // namespace
}  // namespace nacre::server
