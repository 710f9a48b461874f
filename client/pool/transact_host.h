#ifndef NACRE_CLIENT_POOL_TRANSACT_HOST_H_
#define NACRE_CLIENT_POOL_TRANSACT_HOST_H_

// What Transact() needs of the client that it runs on. Client::transact_host() answers it; who
// holds it may go on when the Client has been destroyed: Acquire() then answers kCancelled.
//
// Thread rule: as Client.

#include "absl/status/statusor.h"
#include "client/policy/backoff.h"
#include "nacre/client/awaitable.h"
#include "nacre/client/client_stats.h"
#include "nacre/client/options.h"

namespace boost::asio {
class io_context;
}

namespace nacre::client {

class Lease;

class TransactHost {
 public:
  TransactHost(const TransactHost&) = delete;
  TransactHost& operator=(const TransactHost&) = delete;

  virtual boost::asio::io_context& context() = 0;
  virtual const ClientOptions& options() const = 0;

  // As Client::Acquire(). Who the server is: lease.connection().server().
  virtual Awaitable<absl::StatusOr<Lease>> Acquire(CallOptions options) = 0;

  // One for each Transact(): it is a request that fills the retry budget.
  virtual void OnTransaction() = 0;
  // Pays for one more attempt; false if the budget, which all transactions of the client share,
  // does not allow it. Counts as ClientStats::retries or retries_denied.
  virtual bool TakeRetry() = 0;
  // The pause before it. `backoff` is of this transaction, made from options().conflict_backoff.
  virtual Nanoseconds PauseBefore(Backoff& backoff) = 0;
  virtual void CountCommit() = 0;
  virtual void CountConflict() = 0;

 protected:
  TransactHost() = default;
  ~TransactHost() = default;
};

}  // namespace nacre::client

#endif  // NACRE_CLIENT_POOL_TRANSACT_HOST_H_
