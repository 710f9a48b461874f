#include "client/transact/pending_writes.h"

#include "client/policy/time.h"
#include "nacre/client/errors.h"

namespace nacre::client {

absl::Status PendingWrites::Set(std::string_view key, std::string_view value,
                                absl::Duration time_to_live) {
  if (time_to_live <= absl::ZeroDuration()) {
    return MakeError(absl::StatusCode::kInvalidArgument, "time_to_live must be positive",
                     Outcome::kNotExecuted);
  }
  if (time_to_live == absl::InfiniteDuration()) {
    request_.Add("SET", key, value);
  } else {
    request_.Add("SET", key, value, "PX", WholeMilliseconds(time_to_live));
  }
  kept_.push_back(false);
  return absl::OkStatus();
}

void PendingWrites::Del(std::string_view key) {
  request_.Add("DEL", key);
  kept_.push_back(false);
}

void PendingWrites::Add(const Request& commands) {
  request_.Add(commands);
  kept_.insert(kept_.end(), commands.commands(), true);
}

void PendingWrites::Clear() {
  request_.Clear();
  kept_.clear();
}

}  // namespace nacre::client
