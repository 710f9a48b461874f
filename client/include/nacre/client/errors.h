#ifndef NACRE_CLIENT_ERRORS_H_
#define NACRE_CLIENT_ERRORS_H_

// What a failed call means for the caller. Every call answers an absl::Status or a StatusOr; the
// code says what to do next, and OutcomeOf() says whether the server may have done what was asked.
//
//   kAborted             a conflict (-CONFLICT, or EXEC refused by WATCH): run the transaction
//   again kUnavailable         no connection, or the server cannot answer now (-LOADING, -BUSY,
//   ...) kDeadlineExceeded    the call's timeout passed, waiting for room or a connection included
//   kUnknown             the connection broke after the request had left: outcome unknown
//   kUnauthenticated     -NOAUTH, -WRONGPASS
//   kPermissionDenied    -NOPERM, -READONLY
//   kResourceExhausted   -OOM, or a limit of this client (the message names the option)
//   kFailedPrecondition  -WRONGTYPE, -EXECABORT, -NOTRANSACTION, or a call out of order
//   kInvalidArgument     any other error reply (-ERR ...), or a reply that has not the type asked
//   for kDataLoss            bytes that are no reply; the connection is closed kCancelled the
//   client was closed, or the coroutine cancelled
//
// Thread rule: functions of values; call them anywhere.

#include <string>
#include <string_view>

#include "absl/status/status.h"

namespace nacre::client {

// Whether what was asked for may have happened.
enum class Outcome {
  kNotExecuted,  // It never left, or the server refused it: sending it again is safe.
  kExecuted,     // The server has answered with success.
  kUnknown,      // It left and no answer came back: look before doing it again.
};

// Of the status that a call answered. An error reply is kNotExecuted: servers of this protocol do
// not apply a command that they answer with an error.
Outcome OutcomeOf(const absl::Status& status);
inline bool IsOutcomeUnknown(const absl::Status& status) {
  return OutcomeOf(status) == Outcome::kUnknown;
}

// Whether running the same transaction again can succeed: kAborted with outcome kNotExecuted.
bool IsConflict(const absl::Status& status);

// The first word of an error reply ("WRONGTYPE", "CONFLICT", "ERR"); empty if the status did not
// come from an error reply.
std::string ErrorCode(const absl::Status& status);

// The status for the text of an error reply, without its leading '-'. The whole text is the
// message.
absl::Status ErrorReply(std::string_view text);

// A status of this library's own, marked with an outcome.
absl::Status MakeError(absl::StatusCode code, std::string_view message, Outcome outcome);

}  // namespace nacre::client

#endif  // NACRE_CLIENT_ERRORS_H_
