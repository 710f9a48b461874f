// CLIENT: what a connection is called.

#include "absl/strings/str_cat.h"
#include "server/base/text.h"
#include "server/commands/handlers.h"
#include "server/commands/names.h"
#include "server/session/session.h"

namespace nacre::server {

namespace {

constexpr SubcommandSpec kSubcommands[] = {
    {"client|getname", 2, "Answers the name of this connection."},
    {"client|help", 2, "Lists the subcommands."},
    {"client|id", 2, "Answers the number of this connection."},
    {"client|setinfo", 4, "Takes the name (LIB-NAME) or version (LIB-VER) of the client library."},
    {"client|setname", 3, "Names this connection."},
};

void SetInfo(Session& session, std::string_view attribute, std::string_view value) {
  std::string* field = nullptr;
  if (EqualsIgnoringCase(attribute, "lib-name")) field = &session.client().library_name;
  if (EqualsIgnoringCase(attribute, "lib-ver")) field = &session.client().library_version;
  if (field == nullptr) {
    session.out().Error(absl::StrCat("ERR Unrecognized option '", ToAbsl(attribute), "'"));
  } else if (!IsClientName(value)) {
    session.out().Error(absl::StrCat("ERR ", ToAbsl(AsciiLower(attribute)),
                                     " cannot contain spaces, newlines or special characters."));
  } else {
    *field = std::string(value);
    session.out().Ok();
  }
}

}  // namespace

absl::Span<const SubcommandSpec> ClientSubcommands() { return kSubcommands; }

void RunClient(Session& session, Args args) {
  ReplyWriter& out = session.out();
  const SubcommandSpec* spec = FindSubcommand("client", kSubcommands, args, out);
  if (spec == nullptr) return;
  const std::string_view word = SubcommandWord(*spec);
  if (word == "getname") {
    const std::string& name = session.client().name;
    if (name.empty()) {
      out.Null();
    } else {
      out.Bulk(name);
    }
  } else if (word == "id") {
    out.Integer(static_cast<int64_t>(session.id()));
  } else if (word == "setinfo") {
    SetInfo(session, args[2], args[3]);
  } else if (word == "setname") {
    if (!IsClientName(args[2])) {
      out.Error(kBadClientName);
    } else {
      session.client().name = std::string(args[2]);
      out.Ok();
    }
  } else {
    WriteHelp("client", kSubcommands, out);
  }
}

}  // namespace nacre::server
