#include "server/command/syntax.h"

#include <gtest/gtest.h>

#include <string>

#include "server/command/table.h"

namespace nacre::server {
namespace {

std::string Shown(const std::vector<SyntaxArgument>& arguments, const std::string& separator);

// "token:type name(arguments)?+": ? optional, + multiple.
std::string Shown(const SyntaxArgument& argument) {
  std::string shown = argument.token.empty() ? "" : argument.token + ":";
  shown += std::string(TypeOf(argument)) + " " + argument.name;
  if (!argument.arguments.empty()) shown += "(" + Shown(argument.arguments, ", ") + ")";
  return shown + (argument.optional ? "?" : "") + (argument.multiple ? "+" : "");
}

std::string Shown(const std::vector<SyntaxArgument>& arguments, const std::string& separator) {
  std::string shown;
  for (const SyntaxArgument& argument : arguments) {
    shown += (shown.empty() ? "" : separator) + Shown(argument);
  }
  return shown;
}

std::string Parsed(std::string_view syntax) { return Shown(ParseSyntax(syntax), "; "); }

TEST(Syntax, WordsAreValuesAndTheirNamesTellTheirTypes) {
  EXPECT_EQ(Parsed(""), "");
  EXPECT_EQ(Parsed("key seconds value"), "key key; integer seconds; string value");
  EXPECT_EQ(Parsed("pattern unix-time-seconds"), "pattern pattern; unix-time unix-time-seconds");
}

TEST(Syntax, TokensTakeTheValuesBehindThem) {
  EXPECT_EQ(Parsed("[REV]"), "REV:pure-token rev?");
  EXPECT_EQ(Parsed("[COUNT count]"), "COUNT:integer count?");
  EXPECT_EQ(Parsed("[LIMIT offset count]"), "LIMIT:block offset(integer offset, integer count)?");
  EXPECT_EQ(Parsed("[A one B two]"), "block one(A:string one, B:string two)?");
}

TEST(Syntax, ChoicesMayStandInBracketsOrAlone) {
  EXPECT_EQ(Parsed("ON | OFF"), "oneof on(ON:pure-token on, OFF:pure-token off)");
  EXPECT_EQ(Parsed("key [NX | EX seconds]"),
            "key key; oneof nx(NX:pure-token nx, EX:integer seconds)?");
  EXPECT_EQ(Parsed("a | [B b] [C c]"), "oneof a(string a, block b(B:string b?, C:string c?))");
}

TEST(Syntax, WhatRepeatsIsOneArgument) {
  EXPECT_EQ(Parsed("key [key ...]"), "key key+");
  EXPECT_EQ(Parsed("key value [key value ...]"), "block key(key key, string value)+");
  EXPECT_EQ(Parsed("[section ...]"), "string section?+");
  EXPECT_EQ(Parsed("[ID id [id ...]]"), "ID:integer id?+");
  EXPECT_EQ(Parsed("[command [argument ...]]"),
            "block command(string command, string argument?+)?");
}

TEST(Syntax, EveryCommandsSyntaxIsReadToItsEnd) {
  // What is read holds each word of the text, brackets and dots aside.
  size_t seen = 0;
  ForEachCommand([&](const CommandSpec& spec) {
    const std::string shown = Parsed(spec.syntax);
    std::string word;
    for (const char c : std::string(spec.syntax) + " ") {
      if (std::string_view(" []|").find(c) == std::string_view::npos) {
        word += c;
        continue;
      }
      if (!word.empty() && word != "...") {
        EXPECT_NE(shown.find(word), std::string::npos) << spec.name << ": " << word;
        ++seen;
      }
      word.clear();
    }
  });
  EXPECT_GT(seen, 100u);
}

}  // namespace
}  // namespace nacre::server
