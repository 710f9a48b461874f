// CLIENT: what a connection is called.

#include "absl/strings/str_cat.h"
#include "server/base/text.h"
#include "server/commands/handlers.h"
#include "server/commands/names.h"
#include "server/session/session.h"

namespace nacre::server {

void RunClientGetName(Session& session, Args) {
  const std::string& name = session.client().name;
  if (name.empty()) {
    session.out().Null();
  } else {
    session.out().Bulk(name);
  }
}

void RunClientId(Session& session, Args) {
  session.out().Integer(static_cast<int64_t>(session.id()));
}

void RunClientSetInfo(Session& session, Args args) {
  const std::string_view attribute = args[2];
  std::string* field = nullptr;
  if (EqualsIgnoringCase(attribute, "lib-name")) field = &session.client().library_name;
  if (EqualsIgnoringCase(attribute, "lib-ver")) field = &session.client().library_version;
  if (field == nullptr) {
    session.out().Error(absl::StrCat("ERR Unrecognized option '", ToAbsl(attribute), "'"));
  } else if (!IsClientName(args[3])) {
    session.out().Error(absl::StrCat("ERR ", ToAbsl(AsciiLower(attribute)),
                                     " cannot contain spaces, newlines or special characters."));
  } else {
    *field = std::string(args[3]);
    session.out().Ok();
  }
}

void RunClientSetName(Session& session, Args args) {
  if (!IsClientName(args[2])) {
    session.out().Error(kBadClientName);
    return;
  }
  session.client().name = std::string(args[2]);
  session.out().Ok();
}

}  // namespace nacre::server
