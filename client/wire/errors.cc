#include "nacre/client/errors.h"

#include <algorithm>
#include <iterator>

#include "absl/strings/cord.h"
#include "absl/strings/match.h"
#include "absl/strings/string_view.h"
#include "absl/types/optional.h"
#include "client/base/strings.h"

namespace nacre::client {

namespace {

// An error reply carries its code word, and an outcome if that is not kNotExecuted; a status of
// this library its outcome.
constexpr absl::string_view kCodeWord = "nacre.client.error";
constexpr absl::string_view kOutcome = "nacre.client.outcome";

struct Meaning {
  std::string_view word;
  absl::StatusCode code;
};

// By how often they come.
constexpr Meaning kMeanings[] = {
    {"ERR", absl::StatusCode::kInvalidArgument},
    {"CONFLICT", absl::StatusCode::kAborted},
    {"WRONGTYPE", absl::StatusCode::kFailedPrecondition},
    {"NOTRANSACTION", absl::StatusCode::kFailedPrecondition},
    {"EXECABORT", absl::StatusCode::kFailedPrecondition},
    {"NOSCRIPT", absl::StatusCode::kFailedPrecondition},
    {"NOCURSOR", absl::StatusCode::kFailedPrecondition},
    {"NOGROUP", absl::StatusCode::kFailedPrecondition},
    {"INPROG", absl::StatusCode::kFailedPrecondition},
    {"NOTBUSY", absl::StatusCode::kFailedPrecondition},
    {"UNKILLABLE", absl::StatusCode::kFailedPrecondition},
    {"OOM", absl::StatusCode::kResourceExhausted},
    {"LOADING", absl::StatusCode::kUnavailable},
    {"BUSY", absl::StatusCode::kUnavailable},
    {"MISCONF", absl::StatusCode::kUnavailable},
    {"NOREPLICAS", absl::StatusCode::kUnavailable},
    {"MASTERDOWN", absl::StatusCode::kUnavailable},
    {"UNBLOCKED", absl::StatusCode::kUnavailable},
    {"MOVED", absl::StatusCode::kUnavailable},
    {"ASK", absl::StatusCode::kUnavailable},
    {"CLUSTERDOWN", absl::StatusCode::kUnavailable},
    {"TRYAGAIN", absl::StatusCode::kUnavailable},
    {"IOERR", absl::StatusCode::kUnknown},
    {"NOAUTH", absl::StatusCode::kUnauthenticated},
    {"WRONGPASS", absl::StatusCode::kUnauthenticated},
    {"NOPERM", absl::StatusCode::kPermissionDenied},
    {"READONLY", absl::StatusCode::kPermissionDenied},
    {"DENIED", absl::StatusCode::kPermissionDenied},
    {"BUSYKEY", absl::StatusCode::kAlreadyExists},
    {"BUSYGROUP", absl::StatusCode::kAlreadyExists},
};

// What a server says, and then closes the connection, has no code word of its own.
constexpr std::string_view kTooManyClients = "ERR max number of clients";

absl::StatusCode CodeOf(std::string_view text, std::string_view word) {
  if (text.substr(0, kTooManyClients.size()) == kTooManyClients) {
    return absl::StatusCode::kUnavailable;
  }
  for (const Meaning& meaning : kMeanings) {
    if (meaning.word == word) return meaning.code;
  }
  return absl::StatusCode::kInvalidArgument;
}

// What is said before a script begins. Whole beginnings, since a script may answer any word as its
// error.
constexpr absl::string_view kBeforeScripts[] = {
    "NOSCRIPT No matching script",
    "NOAUTH Authentication required",
    "LOADING Redis is loading",
    "BUSY Redis is busy",
    "EXECABORT Transaction discarded",
    "ERR unknown command",
    "ERR wrong number of arguments for 'eval",
    "ERR wrong number of arguments for 'fcall",
    "ERR Number of keys can't be ",
    "ERR Error compiling script",
    "ERR Function not found",
};

// What scripts say of their errors: Redis up to 6, and since 7.
bool TellsOfScript(absl::string_view text) {
  return absl::StartsWith(text, "ERR Error running script") || absl::StrContains(text, " script: ");
}

bool TellsOfMigration(absl::string_view text) {
  return absl::StartsWith(text, "IOERR ") ||
         absl::StartsWith(text, "ERR Target instance replied with error");
}

Outcome OutcomeOfReply(absl::string_view text, ErrorSource source) {
  switch (source) {
    case ErrorSource::kElement: return Outcome::kExecuted;
    case ErrorSource::kScript:
      return std::any_of(std::begin(kBeforeScripts), std::end(kBeforeScripts),
                         [text](absl::string_view begin) { return absl::StartsWith(text, begin); })
                 ? Outcome::kNotExecuted
                 : Outcome::kUnknown;
    case ErrorSource::kCommand: break;
  }
  return TellsOfScript(text) || TellsOfMigration(text) ? Outcome::kUnknown : Outcome::kNotExecuted;
}

absl::string_view TextOf(Outcome outcome) {
  switch (outcome) {
    case Outcome::kNotExecuted: return "not executed";
    case Outcome::kExecuted: return "executed";
    case Outcome::kUnknown: break;
  }
  return "unknown";
}

// Of a status that this library did not make. A wrong kUnknown costs a look, a wrong kNotExecuted a
// write that is done twice.
Outcome OutcomeOfUnmarked(absl::StatusCode code) {
  switch (code) {
    case absl::StatusCode::kUnknown:
    case absl::StatusCode::kUnavailable:
    case absl::StatusCode::kDeadlineExceeded:
    case absl::StatusCode::kCancelled:
    case absl::StatusCode::kDataLoss:
    case absl::StatusCode::kInternal: return Outcome::kUnknown;
    default: return Outcome::kNotExecuted;
  }
}

}  // namespace

Outcome OutcomeOf(const absl::Status& status) {
  if (status.ok()) return Outcome::kExecuted;
  if (const absl::optional<absl::Cord> mark = status.GetPayload(kOutcome)) {
    if (*mark == TextOf(Outcome::kNotExecuted)) return Outcome::kNotExecuted;
    if (*mark == TextOf(Outcome::kExecuted)) return Outcome::kExecuted;
    return Outcome::kUnknown;
  }
  if (status.GetPayload(kCodeWord)) return Outcome::kNotExecuted;
  return OutcomeOfUnmarked(status.code());
}

bool IsConflict(const absl::Status& status) {
  return status.code() == absl::StatusCode::kAborted && OutcomeOf(status) == Outcome::kNotExecuted;
}

std::string ErrorCode(const absl::Status& status) {
  const absl::optional<absl::Cord> word = status.GetPayload(kCodeWord);
  return word ? std::string(*word) : std::string();
}

absl::Status ErrorReply(std::string_view text, ErrorSource source) {
  const std::string_view word = text.substr(0, text.find(' '));
  // A status without a message would read as if nobody knew what happened.
  absl::Status status(CodeOf(text, word),
                      text.empty() ? "the server answered an error without a text" : ToAbsl(text));
  status.SetPayload(kCodeWord, absl::Cord(ToAbsl(word)));
  if (const Outcome outcome = OutcomeOfReply(ToAbsl(text), source);
      outcome != Outcome::kNotExecuted) {
    status.SetPayload(kOutcome, absl::Cord(TextOf(outcome)));
  }
  return status;
}

absl::Status MakeError(absl::StatusCode code, std::string_view message, Outcome outcome) {
  absl::Status status(code, ToAbsl(message));
  status.SetPayload(kOutcome, absl::Cord(TextOf(outcome)));
  return status;
}

}  // namespace nacre::client
