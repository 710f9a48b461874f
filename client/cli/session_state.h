#ifndef NACRE_CLIENT_CLI_SESSION_STATE_H_
#define NACRE_CLIENT_CLI_SESSION_STATE_H_

// What the connection of an interactive session is in the middle of, as its replies tell: the
// database, the protocol, who is logged in, and the open transaction. Shown in the prompt.
//
// Invariant, PromptTellsTheServersState: the prompt shows a transaction exactly as long as the
// server has one open for this connection. All changes come from replies (Observe) and from the end
// of the connection (Disconnected), never from what was asked for alone. A reply that shows that
// the two have come apart (+QUEUED outside of MULTI, "... without MULTI" inside) brings them
// together again.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "nacre/client/reply.h"

namespace nacre::cli {

enum class TransactionState {
  kNone,
  kMulti,    // MULTI: commands are queued.
  kRefused,  // MULTI, and a command was refused: EXEC will fail.
  kOpen,     // BEGIN.
  kLost,     // BEGIN, rolled back by the server; it waits for ROLLBACK.
};

struct Login {
  std::string username;
  std::string password;
};

class SessionState {
 public:
  // `address`: as the prompt shows it.
  SessionState(std::string address, int database, int protocol)
      : address_(std::move(address)), database_(database), protocol_(protocol) {}

  // After each command's reply, in order.
  void Observe(const std::vector<std::string>& words, client::ReplyView reply);

  // The connection has ended. Returns what was lost with it, as a sentence; empty: nothing.
  // `pending`: the command whose reply did not come, or empty.
  std::string Disconnected(const std::vector<std::string>& pending);
  void Connected() { connected_ = true; }

  // The level of a BEGIN that does not name one ("snapshot"); empty: not known.
  void SetDefaultLevel(std::string level) { default_level_ = std::move(level); }

  // What the next connection begins in.
  void SetDatabase(int database) { database_ = database; }
  // What the next connection logs in with.
  void SetLogin(std::optional<Login> login) { login_ = std::move(login); }

  // "127.0.0.1:6379[2] (serializable, read-only tx)> "
  std::string Prompt() const;

  TransactionState transaction() const { return transaction_; }
  bool watching() const { return watching_; }
  // For the next connection.
  int database() const { return database_; }
  int protocol() const { return protocol_; }
  const std::optional<Login>& login() const { return login_; }

 private:
  void ObserveInMulti(std::string_view name, const std::vector<std::string>& words,
                      client::ReplyView reply);
  void ObserveAlone(std::string_view name, const std::vector<std::string>& words,
                    client::ReplyView reply);
  void ObserveHello(const std::vector<std::string>& words);
  void Begin(const std::vector<std::string>& words);
  void EndTransaction();
  std::string TransactionName() const;

  std::string address_;
  int database_;
  int protocol_;
  std::optional<Login> login_;
  bool connected_ = false;
  bool watching_ = false;
  TransactionState transaction_ = TransactionState::kNone;
  std::string level_;  // Of the open transaction.
  bool read_only_ = false;
  std::string default_level_;
  // Of the queue of MULTI: its length as far as it was seen, and its SELECTs.
  struct QueuedSelect {
    size_t place;
    int database;
  };
  void TakeQueuedSelects(client::ReplyView replies);
  size_t queued_ = 0;
  std::vector<QueuedSelect> queued_selects_;
};

}  // namespace nacre::cli

#endif  // NACRE_CLIENT_CLI_SESSION_STATE_H_
