#ifndef NACRE_CLIENT_TRANSACT_ATTEMPTS_H_
#define NACRE_CLIENT_TRANSACT_ATTEMPTS_H_

// What follows an attempt of Transact(): its status, or another attempt after a pause.
//
// Invariant NEVER-TWICE: an attempt is followed by another only if nothing of it can have happened.
// A commit that was sent and not answered may have happened, whatever else is known of it. The
// interleaving that this forbids:
//
//     client                      server
//     BEGIN, GET, SET  ------->
//     COMMIT           ------->   applied at 17
//                      <---x--    (the reply is lost with the connection)
//     BEGIN, GET, SET  ------->
//     COMMIT           ------->   applied again at 18
//
// The status of an attempt therefore carries its outcome (errors.h), and one that is not
// kNotExecuted ends Transact(). AttemptPolicy::After() checks it apart from, and after, all that
// speaks for another attempt.
//
// The budget keeps reruns a share of the load however much fails (RetryBudgetOptions). It is asked
// last, so that a rerun which would not take place does not use it up.
//
// No I/O, no clock and no randomness of its own: shared by Client and BlockingClient.
//
// Thread rule: belongs to one call of Transact().

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "client/policy/time.h"

namespace nacre::client {

class AttemptPolicy {
 public:
  // What the decision needs of the client, in the order in which it is asked for, if at all.
  struct Means {
    // The pause before the next attempt, already drawn.
    absl::FunctionRef<Nanoseconds()> draw_pause;
    // Pays for the attempt; false if the budget does not allow it.
    absl::FunctionRef<bool()> take_retry;
  };

  struct Decision {
    bool run_again = false;
    Nanoseconds pause = {};                  // If run_again.
    absl::Status status = absl::OkStatus();  // Otherwise what Transact() answers.
  };

  // attempts_max 0: no limit.
  AttemptPolicy(int attempts_max, TimePoint deadline)
      : attempts_max_(attempts_max), deadline_(deadline) {}

  // Call it before each attempt.
  void Begin() { ++attempts_; }
  // So far, the one under way included.
  int attempts() const { return attempts_; }

  // After an attempt that ended with `status`, which is not OK. `of_transaction`: the status is
  // that of the transaction or of one of its operations, not one that fn thought of itself.
  Decision After(const absl::Status& status, bool of_transaction, TimePoint now,
                 const Means& means) const;

 private:
  // `status` with another code, and with the name of the limit that allowed no further attempt.
  absl::Status Final(absl::StatusCode code, const absl::Status& status,
                     absl::string_view limit) const;

  const int attempts_max_;
  const TimePoint deadline_;
  int attempts_ = 0;
};

}  // namespace nacre::client

#endif  // NACRE_CLIENT_TRANSACT_ATTEMPTS_H_
