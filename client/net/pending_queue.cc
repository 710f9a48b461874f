#include "client/net/pending_queue.h"

#include <algorithm>

#include "client/base/check.h"

namespace nacre::client {

void PendingQueue::Push(const PendingRequest& request) {
  NACRE_CLIENT_CHECK(request.commands_left > 0, "a request without commands is never answered");
  if (size() == ring_.size()) Grow();
  ++last_;
  at(last_ - 1) = request;
  in_flight_ += request.commands_left;
}

PendingRequest* PendingQueue::Front() {
  while (!empty() && at(first_).commands_left == 0) {
    ++first_;
    --cut_;
  }
  return empty() ? nullptr : &at(first_);
}

bool PendingQueue::Answer(ReplyConsumer** consumer) {
  PendingRequest* const front = Front();
  NACRE_CLIENT_CHECK(front != nullptr, "IN-STEP: a reply without a request");
  --in_flight_;
  if (--front->commands_left > 0) return false;
  *consumer = front->consumer;
  ++first_;
  return true;
}

PendingRequest PendingQueue::Pop() {
  NACRE_CLIENT_CHECK(!empty(), "there is no request");
  const PendingRequest request = at(first_++);
  in_flight_ -= request.commands_left;
  if (request.commands_left == 0) --cut_;
  return request;
}

void PendingQueue::Cut(uint64_t number) {
  NACRE_CLIENT_CHECK(number >= first_ && number < last_, "there is no such request");
  PendingRequest& request = at(number);
  NACRE_CLIENT_CHECK(request.commands_left > 0, "cut twice");
  in_flight_ -= request.commands_left;
  request = PendingRequest();
  ++cut_;
  while (!empty() && at(last_ - 1).commands_left == 0) {
    --last_;
    --cut_;
  }
}

bool PendingQueue::Forget(const ReplyConsumer& consumer, Deadline patience) {
  bool found = false;
  for (uint64_t number = first_; number < last_; ++number) {
    PendingRequest& request = at(number);
    if (request.consumer != &consumer) continue;
    request.consumer = nullptr;
    request.deadline = patience;
    found = true;
  }
  return found;
}

Deadline PendingQueue::EarliestDeadline() {
  Deadline earliest = Deadline::max();
  for (uint64_t number = first_; number < last_; ++number) {
    earliest = std::min(earliest, at(number).deadline);
  }
  return earliest;
}

void PendingQueue::Grow() {
  std::vector<PendingRequest> larger(std::max<size_t>(16, 2 * ring_.size()));
  for (uint64_t number = first_; number < last_; ++number) {
    larger[number & (larger.size() - 1)] = at(number);
  }
  ring_ = std::move(larger);
}

}  // namespace nacre::client
