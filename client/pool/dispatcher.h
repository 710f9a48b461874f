#ifndef NACRE_CLIENT_POOL_DISPATCHER_H_
#define NACRE_CLIENT_POOL_DISPATCHER_H_

// Calls on shared connections: which goes where, who waits, and what becomes of those whose
// connection breaks.
//
// Invariants:
//   NEVER-TWICE  A request that may have reached a server is never sent again. Only one that its
//                connection gives back as never written (kUnavailable with outcome kNotExecuted)
//                goes to another; such a request has had no reply.
//   PROBE-SENT   A call that is the circuit breaker's probe is sent at once. One that waited could
//                not be answered by anybody, and would keep the pool from reconnecting meanwhile.
//   ONE-END      Each call ends once: with its replies, with an error, or forgotten.
// and those of the room (room.h): no more in flight than in_flight_max, first come first served.
// A request that is moved keeps its place: with one shared connection, what leaves does so in the
// order in which it was asked for, whatever connections break meanwhile.

#include <memory>
#include <vector>

#include "absl/status/status.h"
#include "client/policy/room.h"
#include "client/pool/call.h"
#include "client/pool/connector.h"
#include "client/pool/ping.h"
#include "client/pool/pool_core.h"

namespace nacre::client {

// A place for one shared connection.
struct Link {
  bool is_usable() const { return usable && connection->is_open(); }

  Ping ping;  // Outlives the connection, which ends it.
  std::unique_ptr<Connection> connection;
  size_t calls = 0;       // Sent on it and not ended.
  TimePoint asked_at;     // When replies began to be awaited without a pause.
  bool usable = false;    // It is open, and has not given a request back.
  bool answered = false;  // A request of ours.
};

class Dispatcher {
 public:
  Dispatcher(PoolCore& core, Connector& connector);

  // Takes the call. It may end before this returns.
  void Start(Call& call, const CallOptions& options);
  // The call has ended without being told. True if it had been sent. Pump() is to follow.
  bool Forget(Call& call);
  // Sends those who wait and now have room. What ends by that may do anything, so this is the last
  // of what its caller does.
  void Pump();

  void SetPushHandler(Connection::PushHandler handler);
  void Flush();

  // Whether a connection is missing that somebody waits for, or that has been there before.
  bool wants_connection() const;
  void OpenWanted(TimePoint now);
  // Ends the calls that have waited too long.
  void EndExpired(TimePoint now);
  TimePoint next_deadline() const { return room_.next_deadline(); }
  // Asks connections that have been idle for too long; when to look again.
  TimePoint CheckHealth(TimePoint now);
  void FailWaiting(const absl::Status& why);

  // Ends all calls, closes all connections.
  void Close(const absl::Status& why);
  // The same without calling anybody.
  void Abandon();

  size_t in_flight() const { return room_.inside(); }
  size_t waiting() const { return room_.waiting(); }
  size_t connections_open() const;

 private:
  friend class Call;

  absl::Status Admit(Call& call, TimePoint now, Link** link);
  Link* Choose(size_t commands) const;
  void SendOn(Link& link, Call& call, TimePoint now);
  void AskStuck();
  // Of a call that was sent.
  void OnEnd(Call& call, const absl::Status& status);
  void Judge(Call& call, Link& link, const absl::Status& status);
  bool MoveBack(Call& call, Link& link, const absl::Status& status);
  void End(Call& call, const absl::Status& status);
  void AbandonProbe(Call& call);
  absl::Status WaitedTooLong() const;

  void Open(Link& link, TimePoint now);
  void OnOpened(Link& link, const absl::Status& status);
  void OnPush(ReplyView push);
  void OnClosed(Link& link);
  void SendPing(Link& link, TimePoint now);
  void OnPingEnd(Link& link, const absl::Status& status, absl::Duration timeout);

  PoolCore& core_;
  Connector& connector_;
  const ConnectionOptions connection_options_;
  Room room_;
  CallList calls_;
  std::vector<std::unique_ptr<Link>> links_;
  bool was_connected_ = false;
  bool pumping_ = false;
  Connection::PushHandler push_handler_;
  bool push_handler_set_ = false;  // Since the last push message, perhaps by the handler itself.
};

}  // namespace nacre::client

#endif  // NACRE_CLIENT_POOL_DISPATCHER_H_
