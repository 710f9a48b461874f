// Requests and replies, limits, writing. What changes how replies come:
// connection_subscription_test.cc; how connections begin: connection_open_test.cc; how
// requests end without a reply: connection_end_test.cc; what callbacks may do:
// connection_reentrancy_test.cc.

#include "gmock/gmock.h"
#include "tests/client/connection_fixture.h"

namespace nacre::client {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

using ConnectionTest = ConnectionFixture;

TEST_F(ConnectionTest, RequestsOfOneTurnLeaveInOneWrite) {
  Open();
  Recorder first, second;
  SendGet(first);
  Send(second, Request("INCR", "n"));
  EXPECT_EQ(transport_->writes, 0u);
  Turn();
  EXPECT_EQ(transport_->writes, 1u);
  EXPECT_EQ(transport_->written, Request("GET", "k").bytes() + Request("INCR", "n").bytes());
  EXPECT_EQ(connection_->output_bytes(), 0u);
}

TEST_F(ConnectionTest, FlushWritesAtOnceAndTheTurnsEndWritesNothingMore) {
  Open();
  Recorder recorder;
  SendGet(recorder);
  connection_->Flush();
  EXPECT_EQ(transport_->writes, 1u);
  Turn();
  EXPECT_EQ(transport_->writes, 1u);
}

TEST_F(ConnectionTest, RepliesReachTheirRequestsByPosition) {
  Open();
  Recorder first, second;
  Send(first, Request("GET", "a").Add("GET", "b"));
  Send(second, Request("GET", "c"));
  EXPECT_EQ(connection_->in_flight(), 3u);
  Turn();
  transport_->Deliver("+1\r\n+2\r\n");
  EXPECT_THAT(first.replies, ElementsAre("1", "2"));
  EXPECT_TRUE(first.end->ok());
  EXPECT_FALSE(second.end.has_value());
  transport_->Deliver("-ERR three\r\n");
  EXPECT_THAT(second.replies, ElementsAre("ERR three"));
  EXPECT_TRUE(second.end->ok()) << "an error reply is a reply";
  EXPECT_EQ(connection_->in_flight(), 0u);
}

TEST_F(ConnectionTest, RepliesComeAsTheyAreFramedHoweverTheyAreCut) {
  Open();
  const std::string replies = "$5\r\nhello\r\n*2\r\n:1\r\n:2\r\n>2\r\n+news\r\n+x\r\n:42\r\n";
  int pushes = 0;
  connection_->SetPushHandler([&](ReplyView) { ++pushes; });
  for (size_t cut = 0; cut <= replies.size(); ++cut) {
    Recorder recorder;
    Send(recorder, Request("GET", "a").Add("LRANGE", "l", 0, 1).Add("GET", "n"));
    Turn();
    transport_->Deliver(replies.substr(0, cut));
    EXPECT_EQ(recorder.end.has_value(), cut == replies.size());
    transport_->Deliver(replies.substr(cut));
    EXPECT_THAT(recorder.replies, ElementsAre("hello", "", "42")) << cut;
    EXPECT_TRUE(recorder.end->ok());
  }
  EXPECT_EQ(pushes, static_cast<int>(replies.size() + 1));
}

TEST_F(ConnectionTest, AReplyLargerThanAnyBufferArrivesWhole) {
  Open();
  const std::string value(5'000'000, 'v');
  Recorder large, small;
  SendGet(large);
  SendGet(small);
  Turn();
  transport_->Deliver("$5000000\r\n" + value + "\r\n+after\r\n");
  ASSERT_EQ(large.replies.size(), 1u);
  EXPECT_TRUE(large.replies[0] == value);
  EXPECT_THAT(small.replies, ElementsAre("after"));
}

TEST_F(ConnectionTest, ARequestWithoutCommandsIsOverAtOnce) {
  Open();
  Recorder recorder;
  Send(recorder, Request());
  EXPECT_TRUE(recorder.end->ok());
  EXPECT_EQ(connection_->in_flight(), 0u);
}

TEST_F(ConnectionTest, PushMessagesGoToTheirHandlerAndAnswerNothing) {
  Open();
  std::vector<std::string> pushes;
  connection_->SetPushHandler([&](ReplyView push) { pushes.emplace_back(push[1].text()); });
  Recorder recorder;
  Send(recorder, Request("GET", "a").Add("GET", "b"));
  Turn();
  transport_->Deliver(">2\r\n+m\r\n+1\r\n+a\r\n>2\r\n+m\r\n+2\r\n+b\r\n>2\r\n+m\r\n+3\r\n");
  EXPECT_THAT(pushes, ElementsAre("1", "2", "3"));
  EXPECT_THAT(recorder.replies, ElementsAre("a", "b"));
}

TEST_F(ConnectionTest, MoreCommandsThanInFlightMaxAreRefusedByName) {
  options_.in_flight_max = 3;
  Open();
  Recorder first, batch, second;
  Send(first, Request("GET", "a").Add("GET", "b"));
  Send(batch, Request("GET", "c").Add("GET", "d"));
  ASSERT_TRUE(batch.end.has_value());
  EXPECT_EQ(batch.end->code(), absl::StatusCode::kResourceExhausted);
  EXPECT_THAT(std::string(batch.end->message()), HasSubstr("in_flight_max"));
  EXPECT_EQ(batch.outcome(), Outcome::kNotExecuted);
  SendGet(second);
  EXPECT_FALSE(second.end.has_value());
  Turn();
  transport_->Deliver("+1\r\n+2\r\n+3\r\n");
  Recorder again;
  Send(again, Request("GET", "c").Add("GET", "d").Add("GET", "e"));
  EXPECT_FALSE(again.end.has_value());
}

TEST_F(ConnectionTest, MoreBytesThanOutputBytesMaxAreRefusedByName) {
  options_.output_bytes_max = 100;
  Open();
  transport_->allowed = 0;
  Recorder first, second;
  Send(first, Request("SET", "k", std::string(60, 'v')));
  Turn();
  Send(second, Request("SET", "k", std::string(60, 'v')));
  ASSERT_TRUE(second.end.has_value());
  EXPECT_EQ(second.end->code(), absl::StatusCode::kResourceExhausted);
  EXPECT_THAT(std::string(second.end->message()), HasSubstr("output_bytes_max"));
  EXPECT_EQ(second.outcome(), Outcome::kNotExecuted);
  EXPECT_GT(connection_->output_bytes(), 60u);
}

TEST_F(ConnectionTest, WhatTheSystemDoesNotTakeLeavesWhenThereIsRoom) {
  Open();
  transport_->allowed = 10;
  const Request request("SET", "k", std::string(300'000, 'v'));
  Recorder first, second;
  Send(first, request);
  Turn();
  SendGet(second);
  Turn();
  EXPECT_EQ(transport_->written.size(), 10u);
  EXPECT_EQ(transport_->writes, 1u) << "no write is tried before there is room";
  transport_->Allow(SIZE_MAX);
  EXPECT_TRUE(transport_->written == request.bytes() + Request("GET", "k").bytes());
  transport_->Deliver("+OK\r\n+v\r\n");
  EXPECT_TRUE(first.end->ok());
  EXPECT_TRUE(second.end->ok());
}

// Others want their turn of the event loop too.
TEST_F(ConnectionTest, OneTurnWritesNoMoreThanAMegabyteAndThenWaits) {
  Open();
  const Request requests[] = {Request("SET", "k", std::string(700'000, 'v')),
                              Request("SET", "k", std::string(700'000, 'w'))};
  Recorder first, second;
  Send(first, requests[0]);
  Send(second, requests[1]);
  Turn();
  EXPECT_EQ(transport_->written.size(), size_t{1} << 20);
  EXPECT_EQ(transport_->writes, 2u);
  transport_->Allow(SIZE_MAX);
  EXPECT_TRUE(transport_->written == requests[0].bytes() + requests[1].bytes());
  EXPECT_EQ(transport_->writes, 3u);
}

TEST_F(ConnectionTest, AReplysWordAloneGetsNoGigabyteOfMemory) {
  Open();
  Recorder recorder;
  SendGet(recorder);
  Turn();
  transport_->Deliver("$1073741000\r\n");
  EXPECT_TRUE(connection_->is_open());
  EXPECT_LE(transport_->room_bytes(), size_t{64} << 20);
  EXPECT_GE(transport_->room_bytes(), size_t{32} << 20);
}

// See errors.h: a script may have written before it failed.
TEST_F(ConnectionTest, AnErrorThatAnswersAScriptIsNoProofThatNothingWasDone) {
  Open();
  struct Statuses final : ReplyConsumer {
    void OnReply(ReplyView reply) override {
      of_view = reply.status();
      of_copy = Reply(reply).status();
      of_value = reply.To<int64_t>().status();
    }
    void OnEnd(const absl::Status&) override {}
    absl::Status of_view, of_copy, of_value;
  };
  for (const char* const name : {"EVAL", "evalsha", "FCALL", "EVAL_RO", "SET"}) {
    Statuses statuses;
    connection_->Send(Request(name, "x", 0), statuses, Deadline::max());
    Turn();
    transport_->Deliver("-OOM from the script\r\n");
    const bool is_script = std::string_view(name) != "SET" && std::string_view(name) != "EVAL_RO";
    for (const absl::Status& status : {statuses.of_view, statuses.of_copy, statuses.of_value}) {
      EXPECT_EQ(OutcomeOf(status), is_script ? Outcome::kUnknown : Outcome::kNotExecuted) << name;
      EXPECT_EQ(ErrorCode(status), "OOM");
    }
  }
}

TEST_F(ConnectionTest, LastHeardMovesWithTheBytesThatCome) {
  Open();
  const auto before = connection_->last_heard();
  EXPECT_NE(before, Deadline{});
  while (std::chrono::steady_clock::now() <= before) continue;
  transport_->Deliver("+");
  EXPECT_GT(connection_->last_heard(), before);
}

TEST_F(ConnectionTest, ARequestWhoseDeadlineHasPassedIsNotSentBehindOneWithTheSame) {
  Open();
  std::optional<Recorder> first;
  Deadline deadline;
  do {  // Once more if the machine was too slow for the first one.
    first.emplace();
    deadline = Soon();
    SendGet(*first, deadline);
  } while (first->end.has_value());
  while (std::chrono::steady_clock::now() < deadline) continue;
  Recorder second;
  SendGet(second, deadline);
  ASSERT_TRUE(second.end.has_value());
  EXPECT_EQ(second.end->code(), absl::StatusCode::kDeadlineExceeded);
  EXPECT_EQ(second.outcome(), Outcome::kNotExecuted);
}

TEST_F(ConnectionTest, SendOnAConnectionThatIsNotOpenEndsAtOnce) {
  Make();
  Recorder recorder;
  SendGet(recorder);
  ASSERT_TRUE(recorder.end.has_value());
  EXPECT_EQ(recorder.end->code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(recorder.outcome(), Outcome::kNotExecuted);
}

}  // namespace
}  // namespace nacre::client
