#include "client/transact/attempts.h"

#include "absl/strings/cord.h"
#include "absl/strings/str_cat.h"
#include "nacre/client/errors.h"

namespace nacre::client {

namespace {

// A conflict, or a connection that was lost or could not be had: another attempt may fare better.
bool IsTransient(const absl::Status& status) {
  return status.code() == absl::StatusCode::kAborted ||
         status.code() == absl::StatusCode::kUnavailable;
}

}  // namespace

AttemptPolicy::Decision AttemptPolicy::After(const absl::Status& status, bool of_transaction,
                                             TimePoint now, const Means& means) const {
  if (!of_transaction || !IsTransient(status)) return {.status = status};
  // NEVER-TWICE.
  if (OutcomeOf(status) != Outcome::kNotExecuted) return {.status = status};

  if (attempts_max_ > 0 && attempts_ >= attempts_max_) {
    return {.status = Final(status.code(), status, "attempts_max")};
  }
  const Nanoseconds pause = means.draw_pause();
  if (deadline_ - now <= pause) {
    return {.status = Final(absl::StatusCode::kDeadlineExceeded, status, "timeout")};
  }
  if (!means.take_retry()) {
    return {.status = Final(absl::StatusCode::kResourceExhausted, status, "retry_budget")};
  }
  return {.run_again = true, .pause = pause};
}

absl::Status AttemptPolicy::Final(absl::StatusCode code, const absl::Status& status,
                                  absl::string_view limit) const {
  absl::Status final(code, absl::StrCat(status.message(), " (after ", attempts_, " attempt",
                                        attempts_ == 1 ? "" : "s", "; no more by ", limit, ")"));
  // The outcome, and the code word of an error reply.
  status.ForEachPayload(
      [&](absl::string_view type, const absl::Cord& payload) { final.SetPayload(type, payload); });
  return final;
}

}  // namespace nacre::client
