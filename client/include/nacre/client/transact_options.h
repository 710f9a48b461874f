#ifndef NACRE_CLIENT_TRANSACT_OPTIONS_H_
#define NACRE_CLIENT_TRANSACT_OPTIONS_H_

// What Transact() takes and answers; what it does is in transaction.h.

#include <cstdint>
#include <vector>

#include "absl/time/time.h"
#include "nacre/client/reply.h"

namespace nacre::client {

enum class Isolation { kSnapshot, kSerializable };

struct TransactOptions {
  Isolation isolation = Isolation::kSnapshot;  // Through WATCH it is serializable in either case.
  bool read_only = false;
  int attempts_max = 0;  // 0: as many as the timeout and the budget allow.
  // Over all attempts. Zero: ClientOptions::call_timeout.
  absl::Duration timeout = absl::ZeroDuration();
};

struct Committed {
  // The position in the order of all commits; 0 where the server has no such number.
  int64_t timestamp = 0;
  int attempts = 1;
  // Of the commands that Write() has sent, in order.
  std::vector<Reply> replies;
};

}  // namespace nacre::client

#endif  // NACRE_CLIENT_TRANSACT_OPTIONS_H_
