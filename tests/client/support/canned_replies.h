#ifndef NACRE_TESTS_CLIENT_SUPPORT_CANNED_REPLIES_H_
#define NACRE_TESTS_CLIENT_SUPPORT_CANNED_REPLIES_H_

#include <map>
#include <string>
#include <string_view>

#include "tests/client/support/resp.h"

namespace nacre::client::support {

// What a server answers to each command, set once and then only read.
//
//   CannedReplies().On("GET", Bulk("x")).On("GET gone", NullBulk())
//
// Without more, it answers HELLO, AUTH, CLIENT, SELECT and PING as a server would, and everything
// else with an error.
class CannedReplies {
 public:
  // `command`: its name in capitals, and as many of its arguments as matter. The longest match
  // wins.
  CannedReplies& On(std::string_view command, std::string_view reply);
  // As HELLO tells it.
  CannedReplies& ServerIs(std::string_view name, std::string_view version);
  // Asked of AUTH and HELLO; without it, every other command is -NOAUTH.
  CannedReplies& Password(std::string_view password);
  // As before Redis 6.
  CannedReplies& WithoutHello();

  // What one connection has said so far.
  struct Session {
    int protocol = 2;
    bool authenticated = false;
    std::string name;
    int database = 0;
  };
  std::string ReplyTo(const Words& words, Session& session) const;

  // HELLO, AUTH, CLIENT and SELECT.
  static bool IsHandshake(const Words& words);

 private:
  std::string Hello(const Words& words, Session& session) const;
  std::string Auth(const Words& words, size_t from, Session& session) const;

  std::map<std::string, std::string, std::less<>> replies_;
  std::string server_name_ = "redis";
  std::string server_version_ = "7.0.15";
  std::string password_;
  bool knows_hello_ = true;
};

}  // namespace nacre::client::support

#endif  // NACRE_TESTS_CLIENT_SUPPORT_CANNED_REPLIES_H_
