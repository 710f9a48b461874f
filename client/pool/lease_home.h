#ifndef NACRE_CLIENT_POOL_LEASE_HOME_H_
#define NACRE_CLIENT_POOL_LEASE_HOME_H_

// Connections that callers have to themselves: where they come from, wait, and come back to.
//
// Who wants one queues (room.h; first come first served, with deadlines). Supply is separate from
// demand: connections that are being opened or checked belong to nobody yet, and go to whoever is
// first when they are ready. So a caller that gives up wastes no connection, and one whose attempt
// hangs does not wait longer than others.
//
// Invariants:
//   LEASE-CAP    leased + idle + arriving <= leases_max.
//   CLEAN-LEASE  A connection is leased again only if nothing is under way on it, nobody listens to
//                it, what was sent on it has left it like a new one, and its holder has not said
//                otherwise.

#include <cstddef>
#include <list>
#include <memory>
#include <vector>

#include "absl/status/statusor.h"
#include "client/policy/room.h"
#include "client/pool/connector.h"
#include "client/pool/ping.h"
#include "client/pool/pool_core.h"
#include "client/pool/suspension.h"
#include "nacre/client/client.h"

namespace nacre::client {

// Somebody who wants a lease. Lives where the caller keeps it.
class LeaseWaiter : public Room::Waiter {
 public:
  LeaseWaiter(const LeaseWaiter&) = delete;
  LeaseWaiter& operator=(const LeaseWaiter&) = delete;

 protected:
  LeaseWaiter() = default;
  virtual ~LeaseWaiter() = default;

 private:
  friend class LeaseHome;
  // Home has forgotten the waiter. Calls nobody before home has returned.
  virtual void Ended(absl::StatusOr<Lease> lease) = 0;
  // The io_context goes down: the same, but nobody may be called.
  virtual void Abandoned() = 0;
};

class LeaseHome {
 public:
  LeaseHome(PoolCore& core, Connector& connector);

  // May end before this returns.
  void Acquire(LeaseWaiter& waiter, const CallOptions& options);
  // Of one that waits: has ended without being told.
  void Forget(LeaseWaiter& waiter);
  // What the end of a request on a lease says about the server.
  void Judge(const Connection& connection, TimePoint sent_at, TimePoint deadline,
             const absl::Status& status);
  // A lease ends; `connection` may be closed.
  void Return(std::unique_ptr<Connection> connection, bool reusable);

  bool wants_connection() const;
  void OpenWanted(TimePoint now);
  void EndExpired(TimePoint now);
  TimePoint next_deadline() const { return room_.next_deadline(); }
  TimePoint CheckHealth(TimePoint now);
  void FailWaiting(const absl::Status& why);
  void Close(const absl::Status& why);
  void Abandon();

  PoolCore& core() { return core_; }
  // Requests that coroutines wait for on a lease; Abandon() drops them.
  SuspensionList& suspended() { return suspended_; }

  size_t leased() const { return room_.inside(); }
  size_t waiting() const { return room_.waiting(); }
  size_t connections_open() const;

 private:
  // Being opened, or being asked whether it is still there.
  struct Arrival {
    Ping ping;  // Outlives the connection, which ends it.
    std::unique_ptr<Connection> connection;
    bool probe = false;  // Of the circuit breaker.
  };
  using Arrivals = std::list<Arrival>;

  void Supply(TimePoint now);
  void OnArrived(std::unique_ptr<Connection> connection);
  bool GrantFirst();
  void Open(TimePoint now);
  void OnOpened(Arrivals::iterator arrival, const absl::Status& status);
  void Check(std::unique_ptr<Connection> connection, TimePoint now);
  void OnChecked(Arrivals::iterator arrival, const absl::Status& status);
  void Keep(std::unique_ptr<Connection> connection);
  void OnIdleClosed(Connection* connection);
  void Grant(LeaseWaiter& waiter);
  void DropClosedIdle();
  bool IsStale(const Connection& connection, TimePoint now) const;
  size_t wanted() const;

  PoolCore& core_;
  Connector& connector_;
  Room room_;                                      // Inside: the leases.
  std::vector<std::unique_ptr<Connection>> idle_;  // The last to come back is the first to go out.
  std::vector<Connection*> leased_;
  Arrivals arrivals_;
  SuspensionList suspended_;
};

}  // namespace nacre::client

#endif  // NACRE_CLIENT_POOL_LEASE_HOME_H_
