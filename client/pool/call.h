#ifndef NACRE_CLIENT_POOL_CALL_H_
#define NACRE_CLIENT_POOL_CALL_H_

// One request on its way: waiting in the room, or sent on a connection. Lives where who makes the
// call keeps it (in a coroutine's frame, in a block of its own, in a slab) and is linked from the
// dispatcher, so that a call costs no allocation here.

#include <cstddef>
#include <cstdint>

#include "absl/status/status.h"
#include "client/policy/room.h"
#include "nacre/client/connection.h"
#include "nacre/client/reply.h"
#include "nacre/client/request.h"

namespace nacre::client {

class Dispatcher;
struct Link;

class Call : public ReplyConsumer, public Room::Waiter {
 public:
  Call(const Call&) = delete;
  Call& operator=(const Call&) = delete;

 protected:
  Call() = default;
  virtual ~Call() = default;

  // What is asked, and where the replies go; both outlive the call. The consumer's OnEnd() is not
  // called.
  void Prepare(const Request& request, ReplyConsumer& consumer) {
    request_ = &request;
    consumer_ = &consumer;
  }

  // Last; the dispatcher has forgotten the call.
  virtual void Ended(const absl::Status& status) = 0;
  // The io_context goes down. The same, but nobody may be called: what the call keeps alive is let
  // go.
  virtual void Abandoned() = 0;

 private:
  friend class CallList;
  friend class Dispatcher;

  void OnReply(ReplyView reply) final {
    ++replies_;
    consumer_->OnReply(reply);
  }
  void OnEnd(const absl::Status& status) final;

  const Request* request_ = nullptr;
  ReplyConsumer* consumer_ = nullptr;
  Dispatcher* dispatcher_ = nullptr;
  Link* link_ = nullptr;  // Where it has been sent; null while it waits.
  size_t replies_ = 0;
  TimePoint sent_at_;
  bool probe_ = false;  // Of the circuit breaker.
  Call* previous_ = nullptr;
  Call* next_ = nullptr;
};

// All calls that have not ended.
class CallList {
 public:
  Call* first() const { return first_; }
  void Add(Call& call) {
    call.previous_ = nullptr;
    call.next_ = first_;
    if (first_ != nullptr) first_->previous_ = &call;
    first_ = &call;
  }
  void Remove(Call& call) {
    (call.previous_ != nullptr ? call.previous_->next_ : first_) = call.next_;
    if (call.next_ != nullptr) call.next_->previous_ = call.previous_;
  }

 private:
  Call* first_ = nullptr;
};

}  // namespace nacre::client

#endif  // NACRE_CLIENT_POOL_CALL_H_
