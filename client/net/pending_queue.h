#ifndef NACRE_CLIENT_NET_PENDING_QUEUE_H_
#define NACRE_CLIENT_NET_PENDING_QUEUE_H_

// The requests of a connection whose replies are to come, in the order in which they were sent.
//
// IN-STEP: replies have no names; the next one answers the first command that has not been
// answered. So an entry stays until all its replies have come, also if nobody is interested in them
// any more. Only what has not been sent, and never will be, is answered by nothing (Cut()).
//
// Entries are known by their number, which stays while others come and go: callers walk over them
// with callbacks in between that may do anything. The numbers of entries that were cut at the end
// are given out again; so who walks looks only at what an entry says at the time, never at what it
// has been told of a number.
//
// Thread rule: none; the connection's thread.

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "nacre/client/connection.h"

namespace nacre::client {

struct PendingRequest {
  ReplyConsumer* consumer = nullptr;  // Null: it has been ended, or forgotten.
  size_t commands_left = 0;           // 0: cut.
  // Of its bytes in the stream of output.
  uint64_t begin = 0;
  uint64_t end = 0;
  // Of the consumer; without one, when the patience with the server ends.
  Deadline deadline = Deadline::max();
  // Push messages of this name answer it, and so many more of them; or an error does.
  uint32_t confirmations_left = 0;
  Subscription subscription = Subscription::kNone;
  bool runs_script = false;
  bool while_heard = false;  // The deadline moves on as long as the server is heard.
};

class PendingQueue {
 public:
  // The numbers of the entries there are: [first(), last()).
  uint64_t first() const { return first_; }
  uint64_t last() const { return last_; }
  bool empty() const { return first_ == last_; }
  size_t in_flight() const { return in_flight_; }  // Commands that are not answered.
  size_t cut() const { return cut_; }              // Entries that were cut and are still held.

  void Push(const PendingRequest& request);
  PendingRequest& at(uint64_t number) { return ring_[number & (ring_.size() - 1)]; }

  // The request that the next reply answers; null if nobody waits for one.
  PendingRequest* Front();
  // One reply has come for Front(). Returns whether it was the last one; then the entry is gone,
  // and `*consumer` is whom to tell (null: nobody).
  bool Answer(ReplyConsumer** consumer);

  // Removes and returns the first entry, cut or not. Not empty().
  PendingRequest Pop();
  // The entry will not be sent.
  void Cut(uint64_t number);
  // Replies for this consumer will be dropped. Returns whether there was an entry. O(size).
  bool Forget(const ReplyConsumer& consumer, Deadline patience);

  // The earliest of all deadlines. O(size).
  Deadline EarliestDeadline();

 private:
  size_t size() const { return static_cast<size_t>(last_ - first_); }
  void Grow();

  std::vector<PendingRequest> ring_;  // As large as a power of two, or empty.
  uint64_t first_ = 0;
  uint64_t last_ = 0;
  size_t in_flight_ = 0;
  size_t cut_ = 0;
};

}  // namespace nacre::client

#endif  // NACRE_CLIENT_NET_PENDING_QUEUE_H_
