#include "client/cli/command_docs.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "client/cli/text.h"

namespace nacre::cli {

using client::ReplyView;

namespace {

// Calls each(key, value) for a map, or for the flat array that RESP2 has in its place.
template <typename Each>
void ForEachPair(ReplyView map, Each each) {
  std::string_view key;
  bool is_key = true;
  for (const ReplyView element : map) {
    if (is_key) {
      key = element.text();
    } else {
      each(key, element);
    }
    is_key = !is_key;
  }
}

std::string ArgumentText(ReplyView argument);

std::string JoinArguments(ReplyView arguments, std::string_view separator) {
  std::vector<std::string> texts;
  for (const ReplyView argument : arguments) texts.push_back(ArgumentText(argument));
  return absl::StrJoin(texts, ToAbsl(separator));
}

// One argument as the manuals write it: "[EX seconds|PX milliseconds]", "key [key ...]".
struct Argument {
  explicit Argument(ReplyView fields) {
    ForEachPair(fields, [&](std::string_view field, ReplyView value) {
      if (field == "name") name = value.text();
      if (field == "display_text") shown = value.text();
      if (field == "type") type = value.text();
      if (field == "arguments") arguments = value;
      if (field == "token") {
        token = value.text().empty() ? "\"\"" : std::string(value.text());
      }
      if (field != "flags") return;
      for (const ReplyView flag : value) {
        if (flag.text() == "optional") is_optional = true;
        if (flag.text() == "multiple") is_multiple = true;
        if (flag.text() == "multiple_token") repeats_token = true;
      }
    });
  }

  std::string Text() const {
    std::string value;
    if (type == "oneof") {
      value = JoinArguments(arguments, "|");
    } else if (type == "block") {
      value = JoinArguments(arguments, " ");
    } else if (type != "pure-token") {
      value = shown.empty() ? name : shown;
    }
    const std::string before = token.empty() || value.empty() ? token : absl::StrCat(token, " ");
    std::string text = absl::StrCat(before, value);
    if (is_multiple) absl::StrAppend(&text, " [", repeats_token ? before : "", value, " ...]");
    return is_optional ? absl::StrCat("[", text, "]") : text;
  }

  std::string name;
  std::string shown;
  std::string type;
  std::string token;
  ReplyView arguments;
  bool is_optional = false;
  bool is_multiple = false;
  bool repeats_token = false;
};

std::string ArgumentText(ReplyView argument) { return Argument(argument).Text(); }

// "config|get" -> "CONFIG GET"
std::string DisplayName(std::string_view name) {
  std::string shown = Upper(name);
  std::replace(shown.begin(), shown.end(), '|', ' ');
  return shown;
}

CommandDoc ReadDoc(std::string_view name, ReplyView fields) {
  CommandDoc doc;
  doc.name = DisplayName(name);
  ForEachPair(fields, [&](std::string_view field, ReplyView value) {
    if (field == "summary") doc.summary = value.text();
    if (field == "since") doc.since = value.text();
    if (field == "group") doc.group = value.text();
    if (field == "complexity") doc.complexity = value.text();
    if (field == "arguments") {
      for (const ReplyView argument : value) doc.arguments.push_back(ArgumentText(argument));
    }
    if (field == "subcommands") {
      ForEachPair(value, [&](std::string_view subcommand, ReplyView subfields) {
        // Some servers name a subcommand without its command.
        const std::string full = subcommand.find('|') == std::string_view::npos
                                     ? absl::StrCat(ToAbsl(name), "|", ToAbsl(subcommand))
                                     : std::string(subcommand);
        doc.subcommands.push_back(ReadDoc(full, subfields));
      });
    }
  });
  std::sort(doc.subcommands.begin(), doc.subcommands.end(),
            [](const CommandDoc& a, const CommandDoc& b) { return a.name < b.name; });
  return doc;
}

}  // namespace

std::string CommandDoc::Usage() const {
  return arguments.empty() ? name : absl::StrCat(name, " ", absl::StrJoin(arguments, " "));
}

CommandDocs CommandDocs::Read(ReplyView reply) {
  CommandDocs docs;
  if (!reply.is_aggregate()) return docs;
  ForEachPair(reply, [&](std::string_view name, ReplyView fields) {
    if (name.empty() || !fields.is_aggregate()) return;
    CommandDoc doc = ReadDoc(name, fields);
    std::string key = doc.name;
    docs.commands_.emplace(std::move(key), std::move(doc));
  });
  return docs;
}

CommandDocs::Found CommandDocs::Find(const std::vector<std::string>& words) const {
  if (words.empty()) return {};
  const auto command = commands_.find(Upper(words[0]));
  if (command == commands_.end()) return {};
  if (words.size() > 1) {
    const std::string full = absl::StrCat(command->first, " ", Upper(words[1]));
    for (const CommandDoc& subcommand : command->second.subcommands) {
      if (subcommand.name == full) return {.doc = &subcommand, .words = 2};
    }
  }
  return {.doc = &command->second, .words = 1};
}

}  // namespace nacre::cli
