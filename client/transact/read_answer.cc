#include "client/transact/read_answer.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "nacre/client/errors.h"

namespace nacre::client {

void ReadAnswer::ExpectReply() { *this = ReadAnswer(); }

void ReadAnswer::ExpectValues(std::vector<Value> values, std::vector<size_t> missing,
                              bool as_array) {
  *this = ReadAnswer();
  kind_ = as_array ? Kind::kArray : Kind::kValue;
  values_ = std::move(values);
  missing_ = std::move(missing);
}

void ReadAnswer::OnReply(ReplyView reply) {
  status_ = reply.status();
  if (!status_.ok()) return;
  switch (kind_) {
    case Kind::kReply: reply_ = Reply(reply); return;
    case Kind::kValue: status_ = ReadValue(reply, values_[0]); return;
    case Kind::kArray: status_ = ReadArray(reply); return;
  }
}

absl::Status ReadAnswer::ReadValue(ReplyView reply, Value& value) {
  absl::StatusOr<Value> read = reply.To<Value>();
  if (read.ok()) value = *std::move(read);
  return read.status();
}

absl::Status ReadAnswer::ReadArray(ReplyView reply) {
  if (reply.kind() != ReplyKind::kArray || reply.size() != missing_.size()) {
    return MakeError(
        absl::StatusCode::kDataLoss,
        absl::StrCat(missing_.size(), " keys were asked for, and answered with ", reply.size()),
        Outcome::kExecuted);
  }
  size_t next = 0;
  for (const ReplyView element : reply) {
    absl::Status status = ReadValue(element, values_[missing_[next++]]);
    if (!status.ok()) return status;
  }
  return absl::OkStatus();
}

absl::StatusOr<ReadAnswer::Value> ReadAnswer::TakeValue() {
  if (!status_.ok()) return status_;
  return std::move(values_[0]);
}

absl::StatusOr<std::vector<ReadAnswer::Value>> ReadAnswer::TakeValues() {
  if (!status_.ok()) return status_;
  return std::move(values_);
}

absl::StatusOr<Reply> ReadAnswer::TakeReply() {
  if (!status_.ok()) return status_;
  return std::move(reply_);
}

}  // namespace nacre::client
