// CONFIG GET: how the server runs, under the names that Redis gives its settings.

#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "server/base/text.h"
#include "server/commands/handlers.h"
#include "server/commands/names.h"
#include "server/session/session.h"

namespace nacre::server {

namespace {

using Setting = std::pair<std::string, std::string>;

// Infinity is 0, as in Redis.
std::string Seconds(absl::Duration duration) {
  if (duration == absl::InfiniteDuration()) return "0";
  return absl::StrCat(absl::ToDoubleSeconds(duration));
}

std::vector<Setting> Settings(const ServerState& server) {
  const ServerOptions& options = server.options();
  const bool serializable = options.default_isolation == Isolation::kSerializable;
  return {
      {"appendonly", "no"},
      {"bind", options.bind},
      {"client-query-buffer-limit", absl::StrCat(options.request.request_bytes_max)},
      {"databases", absl::StrCat(server.databases())},
      {"default-isolation", serializable ? "serializable" : "snapshot"},
      {"io-threads", absl::StrCat(server.threads())},
      {"maxclients", absl::StrCat(options.clients_max)},
      {"maxmemory", absl::StrCat(options.memory_bytes_max)},
      {"maxmemory-policy", "noeviction"},
      {"multi-bytes-max", absl::StrCat(options.multi_bytes_max)},
      {"output-bytes-max", absl::StrCat(options.output_bytes_max)},
      {"port", absl::StrCat(server.port())},
      {"proto-max-bulk-len", absl::StrCat(options.request.bulk_bytes_max)},
      {"reply-bytes-max", absl::StrCat(options.reply_bytes_max)},
      {"save", ""},
      {"slow-threads", absl::StrCat(options.slow_threads)},
      {"timeout", "0"},
      {"transaction-age-max", Seconds(options.transaction_age_max)},
      {"transaction-bytes-max", absl::StrCat(options.transaction_bytes_max)},
      {"transaction-idle-timeout", Seconds(options.transaction_idle_timeout)},
  };
}

}  // namespace

void RunConfigGet(Session& session, Args args) {
  std::vector<Setting> matching;
  for (Setting& setting : Settings(session.server())) {
    for (const std::string_view pattern : args.subspan(2)) {
      if (!MatchesGlob(pattern, setting.first, /*ignore_case=*/true)) continue;
      matching.push_back(std::move(setting));
      break;
    }
  }
  session.out().Map(matching.size());
  for (const auto& [name, value] : matching) {
    session.out().Bulk(name);
    session.out().Bulk(value);
  }
}

}  // namespace nacre::server
