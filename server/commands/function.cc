// FUNCTION: there are none yet, so flushing them is always done.

#include "server/base/text.h"
#include "server/commands/handlers.h"
#include "server/session/session.h"

namespace nacre::server {

void RunFunctionFlush(Session& session, Args args) {
  const bool known =
      args.size() == 2 || (args.size() == 3 && (EqualsIgnoringCase(args[2], "sync") ||
                                                EqualsIgnoringCase(args[2], "async")));
  if (known) {
    session.out().Ok();
  } else {
    session.out().Error("ERR FUNCTION FLUSH only supports SYNC|ASYNC option");
  }
}

}  // namespace nacre::server
