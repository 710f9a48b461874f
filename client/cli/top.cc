// The loops of `nacre-cli top`: on a screen, and as lines.

#include <unistd.h>

#include <algorithm>
#include <cstdio>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "client/cli/interrupt.h"
#include "client/cli/modes.h"
#include "client/cli/terminal.h"
#include "client/cli/text.h"
#include "client/cli/top_model.h"
#include "client/cli/top_screen.h"

namespace nacre::cli {

namespace {

// How long the screen waits for a connection, and for INFO: it takes no keys meanwhile.
constexpr absl::Duration kPatience = absl::Seconds(2);

absl::StatusOr<Info> AskInfo(ServerLink& link, absl::Duration timeout) {
  const absl::StatusOr<client::Reply> reply =
      Ask(link, client::Request("INFO", "everything"), timeout);
  if (!reply.ok()) return reply.status();
  if (reply->is_error()) return absl::FailedPreconditionError(ToAbsl(reply->text()));
  return Info(reply->text());
}

// One report an interval, for scripts. The first INFO is only there to be compared with.
int RunLines(ServerLink& link, const CliOptions& options, absl::Duration interval) {
  const absl::Status connected = link.Connect(options.connection);
  if (!connected.ok()) {
    if (WasInterrupted()) return kExitInterrupted;
    std::fprintf(stderr, "%s\n", CouldNotConnect(options.connection, connected).c_str());
    return kExitConnection;
  }
  const int64_t reports = options.top.once ? 1 : options.repeat.value_or(-1);
  TopModel model;
  for (int64_t i = 0; reports < 0 || i <= reports; ++i) {
    if (i > 0 && !SleepUnlessInterrupted(interval)) break;
    const absl::StatusOr<Info> info = AskInfo(link, absl::InfiniteDuration());
    if (!info.ok()) {
      if (info.status().code() != absl::StatusCode::kFailedPrecondition) {
        return ReportLoss(info.status());
      }
      std::fprintf(stderr, "INFO: %s\n", std::string(info.status().message()).c_str());
      return kExitErrorReply;
    }
    const TopReport report = model.Update(*info, SteadyNow());
    if (i == 0) continue;
    const std::string line =
        options.top.json ? TopAsJson(report, absl::Now()) : TopAsLine(report, absl::Now());
    Print(line + "\n");
  }
  return kExitOk;
}

class TopLoop {
 public:
  TopLoop(ServerLink& link, const CliOptions& options, absl::Duration interval)
      : link_(link), options_(options) {
    view_.address = AddressOf(options.connection.endpoint);
    view_.interval = interval;
  }

  int Run() {
    next_ = SteadyNow();
    while (!done_ && !WasInterrupted()) {
      if (!view_.paused && SteadyNow() >= next_) Measure();
      Draw();
      const absl::Duration wait = view_.paused
                                      ? absl::InfiniteDuration()
                                      : std::max(next_ - SteadyNow(), absl::ZeroDuration());
      if (const auto key = screen_.ReadKey(wait)) Press(*key);
    }
    return kExitOk;
  }

 private:
  void Measure() {
    next_ = SteadyNow() + view_.interval;
    const absl::Status status = TryMeasure();
    if (status.ok()) {
      view_.trouble.clear();
      return;
    }
    model_.Forget();
    // A server that answers by an error is there all the same.
    if (link_.is_open()) {
      view_.trouble = absl::StrCat("INFO: ", status.message(), "; trying again");
      return;
    }
    view_.trouble = absl::StrCat(CouldNotConnect(options_.connection, status), "; trying again");
  }

  absl::Status TryMeasure() {
    if (!link_.is_open()) {
      client::ConnectionOptions connection = options_.connection;
      connection.connect_timeout = std::min(connection.connect_timeout, kPatience);
      const absl::Status connected = link_.Connect(connection);
      if (!connected.ok()) return connected;
    }
    const absl::StatusOr<Info> info = AskInfo(link_, kPatience);
    if (!info.ok()) return info.status();
    report_ = model_.Update(*info, SteadyNow());
    // Rates need two: the second comes soon, so that the screen is not empty for long.
    if (report_.interval == absl::ZeroDuration()) {
      next_ = SteadyNow() + std::min(view_.interval, absl::Milliseconds(300));
    }
    return absl::OkStatus();
  }

  void Draw() {
    const WindowSize size = CurrentWindowSize();
    view_.rows = size.rows;
    view_.columns = size.columns;
    const std::string drawn = DrawInPlace(RenderTop(report_, view_));
    if (drawn == drawn_ && size.rows == drawn_rows_ && size.columns == drawn_columns_) return;
    Print(drawn);
    drawn_ = drawn;
    drawn_rows_ = size.rows;
    drawn_columns_ = size.columns;
  }

  void Press(char key) {
    switch (key) {
      case 'q':
      case 'Q':
      case '\x04': done_ = true; break;
      case ' ':
        view_.paused = !view_.paused;
        // The time of the pause is no interval of the report after it.
        if (!view_.paused) model_.Forget();
        next_ = SteadyNow();
        break;
      case '+':
      case '=': SetInterval(view_.interval / 2); break;
      case '-': SetInterval(view_.interval * 2); break;
      case 's':
        view_.order = view_.order == TopOrder::kTime ? TopOrder::kCalls : TopOrder::kTime;
        break;
      default: break;
    }
  }

  void SetInterval(absl::Duration interval) {
    view_.interval = std::clamp(interval, absl::Milliseconds(125), absl::Seconds(64));
    next_ = std::min(next_, SteadyNow() + view_.interval);
  }

  ServerLink& link_;
  const CliOptions& options_;
  FullScreen screen_;
  TopModel model_;
  TopReport report_;
  TopView view_;
  absl::Duration next_;  // When the next report is due.
  bool done_ = false;
  std::string drawn_;
  size_t drawn_rows_ = 0;
  size_t drawn_columns_ = 0;
};

}  // namespace

int RunTop(ServerLink& link, const CliOptions& options) {
  const absl::Duration interval =
      options.interval == absl::ZeroDuration() ? absl::Seconds(1) : options.interval;
  const bool for_scripts = options.top.once || options.top.json || isatty(STDOUT_FILENO) == 0;
  if (for_scripts) return RunLines(link, options, interval);
  // A screen is left as it was found, however often somebody asks.
  CatchInterrupts(SecondInterrupt::kIsIgnored);
  return TopLoop(link, options, interval).Run();
}

}  // namespace nacre::cli
