#include "client/cli/interrupt.h"
#include "client/cli/json.h"
#include "client/cli/modes.h"
#include "client/cli/runner.h"
#include "client/cli/words.h"

namespace nacre::cli {

namespace {

std::string KeyLine(std::string_view key, OutputMode mode) {
  std::string line;
  switch (mode) {
    case OutputMode::kRaw: line = key; break;
    case OutputMode::kJson: AppendJsonString(key, line); break;
    case OutputMode::kQuotedJson: {
      std::string inside;
      AppendQuotedInside(key, inside);
      AppendJsonString(inside, line);
      break;
    }
    case OutputMode::kHuman:
    case OutputMode::kCsv: line = Quote(key); break;
  }
  return line += '\n';
}

}  // namespace

int RunScan(ServerLink& link, const CliOptions& options) {
  std::string cursor = "0";
  do {
    std::vector<std::string> words = {"SCAN", cursor};
    if (!options.scan_pattern.empty()) {
      words.insert(words.end(), {"MATCH", options.scan_pattern});
    }
    if (options.scan_count > 0) {
      words.insert(words.end(), {"COUNT", std::to_string(options.scan_count)});
    }
    client::Request request;
    request.AddWords(words);
    const absl::StatusOr<client::Reply> reply = Ask(link, request);
    if (WasInterrupted()) return kExitInterrupted;
    if (!reply.ok()) return ReportLoss(reply.status());
    if (reply->is_error() || reply->size() != 2) {
      std::fprintf(stderr, "SCAN: %s\n",
                   reply->is_error() ? std::string(reply->text()).c_str() : "no page of keys");
      return kExitErrorReply;
    }
    std::string page;
    for (const client::ReplyView key : (*reply)[1]) {
      page += KeyLine(key.text(), options.format.mode);
    }
    Print(page);
    cursor = (*reply)[0].text();
  } while (cursor != "0" && SleepUnlessInterrupted(options.interval));
  return cursor == "0" ? kExitOk : kExitInterrupted;
}

}  // namespace nacre::cli
