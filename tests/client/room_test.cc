#include "client/policy/room.h"

#include <algorithm>
#include <deque>
#include <memory>
#include <vector>

#include "client/policy/random.h"
#include "gtest/gtest.h"

namespace nacre::client {
namespace {

using std::chrono::milliseconds;

struct Waiter : Room::Waiter {
  explicit Waiter(size_t commands_in, TimePoint deadline_in = TimePoint::max()) {
    commands = commands_in;
    deadline = deadline_in;
  }
};

TEST(Room, LetsInExactlyAsManyAsItHolds) {
  Room room(5, 10);
  EXPECT_TRUE(room.TryEnter(3));
  EXPECT_FALSE(room.TryEnter(3));
  EXPECT_TRUE(room.TryEnter(2));
  EXPECT_FALSE(room.TryEnter(1));
  room.Leave(1);
  EXPECT_TRUE(room.TryEnter(1));
  EXPECT_EQ(room.inside(), 5u);
}

TEST(Room, KnowsWhatCanNeverEnter) {
  Room room(5, 10);
  EXPECT_TRUE(room.Fits(5));
  EXPECT_FALSE(room.Fits(6));
}

TEST(Room, NobodyPassesWhoWaits) {
  Room room(5, 10);
  ASSERT_TRUE(room.TryEnter(4));
  Waiter large(3), small(1);
  ASSERT_TRUE(room.Wait(large));
  EXPECT_FALSE(room.TryEnter(1));  // There is a place, but somebody came before.
  ASSERT_TRUE(room.Wait(small));
  EXPECT_EQ(room.first(), &large);
  EXPECT_FALSE(room.HasPlaceFor(large.commands));
  room.Leave(2);
  room.EnterFirst();
  EXPECT_EQ(room.first(), &small);
  EXPECT_FALSE(room.HasPlaceFor(small.commands));
  room.Leave(1);
  room.EnterFirst();
  EXPECT_EQ(room.inside(), 5u);
  EXPECT_EQ(room.waiting(), 0u);
}

TEST(Room, AsManyWaitAsMayAndNotOneMore) {
  Room room(1, 2);
  ASSERT_TRUE(room.TryEnter(1));
  Waiter a(1), b(1), c(1);
  EXPECT_TRUE(room.Wait(a));
  EXPECT_TRUE(room.Wait(b));
  EXPECT_FALSE(room.Wait(c));
  EXPECT_FALSE(c.waits());
  room.Remove(a);
  EXPECT_TRUE(room.Wait(c));
  EXPECT_EQ(room.first(), &b);
}

TEST(Room, ADeadlineIsOverAtItsTimeAndNotBefore) {
  const TimePoint now{};
  Room room(1, 10);
  ASSERT_TRUE(room.TryEnter(1));
  Waiter late(1, now + milliseconds(20)), early(1, now + milliseconds(10));
  ASSERT_TRUE(room.Wait(late));
  ASSERT_TRUE(room.Wait(early));
  EXPECT_EQ(room.next_deadline(), now + milliseconds(10));
  EXPECT_EQ(room.TakeExpired(now + milliseconds(10) - Nanoseconds(1)), nullptr);
  EXPECT_EQ(room.TakeExpired(now + milliseconds(10)), &early);
  EXPECT_EQ(room.TakeExpired(now + milliseconds(10)), nullptr);
  EXPECT_EQ(room.TakeExpired(now + milliseconds(30)), &late);
  EXPECT_EQ(room.next_deadline(), TimePoint::max());
  EXPECT_EQ(room.waiting(), 0u);
}

TEST(Room, WhoWaitsAgainStandsWhereItStoodBefore) {
  Room room(3, 1);
  std::deque<Waiter> inside(3, Waiter(1));
  for (Waiter& waiter : inside) {
    ASSERT_TRUE(room.TryEnter(1));
    waiter.order = room.TakeOrder();
  }
  Waiter later(1);
  ASSERT_TRUE(room.Wait(later));
  // In the order in which a connection gives them back, or in any other; waiting_max is no matter.
  for (int i : {1, 2, 0}) {
    room.Leave(1);
    room.WaitAgain(inside[static_cast<size_t>(i)]);
  }
  for (Waiter& waiter : inside) {
    ASSERT_EQ(room.first(), &waiter);
    room.EnterFirst();
  }
  EXPECT_EQ(room.first(), &later);
}

TEST(RoomDeathTest, AnInvariantThatBreaksEndsTheProcess) {
  Room room(2, 2);
  EXPECT_DEATH(room.Leave(1), "ROOM-CAP");
  EXPECT_DEATH(room.EnterFirst(), "ROOM-CAP");
  ASSERT_TRUE(room.TryEnter(2));
  Waiter waiter(1);
  EXPECT_DEATH(room.Remove(waiter), "does not wait");
  ASSERT_TRUE(room.Wait(waiter));
  EXPECT_DEATH(room.EnterFirst(), "ROOM-CAP");
  EXPECT_DEATH(room.Wait(waiter), "waits twice");
}

// Against a model that is a sorted vector.
TEST(Room, BehavesAsItsModelUnderRandomSteps) {
  Random random(21);
  const TimePoint start{};
  Room room(40, 30);
  std::vector<std::unique_ptr<Waiter>> waiting, inside;
  size_t commands_inside = 0;
  TimePoint now = start;
  uint64_t expired = 0, again = 0;
  const auto by_order = [](const auto& a, const auto& b) { return a->order < b->order; };
  for (int step = 0; step < 100'000; ++step) {
    now += milliseconds(random.Next() % 3);
    switch (random.Next() % 6) {
      case 0:
      case 1: {  // Somebody comes.
        auto waiter = std::make_unique<Waiter>(1 + random.Next() % 12,
                                               now + milliseconds(random.Next() % 200));
        const bool place = waiting.empty() && commands_inside + waiter->commands <= 40;
        ASSERT_EQ(room.TryEnter(waiter->commands), place);
        if (place) {
          waiter->order = room.TakeOrder();
          commands_inside += waiter->commands;
          inside.push_back(std::move(waiter));
        } else {
          ASSERT_EQ(room.Wait(*waiter), waiting.size() < 30);
          if (waiter->waits()) waiting.push_back(std::move(waiter));
        }
        break;
      }
      case 2:
      case 3: {  // Somebody leaves; who has a place now enters.
        if (!inside.empty()) {
          const auto left = inside.begin() + static_cast<int64_t>(random.Next() % inside.size());
          room.Leave((*left)->commands);
          commands_inside -= (*left)->commands;
          inside.erase(left);
        }
        while (room.first() != nullptr && room.HasPlaceFor(room.first()->commands)) {
          ASSERT_EQ(room.first(), waiting.front().get());
          room.EnterFirst();
          commands_inside += waiting.front()->commands;
          inside.push_back(std::move(waiting.front()));
          waiting.erase(waiting.begin());
        }
        break;
      }
      case 4: {  // Somebody who is inside has to wait again.
        if (inside.empty()) break;
        const auto moved = inside.begin() + static_cast<int64_t>(random.Next() % inside.size());
        room.Leave((*moved)->commands);
        room.WaitAgain(**moved);
        commands_inside -= (*moved)->commands;
        waiting.insert(std::upper_bound(waiting.begin(), waiting.end(), *moved, by_order),
                       std::move(*moved));
        inside.erase(moved);
        ++again;
        break;
      }
      case 5: {  // Somebody gives up.
        const Room::Waiter* const gone = room.TakeExpired(now);
        const auto earliest = std::min_element(
            waiting.begin(), waiting.end(),
            [](const auto& a, const auto& b) { return a->deadline < b->deadline; });
        ASSERT_EQ(gone != nullptr, earliest != waiting.end() && (*earliest)->deadline <= now);
        if (gone == nullptr) break;
        ASSERT_EQ(gone->deadline, (*earliest)->deadline);
        std::erase_if(waiting, [&](const auto& waiter) { return waiter.get() == gone; });
        ++expired;
        break;
      }
    }
    ASSERT_EQ(room.waiting(), waiting.size());
    ASSERT_EQ(room.inside(), commands_inside);
    ASSERT_EQ(room.first(), waiting.empty() ? nullptr : waiting.front().get());
  }
  EXPECT_GT(expired, 1'000u);
  EXPECT_GT(again, 1'000u);
}

}  // namespace
}  // namespace nacre::client
