#ifndef NACRE_CLIENT_TRANSACT_INTERACTIVE_SCRIPT_H_
#define NACRE_CLIENT_TRANSACT_INTERACTIVE_SCRIPT_H_

#include <cstddef>
#include <span>
#include <string>

#include "client/transact/transaction_script.h"

namespace nacre::client {

// BEGIN ... COMMIT. The server keeps the transaction, so its reads see its writes.
//
//   fn calls                       on the wire, a line for each write to the socket
//   Get(a), Get(b), Set(a),        BEGIN SNAPSHOT, GET a | GET b | SET a, SET b | COMMIT
//     Set(b)
//   Get(a), Set(a), Get(b)         BEGIN SNAPSHOT, GET a | SET a, GET b | COMMIT
//   Set(a), Set(b)                 BEGIN SNAPSHOT | SET a, SET b | COMMIT
//
// NO-WRITE-OUTSIDE: BEGIN shares a packet with a read and never with what may write.
// ALL-OR-NOTHING: COMMIT does not share one with writes, because an error of a command does not end
// a transaction of Nacre's, and COMMIT would commit the others.
class InteractiveScript final : public TransactionScript {
 public:
  explicit InteractiveScript(const TransactOptions& options) : TransactionScript(options) {}

  bool is_interactive() const override { return true; }

 private:
  absl::Status StartGet(std::span<const std::string> keys, bool as_array) override;
  absl::Status StartRead(const Request& command, std::span<const std::string> keys) override;
  absl::Status StartExec(const Request& command) override;
  void AskNextRead() override;
  void AskNextCommit() override;
  void AskRollback() override;
  void OnOpenReply(ReplyView reply) override;
  void OnWriteReply(ReplyView reply, size_t index) override;
  void OnCommitReply(ReplyView reply) override;
  void OnCloseReply() override { is_open_ = false; }
  bool is_open() const override { return is_open_; }

  void AskBegin();

  bool is_open_ = false;
  bool read_may_write_ = false;  // It is one of Exec().
};

}  // namespace nacre::client

#endif  // NACRE_CLIENT_TRANSACT_INTERACTIVE_SCRIPT_H_
