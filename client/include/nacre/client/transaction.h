#ifndef NACRE_CLIENT_TRANSACTION_H_
#define NACRE_CLIENT_TRANSACTION_H_

// Transactions against Nacre (BEGIN ... COMMIT) and against any other server of the protocol
// (WATCH ... MULTI ... EXEC), by the same calls:
//
//   auto committed = co_await client.Transact([&](Transaction& tx) -> Awaitable<absl::Status> {
//     auto balance = co_await tx.Get("alice");
//     if (!balance.ok()) co_return balance.status();
//     tx.Set("alice", NewBalance(*balance));
//     co_return absl::OkStatus();          // Commits. Anything else rolls back.
//   });
//
// (With g++ 12 fn captures by reference, or has a name of its own: a lambda that is written inside
// of a co_await expression is destroyed twice, which matters if it owns what it has captured.)
//
// Reads are answered at once. Writes are not: they leave with the next read, or before the commit,
// together in one write to the socket, and an error of one of them makes the commit fail with that
// error, and roll back. Reads see the transaction's own writes. (Through WATCH: Get and MultiGet
// see those made by Set and Del. Other reads of a key that was written, and all reads of a key that
// Write() has named, are kFailedPrecondition, since the server has not seen the write yet.)
//
// One call at a time: await it before the next one. (MultiGet reads many keys at once.) One that is
// still under way when fn returns fails the transaction, kFailedPrecondition.
//
// A conflict runs fn again, after a pause of full jitter, as long as the timeout (then
// kDeadlineExceeded), attempts_max (then the conflict, kAborted) and the client's retry budget
// (then kResourceExhausted) allow. So fn may run several times and must have no effects outside of
// the transaction that it cannot repeat. Every other status ends Transact() with that status. A
// status of fn's own is final whatever its code; one that fn was answered by a call of the
// transaction, and passes on unchanged, is judged as what it is. fn must not throw.
//
// A connection lost before COMMIT (or EXEC) was sent is kUnavailable, outcome kNotExecuted; that
// attempt is run again like a conflict. Lost between COMMIT and its reply, it is kUnknown with
// IsOutcomeUnknown(): the transaction may have been committed, and is not run again. (Unless it has
// written nothing.) The same holds for a timeout, kDeadlineExceeded, and for a coroutine that is
// cancelled, kCancelled, which Asio lets throw at the next co_await.
//
// Round trips, each one write to the socket. Against Nacre: one for each read, the first of which
// carries BEGIN; one for writes that are left; one for COMMIT. Writes wait for the reply to BEGIN,
// and COMMIT for the replies to the writes, because neither may happen without the other. Through
// WATCH: one for each read, which carries the WATCH of its keys; one for MULTI, the writes and
// EXEC.
//
// What is different through WATCH:
// - Reads that fn makes one after the other may come from different moments. EXEC commits only if
//   none of the keys has changed since, so what is committed is serializable, but fn may see a
//   mixture before it is refused. (A transaction that writes nothing is checked in the same way.)
//   Against Nacre all reads are of one snapshot.
// - Redis does not undo a transaction of which a command fails when it runs, such as an INCR of a
//   list. The status is that of the command, with OutcomeOf() kExecuted: everything else has been
//   done. Where that may happen, read first and write what cannot fail.
// - A user that may write and may not use MULTI (an access list can be like that) gets
//   kPermissionDenied with IsOutcomeUnknown(): Redis has done the writes one by one.
//
// Thread rule: as Client.

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "nacre/client/awaitable.h"
#include "nacre/client/reply.h"
#include "nacre/client/request.h"
#include "nacre/client/transact_options.h"

namespace nacre::client {

class Transaction {
 public:
  Transaction(const Transaction&) = delete;
  Transaction& operator=(const Transaction&) = delete;

  Awaitable<absl::StatusOr<std::optional<std::string>>> Get(std::string_view key);
  Awaitable<absl::StatusOr<std::vector<std::optional<std::string>>>> MultiGet(
      std::span<const std::string> keys);
  // One command that writes nothing, and the keys that it reads: all of them, where it is not
  // interactive, and at least one. It is not checked: a command that writes may be applied outside
  // of the transaction, or twice.
  Awaitable<absl::StatusOr<Reply>> Read(Request command, std::vector<std::string> keys);

  // A time to live must be positive; fractions of a millisecond are rounded up.
  void Set(std::string_view key, std::string_view value,
           absl::Duration time_to_live = absl::InfiniteDuration());
  void Del(std::string_view key);
  // Commands that need no answer before the commit, and the keys that they write.
  void Write(Request commands, std::vector<std::string> keys);

  // Any command of data, answered at once, writes included. Only where is_interactive(); otherwise
  // kUnimplemented.
  Awaitable<absl::StatusOr<Reply>> Exec(Request command);

  // Whether this is BEGIN ... COMMIT.
  bool is_interactive() const;

 private:
  friend class TransactRun;
  class Impl;
  explicit Transaction(std::shared_ptr<Impl> impl);
  ~Transaction();
  friend struct std::default_delete<Transaction>;
  std::shared_ptr<Impl> impl_;
};

}  // namespace nacre::client

#endif  // NACRE_CLIENT_TRANSACTION_H_
