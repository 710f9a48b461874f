#include "client/cli/repl.h"

#include <cstdio>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_split.h"
#include "client/cli/advice.h"
#include "client/cli/help.h"
#include "client/cli/hints.h"
#include "client/cli/interrupt.h"
#include "client/cli/modes.h"
#include "client/cli/script.h"
#include "client/cli/text.h"
#include "client/cli/words.h"

namespace nacre::cli {

using client::Reply;
using client::ReplyView;
using client::Request;

Repl::Repl(ServerLink& link, SessionState& state, Runner& runner, const CliOptions& options)
    : link_(link),
      state_(state),
      runner_(runner),
      options_(options),
      history_(HistoryPath()),
      editor_([this](std::string_view line) { return HintFor(docs_, line); },
              [this](std::string_view line) { return CompletionsFor(docs_, line); }) {
  for (const std::string& line : history_.Load()) editor_.AddToHistory(line);
  runner_.SetReplyHandler([this](const std::vector<std::string>& words, ReplyView reply,
                                 TransactionState before) { Explain(words, reply, before); });
}

int Repl::Run() {
  // Without a server the session begins all the same: the next command tries again.
  if (!runner_.Connect().ok()) NoteTrouble(runner_.trouble());
  for (;;) {
    LearnAboutServer();
    std::string line;
    switch (editor_.Read(state_.Prompt(), line)) {
      case LineEditor::Result::kEnd: return kExitOk;
      case LineEditor::Result::kCancelled: continue;
      case LineEditor::Result::kLine: break;
    }
    if (!Execute(line)) return kExitOk;
  }
}

bool Repl::Execute(const std::string& line) {
  auto words = SplitWords(line);
  if (words && words->empty()) return true;
  if (MayBeKept(line)) {
    editor_.AddToHistory(line);
    // A history that can not be written is no reason to stop somebody's work.
    history_.Append(line).IgnoreError();
  }
  if (!words) {
    Note("Invalid argument(s): a quote does not end, or something follows it at once.");
    return true;
  }
  const int64_t times = TakeRepeatCount(*words);
  if (times == 0) {
    Note("A repeat count is a number above zero.");
    return true;
  }
  if (EqualsIgnoringCase(words->front(), "quit") || EqualsIgnoringCase(words->front(), "exit")) {
    return false;
  }
  if (!RunOwnCommand(*words)) RunTimes(*words, times);
  return true;
}

bool Repl::RunOwnCommand(const std::vector<std::string>& words) {
  if (EqualsIgnoringCase(words[0], "help") || words[0] == "?") {
    Print(HelpText(docs_, {words.begin() + 1, words.end()}));
    return true;
  }
  if (EqualsIgnoringCase(words[0], "clear") && words.size() == 1) {
    Print("\x1b[H\x1b[2J");
    return true;
  }
  return false;
}

void Repl::RunTimes(const std::vector<std::string>& words, int64_t times) {
  if (!MakeSureOfConnection()) return;
  // A new connection may be to another server, or to one with other settings.
  if (!runner_.is_connected()) has_asked_ = false;
  for (int64_t i = 0; i < times; ++i) {
    if (i > 0 && !SleepUnlessInterrupted(options_.interval)) break;
    const absl::Duration began = SteadyNow();
    const RunResult result = runner_.Run(words);
    const absl::Duration took = SteadyNow() - began;
    if (result == RunResult::kInterrupted) {
      NoteTrouble(runner_.trouble());
      if (!runner_.is_connected()) Reconnect();
      return;
    }
    if (result == RunResult::kLost || result == RunResult::kNotConnected) {
      NoteTrouble(runner_.trouble());
      if (result == RunResult::kLost && !runner_.is_connected()) Reconnect();
      return;
    }
    if (took >= absl::Milliseconds(500) && options_.format.mode == OutputMode::kHuman) {
      Print(absl::StrFormat("(%.2fs)\n", absl::ToDoubleSeconds(took)));
    }
  }
  TakeInterrupt();
  if (EqualsIgnoringCase(words[0], "auth") || EqualsIgnoringCase(words[0], "hello") ||
      EqualsIgnoringCase(words[0], "config")) {
    has_asked_ = false;
  }
}

bool Repl::MakeSureOfConnection() {
  if (!runner_.is_connected()) return true;  // The command itself connects.
  const bool was_inside = state_.transaction() != TransactionState::kNone || state_.watching();
  switch (runner_.TakeWhatCame()) {
    case RunResult::kOk: return true;
    case RunResult::kInterrupted:
      // Whoever sees the screen run, and not the end of it, does not want the command any more.
      NoteTrouble("The command was not sent.");
      return false;
    default: break;
  }
  NoteTrouble(runner_.trouble());
  Reconnect();
  if (was_inside) Note("The command was not sent.");
  return !was_inside && runner_.is_connected();
}

void Repl::Reconnect() {
  has_asked_ = false;
  if (runner_.Connect().ok()) {
    Note(absl::StrCat("Connected again to ", AddressOf(options_.connection.endpoint), "."));
  } else {
    NoteTrouble(runner_.trouble());
  }
}

void Repl::LearnAboutServer() {
  // Inside of MULTI the questions would be queued.
  if (has_asked_ || !may_ask_ || !runner_.is_connected() ||
      state_.transaction() != TransactionState::kNone) {
    return;
  }
  has_asked_ = true;
  const absl::StatusOr<Reply> docs = Ask(link_, Request("COMMAND", "DOCS"));
  if (docs.ok() && !docs->is_error()) docs_ = CommandDocs::Read(docs->view());
  const absl::StatusOr<Reply> level =
      docs.ok() ? Ask(link_, Request("CONFIG", "GET", "default-isolation")) : docs.status();
  if (!level.ok()) {
    // A server that does not answer this may answer other commands.
    may_ask_ = false;
    state_.SetDefaultLevel("");
    NoteTrouble(absl::StrCat("Connection lost: ", level.status().message()));
    Note(state_.Disconnected({}));
    return;
  }
  state_.SetDefaultLevel(level->size() == 2 ? std::string((*level)[1].text()) : "");
}

void Repl::Explain(const std::vector<std::string>& words, ReplyView reply,
                   TransactionState before) const {
  if (options_.format.mode == OutputMode::kHuman) Note(AdviceOn(words, reply, before));
}

// What ended by Ctrl-C, or beside it, is told behind the ^C that the terminal shows, on a line of
// its own. That Ctrl-C has had its effect then.
void Repl::NoteTrouble(std::string_view text) const {
  if (TakeInterrupt()) std::fputc('\n', stderr);
  Note(text);
}

// For the person, not part of any reply.
void Repl::Note(std::string_view text) const {
  if (text.empty()) return;
  const bool style = editor_.has_style();
  for (const absl::string_view line : absl::StrSplit(ToAbsl(text), '\n')) {
    if (line.empty()) continue;
    std::fprintf(stderr, "%s%s%s\n", style ? "\x1b[33m" : "", std::string(line).c_str(),
                 style ? "\x1b[0m" : "");
  }
}

}  // namespace nacre::cli
