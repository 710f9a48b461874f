#ifndef NACRE_SERVER_COMMAND_SYNTAX_H_
#define NACRE_SERVER_COMMAND_SYNTAX_H_

// The arguments of a command, read out of the text that the manual shows
// ("key value [NX | XX] [EX seconds | PX milliseconds]"), in the terms of COMMAND DOCS.
//
//   word             a value
//   WORD             a token; values that follow it belong to it
//   [ ... ]          may be left out
//   a | b            one of them
//   x [x ...]        x, any number of times; also with several words before "..."
//   [x ...]          x, any number of times, or not at all

#include <string>
#include <string_view>
#include <vector>

namespace nacre::server {

struct SyntaxArgument {
  enum class Kind { kValue, kToken, kOneOf, kBlock };

  Kind kind = Kind::kValue;
  std::string name;
  std::string token;  // Upper case; empty: none.
  bool optional = false;
  bool multiple = false;
  std::vector<SyntaxArgument> arguments;  // Of kOneOf and kBlock.
};

std::vector<SyntaxArgument> ParseSyntax(std::string_view syntax);

// The type of an argument, as COMMAND DOCS names types: "key", "integer", "pure-token", ...
std::string_view TypeOf(const SyntaxArgument& argument);

}  // namespace nacre::server

#endif  // NACRE_SERVER_COMMAND_SYNTAX_H_
