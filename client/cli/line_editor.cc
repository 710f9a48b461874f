#include "client/cli/line_editor.h"

#include <histedit.h>
#include <poll.h>
#include <unistd.h>
#include <wchar.h>

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "client/cli/history.h"
#include "client/cli/interrupt.h"
#include "client/cli/restore_on_signal.h"
#include "client/cli/terminal.h"
#include "client/cli/text.h"

namespace nacre::cli {

namespace {

constexpr char kDim[] = "\x1b[90m";
constexpr char kPlain[] = "\x1b[0m";
constexpr char kClearToEndOfLine[] = "\x1b[K";
// What a signal leaves of a line that it ends: no hint, and nothing behind it.
constexpr char kEndOfEditing[] = "\x1b[0m\x1b[K\n";

volatile std::sig_atomic_t resized = 0;
volatile std::sig_atomic_t continued = 0;

void OnResize(int) { resized = 1; }
void OnContinue(int) { continued = 1; }

// As CatchInterrupts() does it.
void Catch(int signal, void (*handler)(int)) {
  struct sigaction action = {};
  action.sa_handler = handler;
  action.sa_flags = SA_RESTART;
  sigemptyset(&action.sa_mask);
  sigaction(signal, &action, nullptr);
}

bool TerminalHasStyle() {
  const char* const term = std::getenv("TERM");
  return term != nullptr && *term != '\0' && std::strcmp(term, "dumb") != 0;
}

bool InputIsWaiting() {
  pollfd waiting = {.fd = STDIN_FILENO, .events = POLLIN, .revents = 0};
  return poll(&waiting, 1, 0) > 0;
}

// In columns, as `ls` does it.
std::string InColumns(const std::vector<std::string>& words, size_t columns) {
  size_t width = 0;
  for (const std::string& word : words) width = std::max(width, Columns(word) + 2);
  const size_t per_line = std::max<size_t>(columns / std::max<size_t>(width, 1), 1);
  const size_t lines = (words.size() + per_line - 1) / per_line;
  std::string out;
  for (size_t line = 0; line < lines; ++line) {
    for (size_t i = line; i < words.size(); i += lines) {
      out += words[i];
      if (i + lines < words.size()) out.append(width - Columns(words[i]), ' ');
    }
    out += "\n";
  }
  return out;
}

}  // namespace

class LineEditor::Impl {
 public:
  Impl(HintFunction hint, CompletionFunction complete)
      : hint_(std::move(hint)),
        complete_(std::move(complete)),
        style_(TerminalHasStyle()),
        restore_(TerminalModes(), style_ ? kEndOfEditing : "\n") {
    history_ = history_init();
    HistEvent event;
    history(history_, &event, H_SETSIZE, static_cast<int>(HistoryFile::kLinesMax));
    history(history_, &event, H_SETUNIQUE, 1);

    edit_ = el_init("nacre-cli", stdin, stdout, stderr);
    el_set(edit_, EL_CLIENTDATA, this);
    el_set(edit_, EL_PROMPT, &OnPrompt);
    el_set(edit_, EL_SIGNAL, 0);
    el_set(edit_, EL_EDITOR, "emacs");
    el_set(edit_, EL_HIST, history, history_);
    el_set(edit_, EL_GETCFN, &OnReadKey);
    el_set(edit_, EL_ADDFN, "nacre-complete", "Complete a name", &OnComplete);
    el_set(edit_, EL_BIND, "^I", "nacre-complete", nullptr);
    el_set(edit_, EL_BIND, "^R", "em-inc-search-prev", nullptr);
    el_set(edit_, EL_BIND, "^W", "ed-delete-prev-word", nullptr);
    el_set(edit_, EL_BIND, "\\e[3~", "ed-delete-next-char", nullptr);
    el_set(edit_, EL_BIND, "\\e[1;5C", "em-next-word", nullptr);
    el_set(edit_, EL_BIND, "\\e[1;5D", "ed-prev-word", nullptr);
    el_source(edit_, nullptr);  // ~/.editrc

    Catch(SIGWINCH, OnResize);
    Catch(SIGCONT, OnContinue);
  }

  ~Impl() {
    el_end(edit_);
    history_end(history_);
  }

  Result Read(const std::string& prompt, std::string& line) {
    prompt_ = prompt;
    TakeInterrupt();
    int count = 0;
    const char* const text = el_gets(edit_, &count);
    if (TakeInterrupt()) {
      Print("^C\n");
      return Result::kCancelled;
    }
    if (text == nullptr || count <= 0) {
      Print("\n");
      return Result::kEnd;
    }
    line.assign(text, static_cast<size_t>(count));
    while (line.ends_with('\n') || line.ends_with('\r')) line.pop_back();
    return Result::kLine;
  }

  void AddToHistory(const std::string& line) {
    HistEvent event;
    history(history_, &event, H_ENTER, line.c_str());
  }

  bool has_style() const { return style_; }

 private:
  static Impl& Of(EditLine* edit) {
    void* self = nullptr;
    el_get(edit, EL_CLIENTDATA, &self);
    return *static_cast<Impl*>(self);
  }
  static char* OnPrompt(EditLine* edit) { return Of(edit).prompt_.data(); }
  static int OnReadKey(EditLine* edit, wchar_t* key) { return Of(edit).ReadKey(key); }
  static unsigned char OnComplete(EditLine* edit, int) { return Of(edit).Complete(); }

  std::string ToCursor() const {
    const LineInfo* const line = el_line(edit_);
    return {line->buffer, static_cast<size_t>(line->cursor - line->buffer)};
  }
  bool CursorIsAtEnd() const {
    const LineInfo* const line = el_line(edit_);
    return line->cursor == line->lastchar;
  }

  // Returns 1 with a key, 0 at the end of input, -1 after Ctrl-C.
  int ReadKey(wchar_t* key) {
    ShowHint();
    const int result = ReadCharacter(key);
    HideHint();
    return result;
  }

  int ReadCharacter(wchar_t* key) {
    mbstate_t state = {};
    for (;;) {
      const SignalsHeld held;
      if (WasInterrupted()) return -1;
      FollowTerminal();
      if (!held.WaitForInput(STDIN_FILENO)) continue;
      char byte = 0;
      const ssize_t count = read(STDIN_FILENO, &byte, 1);
      if (count <= 0) return static_cast<int>(count);
      const size_t used = mbrtowc(key, &byte, 1, &state);
      if (used == static_cast<size_t>(-2)) continue;  // More bytes of the character follow.
      if (used == static_cast<size_t>(-1)) {
        state = {};
        continue;  // No character: left out.
      }
      return 1;
    }
  }

  // After its size has changed, and after Ctrl-Z and `fg`, when the shell has set its modes.
  void FollowTerminal() {
    if (resized != 0) {
      resized = 0;
      HideHint();
      el_resize(edit_);
    }
    if (continued != 0) {
      continued = 0;
      hint_is_shown_ = false;
      el_set(edit_, EL_PREP_TERM, 0);
      el_set(edit_, EL_PREP_TERM, 1);
      el_set(edit_, EL_REFRESH);
    }
  }

  void ShowHint() {
    // While a paste comes in, there is nobody to read it.
    if (!style_ || InputIsWaiting() || !CursorIsAtEnd()) return;
    const std::string line = ToCursor();
    if (line.empty()) return;
    const std::string hint = hint_(line);
    const size_t columns = CurrentWindowSize().columns;
    const size_t at = (Columns(prompt_) + Columns(line)) % columns;
    if (hint.empty() || at == 0) return;
    const std::string_view shown = CutToColumns(hint, columns - at - 1);
    if (shown.empty()) return;
    Print(absl::StrCat(kDim, ToAbsl(shown), kPlain, "\x1b[", Columns(shown), "D"));
    hint_is_shown_ = true;
  }

  void HideHint() {
    if (hint_is_shown_) Print(kClearToEndOfLine);
    hint_is_shown_ = false;
  }

  unsigned char Complete() {
    const std::string line = ToCursor();
    const Completion completion = complete_(line);
    if (completion.candidates.empty()) return CC_ERROR;
    const size_t typed = line.size() - completion.start;
    std::string prefix = CommonPrefix(completion.candidates);
    const bool only = completion.candidates.size() == 1;
    if (prefix.size() > typed || only) {
      if (only) prefix += ' ';
      el_insertstr(edit_, prefix.substr(typed).c_str());
      return CC_REFRESH;
    }
    Print("\n" + InColumns(completion.candidates, CurrentWindowSize().columns));
    return CC_REDISPLAY;
  }

  HintFunction hint_;
  CompletionFunction complete_;
  const bool style_;
  // Since before libedit has touched the terminal, until it has let go of it.
  const RestoreOnSignal restore_;
  EditLine* edit_ = nullptr;
  History* history_ = nullptr;
  std::string prompt_;
  bool hint_is_shown_ = false;
};

LineEditor::LineEditor(HintFunction hint, CompletionFunction complete)
    : impl_(std::make_unique<Impl>(std::move(hint), std::move(complete))) {}
LineEditor::~LineEditor() = default;

LineEditor::Result LineEditor::Read(const std::string& prompt, std::string& line) {
  return impl_->Read(prompt, line);
}
void LineEditor::AddToHistory(const std::string& line) { impl_->AddToHistory(line); }
bool LineEditor::has_style() const { return impl_->has_style(); }

}  // namespace nacre::cli
