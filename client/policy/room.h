#ifndef NACRE_CLIENT_POLICY_ROOM_H_
#define NACRE_CLIENT_POLICY_ROOM_H_

// How much may be under way at once, and who waits when it is full.
//
// Counts commands: a request of several takes as many places. Waiters are let in strictly in order;
// a small one does not pass a large one that came before it, which would otherwise wait for ever
// under load. Who has a place and loses the connection before the request has left waits again, at
// the place in the queue where its number stands (see Waiter::order).
//
// Invariants:
//   ROOM-CAP   The commands inside are never more than `inside_max`.
//   ROOM-FIFO  Nobody enters while somebody with a lower order waits.
//
// Entering and leaving are O(1); waiting, giving up and moving on are O(log n) for the deadlines.
//
// Thread rule: one thread at a time.

#include <cstddef>
#include <cstdint>

#include "client/policy/deadline_heap.h"
#include "client/policy/time.h"

namespace nacre::client {

class Room {
 public:
  // Owned by who waits; stays where it is while it waits. `deadline` is set before.
  class Waiter : public DeadlineHeap::Node {
   public:
    size_t commands = 1;
    // Its place among all who ever came; lower first. Set before WaitAgain(), by Wait().
    uint64_t order = 0;
    bool waits() const { return waits_; }

   private:
    friend class Room;
    Waiter* previous_ = nullptr;
    Waiter* next_ = nullptr;
    bool waits_ = false;
  };

  Room(size_t inside_max, size_t waiting_max)
      : inside_max_(inside_max), waiting_max_(waiting_max) {}
  Room(const Room&) = delete;
  Room& operator=(const Room&) = delete;

  // Whether so many can ever be inside together.
  bool Fits(size_t commands) const { return commands <= inside_max_; }
  // Whether so many could enter now if nobody waited.
  bool HasPlaceFor(size_t commands) const { return commands <= inside_max_ - inside_; }

  // Whether TryEnter() would succeed.
  bool MayEnter(size_t commands) const { return first_ == nullptr && HasPlaceFor(commands); }

  // Enters at once; false if there is no place, or if somebody waits.
  bool TryEnter(size_t commands) {
    if (!MayEnter(commands)) return false;
    inside_ += commands;
    return true;
  }
  // Of a number for TryEnter: what Wait() would have given.
  uint64_t TakeOrder() { return next_order_++; }
  void Leave(size_t commands);

  // Joins the end of the queue; false if waiting_max wait already.
  bool Wait(Waiter& waiter);
  // Joins the queue at its order, whatever waiting_max says: it has been let in once.
  void WaitAgain(Waiter& waiter);
  // Leaves the queue.
  void Remove(Waiter& waiter);

  // Who is next; null if nobody waits.
  Waiter* first() const { return first_; }
  // Lets first() in, who must have a place.
  void EnterFirst();

  // Takes somebody out of the queue whose deadline has come (deadline <= now); null if there is
  // nobody. The one with the earliest deadline first.
  Waiter* TakeExpired(TimePoint now);
  // The earliest among those who wait; TimePoint::max() if nobody does.
  TimePoint next_deadline() const;

  size_t inside() const { return inside_; }
  size_t waiting() const { return waiting_; }

 private:
  void InsertAfter(Waiter* previous, Waiter& waiter);

  const size_t inside_max_;
  const size_t waiting_max_;
  size_t inside_ = 0;
  size_t waiting_ = 0;
  uint64_t next_order_ = 0;
  Waiter* first_ = nullptr;
  Waiter* last_ = nullptr;
  // Who was let in again last: the next to come is likely to follow it, so that a whole
  // connection's worth of requests finds its places in one pass.
  Waiter* again_ = nullptr;
  DeadlineHeap deadlines_;
};

}  // namespace nacre::client

#endif  // NACRE_CLIENT_POLICY_ROOM_H_
