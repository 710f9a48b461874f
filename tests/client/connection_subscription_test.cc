// IN-STEP: subscriptions, which push messages answer, and commands that would change how replies
// come.

#include "gmock/gmock.h"
#include "tests/client/connection_fixture.h"

namespace nacre::client {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

class ConnectionSubscriptionTest : public ConnectionFixture {
 protected:
  static std::string Message(const std::string& name, const std::string& channel) {
    return ">3\r\n+" + name + "\r\n+" + channel + "\r\n:1\r\n";
  }
  static bool HasEndedWell(const Recorder& recorder) {
    return recorder.end.has_value() && recorder.end->ok();
  }
  // Sends the request, and expects that it is refused, with nothing written.
  void ExpectRefused(const Request& request, absl::StatusCode code) {
    transport_->written.clear();
    Recorder recorder;
    Send(recorder, request);
    ASSERT_TRUE(recorder.end.has_value()) << request.bytes();
    EXPECT_EQ(recorder.end->code(), code) << request.bytes();
    EXPECT_EQ(recorder.outcome(), Outcome::kNotExecuted);
    Turn();
    EXPECT_EQ(transport_->written, "");
  }
};

TEST_F(ConnectionSubscriptionTest, EndsWhenEachOfItsChannelsIsConfirmed) {
  Open();
  int pushes = 0;
  connection_->SetPushHandler([&](ReplyView) { ++pushes; });
  Recorder subscribe, ping;
  Send(subscribe, Request("SUBSCRIBE", "a", "b"));
  Send(ping, Request("PING"));
  Turn();
  transport_->Deliver(Message("subscribe", "a"));
  EXPECT_FALSE(subscribe.end.has_value());
  transport_->Deliver(Message("message", "a") + Message("subscribe", "b"));
  EXPECT_TRUE(HasEndedWell(subscribe));
  EXPECT_THAT(subscribe.replies, IsEmpty());
  EXPECT_FALSE(ping.end.has_value());
  transport_->Deliver("+PONG\r\n");
  EXPECT_THAT(ping.replies, ElementsAre("PONG"));
  EXPECT_EQ(pushes, 3);
}

TEST_F(ConnectionSubscriptionTest, ARefusedOneIsAnsweredByTheError) {
  Open();
  Recorder subscribe, ping;
  Send(subscribe, Request("subscribe", "a", "b"));
  Send(ping, Request("PING"));
  Turn();
  transport_->Deliver("-NOPERM no\r\n+PONG\r\n");
  EXPECT_THAT(subscribe.replies, ElementsAre("NOPERM no"));
  EXPECT_THAT(ping.replies, ElementsAre("PONG"));
}

TEST_F(ConnectionSubscriptionTest, ARefusedOneAfterOneOfSeveralChannelsGetsItsOwnError) {
  Open();
  Recorder granted, refused, get;
  Send(granted, Request("SUBSCRIBE", "a", "b"));
  Send(refused, Request("SUBSCRIBE", "forbidden"));
  SendGet(get);
  Turn();
  transport_->Deliver(Message("subscribe", "a") + Message("subscribe", "b") +
                      "-NOPERM no\r\n+v\r\n");
  EXPECT_THAT(granted.replies, IsEmpty());
  EXPECT_THAT(refused.replies, ElementsAre("NOPERM no"));
  EXPECT_THAT(get.replies, ElementsAre("v"));
}

TEST_F(ConnectionSubscriptionTest, OnlyMessagesOfItsOwnNameConfirmACommand) {
  const char* const names[] = {"subscribe",   "psubscribe",   "ssubscribe",
                               "unsubscribe", "punsubscribe", "sunsubscribe"};
  Open();
  for (const std::string name : names) {
    Recorder recorder;
    Send(recorder, Request(name, "a"));
    Turn();
    for (const std::string other : names) {
      if (other != name) transport_->Deliver(Message(other, "a"));
    }
    EXPECT_FALSE(recorder.end.has_value()) << name;
    transport_->Deliver(Message(name, "a"));
    EXPECT_TRUE(HasEndedWell(recorder)) << name;
  }
}

TEST_F(ConnectionSubscriptionTest, UnsubscribingFromAllEndsWithTheFirstMessage) {
  Open();
  Recorder unsubscribe, refused, get;
  Send(unsubscribe, Request("UNSUBSCRIBE"));
  Send(refused, Request("SUBSCRIBE", "forbidden"));
  SendGet(get);
  Turn();
  transport_->Deliver(Message("unsubscribe", "a"));
  EXPECT_TRUE(HasEndedWell(unsubscribe));
  transport_->Deliver(Message("unsubscribe", "b") + "-NOPERM no\r\n+v\r\n");
  EXPECT_THAT(refused.replies, ElementsAre("NOPERM no"));
  EXPECT_THAT(get.replies, ElementsAre("v"));
}

TEST_F(ConnectionSubscriptionTest, AConfirmationThatComesUnaskedEndsNothing) {
  Open();
  transport_->Deliver(Message("sunsubscribe", "a"));
  transport_->allowed = 0;
  Recorder unsent;
  Send(unsent, Request("SUNSUBSCRIBE", "a"));
  Turn();
  transport_->Deliver(Message("sunsubscribe", "a"));
  EXPECT_FALSE(unsent.end.has_value()) << "nothing of it has been sent";
  transport_->Allow(SIZE_MAX);
  Recorder get;
  SendGet(get);
  Turn();
  transport_->Deliver(Message("sunsubscribe", "a") + "+v\r\n");
  EXPECT_TRUE(HasEndedWell(unsent));
  EXPECT_THAT(get.replies, ElementsAre("v"));
}

TEST_F(ConnectionSubscriptionTest, AHandlerThatClosesLeavesNothingToConfirm) {
  Open();
  connection_->SetPushHandler(
      [&](ReplyView) { connection_->Close(absl::CancelledError("enough")); });
  Recorder recorder;
  Send(recorder, Request("SUBSCRIBE", "a"));
  Turn();
  transport_->Deliver(Message("subscribe", "a"));
  EXPECT_EQ(recorder.ends, 1);
  EXPECT_EQ(recorder.end->code(), absl::StatusCode::kCancelled);
}

TEST_F(ConnectionSubscriptionTest, OneThatIsQueuedInAMultiIsAnsweredLikeAnyCommand) {
  Open();
  Recorder recorder;
  Send(recorder, Request("SUBSCRIBE", "a"));
  Turn();
  transport_->Deliver("+QUEUED\r\n");
  EXPECT_THAT(recorder.replies, ElementsAre("QUEUED"));
  EXPECT_TRUE(HasEndedWell(recorder));
}

TEST_F(ConnectionSubscriptionTest, AnswersThatAreNoPushMessagesEndTheConnection) {
  for (const bool is_array : {true, false}) {
    Open();
    Recorder subscribe, get;
    Send(subscribe, Request("SUBSCRIBE", "a", "b"));
    SendGet(get);
    Turn();
    transport_->Deliver(is_array ? "*3\r\n+subscribe\r\n+a\r\n:1\r\n" : "+OK\r\n");
    EXPECT_FALSE(connection_->is_open());
    EXPECT_THAT(subscribe.replies, IsEmpty());
    EXPECT_EQ(subscribe.end->code(), absl::StatusCode::kDataLoss);
    EXPECT_TRUE(IsOutcomeUnknown(*get.end));
  }
}

TEST_F(ConnectionSubscriptionTest, InsideABatchItIsRefused) {
  Open();
  ExpectRefused(Request("PING").Add("SUBSCRIBE", "a"), absl::StatusCode::kInvalidArgument);
}

TEST_F(ConnectionSubscriptionTest, OverResp2ItIsRefused) {
  options_.protocol = 2;
  Open();
  ExpectRefused(Request("SUBSCRIBE", "a"), absl::StatusCode::kFailedPrecondition);
}

TEST_F(ConnectionSubscriptionTest, AfterHelloOrResetItIsRefused) {
  for (const Request& request : {Request("HELLO", 2), Request("reset")}) {
    Open();
    Recorder recorder;
    Send(recorder, request);
    Turn();
    transport_->Deliver("+RESET\r\n");
    EXPECT_THAT(recorder.replies, ElementsAre("RESET"));
    ExpectRefused(Request("SUBSCRIBE", "a"), absl::StatusCode::kFailedPrecondition);
    EXPECT_TRUE(connection_->is_open());
  }
}

TEST_F(ConnectionSubscriptionTest, HelloAndResetAreRefusedAfterIt) {
  Open();
  Recorder subscribe, get;
  Send(subscribe, Request("SUBSCRIBE", "a"));
  Turn();
  ExpectRefused(Request("HELLO", 2), absl::StatusCode::kFailedPrecondition);
  ExpectRefused(Request("RESET"), absl::StatusCode::kFailedPrecondition);
  transport_->Deliver(Message("subscribe", "a"));
  EXPECT_TRUE(HasEndedWell(subscribe));
  ExpectRefused(Request("PING").Add("hello"), absl::StatusCode::kFailedPrecondition);
}

TEST_F(ConnectionSubscriptionTest, CommandsThatChangeHowManyRepliesComeAreRefused) {
  Open();
  for (const Request& request :
       {Request("MONITOR"), Request("sync"), Request("PSYNC", "?", -1),
        Request("CLIENT", "REPLY", "OFF"), Request("client", "reply", "skip"),
        Request("GET", "k").Add("MONITOR").Add("GET", "k")}) {
    ExpectRefused(request, absl::StatusCode::kInvalidArgument);
  }
}

}  // namespace
}  // namespace nacre::client
