#include "client/cli/script.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <iostream>
#include <iterator>
#include <optional>
#include <utility>

#include "absl/strings/numbers.h"
#include "client/cli/interrupt.h"
#include "client/cli/modes.h"
#include "client/cli/text.h"
#include "client/cli/words.h"

namespace nacre::cli {

namespace {

// Half of the input is no argument: Ctrl-C ends the program as long as it is read, and what cannot
// be read to its end, which is told here, is none.
std::optional<std::string> AllOfStdin() {
  StopCatchingInterrupts();
  std::string all;
  // In blocks: what a picture or a dump holds does not come through a stream letter by letter.
  char bytes[size_t{64} << 10];
  for (ssize_t count; (count = read(STDIN_FILENO, bytes, sizeof(bytes))) != 0;) {
    if (count > 0) {
      all.append(bytes, static_cast<size_t>(count));
    } else if (errno == EAGAIN) {
      SignalsHeld().WaitForInput(STDIN_FILENO);
    } else if (errno != EINTR) {
      std::perror("Error reading from stdin");
      return std::nullopt;
    }
  }
  CatchInterrupts(SecondInterrupt::kEndsProgram);
  return all;
}

int ExitCodeOf(RunResult result, const Runner& runner) {
  switch (result) {
    case RunResult::kErrorReply: return kExitErrorReply;
    case RunResult::kNotConnected:
      if (WasInterrupted()) return kExitInterrupted;
      [[fallthrough]];
    case RunResult::kLost:
      std::fprintf(stderr, "%s\n", runner.trouble().c_str());
      return kExitConnection;
    case RunResult::kInterrupted: return kExitInterrupted;
    case RunResult::kOk: break;
  }
  return kExitOk;
}

// `times` negative: until something ends it. The first result that is not kOk, or kOk; an error
// ends it only with -e.
RunResult RunTimes(Runner& runner, const std::vector<std::string>& words, int64_t times,
                   const CliOptions& options) {
  RunResult worst = RunResult::kOk;
  for (int64_t i = 0; times < 0 || i < times; ++i) {
    if (i > 0 && !SleepUnlessInterrupted(options.interval)) return RunResult::kInterrupted;
    const RunResult result = runner.Run(words);
    if (result == RunResult::kErrorReply) worst = result;
    if (result == RunResult::kNotConnected || result == RunResult::kLost ||
        result == RunResult::kInterrupted) {
      return result;
    }
    if (options.stop_at_error && result == RunResult::kErrorReply) return result;
    if (WasInterrupted()) return RunResult::kInterrupted;
  }
  return worst;
}

}  // namespace

int RunOneCommand(Runner& runner, const CliOptions& options) {
  std::vector<std::string> words = options.command;
  if (options.last_argument_from_stdin || !options.stdin_tag.empty()) {
    if (options.last_argument_from_stdin) words.emplace_back();
    const auto place = options.last_argument_from_stdin
                           ? std::prev(words.end())
                           : std::find(words.begin(), words.end(), options.stdin_tag);
    if (place == words.end()) {
      std::fprintf(stderr, "-X: no argument is '%s'.\n", options.stdin_tag.c_str());
      return kExitUsage;
    }
    std::optional<std::string> input = AllOfStdin();
    if (!input) return kExitErrorReply;
    *place = *std::move(input);
  }
  return ExitCodeOf(RunTimes(runner, words, options.repeat.value_or(1), options), runner);
}

int64_t TakeRepeatCount(std::vector<std::string>& words) {
  int64_t count = 0;
  if (words.size() < 2 || !absl::SimpleAtoi(words[0], &count)) return 1;
  words.erase(words.begin());
  return std::max<int64_t>(count, 0);
}

int RunLines(Runner& runner, const CliOptions& options) {
  int exit_code = kExitOk;
  for (std::string line; std::getline(std::cin, line);) {
    auto words = SplitWords(line);
    const int64_t times = words ? TakeRepeatCount(*words) : 0;
    if (!words || times == 0) {
      // On stderr, for stdout holds replies alone.
      std::fprintf(stderr, "%s: %s\n", words ? "Invalid repeat count" : "Invalid argument(s)",
                   line.c_str());
      exit_code = kExitErrorReply;
      if (options.stop_at_error) return exit_code;
      continue;
    }
    if (words->empty()) continue;
    if (EqualsIgnoringCase(words->front(), "quit") || EqualsIgnoringCase(words->front(), "exit")) {
      return exit_code;
    }
    const RunResult result = RunTimes(runner, *words, times, options);
    const int code = ExitCodeOf(result, runner);
    if (code != kExitOk) exit_code = code;
    if (code == kExitConnection || code == kExitInterrupted) return exit_code;
    if (code == kExitErrorReply && options.stop_at_error) return exit_code;
  }
  return exit_code;
}

}  // namespace nacre::cli
