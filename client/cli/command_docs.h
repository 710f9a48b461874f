#ifndef NACRE_CLIENT_CLI_COMMAND_DOCS_H_
#define NACRE_CLIENT_CLI_COMMAND_DOCS_H_

// What the connected server says of its commands (COMMAND DOCS): for completion, hints and help.

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "nacre/client/reply.h"

namespace nacre::cli {

struct CommandDoc {
  std::string name;                    // "SET", "CONFIG GET"
  std::vector<std::string> arguments;  // {"key", "value", "[NX|XX]"}
  std::string summary;
  std::string since;
  std::string group;
  std::string complexity;
  std::vector<CommandDoc> subcommands;  // In order of their names.

  // "SET key value [NX|XX]"
  std::string Usage() const;
};

class CommandDocs {
 public:
  // Empty: nothing is known.
  CommandDocs() = default;
  // Reads a reply in either protocol; what has not the expected shape is left out.
  static CommandDocs Read(client::ReplyView reply);

  bool empty() const { return commands_.empty(); }
  // By names in upper case.
  const std::map<std::string, CommandDoc, std::less<>>& commands() const { return commands_; }

  // The command, or subcommand, that `words` begin with, in any case, and how many words its name
  // takes. A command with subcommands of which none fits is found itself.
  struct Found {
    const CommandDoc* doc = nullptr;
    size_t words = 0;
  };
  Found Find(const std::vector<std::string>& words) const;

 private:
  std::map<std::string, CommandDoc, std::less<>> commands_;
};

}  // namespace nacre::cli

#endif  // NACRE_CLIENT_CLI_COMMAND_DOCS_H_
