// TIME.

#include "absl/time/clock.h"
#include "server/base/text.h"
#include "server/commands/handlers.h"
#include "server/session/session.h"

namespace nacre::server {

void RunTime(Session& session, Args) {
  const auto& source = session.server().options().time_source;
  const int64_t micros = absl::ToUnixMicros(source ? source() : absl::Now());
  ReplyWriter& out = session.out();
  out.Array(2);
  out.Bulk(std::to_string(micros / 1'000'000));
  out.Bulk(std::to_string(micros % 1'000'000));
}

}  // namespace nacre::server
