#ifndef NACRE_TESTS_CLIENT_TRANSACT_SCRIPT_DIALOGUE_H_
#define NACRE_TESTS_CLIENT_TRANSACT_SCRIPT_DIALOGUE_H_

// Plays the server to a TransactionScript: notes what is sent as text, and answers what was told.
//
//   ScriptDialogue wire(script);
//   wire.Answer("+OK\r\n$1\r\n7\r\n");          // For the next request: all its replies.
//   ... begin an operation ...
//   wire.Run();
//   EXPECT_THAT(wire.sent(), ElementsAre("BEGIN SNAPSHOT | GET a"));

#include <deque>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "client/transact/transaction_script.h"

namespace nacre::client {

class ScriptDialogue {
 public:
  explicit ScriptDialogue(TransactionScript& script) : script_(script) {}

  // The replies to one request, one after the other as they come over the wire.
  ScriptDialogue& Answer(std::string_view replies);
  // Replies to the first commands of a request, and then the end of the connection.
  ScriptDialogue& AnswerAndEnd(std::string_view replies, absl::Status end);

  // Exchanges until the operation is done. What has no answer prepared fails the test.
  void Run();

  // Each request: "BEGIN SNAPSHOT | GET a".
  const std::vector<std::string>& sent() const { return sent_; }

 private:
  struct Prepared {
    std::string replies;
    absl::Status end;
  };

  TransactionScript& script_;
  std::deque<Prepared> prepared_;
  std::vector<std::string> sent_;
};

// The commands of a request, as text.
std::string TextOf(const Request& request);

}  // namespace nacre::client

#endif  // NACRE_TESTS_CLIENT_TRANSACT_SCRIPT_DIALOGUE_H_
