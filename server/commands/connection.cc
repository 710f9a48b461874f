// PING ECHO QUIT SELECT AUTH HELLO RESET.

#include <optional>

#include "absl/strings/str_cat.h"
#include "server/base/numbers.h"
#include "server/base/text.h"
#include "server/commands/handlers.h"
#include "server/commands/names.h"
#include "server/commands/values.h"
#include "server/session/session.h"
#include "server/version.h"

namespace nacre::server {

namespace {

constexpr std::string_view kWrongPassword =
    "WRONGPASS invalid username-password pair or user is disabled.";

// There is one user, "default".
bool LogIn(Session& session, std::string_view user, std::string_view password) {
  return user == "default" && session.Authenticate(password);
}

// As in Redis, AUTH counts also if something behind it is wrong; nothing else does.
struct HelloArguments {
  std::optional<int> protocol;
  std::optional<std::string_view> name;
};

// The error, empty if there is none.
std::string ReadHelloArguments(Session& session, Args args, HelloArguments& hello) {
  if (args.size() < 2) return {};
  const auto version = ParseInteger(args[1]);
  if (!version) return "ERR Protocol version is not an integer or out of range";
  if (*version < 2 || *version > 3) return "NOPROTO unsupported protocol version";
  hello.protocol = static_cast<int>(*version);
  for (size_t i = 2; i < args.size(); ++i) {
    const size_t left = args.size() - i - 1;
    if (EqualsIgnoringCase(args[i], "auth") && left >= 2) {
      if (!LogIn(session, args[i + 1], args[i + 2])) return std::string(kWrongPassword);
      i += 2;
    } else if (EqualsIgnoringCase(args[i], "setname") && left >= 1) {
      hello.name = args[++i];
      if (!IsClientName(*hello.name)) return std::string(kBadClientName);
    } else {
      return absl::StrCat("ERR Syntax error in HELLO option '", ToAbsl(args[i]), "'");
    }
  }
  return {};
}

void WriteHello(Session& session) {
  ReplyWriter& out = session.out();
  out.Map(7);
  out.Bulk("server");
  out.Bulk("nacre");
  out.Bulk("version");
  out.Bulk(kNacreVersion);
  out.Bulk("proto");
  out.Integer(out.protocol());
  out.Bulk("id");
  out.Integer(static_cast<int64_t>(session.id()));
  out.Bulk("mode");
  out.Bulk("standalone");
  out.Bulk("role");
  out.Bulk("master");
  out.Bulk("modules");
  out.Array(0);
}

}  // namespace

void RunPing(Session& session, Args args) {
  if (args.size() == 1) {
    session.out().Simple("PONG");
  } else if (args.size() == 2) {
    session.out().Bulk(args[1]);
  } else {
    session.out().Error("ERR wrong number of arguments for 'ping' command");
  }
}

void RunEcho(Session& session, Args args) { session.out().Bulk(args[1]); }

void RunQuit(Session& session, Args) {
  session.out().Ok();
  session.CloseAfterReply();
}

void RunSelect(Session& session, Args args) {
  const DatabaseArgument database = ReadDatabase(args[1]);
  if (!database.error.empty()) {
    session.out().Error(database.error);
  } else if (!session.server().HasDatabase(database.index)) {
    session.out().Error(kNoSuchDatabase);
  } else {
    session.client().database = database.index;
    session.out().Ok();
  }
}

void RunAuth(Session& session, Args args) {
  if (args.size() > 3) {
    session.out().Error(kSyntaxError);
  } else if (args.size() == 2 && !session.server().settings().has_password()) {
    session.out().Error(
        "ERR AUTH <password> called without any password configured for the default user. Are you "
        "sure your configuration is correct?");
  } else if (LogIn(session, args.size() == 2 ? "default" : args[1], args.back())) {
    session.out().Ok();
  } else {
    session.out().Error(kWrongPassword);
  }
}

void RunHello(Session& session, Args args) {
  HelloArguments hello;
  const std::string error = ReadHelloArguments(session, args, hello);
  if (!error.empty()) {
    session.out().Error(error);
    return;
  }
  if (session.needs_password()) {
    session.out().Error(
        "NOAUTH HELLO must be called with the client already authenticated, otherwise the HELLO "
        "AUTH <user> <pass> option can be used to authenticate the client and select the RESP "
        "protocol version at the same time");
    return;
  }
  if (hello.protocol) session.out().set_protocol(*hello.protocol);
  if (hello.name) {
    session.client().name = std::string(*hello.name);
    session.ClientNamesChanged();
  }
  WriteHello(session);
}

void RunReset(Session& session, Args) {
  session.Reset();
  session.out().Simple("RESET");
}

}  // namespace nacre::server
