#include "tests/client/support/canned_replies.h"

#include <cctype>

namespace nacre::client::support {
namespace {

std::string Capitals(std::string text) {
  for (char& c : text) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  return text;
}

std::string Unknown(const Words& words) {
  return ErrorReplyText("ERR unknown command '" + words[0] + "', with args beginning with: ");
}

}  // namespace

CannedReplies& CannedReplies::On(std::string_view command, std::string_view reply) {
  replies_[std::string(command)] = reply;
  return *this;
}

CannedReplies& CannedReplies::ServerIs(std::string_view name, std::string_view version) {
  server_name_ = name;
  server_version_ = version;
  return *this;
}

CannedReplies& CannedReplies::Password(std::string_view password) {
  password_ = password;
  return *this;
}

CannedReplies& CannedReplies::WithoutHello() {
  knows_hello_ = false;
  return *this;
}

bool CannedReplies::IsHandshake(const Words& words) {
  const std::string name = Capitals(words[0]);
  return name == "HELLO" || name == "AUTH" || name == "CLIENT" || name == "SELECT";
}

std::string CannedReplies::ReplyTo(const Words& words, Session& session) const {
  const std::string name = Capitals(words[0]);
  // From all words to the name alone.
  for (size_t count = words.size(); count > 0; --count) {
    std::string command = name;
    for (size_t i = 1; i < count; ++i) command += " " + words[i];
    const auto found = replies_.find(command);
    if (found != replies_.end()) return found->second;
  }
  if (name == "HELLO") return knows_hello_ ? Hello(words, session) : Unknown(words);
  if (name == "AUTH") return Auth(words, 1, session);
  if (!password_.empty() && !session.authenticated) {
    return ErrorReplyText("NOAUTH Authentication required.");
  }
  if (name == "CLIENT" && words.size() == 3 && Capitals(words[1]) == "SETNAME") {
    session.name = words[2];
  }
  if (name == "SELECT" && words.size() == 2) session.database = std::atoi(words[1].c_str());
  if (name == "CLIENT" || name == "SELECT") return SimpleString("OK");
  if (name == "PING") return words.size() > 1 ? Bulk(words[1]) : SimpleString("PONG");
  return Unknown(words);
}

// HELLO [protocol [AUTH username password] [SETNAME name]]
std::string CannedReplies::Hello(const Words& words, Session& session) const {
  const std::string protocol = words.size() > 1 ? words[1] : "2";
  if (protocol != "2" && protocol != "3") {
    return ErrorReplyText("NOPROTO unsupported protocol version");
  }
  for (size_t i = 2; i < words.size();) {
    const std::string option = Capitals(words[i]);
    if (option == "AUTH" && i + 2 < words.size()) {
      const std::string reply = Auth({words.begin(), words.begin() + i + 3}, i + 1, session);
      if (reply != SimpleString("OK")) return reply;
      i += 3;
    } else if (option == "SETNAME" && i + 1 < words.size()) {
      session.name = words[i + 1];
      i += 2;
    } else {
      return ErrorReplyText("ERR Syntax error in HELLO option '" + words[i] + "'");
    }
  }
  if (!password_.empty() && !session.authenticated) {
    return ErrorReplyText(
        "NOAUTH HELLO must be called with the client already authenticated, otherwise the HELLO "
        "<proto> AUTH <user> <pass> option can be used to authenticate the client and select the "
        "RESP protocol version at the same time");
  }
  session.protocol = protocol == "3" ? 3 : 2;
  const std::vector<std::string> fields = {Bulk("server"),  Bulk(server_name_),
                                           Bulk("version"), Bulk(server_version_),
                                           Bulk("proto"),   Integer(session.protocol),
                                           Bulk("id"),      Integer(1),
                                           Bulk("mode"),    Bulk("standalone"),
                                           Bulk("role"),    Bulk("master"),
                                           Bulk("modules"), Array({})};
  if (session.protocol == 2) return Array(fields);
  std::string reply = "%" + std::to_string(fields.size() / 2) + "\r\n";
  for (const std::string& field : fields) reply += field;
  return reply;
}

// [username] password, from the word `from` on.
std::string CannedReplies::Auth(const Words& words, size_t from, Session& session) const {
  const size_t count = words.size() - from;
  if (count != 1 && count != 2) {
    return ErrorReplyText("ERR wrong number of arguments for 'auth' command");
  }
  if (password_.empty() && count == 1) {
    return ErrorReplyText(
        "ERR AUTH <password> called without any password configured for the default user. Are you "
        "sure your configuration is correct?");
  }
  const bool right_user = count == 1 || words[from] == "default";
  if (!right_user || (!password_.empty() && words.back() != password_)) {
    return ErrorReplyText("WRONGPASS invalid username-password pair or user is disabled.");
  }
  session.authenticated = true;
  return SimpleString("OK");
}

}  // namespace nacre::client::support
