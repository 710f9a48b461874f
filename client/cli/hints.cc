#include "client/cli/hints.h"

#include <algorithm>
#include <optional>
#include <set>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "client/cli/text.h"
#include "client/cli/words.h"

namespace nacre::cli {

namespace {

// Words the program itself understands.
constexpr std::string_view kOwnCommands[] = {"help", "quit", "exit", "clear"};

bool EndsInSpace(std::string_view line) {
  return !line.empty() && absl::ascii_isspace(static_cast<unsigned char>(line.back()));
}

// The words of a line that is not finished: an open quote ends at the end of the line.
std::vector<std::string> WordsSoFar(std::string_view line) {
  for (const std::string_view end : {"", "\"", "'"}) {
    if (auto words = SplitWords(absl::StrCat(ToAbsl(line), ToAbsl(end)))) return *words;
  }
  return {};
}

// If `word` is what the optional argument begins with, what has to follow it: "seconds" after "EX"
// of "[EX seconds|PX milliseconds]", and nothing after "GET" of "[GET]".
std::optional<std::string> AfterOpening(std::string_view argument, std::string_view word) {
  if (!argument.starts_with('[')) return std::nullopt;
  for (const absl::string_view part :
       absl::StrSplit(ToAbsl(argument.substr(1)), absl::ByAnyChar("|[]"), absl::SkipEmpty())) {
    const std::pair<std::string, std::string> split = absl::StrSplit(part, absl::MaxSplits(' ', 1));
    // A token, not the name of a value.
    if (split.first == Upper(split.first) && EqualsIgnoringCase(split.first, word)) {
      return std::string(absl::StripAsciiWhitespace(split.second));
    }
  }
  return std::nullopt;
}

// Takes the first word off: "key value [key value ...]" has "value [key value ...]" left.
void DropFirstWord(std::vector<std::string>& arguments) {
  const size_t blank = arguments.front().find(' ');
  if (blank == std::string::npos) {
    arguments.erase(arguments.begin());
  } else {
    arguments.front().erase(0, blank + 1);
  }
}

// Removes from `arguments` what `typed` has given already.
void DropGiven(std::vector<std::string>& arguments, const std::vector<std::string>& typed) {
  for (const std::string& word : typed) {
    if (arguments.empty()) return;
    if (!arguments.front().starts_with('[')) {
      DropFirstWord(arguments);
      continue;
    }
    for (size_t i = 0; i < arguments.size(); ++i) {
      const std::optional<std::string> next = AfterOpening(arguments[i], word);
      if (!next) continue;
      arguments.erase(arguments.begin() + static_cast<long>(i));
      if (!next->empty()) arguments.insert(arguments.begin(), *next);
      break;
    }
  }
}

void AddNames(const CommandDocs& docs, std::string_view typed, std::vector<std::string>& names) {
  for (const std::string_view own : kOwnCommands) {
    if (StartsWithIgnoringCase(own, typed)) names.emplace_back(own);
  }
  for (const auto& [name, doc] : docs.commands()) {
    if (StartsWithIgnoringCase(name, typed)) names.push_back(name);
  }
}

void AddSubcommands(const CommandDoc& doc, std::string_view typed,
                    std::vector<std::string>& names) {
  for (const CommandDoc& subcommand : doc.subcommands) {
    const std::string name = subcommand.name.substr(subcommand.name.find(' ') + 1);
    if (StartsWithIgnoringCase(name, typed)) names.push_back(name);
  }
}

void AddGroups(const CommandDocs& docs, std::string_view typed, std::vector<std::string>& names) {
  std::set<std::string> groups;
  for (const auto& [name, doc] : docs.commands()) groups.insert(absl::StrCat("@", doc.group));
  for (const std::string& group : groups) {
    if (StartsWithIgnoringCase(group, typed)) names.push_back(group);
  }
}

// As the word was begun: "se" -> "set", "SE" -> "SET".
std::string InCaseOf(std::string_view typed, const std::string& name) {
  const bool lower =
      std::any_of(typed.begin(), typed.end(), [](char c) { return c >= 'a' && c <= 'z'; });
  return lower ? Lower(name) : Upper(name);
}

}  // namespace

std::string HintFor(const CommandDocs& docs, std::string_view line) {
  const std::vector<std::string> words = WordsSoFar(line);
  const CommandDocs::Found found = docs.Find(words);
  if (found.doc == nullptr) return "";
  std::vector<std::string> arguments = found.doc->arguments;
  if (!found.doc->subcommands.empty() && found.words == 1 && arguments.empty()) {
    if (words.size() > 1) return "";
    arguments = {"subcommand"};
  }
  // The word under the cursor counts as given once it has begun.
  DropGiven(arguments, {words.begin() + static_cast<long>(found.words), words.end()});
  if (arguments.empty()) return "";
  return absl::StrCat(EndsInSpace(line) ? "" : " ", absl::StrJoin(arguments, " "));
}

Completion CompletionsFor(const CommandDocs& docs, std::string_view line) {
  std::vector<std::string> words = WordsSoFar(line);
  std::string typed;
  if (!words.empty() && !EndsInSpace(line)) {
    typed = words.back();
    words.pop_back();
  }
  Completion completion;
  if (typed.size() > line.size()) return completion;
  completion.start = line.size() - typed.size();
  if (line.substr(completion.start) != typed) return completion;  // Quotes: no name has them.
  const bool help = !words.empty() && EqualsIgnoringCase(words[0], "help");
  if (help) words.erase(words.begin());

  std::vector<std::string> names;
  if (words.empty()) {
    if (help && typed.starts_with('@')) {
      AddGroups(docs, typed, completion.candidates);
      return completion;
    }
    AddNames(docs, typed, names);
  } else if (words.size() == 1) {
    const CommandDocs::Found found = docs.Find(words);
    if (found.doc != nullptr) AddSubcommands(*found.doc, typed, names);
  }
  for (const std::string& name : names) completion.candidates.push_back(InCaseOf(typed, name));
  std::sort(completion.candidates.begin(), completion.candidates.end());
  return completion;
}

std::string CommonPrefix(const std::vector<std::string>& candidates) {
  if (candidates.empty()) return "";
  std::string prefix = candidates.front();
  for (const std::string& candidate : candidates) {
    while (!StartsWithIgnoringCase(candidate, prefix)) prefix.pop_back();
  }
  return prefix;
}

}  // namespace nacre::cli
