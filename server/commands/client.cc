// CLIENT: what a connection is called, and how it is answered.

#include "absl/strings/str_cat.h"
#include "server/base/text.h"
#include "server/commands/handlers.h"
#include "server/commands/names.h"
#include "server/commands/values.h"
#include "server/session/session.h"

namespace nacre::server {

namespace {

void SetSwitch(Session& session, std::string_view value, std::atomic<bool>& field) {
  const bool on = EqualsIgnoringCase(value, "on");
  if (!on && !EqualsIgnoringCase(value, "off")) {
    session.out().Error(kSyntaxError);
    return;
  }
  field.store(on, std::memory_order_relaxed);
  session.out().Ok();
}

}  // namespace

void RunClientGetName(Session& session, Args) {
  const std::string& name = session.client().name;
  if (name.empty()) {
    session.out().Null();
  } else {
    session.out().Bulk(name);
  }
}

// There is no tracking to redirect.
void RunClientGetRedir(Session& session, Args) { session.out().Integer(-1); }

void RunClientTrackingInfo(Session& session, Args) {
  ReplyWriter& out = session.out();
  out.Map(3);
  out.Bulk("flags");
  out.Set(1);
  out.Bulk("off");
  out.Bulk("redirect");
  out.Integer(-1);
  out.Bulk("prefixes");
  out.Array(0);
}

void RunClientNoEvict(Session& session, Args args) {
  SetSwitch(session, args[2], session.record().no_evict);
}

void RunClientNoTouch(Session& session, Args args) {
  SetSwitch(session, args[2], session.record().no_touch);
}

void RunClientReply(Session& session, Args args) {
  using Replies = Session::Replies;
  if (EqualsIgnoringCase(args[2], "on")) {
    session.set_replies(Replies::kOn);
    session.out().Ok();
  } else if (EqualsIgnoringCase(args[2], "off")) {
    session.set_replies(Replies::kOff);
  } else if (EqualsIgnoringCase(args[2], "skip")) {
    if (session.replies() != Replies::kOff) session.set_replies(Replies::kSkipNext);
  } else {
    session.out().Error(kSyntaxError);
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
    session.ClientNamesChanged();
    session.out().Ok();
  }
}

void RunClientSetName(Session& session, Args args) {
  if (!IsClientName(args[2])) {
    session.out().Error(kBadClientName);
    return;
  }
  session.client().name = std::string(args[2]);
  session.ClientNamesChanged();
  session.out().Ok();
}

}  // namespace nacre::server
