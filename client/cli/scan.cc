#include <cstdio>

#include "client/cli/format.h"
#include "client/cli/interrupt.h"
#include "client/cli/modes.h"
#include "client/cli/text.h"

namespace nacre::cli {

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
    for (const client::ReplyView key : (*reply)[1]) page += FormatReply(key, options.format);
    Print(page);
    cursor = (*reply)[0].text();
  } while (cursor != "0" && SleepUnlessInterrupted(options.interval));
  return cursor == "0" ? kExitOk : kExitInterrupted;
}

}  // namespace nacre::cli
