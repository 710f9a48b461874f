// What callbacks may do: one test, or more, for each invariant at the top of
// client/net/connection.cc.

#include <algorithm>
#include <iterator>

#include "gmock/gmock.h"
#include "tests/client/connection_fixture.h"

namespace nacre::client {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

class ConnectionReentrancyTest : public ConnectionFixture {
 protected:
  // Sends as many requests as there are recorders, and lets them leave.
  template <size_t n>
  void SendAll(Recorder (&recorders)[n], Deadline deadline = Deadline::max()) {
    for (Recorder& recorder : recorders) SendGet(recorder, deadline);
    connection_->Flush();
  }
  // False if the machine was so slow that some were refused, since their deadline had passed.
  template <size_t n>
  bool SendAllInTime(Recorder (&recorders)[n]) {
    SendAll(recorders, Soon());
    return std::none_of(std::begin(recorders), std::end(recorders),
                        [](const Recorder& recorder) { return recorder.end.has_value(); });
  }
  template <size_t n>
  static bool AllEnded(const Recorder (&recorders)[n]) {
    for (const Recorder& recorder : recorders) {
      if (!recorder.end.has_value()) return false;
    }
    return true;
  }
};

// --- POPPED-FIRST ---

TEST_F(ConnectionReentrancyTest, OnEndOfAReplyMaySendTheSameConsumerAgain) {
  Open();
  Recorder recorder;
  recorder.on_end = [&] {
    if (recorder.ends < 3) SendGet(recorder);
  };
  SendGet(recorder);
  Turn();
  transport_->Deliver("+1\r\n");
  Turn();
  transport_->Deliver("+2\r\n");
  Turn();
  transport_->Deliver("+3\r\n");
  EXPECT_THAT(recorder.replies, ElementsAre("1", "2", "3"));
  EXPECT_EQ(recorder.ends, 3);
}

TEST_F(ConnectionReentrancyTest, OnEndOfADeadlineMaySendTheSameConsumerAgain) {
  Open();
  Recorder recorder;
  recorder.on_end = [&] {
    if (recorder.ends == 1) SendGet(recorder);
  };
  SendGet(recorder, Soon());
  connection_->Flush();
  const bool left = recorder.ends == 0;
  RunUntil([&] { return recorder.ends == 1; });
  Turn();
  // The first reply is that of the request that was given up.
  transport_->Deliver(left ? "+late\r\n+v\r\n" : "+v\r\n");
  EXPECT_THAT(recorder.replies, ElementsAre("v"));
  EXPECT_EQ(recorder.ends, 2);
}

TEST_F(ConnectionReentrancyTest, OnEndMayForgetItselfAndCloseWithoutBeingCalledAgain) {
  Open();
  Recorder recorder;
  recorder.on_end = [&] {
    connection_->Forget(recorder);
    connection_->Close(absl::CancelledError("enough"));
  };
  SendGet(recorder);
  Turn();
  transport_->Deliver("+v\r\n");
  EXPECT_EQ(recorder.ends, 1);
  EXPECT_TRUE(recorder.end->ok());
}

// --- NO-REFERENCES ---

// So many that the queue has to grow under the loop that calls.
TEST_F(ConnectionReentrancyTest, OnEndMaySendManyWhileRepliesAreGoneThrough) {
  Open();
  Recorder first, second;
  std::vector<std::unique_ptr<Recorder>> more;
  first.on_end = [&] {
    for (int i = 0; i < 1000; ++i) {
      more.push_back(std::make_unique<Recorder>());
      SendGet(*more.back());
    }
  };
  SendGet(first);
  SendGet(second);
  Turn();
  transport_->Deliver("+1\r\n+2\r\n");
  EXPECT_THAT(second.replies, ElementsAre("2"));
  Turn();
  for (int i = 0; i < 1000; ++i) transport_->Deliver("+" + std::to_string(i) + "\r\n");
  for (int i = 0; i < 1000; ++i) EXPECT_THAT(more[i]->replies, ElementsAre(std::to_string(i)));
}

TEST_F(ConnectionReentrancyTest, OnEndMaySendManyWhileDeadlinesAreGoneThrough) {
  Open();
  Recorder recorders[3];
  std::vector<std::unique_ptr<Recorder>> more;
  recorders[0].on_end = [&] {
    for (int i = 0; i < 1000; ++i) {
      more.push_back(std::make_unique<Recorder>());
      SendGet(*more.back(), Deadline::max() - std::chrono::hours(1));
    }
  };
  const bool in_time = SendAllInTime(recorders);
  RunUntil([&] { return AllEnded(recorders); });
  for (const Recorder& recorder : recorders) {
    EXPECT_EQ(recorder.ends, 1);
    EXPECT_EQ(recorder.end->code(), absl::StatusCode::kDeadlineExceeded);
  }
  EXPECT_TRUE(!in_time || connection_->in_flight() == 1003u) << connection_->in_flight();
}

TEST_F(ConnectionReentrancyTest, OnEndMayForgetTheNextOneWhoseReplyIsThere) {
  Open();
  Recorder recorders[3];
  recorders[0].on_end = [&] { connection_->Forget(recorders[1]); };
  SendAll(recorders);
  transport_->Deliver("+1\r\n+2\r\n+3\r\n");
  EXPECT_EQ(recorders[1].ends, 0);
  EXPECT_THAT(recorders[1].replies, IsEmpty());
  EXPECT_THAT(recorders[2].replies, ElementsAre("3"));
}

TEST_F(ConnectionReentrancyTest, OnEndMayForgetTheNextOneWhoseDeadlineHasPassed) {
  Open();
  Recorder recorders[3];
  recorders[0].on_end = [&] { connection_->Forget(recorders[1]); };
  const bool in_time = SendAllInTime(recorders);
  RunUntil([&] { return recorders[2].end.has_value(); });
  if (!in_time) return;
  EXPECT_EQ(recorders[1].ends, 0);
  EXPECT_TRUE(connection_->is_open());
}

TEST_F(ConnectionReentrancyTest, OnEndMayForgetTheNextOneThatCloseWouldEnd) {
  Open();
  Recorder recorders[3];
  recorders[0].on_end = [&] { connection_->Forget(recorders[1]); };
  SendAll(recorders);
  connection_->Close(absl::CancelledError("enough"));
  EXPECT_EQ(recorders[0].ends, 1);
  EXPECT_EQ(recorders[1].ends, 0);
  EXPECT_EQ(recorders[2].ends, 1);
}

TEST_F(ConnectionReentrancyTest, OnReplyMayForgetAnyOneAlsoItself) {
  Open();
  Recorder recorders[3];
  recorders[0].on_reply = [&] {
    connection_->Forget(recorders[0]);
    connection_->Forget(recorders[1]);
  };
  SendAll(recorders);
  transport_->Deliver("+1\r\n+2\r\n+3\r\n");
  EXPECT_EQ(recorders[0].ends, 0);
  EXPECT_EQ(recorders[1].ends, 0);
  EXPECT_THAT(recorders[2].replies, ElementsAre("3"));
}

TEST_F(ConnectionReentrancyTest, OnEndOfADeadlineMayCloseWhileOthersHavePassed) {
  Open();
  Recorder recorders[3];
  recorders[0].on_end = [&] { connection_->Close(absl::CancelledError("enough")); };
  SendAll(recorders, Soon());
  RunUntil([&] { return AllEnded(recorders); });
  for (const Recorder& recorder : recorders) EXPECT_EQ(recorder.ends, 1);
}

// As an OnEnd() does that runs the event loop.
TEST_F(ConnectionReentrancyTest, OnEndOfADeadlineMayLetTheRepliesOfTheOthersIn) {
  Open();
  // So many that the queue has been all around its ring, and left traces everywhere.
  Recorder answered[64];
  for (Recorder& recorder : answered) {
    SendGet(recorder, Soon());
    connection_->Flush();
    if (!recorder.end.has_value()) transport_->Deliver("+v\r\n");
  }
  transport_->written.clear();
  Recorder recorders[3];
  bool in_time = false;
  recorders[0].on_end = [&] {
    if (in_time) transport_->Deliver("+0\r\n+1\r\n+2\r\n");
  };
  in_time = SendAllInTime(recorders);
  RunUntil([&] { return AllEnded(recorders); });
  Turn();
  for (const Recorder& recorder : answered) EXPECT_EQ(recorder.ends, 1);
  for (const Recorder& recorder : recorders) EXPECT_EQ(recorder.ends, 1);
  EXPECT_EQ(recorders[1].end->ok(), in_time);
  EXPECT_EQ(recorders[2].end->ok(), in_time);
  EXPECT_THAT(recorders[0].replies, IsEmpty());
}

// --- KEPT-ALIVE ---

TEST_F(ConnectionReentrancyTest, OnEndOfAReplyMayDestroyTheConnection) {
  Open();
  Recorder recorders[3];
  recorders[0].on_end = [&] { connection_.reset(); };
  SendAll(recorders);
  transport_->Deliver("+1\r\n+2\r\n+3\r\n");
  EXPECT_TRUE(recorders[0].end->ok());
  EXPECT_THAT(recorders[1].replies, IsEmpty());
  for (const Recorder& recorder : recorders) EXPECT_EQ(recorder.ends, 1);
  EXPECT_EQ(recorders[2].outcome(), Outcome::kUnknown);
  Turn();
}

TEST_F(ConnectionReentrancyTest, OnEndOfADeadlineMayDestroyTheConnection) {
  Open();
  Recorder recorders[3];
  recorders[1].on_end = [&] { connection_.reset(); };
  for (Recorder& recorder : recorders) {
    if (connection_ != nullptr) SendGet(recorder, Soon());
  }
  RunUntil([&] { return recorders[1].end.has_value() && recorders[0].end.has_value(); });
  Turn();
  EXPECT_EQ(recorders[0].ends, 1);
  EXPECT_EQ(recorders[1].ends, 1);
}

TEST_F(ConnectionReentrancyTest, OnEndOfACloseMayDestroyTheConnection) {
  Open();
  Recorder recorders[3];
  int alive = 0;
  recorders[0].on_end = [&] {
    connection_.reset();
    // CLOSED-IS-LAST: now nobody needs to stay for it any more.
    for (const Recorder& recorder : recorders) alive += recorder.ends == 0;
  };
  SendAll(recorders);
  connection_->Close(absl::CancelledError("enough"));
  EXPECT_EQ(alive, 0);
  for (const Recorder& recorder : recorders) EXPECT_EQ(recorder.ends, 1);
  Turn();
}

TEST_F(ConnectionReentrancyTest, OnEndOfARefusedSendMayDestroyTheConnection) {
  options_.in_flight_max = 0;
  Open();
  Recorder recorder;
  recorder.on_end = [&] { connection_.reset(); };
  SendGet(recorder);
  EXPECT_EQ(recorder.ends, 1);
  Turn();
}

TEST_F(ConnectionReentrancyTest, ThePushHandlerMayDestroyTheConnection) {
  Open();
  Recorder recorder;
  SendGet(recorder);
  Turn();
  connection_->SetPushHandler([&](ReplyView) { connection_.reset(); });
  transport_->Deliver(">1\r\n+a\r\n+v\r\n");
  EXPECT_EQ(recorder.outcome(), Outcome::kUnknown);
  Turn();
}

// --- CLOSED-IS-LAST ---

TEST_F(ConnectionReentrancyTest, OnEndOfACloseMaySendAndIsRefusedAtOnce) {
  Open();
  Recorder recorders[2], again;
  recorders[0].on_end = [&] {
    SendGet(again);
    EXPECT_EQ(again.ends, 1);
  };
  SendAll(recorders);
  transport_->written.clear();
  connection_->Close(absl::CancelledError("enough"));
  EXPECT_EQ(again.end->code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(again.outcome(), Outcome::kNotExecuted);
  EXPECT_EQ(recorders[1].ends, 1);
  Turn();
  EXPECT_EQ(transport_->written, "");
}

TEST_F(ConnectionReentrancyTest, OnEndOfACloseMayCloseAgain) {
  options_.in_flight_max = 200'000;
  Open();
  int closes = 0;
  connection_->SetCloseHandler([&](const absl::Status& why) {
    ++closes;
    EXPECT_EQ(why.message(), "first");
  });
  // As many as would overflow the stack if each Close() went on with the rest by itself.
  std::vector<Recorder> recorders(options_.in_flight_max);
  for (Recorder& recorder : recorders) {
    recorder.on_end = [&] { connection_->Close(absl::CancelledError("second")); };
    SendGet(recorder);
  }
  connection_->Close(absl::CancelledError("first"));
  for (const Recorder& recorder : recorders) EXPECT_EQ(recorder.ends, 1);
  Turn();
  EXPECT_EQ(closes, 1);
}

TEST_F(ConnectionReentrancyTest, OnEndOfAReplyMayCloseBetweenReplies) {
  Open();
  Recorder recorders[3];
  recorders[0].on_end = [&] { connection_->Close(absl::CancelledError("enough")); };
  SendAll(recorders);
  transport_->Deliver("+1\r\n+2\r\n+3\r\n");
  EXPECT_TRUE(recorders[0].end->ok());
  EXPECT_THAT(recorders[1].replies, IsEmpty());
  EXPECT_EQ(recorders[1].outcome(), Outcome::kUnknown);
  EXPECT_EQ(recorders[2].outcome(), Outcome::kUnknown);
}

TEST_F(ConnectionReentrancyTest, NoPushMessageIsHandedOverAfterClose) {
  Open();
  int pushes = 0;
  connection_->SetPushHandler([&](ReplyView) { ++pushes; });
  Recorder recorder;
  recorder.on_end = [&] { connection_->Close(absl::CancelledError("enough")); };
  SendGet(recorder);
  Turn();
  transport_->Deliver("+v\r\n>1\r\n+late\r\n");
  EXPECT_TRUE(recorder.end->ok());
  EXPECT_EQ(pushes, 0);
}

TEST_F(ConnectionReentrancyTest, TheDestructorEndsAllRequestsAndCallsNoHandler) {
  Open();
  int calls = 0;
  connection_->SetCloseHandler([&](const absl::Status&) { ++calls; });
  connection_->SetPushHandler([&](ReplyView) { ++calls; });
  Recorder sent, unsent;
  SendGet(sent);
  Turn();
  SendGet(unsent);
  connection_.reset();
  EXPECT_EQ(sent.outcome(), Outcome::kUnknown);
  EXPECT_EQ(unsent.outcome(), Outcome::kNotExecuted);
  EXPECT_EQ(sent.end->code(), absl::StatusCode::kCancelled);
  Turn();
  EXPECT_EQ(calls, 0);
}

TEST_F(ConnectionReentrancyTest, DestroyedAfterCloseItCallsNoHandler) {
  Open();
  int calls = 0;
  connection_->SetCloseHandler([&](const absl::Status&) { ++calls; });
  connection_->Close(absl::CancelledError("enough"));
  connection_.reset();
  Turn();
  EXPECT_EQ(calls, 0);
}

TEST_F(ConnectionReentrancyTest, TheCloseHandlerMayBeTakenAwayAndReplaced) {
  Open();
  int first = 0, second = 0;
  connection_->SetCloseHandler([&](const absl::Status&) { ++first; });
  connection_->SetCloseHandler(nullptr);
  connection_->SetCloseHandler([&](const absl::Status&) { ++second; });
  connection_->Close(absl::CancelledError("enough"));
  Turn();
  EXPECT_EQ(first, 0);
  EXPECT_EQ(second, 1);
}

TEST_F(ConnectionReentrancyTest, TheCloseHandlerMayDestroyTheConnection) {
  Open();
  int calls = 0;
  connection_->SetCloseHandler([&](const absl::Status&) {
    ++calls;
    connection_.reset();
  });
  transport_->EndStream(absl::UnavailableError("end of stream"));
  Turn();
  EXPECT_EQ(calls, 1);
}

// --- HANDLERS-OUT ---

TEST_F(ConnectionReentrancyTest, ThePushHandlerMayReplaceItself) {
  Open();
  std::vector<int> calls;
  const auto big = std::make_shared<std::string>(100, 'x');  // So that it lies on the heap.
  connection_->SetPushHandler([&, big](ReplyView) {
    connection_->SetPushHandler([&](ReplyView) { calls.push_back(2); });
    calls.push_back(static_cast<int>(big->size()));
  });
  transport_->Deliver(">1\r\n+a\r\n>1\r\n+b\r\n");
  EXPECT_THAT(calls, ElementsAre(100, 2));
}

TEST_F(ConnectionReentrancyTest, ThePushHandlerMayRemoveItself) {
  Open();
  int calls = 0;
  EXPECT_FALSE(connection_->has_push_handler());
  connection_->SetPushHandler([&](ReplyView) {
    ++calls;
    EXPECT_TRUE(connection_->has_push_handler());
    connection_->SetPushHandler(nullptr);
    EXPECT_FALSE(connection_->has_push_handler());
  });
  EXPECT_TRUE(connection_->has_push_handler());
  transport_->Deliver(">1\r\n+a\r\n>1\r\n+b\r\n");
  EXPECT_EQ(calls, 1);
  EXPECT_FALSE(connection_->has_push_handler());
}

TEST_F(ConnectionReentrancyTest, ThePushHandlerMaySendAndClose) {
  Open();
  Recorder before, after;
  SendGet(before);
  Turn();
  connection_->SetPushHandler([&](ReplyView) {
    SendGet(after);
    connection_->Close(absl::CancelledError("enough"));
  });
  transport_->Deliver(">1\r\n+a\r\n+v\r\n");
  EXPECT_EQ(before.outcome(), Outcome::kUnknown);
  EXPECT_EQ(after.outcome(), Outcome::kNotExecuted);
}

// --- QUIET-FLUSH ---

TEST_F(ConnectionReentrancyTest, AFlushThatFailsInsideOnEndCallsNobody) {
  Open();
  Recorder first, second, third;
  first.on_end = [&] {
    transport_->write_error = absl::UnavailableError("broken pipe");
    SendGet(third);
    connection_->Flush();
    EXPECT_EQ(second.ends, 0);
    EXPECT_EQ(third.ends, 0);
  };
  SendGet(first);
  SendGet(second);
  Turn();
  transport_->Deliver("+1\r\n+2\r\n");
  EXPECT_THAT(second.replies, ElementsAre("2"));
  transport_->EndStream(absl::UnavailableError("end of stream"));
  EXPECT_EQ(third.outcome(), Outcome::kNotExecuted);
}

TEST_F(ConnectionReentrancyTest, OnEndMayFlushWhatItSends) {
  Open();
  Recorder first, second;
  first.on_end = [&] {
    SendGet(second);
    connection_->Flush();
  };
  SendGet(first);
  Turn();
  transport_->written.clear();
  transport_->Deliver("+1\r\n");
  EXPECT_EQ(transport_->written, Request("GET", "k").bytes());
  transport_->Deliver("+2\r\n");
  EXPECT_TRUE(second.end->ok());
}

// --- NO-ACTION ---

using ConnectionReentrancyDeathTest = ConnectionReentrancyTest;

TEST_F(ConnectionReentrancyDeathTest, OnReplyMustNotSendCloseOrDestroy) {
  for (const int action : {0, 1, 2}) {
    Open();
    Recorder recorder, other;
    recorder.on_reply = [&] {
      if (action == 0) SendGet(other);
      if (action == 1) connection_->Close(absl::CancelledError("enough"));
      if (action == 2) connection_.reset();
    };
    SendGet(recorder);
    Turn();
    EXPECT_DEATH(transport_->Deliver("+v\r\n"), "NO-ACTION");
  }
}

}  // namespace
}  // namespace nacre::client
