#include "client/pool/ping.h"

#include <utility>

#include "nacre/client/request.h"

namespace nacre::client {

void Ping::Send(Connection& connection, TimePoint deadline,
                absl::AnyInvocable<void(const absl::Status&)> done) {
  under_way_ = true;
  done_ = std::move(done);
  connection.Send(Request("PING"), *this, deadline);
}

void Ping::SendWhileHeard(Connection& connection,
                          absl::AnyInvocable<void(const absl::Status&)> done) {
  under_way_ = true;
  done_ = std::move(done);
  connection.SendWhileHeard(Request("PING"), *this);
}

void Ping::OnEnd(const absl::Status& status) {
  under_way_ = false;
  std::exchange(done_, nullptr)(status);
}

}  // namespace nacre::client
