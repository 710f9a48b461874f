#ifndef NACRE_CLIENT_TRANSACT_TRANSACTION_SCRIPT_H_
#define NACRE_CLIENT_TRANSACT_TRANSACTION_SCRIPT_H_

// One attempt of a transaction, without I/O: turns what fn calls into requests, and replies into
// what fn is answered. Transaction and BlockingTransaction carry the requests to a connection that
// belongs to the attempt alone, each in its own way, and are otherwise this:
//
//   if (absl::Status status = script.Get(key); !status.ok()) return status;
//   while (const Request* request = script.NextRequest()) {
//     send *request; script.OnReply(...) for each of its replies; script.OnEnd(status);
//   }
//   return script.TakeValue();
//
// The two variants are interactive_script.cc (BEGIN ... COMMIT) and watch_script.cc
// (WATCH ... MULTI ... EXEC). Both keep to:
//
// Invariant NO-WRITE-OUTSIDE: no write takes effect outside of the transaction that it was meant
// for. (BEGIN may be refused, or be unknown to a server that was said to know it; a SET behind it
// in the same packet would be applied alone.)
//
// Invariant ALL-OR-NOTHING: what commits is sent only when every write has been accepted, or in a
// form in which the server itself refuses to commit otherwise.
//
// Invariant UNKNOWN-STAYS-UNKNOWN: from the moment at which the request that commits is handed out,
// an attempt that wrote ends with the outcome that the connection reports. Before it, an attempt
// whose connection is lost ends with kNotExecuted, whatever was under way: a server rolls back with
// the connection.
//
// Thread rule: belongs to one attempt, and has one operation under way at a time.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "client/transact/exchange.h"
#include "client/transact/pending_writes.h"
#include "client/transact/read_answer.h"
#include "nacre/client/connection.h"
#include "nacre/client/options.h"
#include "nacre/client/reply.h"
#include "nacre/client/request.h"
#include "nacre/client/transact_options.h"

namespace nacre::client {

// How an attempt ended.
struct AttemptEnd {
  absl::StatusOr<Committed> result;
  // The status is that of the transaction or of one of its operations, not one of fn's own.
  bool of_transaction = false;
};

class TransactionScript {
 public:
  // By BEGIN ... COMMIT if `interactive`, otherwise by WATCH ... MULTI ... EXEC.
  static std::unique_ptr<TransactionScript> New(bool interactive, const TransactOptions& options);
  // By the one that `mode` says for this server.
  static std::unique_ptr<TransactionScript> New(TransactionMode mode, const ServerInfo& server,
                                                const TransactOptions& options);
  virtual ~TransactionScript() = default;

  virtual bool is_interactive() const = 0;

  // Operations. Each is begun by one of these, carried on until NextRequest() is null, and then
  // answered by the Take...() behind it. A status that is not OK is the answer at once.
  absl::Status Get(std::string_view key);                                 // TakeValue()
  absl::Status MultiGet(std::span<const std::string> keys);               // TakeValues()
  absl::Status Read(Request command, std::span<const std::string> keys);  // TakeReply()
  absl::Status Exec(Request command);                                     // TakeReply()
  // fn has returned `status`: commits if it is OK, otherwise rolls back. The last operation.
  void Finish(const absl::Status& status);  // TakeEnd()

  absl::StatusOr<std::optional<std::string>> TakeValue();
  absl::StatusOr<std::vector<std::optional<std::string>>> TakeValues();
  absl::StatusOr<Reply> TakeReply();
  AttemptEnd TakeEnd();

  // Buffered. What is wrong with them is the answer of the operations that follow.
  void Set(std::string_view key, std::string_view value, absl::Duration time_to_live);
  void Del(std::string_view key);
  void Write(const Request& commands, std::span<const std::string> keys);

  // What is to be sent next for the operation under way; null when it is done. Valid until OnEnd().
  const Request* NextRequest();
  // As those of ReplyConsumer, about the request that NextRequest() has given last.
  void OnReply(ReplyView reply);
  void OnEnd(const absl::Status& status);

  // Whether the connection is as it was before the attempt, and may serve others.
  bool leaves_connection_clean() const { return !is_lost_ && !is_open(); }

 protected:
  using Role = Exchange::Role;
  enum class Operation : uint8_t { kNone, kRead, kCommit, kRollback };

  explicit TransactionScript(const TransactOptions& options) : options_(options) {}

  // Begins a read of `keys`: sets read_ and answer_.
  virtual absl::Status StartGet(std::span<const std::string> keys, bool as_array) = 0;
  virtual absl::Status StartRead(const Request& command, std::span<const std::string> keys) = 0;
  virtual absl::Status StartExec(const Request& command) = 0;
  // A write was buffered: of this value, null for Del.
  virtual void NoteValue(std::string_view, const std::string_view*) {}
  // A key that Write() has named.
  virtual void NoteUnknown(std::string_view) {}

  // Asks for what comes next (Ask...() below), or for nothing: the operation is done.
  virtual void AskNextRead() = 0;
  virtual void AskNextCommit() = 0;
  virtual void AskRollback() = 0;

  virtual void OnOpenReply(ReplyView reply) = 0;
  virtual void OnWriteReply(ReplyView reply, size_t index) = 0;
  virtual void OnCommitReply(ReplyView reply) = 0;
  virtual void OnCloseReply() = 0;
  // Whether the server holds something of this attempt: a transaction, or watched keys.
  virtual bool is_open() const = 0;

  void Ask(Role role, const Request& commands) { exchange_.Ask(role, commands); }
  void AskRead();
  void AskWrites();
  // With this request everything is decided.
  void AskCommit(const Request& command);

  // The attempt cannot succeed any more. The first reason stays.
  void Fail(const absl::Status& status);
  bool has_failed() const { return !failure_.ok(); }
  bool is_committing() const { return operation_ == Operation::kCommit; }
  // Nobody knows what the connection's state is.
  void LoseTrack() { is_lost_ = true; }

  const TransactOptions options_;
  PendingWrites writes_;  // Not yet sent.
  PendingWrites sent_;    // Those that the last AskWrites() has sent.
  bool has_written_ = false;
  Request read_;  // Of the read under way, until it is sent.
  ReadAnswer answer_;
  Committed committed_;

 private:
  absl::Status Start();
  bool NoteWrite();
  void OnReadReply(ReplyView reply);
  void OnError(Role role, ReplyView reply);
  absl::Status AnswerStatus();
  absl::Status LossOf(const absl::Status& status) const;

  Operation operation_ = Operation::kNone;
  Exchange exchange_;
  absl::Status failure_;
  absl::Status fn_status_;
  bool is_lost_ = false;
  bool has_asked_commit_ = false;
  bool is_decided_ = false;  // The request that commits has been answered.
};

}  // namespace nacre::client

#endif  // NACRE_CLIENT_TRANSACT_TRANSACTION_SCRIPT_H_
