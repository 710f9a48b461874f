#include "client/cli/advice.h"

#include <string_view>

#include "client/cli/text.h"

namespace nacre::cli {

namespace {

struct Advice {
  std::string_view begins;  // The error's first words.
  std::string_view text;
};

constexpr Advice kAdvice[] = {
    {"CONFLICT",
     "Another client committed a change to what this transaction wrote or read. Nothing of it was "
     "applied: run the whole transaction again, from BEGIN."},
    {"NOTRANSACTION",
     "The transaction and its writes are gone. Commands are refused so that none of them runs "
     "outside of it by mistake: ROLLBACK, then BEGIN again."},
    {"EXECABORT", "A command was refused while it was queued, so none was executed."},
    {"NOAUTH", "Log in by AUTH password or AUTH user password, or start with --askpass."},
    {"OOM",
     "The server's memory limit is reached. DEL still works; transactions that are open for long "
     "hold old versions (`nacre-cli top` shows the oldest)."},
    {"NOCURSOR", "The server has given the cursor up: scan again from 0."},
    {"WRONGTYPE", "TYPE key tells what the key holds."},
    {"ERR unknown command",
     "`help` lists the groups of this server's commands, `help @GROUP` the commands of one."},
    {"ERR unknown subcommand", "`help COMMAND` lists the subcommands."},
    {"ERR wrong number of arguments", "`help COMMAND` shows the arguments."},
};

}  // namespace

std::string AdviceOn(const std::vector<std::string>& words, client::ReplyView reply,
                     TransactionState before) {
  if (reply.is_null() && words.size() == 1 && EqualsIgnoringCase(words[0], "EXEC") &&
      before != TransactionState::kNone) {
    return "A watched key has changed, so none of the commands was executed: WATCH, read and MULTI "
           "again.";
  }
  if (!reply.is_error()) return "";
  for (const Advice& advice : kAdvice) {
    if (reply.text().starts_with(advice.begins)) return std::string(advice.text);
  }
  return "";
}

}  // namespace nacre::cli
