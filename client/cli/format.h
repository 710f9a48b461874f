#ifndef NACRE_CLIENT_CLI_FORMAT_H_
#define NACRE_CLIENT_CLI_FORMAT_H_

// Replies as text. Human and raw are, byte for byte, what redis-cli prints; docs/CLI.md says where
// the other two go further.

#include <string>
#include <string_view>
#include <vector>

#include "nacre/client/reply.h"

namespace nacre::cli {

enum class OutputMode { kHuman, kRaw, kCsv, kJson, kQuotedJson };

struct OutputFormat {
  OutputMode mode = OutputMode::kHuman;
  std::string element_delimiter = "\n";  // Raw: between elements (-d).
  std::string reply_delimiter = "\n";    // Raw: after a reply (-D).
};

// A whole reply as it is printed, the end of its line included. `is_text`: see RepliesText().
std::string FormatReply(client::ReplyView reply, const OutputFormat& format, bool is_text = false);

// A push message that came by itself; human: invalidations on one line.
std::string FormatPush(client::ReplyView push, const OutputFormat& format);

// Whether the command answers a text for people, with line ends of its own (INFO, CLIENT LIST,
// ...). Human and raw print such a text as it is.
bool RepliesText(const std::vector<std::string>& words);

// The parts, without an end of line except for human.
void AppendHuman(client::ReplyView reply, const std::string& indent, std::string& out);
void AppendRaw(client::ReplyView reply, std::string_view delimiter, std::string& out);
void AppendCsv(client::ReplyView reply, std::string& out);

}  // namespace nacre::cli

#endif  // NACRE_CLIENT_CLI_FORMAT_H_
