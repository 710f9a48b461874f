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
// Reads are answered at once. Writes are not: they leave with the next read or with the commit, in
// one write, and an error of one of them makes the commit fail and roll back. Reads see the
// transaction's own writes. (Through WATCH: those made by Set and Del; a read of a key that Write()
// has named is kFailedPrecondition, since the server has not seen the write yet.)
//
// A conflict runs fn again, after a pause of full jitter, as long as the timeout, attempts_max and
// the client's retry budget allow. So fn may run several times and must have no effects outside of
// the transaction that it cannot repeat. Every other status ends Transact() with that status.
//
// A connection lost before COMMIT (or EXEC) was sent is kUnavailable, outcome kNotExecuted; that
// attempt is run again like a conflict. Lost between COMMIT and its reply, it is kUnknown with
// IsOutcomeUnknown(): the transaction may have been committed, and is not run again.
//
// Through WATCH, reads that fn makes one after the other may come from different moments; EXEC
// commits only if none of them has changed since, so what is committed is serializable, but fn may
// see a mixture before it is refused. Against Nacre all reads are of one snapshot.
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
  // One command that writes nothing, and the keys that it reads.
  Awaitable<absl::StatusOr<Reply>> Read(Request command, std::vector<std::string> keys);

  void Set(std::string_view key, std::string_view value,
           absl::Duration time_to_live = absl::InfiniteDuration());
  void Del(std::string_view key);
  // Commands that need no answer before the commit, and the keys that they write.
  void Write(Request commands, std::vector<std::string> keys);

  // Any command, answered at once. Only where is_interactive(); otherwise kUnimplemented.
  Awaitable<absl::StatusOr<Reply>> Exec(Request command);

  // Whether this is BEGIN ... COMMIT.
  bool is_interactive() const;

 private:
  friend class Client;
  class Impl;
  explicit Transaction(std::unique_ptr<Impl> impl);
  ~Transaction();
  friend struct std::default_delete<Transaction>;
  std::unique_ptr<Impl> impl_;
};

}  // namespace nacre::client

#endif  // NACRE_CLIENT_TRANSACTION_H_
