// The commands that open and close transactions. What they do is in session/.

#include <optional>

#include "server/base/text.h"
#include "server/commands/handlers.h"
#include "server/commands/values.h"
#include "server/session/session.h"

namespace nacre::server {

void RunMulti(Session& session, Args) { session.Multi(); }
void RunExec(Session& session, Args) { session.Exec(); }
void RunDiscard(Session& session, Args) { session.Discard(); }
void RunWatch(Session& session, Args args) { session.Watch(args.subspan(1)); }
void RunUnwatch(Session& session, Args) { session.Unwatch(); }
void RunCommit(Session& session, Args) { session.Commit(); }
void RunRollback(Session& session, Args) { session.Rollback(); }

void RunBegin(Session& session, Args args) {
  std::optional<Isolation> isolation;
  bool read_only = false;
  bool tells_timestamp = false;
  for (const std::string_view option : args.subspan(1)) {
    if (EqualsIgnoringCase(option, "snapshot") && !isolation) {
      isolation = Isolation::kSnapshot;
    } else if (EqualsIgnoringCase(option, "serializable") && !isolation) {
      isolation = Isolation::kSerializable;
    } else if (EqualsIgnoringCase(option, "readonly") && !read_only) {
      read_only = true;
    } else if (EqualsIgnoringCase(option, "timestamp") && !tells_timestamp) {
      tells_timestamp = true;
    } else {
      session.out().Error(kSyntaxError);
      return;
    }
  }
  session.Begin(isolation.value_or(session.server().settings().default_isolation()), read_only,
                tells_timestamp);
}

}  // namespace nacre::server
