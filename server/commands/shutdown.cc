// SHUTDOWN.

#include "server/base/text.h"
#include "server/commands/handlers.h"
#include "server/commands/values.h"
#include "server/session/session.h"

namespace nacre::server {

// There is nothing to save and nobody to wait for, so the options change nothing.
void RunShutdown(Session& session, Args args) {
  bool save = false;
  bool no_save = false;
  bool abort = false;
  bool known = true;
  for (const std::string_view option : args.subspan(1)) {
    save = save || EqualsIgnoringCase(option, "save");
    no_save = no_save || EqualsIgnoringCase(option, "nosave");
    abort = abort || EqualsIgnoringCase(option, "abort");
    known = known && (EqualsIgnoringCase(option, "save") || EqualsIgnoringCase(option, "nosave") ||
                      EqualsIgnoringCase(option, "now") || EqualsIgnoringCase(option, "force") ||
                      EqualsIgnoringCase(option, "abort"));
  }
  const std::function<void()>& shut_down = session.server().options().on_shutdown;
  if (!known || (save && no_save) || (abort && args.size() > 2)) {
    session.out().Error(kSyntaxError);
  } else if (abort) {
    session.out().Error("ERR No shutdown in progress.");
  } else if (!shut_down) {
    session.out().Error("ERR Errors trying to SHUTDOWN. Check logs.");
  } else {
    session.CloseAfterReply();  // Of what came before; there is none to this.
    shut_down();
  }
}

}  // namespace nacre::server
