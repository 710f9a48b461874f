#ifndef NACRE_CLIENT_CLI_REPL_H_
#define NACRE_CLIENT_CLI_REPL_H_

// The interactive session.

#include "client/cli/command_docs.h"
#include "client/cli/history.h"
#include "client/cli/line_editor.h"
#include "client/cli/options.h"
#include "client/cli/runner.h"

namespace nacre::cli {

class Repl {
 public:
  Repl(ServerLink& link, SessionState& state, Runner& runner, const CliOptions& options);

  // Until Ctrl-D, `quit` or the end of input; returns what the program ends with.
  int Run();

 private:
  // False: `quit`.
  bool Execute(const std::string& line);
  bool RunOwnCommand(const std::vector<std::string>& words);
  void RunTimes(const std::vector<std::string>& words, int64_t times);
  // False: the command must not run, for what it was meant to be part of is gone.
  bool MakeSureOfConnection();
  void Reconnect();
  // Asks the server what it is, where that has not been done and does no harm.
  void LearnAboutServer();
  void Explain(const std::vector<std::string>& words, client::ReplyView reply,
               TransactionState before) const;
  void NoteTrouble(std::string_view text) const;
  void Note(std::string_view text) const;

  ServerLink& link_;
  SessionState& state_;
  Runner& runner_;
  const CliOptions& options_;
  CommandDocs docs_;
  bool has_asked_ = false;
  bool may_ask_ = true;  // False: a question has cost the connection.
  HistoryFile history_;
  LineEditor editor_;
};

}  // namespace nacre::cli

#endif  // NACRE_CLIENT_CLI_REPL_H_
