// CONFIG: how the server runs, under the names that Redis gives its settings.

#include "server/commands/handlers.h"
#include "server/commands/values.h"
#include "server/session/session.h"
#include "server/settings/settings.h"

namespace nacre::server {

void RunConfigGet(Session& session, Args args) {
  const auto matching = session.server().settings().Matching(args.subspan(2));
  session.out().Map(matching.size());
  for (const auto& [name, value] : matching) {
    session.out().Bulk(name);
    session.out().Bulk(value);
  }
}

void RunConfigSet(Session& session, Args args) {
  if (args.size() % 2 != 0) {
    session.out().Error(kSyntaxError);
    return;
  }
  const std::string error = session.server().settings().Set(args.subspan(2));
  if (error.empty()) {
    session.out().Ok();
  } else {
    session.out().Error(error);
  }
}

void RunConfigResetStat(Session& session, Args) {
  session.server().ResetCounters();
  session.out().Ok();
}

void RunConfigRewrite(Session& session, Args) {
  session.out().Error("ERR The server is running without a config file");
}

}  // namespace nacre::server
