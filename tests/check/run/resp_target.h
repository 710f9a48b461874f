#ifndef NACRE_TESTS_CHECK_RUN_RESP_TARGET_H_
#define NACRE_TESTS_CHECK_RUN_RESP_TARGET_H_

// Servers of Redis's protocol, through the client library. Transactions are made of what the server
// has:
//
//   begin   BEGIN ... COMMIT, as nacre-server has them: each operation is answered at once.
//   watch   every key is watched before it is read; what is written is kept, and sent between MULTI
//           and EXEC. Redis refuses EXEC if a watched key has changed, so all that was read was
//           still true in the instant in which EXEC did the writes: transactions that commit are
//           strictly serializable, in the order of their EXECs. One that only reads ends with an
//           empty MULTI and EXEC, which checks its keys in the same way.
//
// A transaction that was never asked to COMMIT (or EXEC) has not happened, whatever became of its
// connection. One whose answer was lost may have.

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "nacre/client/options.h"
#include "nacre/types.h"
#include "tests/check/run/stop_event.h"
#include "tests/check/run/target.h"

namespace nacre::check::run {

enum class Transactions : uint8_t { kAuto, kBegin, kWatch };

struct RespOptions {
  client::Endpoint endpoint;
  std::string password;
  Transactions transactions = Transactions::kAuto;
  Isolation isolation = Isolation::kSerializable;  // Of BEGIN; WATCH has but one.
  // Before all keys, so that several runs can share a server. Empty: drawn.
  std::string prefix;
  // No answer is waited for longer; see AnswerWait.
  absl::Duration call_timeout = absl::Seconds(10);
  // For tests of what a run finds: reads without WATCH, so that EXEC refuses nothing.
  bool forget_to_watch = false;
};

// Connects, and asks what the server can do. kUnavailable: nobody is there; kFailedPrecondition: it
// has not the transactions that were asked for, or none; kCancelled: `interrupt`, which outlives
// the target, was set before it had answered.
absl::StatusOr<std::unique_ptr<Target>> OpenRespTarget(const RespOptions& options,
                                                       const StopEvent& interrupt);

// "HOST:PORT", ":PORT", "[::1]:6379" or the path of a socket. kInvalidArgument: none of these.
absl::StatusOr<client::Endpoint> ParseEndpoint(const std::string& address);

}  // namespace nacre::check::run

#endif  // NACRE_TESTS_CHECK_RUN_RESP_TARGET_H_
