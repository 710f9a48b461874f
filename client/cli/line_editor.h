#ifndef NACRE_CLIENT_CLI_LINE_EDITOR_H_
#define NACRE_CLIENT_CLI_LINE_EDITOR_H_

// Lines from a terminal, edited by libedit, with hints after the cursor and completion by Tab.
//
// libedit knows nothing of the hint. It is drawn where the line ends just before a key is awaited,
// and wiped off before libedit sees the key; in between the cursor is where libedit left it.

#include <memory>
#include <string>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "client/cli/hints.h"

namespace nacre::cli {

class LineEditor {
 public:
  // Both get the text up to the cursor.
  using HintFunction = absl::AnyInvocable<std::string(std::string_view line)>;
  using CompletionFunction = absl::AnyInvocable<Completion(std::string_view line)>;

  LineEditor(HintFunction hint, CompletionFunction complete);
  ~LineEditor();
  LineEditor(const LineEditor&) = delete;
  LineEditor& operator=(const LineEditor&) = delete;

  enum class Result { kLine, kCancelled, kEnd };
  // The next line, without its end. kCancelled: Ctrl-C. kEnd: Ctrl-D, or no more input.
  Result Read(const std::string& prompt, std::string& line);

  // What the arrow keys walk through.
  void AddToHistory(const std::string& line);

  // Whether the terminal understands colours and the like.
  bool has_style() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace nacre::cli

#endif  // NACRE_CLIENT_CLI_LINE_EDITOR_H_
