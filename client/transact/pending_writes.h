#ifndef NACRE_CLIENT_TRANSACT_PENDING_WRITES_H_
#define NACRE_CLIENT_TRANSACT_PENDING_WRITES_H_

#include <cstddef>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "nacre/client/request.h"

namespace nacre::client {

// Writes that have not left yet, in the order in which they were made.
//
// Thread rule: a value.
class PendingWrites {
 public:
  // kInvalidArgument if `time_to_live` is not positive. Fractions of a millisecond are rounded up.
  absl::Status Set(std::string_view key, std::string_view value, absl::Duration time_to_live);
  void Del(std::string_view key);
  // Commands whose replies the caller wants to have.
  void Add(const Request& commands);

  bool empty() const { return request_.empty(); }
  size_t size() const { return kept_.size(); }
  const Request& request() const { return request_; }
  // Whether the reply to write `index` is for the caller.
  bool is_kept(size_t index) const { return kept_[index]; }
  void Clear();

 private:
  Request request_;
  std::vector<bool> kept_;
};

}  // namespace nacre::client

#endif  // NACRE_CLIENT_TRANSACT_PENDING_WRITES_H_
