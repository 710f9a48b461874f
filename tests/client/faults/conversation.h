#ifndef NACRE_TESTS_CLIENT_FAULTS_CONVERSATION_H_
#define NACRE_TESTS_CLIENT_FAULTS_CONVERSATION_H_

// A conversation of a client with a server through something that fails, and the question whether
// what the client says of it is true: of each step that changes something, the outcome it was told
// is compared with what the server holds when nothing can happen any more.
//
//   INVARIANT (outcome): OK and kExecuted: done, once. kNotExecuted: not done, now or later.
//   kUnknown: not done, or done once. Never twice.

#include <cstdint>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "tests/client/contract/caller.h"
#include "tests/client/support/raw_client.h"

namespace nacre::client::faults {

// What the client said of each step; none: not tried.
struct Account {
  std::optional<absl::Status> set;
  std::optional<absl::Status> increment;
  std::optional<absl::Status> pipeline;
  std::optional<absl::Status> transaction;
  int transaction_runs = 0;
};

struct ConversationOptions {
  // Of each call.
  absl::Duration timeout = absl::Seconds(60);
  bool end_at_first_failure = false;
};

// SET, GET, INCR, a pipeline of three INCR, and a transaction that reads one key and writes two,
// all on keys that begin with `key`. Checks what it reads.
Account Converse(contract::Caller& client, const std::string& key,
                 const ConversationOptions& options);

// Fails the test where the account is not what `server` holds. Nothing of the conversation may be
// under way any more.
void ExpectTruth(const Account& account, support::RawClient& server, const std::string& key);

// "ok, ok, unknown, -": for messages and for counting.
std::string Summary(const Account& account);

}  // namespace nacre::client::faults

#endif  // NACRE_TESTS_CLIENT_FAULTS_CONVERSATION_H_
