// Commands that answer later: WAIT, DEBUG SLEEP.

#include <cmath>

#include "absl/strings/numbers.h"
#include "server/base/clock.h"
#include "server/base/numbers.h"
#include "server/base/text.h"
#include "server/commands/handlers.h"
#include "server/commands/values.h"
#include "server/session/session.h"

namespace nacre::server {

// There are no replicas, so more than none of them never confirm.
void RunWait(Session& session, Args args) {
  const auto replicas = ParseInteger(args[1]);
  const auto timeout = ParseInteger(args[2]);
  if (!replicas) {
    session.out().Error(kNotAnInteger);
  } else if (!timeout) {
    session.out().Error("ERR timeout is not an integer or out of range");
  } else if (*timeout < 0) {
    session.out().Error("ERR timeout is negative");
  } else if (*replicas <= 0 || !session.may_wait()) {
    session.out().Integer(0);
  } else {
    const absl::Time until =
        *timeout == 0 ? absl::InfiniteFuture() : SteadyNow() + absl::Milliseconds(*timeout);
    session.WaitUntil(until, [](ReplyWriter& out) { out.Integer(0); });
  }
}

void RunDebugSleep(Session& session, Args args) {
  double seconds = 0;
  if (!absl::SimpleAtod(ToAbsl(args[2]), &seconds) || !std::isfinite(seconds)) {
    session.out().Error("ERR value is not a valid float");
  } else if (seconds <= 0 || !session.may_wait()) {
    session.out().Ok();
  } else {
    session.WaitUntil(SteadyNow() + absl::Seconds(seconds), [](ReplyWriter& out) { out.Ok(); });
  }
}

}  // namespace nacre::server
