#ifndef NACRE_CLIENT_LOCK_H_
#define NACRE_CLIENT_LOCK_H_

// A lock for several processes, by a name on the server:
//
//   absl::StatusOr<Lock> lock = co_await Lock::Acquire(client, "lock:report", {});
//   if (!lock.ok()) co_return lock.status();
//   ... co_await storage.Write(report, lock->fence()) ... while (!lock->lost()) ...
//   co_await lock->Release();
//
// What it promises. While the server keeps its data, at most one holder at a time has its token at
// the key. The holder counts its time from before the request that took the lock was sent, so that
// lost() answers true no later than the server lets others in, as far as both clocks run at the
// same speed.
//
// What it cannot promise. A lock that ends by time does not stop anybody. A holder may be paused
// (by its scheduler, its disk, its machine) between asking lost() and doing what the lock protects,
// until after the time is over; then two act at once. Renewal makes that rarer, not impossible.
//
// What the fence is for. Each acquisition has a number greater than all those before it, of the
// same name. Pass it along with whatever the lock protects, and let the place that does the work
// refuse a number smaller than the greatest it has seen: then a holder that comes late is harmless.
// Without that, use the lock to save work, and a transaction (transaction.h) to protect data that
// lives on the server itself.
//
// On the server. The key `name` holds a random token of 128 bits, with the time to live. On Nacre
// the fence is the commit timestamp of the transaction that took the lock, which begins again if
// the server loses its data. On another server (and through TransactionMode::kWatch) that
// transaction keeps the last fence at `name` + ":fence", which never expires, and takes the next
// number or the Unix time in microseconds, whichever is greater. So if that key is lost (deleted,
// evicted, never written to disk) fences still rise, as far as the clients' clocks agree. Take one
// lock in one mode: timestamps and times do not mix. All of it is done by transactions
// (transaction.h), which read the token before they set or delete it.
//
// Unknown outcomes. An acquisition whose connection was lost at its commit is tried again with the
// same token, and reads first what is there: if it is that token, it was applied, and the lock is
// taken over with a new fence. Nothing is assumed. If the outcome is still unknown when the time is
// over, that is the status (IsOutcomeUnknown()), and the name may stay taken, by nobody, until its
// time to live ends it.
//
// Thread rule: as its Client, which outlives it.

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "nacre/client/awaitable.h"
#include "nacre/client/client.h"

namespace nacre::client {

struct LockOptions {
  // How long the server keeps others out when nothing is heard of the holder. At least 1 ms, and
  // finite: a lock that nobody releases is not to stay for ever.
  absl::Duration time_to_live = absl::Seconds(30);
  // How long Acquire() may take: to ask the server, and to wait for a holder to go.
  absl::Duration wait_timeout = absl::Seconds(10);
  // Between two looks at it.
  BackoffOptions wait{absl::Milliseconds(10), absl::Milliseconds(500)};
  // Whether to renew it by itself, each third of time_to_live.
  bool renew = true;
};

class Lock {
 public:
  // Waits until the lock is free and takes it. kDeadlineExceeded after wait_timeout.
  static Awaitable<absl::StatusOr<Lock>> Acquire(Client& client, std::string name,
                                                 LockOptions options = {});
  // Takes the lock if it is free; nullopt if it is not.
  static Awaitable<absl::StatusOr<std::optional<Lock>>> TryAcquire(Client& client, std::string name,
                                                                   LockOptions options = {});

  Lock(Lock&&) noexcept;
  Lock& operator=(Lock&&) noexcept;
  // Ends the renewal. Does not release: the name stays taken until its time to live ends it.
  ~Lock();

  // Deletes the token if it is still there. OK: the lock was held until now. kFailedPrecondition:
  // it had been lost. An unknown outcome is resolved by looking again; if that fails, it is the
  // status. In each case lost() from here on.
  Awaitable<absl::Status> Release();

  // Begins the time to live anew if the token is still there; otherwise kFailedPrecondition, and
  // the lock is lost. Any other status changes nothing: the time goes on running.
  Awaitable<absl::Status> Renew();

  // Whether the lock is certainly held no longer, or may be: its time is over, somebody has taken
  // it or deleted it, or it was released. Stays true.
  bool lost() const;
  // Until lost() by time; zero if it is.
  absl::Duration time_left() const;

  // Greater than those of all earlier acquisitions of this name.
  int64_t fence() const;
  const std::string& name() const;
  // What stands at the key.
  const std::string& token() const;

 private:
  friend class LockAttempt;
  class Impl;
  explicit Lock(std::shared_ptr<Impl> impl);
  std::shared_ptr<Impl> impl_;
};

}  // namespace nacre::client

#endif  // NACRE_CLIENT_LOCK_H_
