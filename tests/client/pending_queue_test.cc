#include "client/net/pending_queue.h"

#include <deque>
#include <random>

#include "gtest/gtest.h"
#include "tests/client/connection_fixture.h"

namespace nacre::client {
namespace {

Deadline At(int seconds) { return Deadline(std::chrono::seconds(seconds)); }

PendingRequest Of(ReplyConsumer& consumer, size_t commands = 1, Deadline deadline = At(100)) {
  PendingRequest request;
  request.consumer = &consumer;
  request.commands_left = commands;
  request.deadline = deadline;
  return request;
}

// Answers one reply; whom it ended, or null.
ReplyConsumer* AnswerOne(PendingQueue& queue) {
  ReplyConsumer* consumer = nullptr;
  queue.Answer(&consumer);
  return consumer;
}

TEST(PendingQueue, AnswersInTheOrderOfSending) {
  PendingQueue queue;
  Recorder a, b;
  queue.Push(Of(a, 2));
  queue.Push(Of(b));
  EXPECT_EQ(queue.in_flight(), 3u);
  EXPECT_EQ(AnswerOne(queue), nullptr) << "one more command of the first request is left";
  EXPECT_EQ(AnswerOne(queue), &a);
  EXPECT_EQ(AnswerOne(queue), &b);
  EXPECT_EQ(queue.Front(), nullptr);
  EXPECT_EQ(queue.in_flight(), 0u);
}

TEST(PendingQueue, AForgottenRequestStillTakesItsReplies) {
  PendingQueue queue;
  Recorder a, b;
  queue.Push(Of(a, 2));
  queue.Push(Of(b));
  EXPECT_TRUE(queue.Forget(a, At(7)));
  EXPECT_FALSE(queue.Forget(a, At(7)));
  EXPECT_EQ(queue.in_flight(), 3u);
  EXPECT_EQ(queue.EarliestDeadline(), At(7)) << "the patience with the server";
  EXPECT_EQ(AnswerOne(queue), nullptr);
  EXPECT_EQ(AnswerOne(queue), nullptr);
  EXPECT_EQ(AnswerOne(queue), &b);
}

TEST(PendingQueue, ForgettingConcernsAllRequestsOfTheConsumerAndNoOther) {
  PendingQueue queue;
  Recorder a, b;
  queue.Push(Of(a));
  queue.Push(Of(b));
  queue.Push(Of(a));
  queue.Forget(a, At(7));
  EXPECT_EQ(AnswerOne(queue), nullptr);
  EXPECT_EQ(AnswerOne(queue), &b);
  EXPECT_EQ(AnswerOne(queue), nullptr);
}

TEST(PendingQueue, ACutRequestTakesNoReply) {
  PendingQueue queue;
  Recorder a, b, c;
  queue.Push(Of(a));
  const uint64_t second = queue.last();
  queue.Push(Of(b, 5, At(1)));
  queue.Push(Of(c));
  queue.Cut(second);
  EXPECT_EQ(queue.in_flight(), 2u);
  EXPECT_EQ(queue.cut(), 1u);
  EXPECT_EQ(queue.EarliestDeadline(), At(100));
  EXPECT_EQ(AnswerOne(queue), &a);
  EXPECT_EQ(AnswerOne(queue), &c);
  EXPECT_EQ(queue.cut(), 0u);
}

TEST(PendingQueue, WhatIsCutAtTheEndIsGoneAtOnce) {
  PendingQueue queue;
  Recorder a;
  queue.Push(Of(a));
  for (int i = 0; i < 3; ++i) queue.Push(Of(a));
  queue.Cut(2);
  queue.Cut(1);
  EXPECT_EQ(queue.cut(), 2u);
  queue.Cut(3);
  EXPECT_EQ(queue.cut(), 0u);
  EXPECT_EQ(queue.last(), 1u);
}

TEST(PendingQueue, PopGivesAllThatIsLeftInOrder) {
  PendingQueue queue;
  Recorder a, b, c;
  queue.Push(Of(a));
  queue.Push(Of(b));
  queue.Push(Of(c));
  queue.Cut(1);
  EXPECT_EQ(queue.Pop().consumer, &a);
  EXPECT_EQ(queue.Pop().consumer, nullptr);
  EXPECT_EQ(queue.Pop().consumer, &c);
  EXPECT_TRUE(queue.empty());
  EXPECT_EQ(queue.in_flight(), 0u);
  EXPECT_EQ(queue.cut(), 0u);
}

TEST(PendingQueueDeathTest, AReplyWithoutARequestIsAProgrammingError) {
  PendingQueue queue;
  ReplyConsumer* consumer = nullptr;
  EXPECT_DEATH(queue.Answer(&consumer), "IN-STEP");
}

// The same by a plain list.
TEST(PendingQueue, AgreesWithAPlainListWhateverIsDone) {
  struct Entry {
    uint64_t number;
    ReplyConsumer* consumer;
    size_t left;
  };
  Recorder consumers[4];
  for (uint32_t seed = 0; seed < 200; ++seed) {
    std::mt19937 random(seed);
    PendingQueue queue;
    std::deque<Entry> model;
    for (int step = 0; step < 300; ++step) {
      switch (random() % 4) {
        case 0:
        case 1: {
          Recorder& consumer = consumers[random() % 4];
          const size_t commands = 1 + random() % 3;
          model.push_back({queue.last(), &consumer, commands});
          queue.Push(Of(consumer, commands));
          break;
        }
        case 2: {
          if (model.empty()) break;
          ASSERT_NE(queue.Front(), nullptr);
          ReplyConsumer* consumer = nullptr;
          const bool over = queue.Answer(&consumer);
          ASSERT_EQ(over, --model.front().left == 0) << seed;
          if (!over) break;
          ASSERT_EQ(consumer, model.front().consumer) << seed;
          model.pop_front();
          break;
        }
        case 3: {
          if (model.empty()) break;
          const size_t index = random() % model.size();
          if (random() % 2 == 0) {
            queue.Cut(model[index].number);
            model.erase(model.begin() + static_cast<std::ptrdiff_t>(index));
          } else if (ReplyConsumer* const consumer = model[index].consumer) {
            ASSERT_TRUE(queue.Forget(*consumer, At(1)));
            for (Entry& entry : model) {
              if (entry.consumer == consumer) entry.consumer = nullptr;
            }
          }
          break;
        }
      }
      size_t left = 0;
      for (const Entry& entry : model) left += entry.left;
      ASSERT_EQ(queue.in_flight(), left) << seed;
      ASSERT_EQ(queue.Front() == nullptr, model.empty()) << seed;
    }
  }
}

}  // namespace
}  // namespace nacre::client
