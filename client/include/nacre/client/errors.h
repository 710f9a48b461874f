#ifndef NACRE_CLIENT_ERRORS_H_
#define NACRE_CLIENT_ERRORS_H_

// What a failed call means for the caller. Every call answers an absl::Status or a StatusOr; the
// code says what to do next, and OutcomeOf() says whether the server may have done what was asked.
//
// - kAborted: a conflict (-CONFLICT, or EXEC refused by WATCH). Run the transaction again.
// - kUnavailable: no connection, or the server cannot answer now (-LOADING, -BUSY, -MISCONF,
//   -NOREPLICAS, -MASTERDOWN, -UNBLOCKED, too many clients) or not here (-MOVED, -ASK,
//   -CLUSTERDOWN, -TRYAGAIN).
// - kDeadlineExceeded: the call's timeout passed, waiting for room or a connection included.
// - kUnknown: the connection broke after the request had left; or the server's own connection to
//   another one did (-IOERR of MIGRATE).
// - kUnauthenticated: -NOAUTH, -WRONGPASS.
// - kPermissionDenied: -NOPERM, -READONLY, -DENIED (protected mode).
// - kResourceExhausted: -OOM, or a limit of this client (the message names the option).
// - kFailedPrecondition: the state of the key, the connection or the server does not allow it
//   (-WRONGTYPE, -EXECABORT, -NOTRANSACTION, -NOCURSOR, -NOSCRIPT, -NOGROUP, -INPROG, -NOTBUSY,
//   -UNKILLABLE), or a call out of order.
// - kAlreadyExists: -BUSYKEY, -BUSYGROUP.
// - kInvalidArgument: any other error reply (-ERR ...), or a reply that has not the type asked for.
// - kDataLoss: bytes that are no reply; the connection is closed.
// - kCancelled: the client was closed, or the coroutine cancelled.
//
// Thread rule: functions of values; call them anywhere.

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/status.h"

namespace nacre::client {

// Whether what was asked for may have happened.
enum class Outcome {
  kNotExecuted,  // It never left, or the server refused it: sending it again is safe.
  kExecuted,     // The server has done it, at least in part.
  kUnknown,      // It left and no answer came back: look before doing it again.
};

// What an error reply answers.
enum class ErrorSource : uint8_t {
  kCommand,  // A command.
  kScript,   // A request with EVAL, EVALSHA or FCALL in it. Connection marks these (ReplyView).
  kElement,  // A part of what was asked for: the error stands inside of an aggregate.
};

// Of the status that a call answered. What holds of error replies:
//
// - Servers do not apply a command that they answer with an error: kNotExecuted. But for MIGRATE,
//   which may have moved some keys: -IOERR, or what the target has said, is kUnknown.
// - A script may write and fail then, and it may answer with any text. So an error of kScript is
//   kUnknown, unless its text is one that only a server says, before a script begins: -NOSCRIPT,
//   -NOAUTH, -LOADING, -BUSY, -MOVED, -ASK, -EXECABORT, a command that is unknown or has too few
//   arguments, a script that does not compile, a function that is not there. That holds for every
//   command of such a request. Of kCommand, a text that tells of a script is kUnknown too.
// - An error of kElement is kExecuted: it answers one command of an EXEC, say, of which the others
//   have been done.
//
// A reply that has not the type asked for is kExecuted. A status that is not this library's (one
// that a transaction's function returned) is kNotExecuted, except with those codes that a lost
// connection or a timeout has (kUnknown, kUnavailable, kDeadlineExceeded, kCancelled, kDataLoss,
// kInternal): these are kUnknown.
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
// message; the first word is kept as ErrorCode().
absl::Status ErrorReply(std::string_view text, ErrorSource source = ErrorSource::kCommand);

// A status of this library's own, marked with an outcome.
absl::Status MakeError(absl::StatusCode code, std::string_view message, Outcome outcome);

}  // namespace nacre::client

#endif  // NACRE_CLIENT_ERRORS_H_
