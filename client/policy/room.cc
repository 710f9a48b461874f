#include "client/policy/room.h"

#include "client/base/check.h"

namespace nacre::client {

void Room::Leave(size_t commands) {
  NACRE_CLIENT_CHECK(commands <= inside_, "ROOM-CAP: more leave than are inside");
  inside_ -= commands;
}

bool Room::Wait(Waiter& waiter) {
  if (waiting_ >= waiting_max_) return false;
  waiter.order = TakeOrder();
  InsertAfter(last_, waiter);
  return true;
}

void Room::WaitAgain(Waiter& waiter) {
  Waiter* previous = again_ != nullptr && again_->order < waiter.order ? again_ : nullptr;
  for (Waiter* next = previous != nullptr ? previous->next_ : first_;
       next != nullptr && next->order < waiter.order; next = next->next_) {
    previous = next;
  }
  InsertAfter(previous, waiter);
  again_ = &waiter;
}

void Room::InsertAfter(Waiter* previous, Waiter& waiter) {
  NACRE_CLIENT_CHECK(!waiter.waits_, "waits twice");
  Waiter* const next = previous != nullptr ? previous->next_ : first_;
  NACRE_CLIENT_CHECK(previous == nullptr || previous->order < waiter.order,
                     "ROOM-FIFO: behind one who came later");
  waiter.previous_ = previous;
  waiter.next_ = next;
  (previous != nullptr ? previous->next_ : first_) = &waiter;
  (next != nullptr ? next->previous_ : last_) = &waiter;
  waiter.waits_ = true;
  ++waiting_;
  deadlines_.Insert(waiter);
}

void Room::Remove(Waiter& waiter) {
  NACRE_CLIENT_CHECK(waiter.waits_, "does not wait");
  (waiter.previous_ != nullptr ? waiter.previous_->next_ : first_) = waiter.next_;
  (waiter.next_ != nullptr ? waiter.next_->previous_ : last_) = waiter.previous_;
  if (again_ == &waiter) again_ = waiter.previous_;
  waiter.waits_ = false;
  --waiting_;
  deadlines_.Remove(waiter);
}

void Room::EnterFirst() {
  NACRE_CLIENT_CHECK(first_ != nullptr && HasPlaceFor(first_->commands),
                     "ROOM-CAP: no place for who is let in");
  Waiter& waiter = *first_;
  Remove(waiter);
  inside_ += waiter.commands;
}

Room::Waiter* Room::TakeExpired(TimePoint now) {
  DeadlineHeap::Node* const earliest = deadlines_.first();
  if (earliest == nullptr || earliest->deadline > now) return nullptr;
  auto* const waiter = static_cast<Waiter*>(earliest);
  Remove(*waiter);
  return waiter;
}

TimePoint Room::next_deadline() const {
  return deadlines_.empty() ? TimePoint::max() : deadlines_.first()->deadline;
}

}  // namespace nacre::client
