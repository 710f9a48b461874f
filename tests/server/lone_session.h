#ifndef NACRE_TESTS_SERVER_LONE_SESSION_H_
#define NACRE_TESTS_SERVER_LONE_SESSION_H_

#include <cstdint>

#include "server/clients/client_record.h"
#include "server/command/table.h"
#include "server/server_state.h"
#include "server/session/session.h"
#include "server/stats/command_stats.h"

namespace nacre::server {

// A session without a connection, and all that it needs. Commands like CLIENT LIST do not see it.
class LoneSession {
 public:
  explicit LoneSession(ServerState& server)
      : record_(server.NextClientId(), waker_, {"", "", -1}),
        counters_(CommandIndexes(), /*one_writer=*/true),
        session(server, replies, record_, counters_) {}

 private:
  // There is no thread to wake: the test looks by itself.
  class NoThread : public ClientWaker {
   public:
    void Wake(uint64_t) override {}
  };
  NoThread waker_;
  ClientRecord record_;
  CommandCounters counters_;

 public:
  ByteBuffer replies;
  Session session;
};

}  // namespace nacre::server

#endif  // NACRE_TESTS_SERVER_LONE_SESSION_H_
