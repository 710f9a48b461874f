#ifndef NACRE_CLIENT_POOL_PING_H_
#define NACRE_CLIENT_POOL_PING_H_

// One PING, and what came of it. Any reply will do, an error too: somebody is there.

#include "absl/functional/any_invocable.h"
#include "client/policy/time.h"
#include "nacre/client/connection.h"

namespace nacre::client {

class Ping final : public ReplyConsumer {
 public:
  Ping() = default;
  Ping(const Ping&) = delete;
  Ping& operator=(const Ping&) = delete;

  // Not while one is under way. `done` may destroy the connection and this.
  void Send(Connection& connection, TimePoint deadline,
            absl::AnyInvocable<void(const absl::Status&)> done);
  // The same for as long as the connection's patience with the server lasts: also behind requests
  // that are answered slowly.
  void SendWhileHeard(Connection& connection, absl::AnyInvocable<void(const absl::Status&)> done);
  bool under_way() const { return under_way_; }

 private:
  void OnReply(ReplyView) override {}
  void OnEnd(const absl::Status& status) override;

  bool under_way_ = false;
  absl::AnyInvocable<void(const absl::Status&)> done_;
};

}  // namespace nacre::client

#endif  // NACRE_CLIENT_POOL_PING_H_
