#include <cstdio>

#include "client/cli/interrupt.h"
#include "client/cli/modes.h"
#include "client/cli/stat_line.h"
#include "client/cli/text.h"

namespace nacre::cli {

int RunStat(ServerLink& link, const CliOptions& options) {
  constexpr int64_t kLinesPerHeader = 20;
  const absl::Duration interval =
      options.interval == absl::ZeroDuration() ? absl::Seconds(1) : options.interval;
  std::optional<Info> previous;
  for (int64_t line = 0;; ++line) {
    const absl::StatusOr<client::Reply> reply = Ask(link, client::Request("INFO"));
    if (!reply.ok()) return ReportLoss(reply.status());
    if (reply->is_error()) {
      std::fprintf(stderr, "INFO: %s\n", std::string(reply->text()).c_str());
      return kExitErrorReply;
    }
    if (line % kLinesPerHeader == 0) Print(StatHeader());
    Info info(reply->text());
    Print(StatLine(info, previous ? &*previous : nullptr));
    previous = std::move(info);
    const bool last = options.repeat && *options.repeat >= 0 && line + 1 >= *options.repeat;
    if (last || !SleepUnlessInterrupted(interval)) return kExitOk;
  }
}

}  // namespace nacre::cli
