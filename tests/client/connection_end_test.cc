// How requests end without a reply, and what may have become of them.

#include "gmock/gmock.h"
#include "tests/client/connection_fixture.h"

namespace nacre::client {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class ConnectionEndTest : public ConnectionFixture {
 protected:
  void WatchClose() {
    connection_->SetCloseHandler([this](const absl::Status& why) {
      ++closes_;
      closed_ = why;
    });
  }
  int closes_ = 0;
  std::optional<absl::Status> closed_;
};

// Three requests, of which the system takes the first `cut` bytes; then the connection ends. Those
// of which it has taken anything may have been done, the others not.
TEST_F(ConnectionEndTest, ALostConnectionTellsWhatMayHaveBeenDoneAtEveryByte) {
  const Request requests[3] = {Request("SET", "a", 1), Request("INCR", "b").Add("INCR", "c"),
                               Request("DEL", "d")};
  size_t total = 0;
  for (const Request& request : requests) total += request.bytes().size();
  for (size_t cut = 0; cut <= total; ++cut) {
    Open();
    WatchClose();
    transport_->allowed = cut;
    Recorder recorders[3];
    for (int i = 0; i < 3; ++i) Send(recorders[i], requests[i]);
    Turn();
    ASSERT_EQ(transport_->written.size(), cut);
    transport_->EndStream(absl::UnavailableError("end of stream"));
    size_t begin = 0;
    for (int i = 0; i < 3; ++i) {
      const bool left = begin < cut;
      ASSERT_EQ(recorders[i].ends, 1);
      EXPECT_EQ(recorders[i].outcome(), left ? Outcome::kUnknown : Outcome::kNotExecuted)
          << "request " << i << ", cut " << cut;
      EXPECT_EQ(recorders[i].end->code(),
                left ? absl::StatusCode::kUnknown : absl::StatusCode::kUnavailable);
      EXPECT_THAT(std::string(recorders[i].end->message()), HasSubstr("end of stream"));
      begin += requests[i].bytes().size();
    }
    Turn();
    EXPECT_EQ(closes_, static_cast<int>(cut) + 1);
    EXPECT_EQ(closed_->code(), absl::StatusCode::kUnavailable);
  }
}

// The same, but the deadlines of the first and the third of four pass: what has begun to leave is
// completed, what has not never leaves, and the others are as they were.
TEST_F(ConnectionEndTest, APassedDeadlineTellsWhatMayHaveBeenDoneAtEveryByte) {
  const Request requests[4] = {Request("SET", "a", 1), Request("INCR", "b"), Request("DEL", "c"),
                               Request("GET", "d")};
  size_t total = 0;
  for (const Request& request : requests) total += request.bytes().size();
  for (size_t cut = 0; cut <= total;) {
    Open();
    transport_->allowed = cut;
    Recorder recorders[4];
    const Deadline soon = Soon();
    for (int i = 0; i < 4; ++i) {
      Send(recorders[i], requests[i], i % 2 == 0 ? soon : Deadline::max());
    }
    // The machine was too slow: the deadline passed before the request was even taken. Once more.
    if (recorders[0].end.has_value() || recorders[2].end.has_value()) continue;
    connection_->Flush();
    ASSERT_EQ(transport_->written.size(), cut);
    RunUntil([&] { return recorders[0].end.has_value() && recorders[2].end.has_value(); });
    transport_->Allow(SIZE_MAX);
    std::string expected;
    size_t begin = 0;
    for (int i = 0; i < 4; ++i) {
      const bool left = begin < cut;
      if (left || i % 2 == 1) {
        expected += requests[i].bytes();
        transport_->Deliver("+" + std::to_string(i) + "\r\n");
      }
      if (i % 2 == 0) {
        EXPECT_EQ(recorders[i].end->code(), absl::StatusCode::kDeadlineExceeded);
        EXPECT_EQ(recorders[i].outcome(), left ? Outcome::kUnknown : Outcome::kNotExecuted)
            << "request " << i << ", cut " << cut;
        EXPECT_THAT(recorders[i].replies, IsEmpty());
      } else {
        EXPECT_THAT(recorders[i].replies, ElementsAre(std::to_string(i))) << "cut " << cut;
      }
      begin += requests[i].bytes().size();
    }
    EXPECT_EQ(transport_->written, expected) << "cut " << cut;
    EXPECT_EQ(connection_->in_flight(), 0u);
    EXPECT_TRUE(connection_->is_open());
    ++cut;
  }
}

TEST_F(ConnectionEndTest, ADeadlineThatHasPassedIsRefusedAtOnce) {
  Open();
  Recorder recorder;
  SendGet(recorder, std::chrono::steady_clock::now());
  ASSERT_TRUE(recorder.end.has_value());
  EXPECT_EQ(recorder.end->code(), absl::StatusCode::kDeadlineExceeded);
  EXPECT_EQ(recorder.outcome(), Outcome::kNotExecuted);
  Turn();
  EXPECT_EQ(transport_->written, "");
}

TEST_F(ConnectionEndTest, TheEarliestDeadlineCountsWhateverTheOrderOfSending) {
  Open();
  Recorder late, early, middle;
  const Deadline now = std::chrono::steady_clock::now();
  SendGet(late, now + std::chrono::hours(1));
  SendGet(early, now + std::chrono::milliseconds(20));
  SendGet(middle, now + std::chrono::milliseconds(40));
  connection_->Flush();
  RunUntil([&] { return early.end.has_value(); });
  RunUntil([&] { return middle.end.has_value(); });
  EXPECT_FALSE(late.end.has_value());
  transport_->Deliver("+1\r\n+2\r\n+3\r\n");
  EXPECT_THAT(late.replies, ElementsAre("1"));
  EXPECT_THAT(early.replies, IsEmpty());
  EXPECT_EQ(early.ends, 1);
}

TEST_F(ConnectionEndTest, ARepliedRequestsDeadlineComesToNothing) {
  Open();
  Recorder done, waiting;
  SendGet(done, Soon());
  SendGet(waiting, Soon() + std::chrono::milliseconds(5));
  connection_->Flush();
  if (!done.end.has_value()) transport_->Deliver("+v\r\n");
  RunUntil([&] { return waiting.end.has_value(); });
  EXPECT_EQ(done.ends, 1);
  EXPECT_EQ(waiting.ends, 1);
}

TEST_F(ConnectionEndTest, AReplyThatNeverComesClosesTheConnection) {
  options_.unresponsive_timeout = absl::Milliseconds(2);
  Open();
  WatchClose();
  Recorder timed_out, patient;
  SendGet(timed_out, Soon());
  SendGet(patient);
  connection_->Flush();
  RunUntil([&] { return closed_.has_value(); });
  EXPECT_EQ(timed_out.end->code(), absl::StatusCode::kDeadlineExceeded);
  EXPECT_EQ(timed_out.ends, 1);
  EXPECT_EQ(patient.end->code(), absl::StatusCode::kUnknown);
  EXPECT_EQ(patient.outcome(), Outcome::kUnknown);
  EXPECT_THAT(std::string(closed_->message()), HasSubstr("unresponsive_timeout"));
}

TEST_F(ConnectionEndTest, AForgottenReplyThatNeverComesClosesTheConnectionToo) {
  options_.connect_timeout = absl::InfiniteDuration();  // So that no other timer runs.
  options_.unresponsive_timeout = absl::Milliseconds(2);
  Open();
  WatchClose();
  Recorder recorder;
  SendGet(recorder);
  Turn();
  connection_->Forget(recorder);
  RunUntil([&] { return closed_.has_value(); });
  EXPECT_EQ(recorder.ends, 0);
}

// A large reply may take longer than a caller has patience, but as long as it comes the server is
// there. If the machine is so slow that the silence is too long indeed, that proves nothing: once
// more.
TEST_F(ConnectionEndTest, AServerFromWhichBytesComeIsNotUnresponsive) {
  options_.unresponsive_timeout = absl::Milliseconds(20);
  constexpr auto kTimeout = std::chrono::milliseconds(20);
  bool proven = false;
  while (!proven) {
    Open();
    Recorder recorder;
    SendGet(recorder);
    connection_->Flush();
    connection_->Forget(recorder);
    const Deadline patience = std::chrono::steady_clock::now() + kTimeout;
    transport_->Deliver("$1000000\r\n");
    while (!proven) {
      const Deadline heard = std::chrono::steady_clock::now();
      transport_->Deliver("x");
      Turn();
      if (!connection_->is_open()) {
        ASSERT_GE(std::chrono::steady_clock::now() - heard, kTimeout);
        break;
      }
      proven = heard > patience;
    }
  }
}

TEST_F(ConnectionEndTest, AServerThatTakesARequestPieceByPieceIsNotUnresponsive) {
  options_.unresponsive_timeout = absl::Milliseconds(20);
  constexpr auto kTimeout = std::chrono::milliseconds(20);
  bool proven = false;
  while (!proven) {
    Open();
    Recorder recorder;
    transport_->allowed = 1;
    Send(recorder, Request("SET", "k", std::string(10'000'000, 'v')));
    connection_->Flush();
    connection_->Forget(recorder);
    const Deadline patience = std::chrono::steady_clock::now() + kTimeout;
    while (!proven) {
      const Deadline taken = std::chrono::steady_clock::now();
      transport_->Allow(1);
      Turn();
      if (!connection_->is_open()) {
        ASSERT_GE(std::chrono::steady_clock::now() - taken, kTimeout);
        break;
      }
      proven = taken > patience;
    }
  }
}

// What the system takes of other requests says nothing about the server.
TEST_F(ConnectionEndTest, AServerThatIsSentMoreAndSaysNothingIsUnresponsive) {
  options_.unresponsive_timeout = absl::Milliseconds(20);
  options_.in_flight_max = SIZE_MAX;
  Open();
  Recorder forgotten;
  SendGet(forgotten);
  connection_->Flush();
  connection_->Forget(forgotten);
  // Many times the timeout: a timer may fire late, but not for what is sent meanwhile.
  const Deadline patience = std::chrono::steady_clock::now() + std::chrono::seconds(5);
  std::vector<std::unique_ptr<Recorder>> recorders;
  while (connection_->is_open() && std::chrono::steady_clock::now() < patience) {
    recorders.push_back(std::make_unique<Recorder>());
    SendGet(*recorders.back());
    Turn();
  }
  EXPECT_FALSE(connection_->is_open());
}

TEST_F(ConnectionEndTest, AForgottenRequestGoesOutAndItsRepliesAreDropped) {
  Open();
  Recorder forgotten, other;
  Send(forgotten, Request("DEL", "a").Add("DEL", "b"));
  SendGet(other);
  connection_->Forget(forgotten);
  Turn();
  EXPECT_THAT(transport_->written, HasSubstr("DEL"));
  transport_->Deliver("+1\r\n+2\r\n+3\r\n");
  EXPECT_THAT(forgotten.replies, IsEmpty());
  EXPECT_EQ(forgotten.ends, 0);
  EXPECT_THAT(other.replies, ElementsAre("3"));
}

TEST_F(ConnectionEndTest, RubbishEndsAllWithDataLossAndOutcomeUnknown) {
  Open();
  WatchClose();
  Recorder answered, partly, unsent;
  SendGet(answered);
  Send(partly, Request("GET", "a").Add("GET", "b"));
  Turn();
  transport_->allowed = 0;
  SendGet(unsent);
  Turn();
  transport_->Deliver("+1\r\n+2\r\nrubbish\r\n");
  EXPECT_TRUE(answered.end->ok());
  EXPECT_THAT(partly.replies, ElementsAre("2"));
  EXPECT_EQ(partly.end->code(), absl::StatusCode::kDataLoss);
  EXPECT_EQ(partly.outcome(), Outcome::kUnknown);
  EXPECT_EQ(unsent.end->code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(unsent.outcome(), Outcome::kNotExecuted);
  Turn();
  EXPECT_EQ(closed_->code(), absl::StatusCode::kDataLoss);
}

TEST_F(ConnectionEndTest, AReplyThatNobodyAskedForIsDataLoss) {
  Open();
  WatchClose();
  transport_->Deliver("+surprise\r\n");
  EXPECT_FALSE(connection_->is_open());
  Turn();
  EXPECT_EQ(closed_->code(), absl::StatusCode::kDataLoss);
}

TEST_F(ConnectionEndTest, AReplyToWhatHasNotBeenSentIsDataLoss) {
  Open();
  WatchClose();
  transport_->allowed = 0;
  Recorder recorder;
  SendGet(recorder);
  Turn();
  transport_->Deliver("+surprise\r\n");
  EXPECT_THAT(recorder.replies, IsEmpty());
  EXPECT_EQ(recorder.outcome(), Outcome::kNotExecuted);
  Turn();
  EXPECT_EQ(closed_->code(), absl::StatusCode::kDataLoss);
}

TEST_F(ConnectionEndTest, AReplyTooLargeIsDataLoss) {
  options_.reply_bytes_max = 1000;
  Open();
  Recorder recorder;
  SendGet(recorder);
  Turn();
  transport_->Deliver("$1000000\r\n");
  EXPECT_EQ(recorder.end->code(), absl::StatusCode::kDataLoss);
}

TEST_F(ConnectionEndTest, CloseTellsEachRequestWhyAndTheHandlerLater) {
  Open();
  WatchClose();
  Recorder sent, unsent;
  SendGet(sent);
  Turn();
  SendGet(unsent);
  connection_->Close(absl::CancelledError("going home"));
  EXPECT_EQ(sent.end->code(), absl::StatusCode::kCancelled);
  EXPECT_EQ(sent.outcome(), Outcome::kUnknown);
  EXPECT_EQ(unsent.end->code(), absl::StatusCode::kCancelled);
  EXPECT_EQ(unsent.outcome(), Outcome::kNotExecuted);
  for (const Recorder* recorder : {&sent, &unsent}) {
    EXPECT_THAT(std::string(recorder->end->message()), HasSubstr("going home"));
  }
  EXPECT_EQ(closes_, 0);
  connection_->Close(absl::CancelledError("again"));
  Turn();
  EXPECT_EQ(closes_, 1);
  EXPECT_THAT(std::string(closed_->message()), HasSubstr("going home"));
  EXPECT_EQ(transport_->written, Request("GET", "k").bytes());
}

TEST_F(ConnectionEndTest, AnErrorOfAWriteLetsWhatTheServerSaidBeforeBeRead) {
  Open();
  WatchClose();
  Recorder first, second;
  SendGet(first);
  Turn();
  transport_->write_error = absl::UnavailableError("broken pipe");
  SendGet(second);
  Turn();
  EXPECT_TRUE(transport_->shut_down);
  EXPECT_FALSE(second.end.has_value()) << "a flush calls nobody";
  transport_->Deliver("+v\r\n");
  EXPECT_TRUE(first.end->ok());
  transport_->EndStream(absl::UnavailableError("end of stream"));
  EXPECT_EQ(second.outcome(), Outcome::kNotExecuted);
  Turn();
  EXPECT_THAT(std::string(closed_->message()), HasSubstr("broken pipe"));
}

TEST_F(ConnectionEndTest, WhatAServerDoesNotReadIsBoundedAlsoIfCallersGiveUp) {
  options_.in_flight_max = 50;
  Open();
  transport_->allowed = 5;
  Recorder first;
  SendGet(first);
  Turn();
  // Each pair leaves one request that was cut in front of one that waits.
  std::vector<std::unique_ptr<Recorder>> recorders;
  const auto make = [&]() -> Recorder& {
    recorders.push_back(std::make_unique<Recorder>());
    return *recorders.back();
  };
  size_t refused = 0;
  for (int i = 0; i < 40; ++i) {
    Recorder& hasty = make();
    Recorder& patient = make();
    SendGet(hasty, Soon());
    SendGet(patient);
    refused += patient.end.has_value();
    RunUntil([&] { return hasty.end.has_value(); });
    EXPECT_EQ(hasty.outcome(), Outcome::kNotExecuted);
  }
  EXPECT_GE(refused, 10u) << "requests that were given up are still held";
  transport_->Allow(SIZE_MAX);
  const size_t waiting = connection_->in_flight();
  for (size_t i = 0; i < waiting; ++i) transport_->Deliver("+v\r\n");
  EXPECT_EQ(connection_->in_flight(), 0u);
  EXPECT_TRUE(connection_->is_open());
}

// IN-STEP
TEST_F(ConnectionEndTest, RepliesStayInStepWhateverWasForgottenOrGivenUp) {
  Open();
  Recorder recorders[4];
  const Deadline soon = Soon();
  SendGet(recorders[0], soon);
  SendGet(recorders[1]);
  SendGet(recorders[2], soon);
  SendGet(recorders[3]);
  if (recorders[0].end.has_value() || recorders[2].end.has_value()) return;  // Too slow to leave.
  connection_->Flush();
  connection_->Forget(recorders[1]);
  RunUntil([&] { return recorders[0].end.has_value() && recorders[2].end.has_value(); });
  transport_->Deliver("+0\r\n+1\r\n+2\r\n+3\r\n");
  for (int i = 0; i < 3; ++i) EXPECT_THAT(recorders[i].replies, IsEmpty());
  EXPECT_THAT(recorders[3].replies, ElementsAre("3"));
}

}  // namespace
}  // namespace nacre::client
