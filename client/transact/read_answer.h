#ifndef NACRE_CLIENT_TRANSACT_READ_ANSWER_H_
#define NACRE_CLIENT_TRANSACT_READ_ANSWER_H_

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "nacre/client/reply.h"

namespace nacre::client {

// What a read answers: values of keys, in part known beforehand, or any reply.
//
// Thread rule: a value.
class ReadAnswer {
 public:
  using Value = std::optional<std::string>;

  // Expects a reply, whatever it is.
  void ExpectReply();
  // Expects the values for those elements of `values` that `missing` names, in its order: no reply
  // at all if that is empty, otherwise an array or, if not `as_array`, the one value.
  void ExpectValues(std::vector<Value> values, std::vector<size_t> missing, bool as_array);

  void OnReply(ReplyView reply);

  // Of the reply, if it was an error or did not fit.
  const absl::Status& status() const { return status_; }

  absl::StatusOr<Value> TakeValue();
  absl::StatusOr<std::vector<Value>> TakeValues();
  absl::StatusOr<Reply> TakeReply();

 private:
  absl::Status ReadValue(ReplyView reply, Value& value);
  absl::Status ReadArray(ReplyView reply);

  enum class Kind { kReply, kValue, kArray };
  Kind kind_ = Kind::kReply;
  Reply reply_;
  std::vector<Value> values_;
  std::vector<size_t> missing_;
  absl::Status status_;
};

}  // namespace nacre::client

#endif  // NACRE_CLIENT_TRANSACT_READ_ANSWER_H_
