#ifndef NACRE_CLIENT_CLI_TOP_MODEL_H_
#define NACRE_CLIENT_CLI_TOP_MODEL_H_

// What `nacre-cli top` shows: the figures of one INFO, and how fast those of them that only grow
// have grown since the one before. What a server does not tell is left out.

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/time/time.h"
#include "client/cli/info.h"

namespace nacre::cli {

struct CommandRate {
  std::string name;
  double calls_per_second = 0;
  double failures_per_second = 0;
  double micros_per_call = 0;  // Of the calls since the report before.
  double busy = 0;             // Seconds of work a second.
};

struct TopReport {
  std::string server;  // "nacre 0.1.0", "redis 7.0.15"
  absl::Duration uptime;
  // Between the two INFOs; zero: there is only one, and no rates.
  absl::Duration interval;
  // By the names in kTopFields.
  std::map<std::string, double, std::less<>> values;
  std::string oldest_snapshot_client;
  std::vector<CommandRate> commands;  // Only those called since.

  std::optional<double> Value(std::string_view name) const;
};

struct TopField {
  std::string_view name;  // Rates end in "_per_second".
  std::string_view info;
};
extern const std::vector<TopField> kTopFields;

class TopModel {
 public:
  // `now`: any steady clock. A counter that has shrunk (CONFIG RESETSTAT, or another server at the
  // address) has no rate this time.
  TopReport Update(const Info& info, absl::Duration now);
  // The next report has no rates: nothing is known of the time in between.
  void Forget() { previous_.reset(); }

 private:
  struct Sample {
    Info info;
    absl::Duration at;
  };
  void AddCommands(const Info& info, double seconds, TopReport& report) const;

  std::optional<Sample> previous_;
};

enum class TopOrder { kTime, kCalls };
void SortCommands(TopOrder order, std::vector<CommandRate>& commands);

// As one line of JSON, and as one line of name=value for people who grep.
std::string TopAsJson(const TopReport& report, absl::Time time);
std::string TopAsLine(const TopReport& report, absl::Time time);

}  // namespace nacre::cli

#endif  // NACRE_CLIENT_CLI_TOP_MODEL_H_
