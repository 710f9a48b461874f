// How connections begin, and fail to. What is said in between: handshake_test.cc.

#include "gmock/gmock.h"
#include "tests/client/connection_fixture.h"

namespace nacre::client {
namespace {

using testing::HasSubstr;

class ConnectionOpenTest : public ConnectionFixture {
 protected:
  void StartOpen() {
    Make();
    connection_->Open([this](const absl::Status& status) {
      ++calls_;
      opened_ = status;
    });
  }
  int calls_ = 0;
};

TEST_F(ConnectionOpenTest, SaysHelloAndIsOpenWhenItIsAnswered) {
  StartOpen();
  EXPECT_FALSE(opened_.has_value());
  Turn();
  EXPECT_EQ(transport_->written, Request("HELLO", 3).bytes());
  EXPECT_FALSE(connection_->is_open());
  transport_->Deliver(HelloReply());
  EXPECT_TRUE(connection_->is_open());
  EXPECT_TRUE(opened_->ok());
  EXPECT_EQ(connection_->server().name, "nacre");
  EXPECT_EQ(connection_->server().client_id, 7);
}

TEST_F(ConnectionOpenTest, FallsBackToResp2) {
  StartOpen();
  Turn();
  transport_->written.clear();
  transport_->Deliver("-NOPROTO unsupported protocol version\r\n");
  EXPECT_EQ(transport_->written, Request("HELLO", 2).bytes());
  transport_->Deliver(HelloReply(2));
  EXPECT_TRUE(opened_->ok());
  EXPECT_EQ(connection_->server().protocol, 2);
}

TEST_F(ConnectionOpenTest, AConfirmationDuringTheHandshakeAnswersNothing) {
  StartOpen();
  Turn();
  transport_->Deliver(">3\r\n+subscribe\r\n+a\r\n:1\r\n" + HelloReply());
  EXPECT_TRUE(opened_->ok());
  EXPECT_TRUE(connection_->is_open());
}

TEST_F(ConnectionOpenTest, WhatFollowsTheHandshakeInTheSameReadIsNotLost) {
  StartOpen();
  int pushes = 0;
  connection_->SetPushHandler([&](ReplyView) { ++pushes; });
  Turn();
  transport_->Deliver(HelloReply() + ">2\r\n+a\r\n+b\r\n");
  EXPECT_TRUE(opened_->ok());
  EXPECT_EQ(pushes, 1);
  EXPECT_TRUE(connection_->is_open());
}

TEST_F(ConnectionOpenTest, AHandshakeMayArriveByteByByte) {
  StartOpen();
  Turn();
  for (const char byte : HelloReply()) {
    EXPECT_FALSE(opened_.has_value());
    transport_->Deliver(std::string_view(&byte, 1));
  }
  EXPECT_TRUE(opened_->ok());
}

TEST_F(ConnectionOpenTest, FailsLaterIfNobodyIsThere) {
  Make();
  transport_->connect_error = absl::UnavailableError("connection refused");
  connection_->Open([this](const absl::Status& status) { opened_ = status; });
  EXPECT_FALSE(opened_.has_value());
  Turn();
  EXPECT_EQ(opened_->code(), absl::StatusCode::kUnavailable);
  EXPECT_THAT(std::string(opened_->message()), HasSubstr("127.0.0.1:6379"));
  EXPECT_EQ(OutcomeOf(*opened_), Outcome::kNotExecuted);
}

TEST_F(ConnectionOpenTest, AnythingElseThanThisProtocolIsDataLoss) {
  StartOpen();
  Turn();
  transport_->Deliver("HTTP/1.1 400 Bad Request\r\n");
  Turn();
  EXPECT_EQ(opened_->code(), absl::StatusCode::kDataLoss);
  EXPECT_TRUE(transport_->closed);
}

TEST_F(ConnectionOpenTest, AServerThatClosesDuringTheHandshakeIsUnavailable) {
  StartOpen();
  Turn();
  transport_->EndStream(absl::UnavailableError("end of stream"));
  Turn();
  EXPECT_EQ(opened_->code(), absl::StatusCode::kUnavailable);
}

TEST_F(ConnectionOpenTest, AServerThatRefusesAndClosesIsUnavailableWithItsText) {
  StartOpen();
  Turn();
  // The question that follows meets a socket that is closed already.
  transport_->write_error = absl::UnavailableError("broken pipe");
  transport_->Deliver("-ERR not from there\r\n");
  EXPECT_TRUE(transport_->shut_down);
  transport_->EndStream(absl::UnavailableError("end of stream"));
  Turn();
  EXPECT_EQ(opened_->code(), absl::StatusCode::kUnavailable);
  EXPECT_THAT(std::string(opened_->message()), HasSubstr("not from there"));
}

TEST_F(ConnectionOpenTest, WhoDoesNotConnectInTimeIsGivenUp) {
  options_.connect_timeout = absl::Milliseconds(2);
  Make();
  transport_->answers_connect = false;
  connection_->Open([this](const absl::Status& status) { opened_ = status; });
  RunUntil([&] { return opened_.has_value(); });
  EXPECT_EQ(opened_->code(), absl::StatusCode::kDeadlineExceeded);
  EXPECT_THAT(std::string(opened_->message()), HasSubstr("connect_timeout"));
  EXPECT_TRUE(transport_->closed);
}

TEST_F(ConnectionOpenTest, WhoDoesNotAnswerTheHandshakeInTimeIsGivenUp) {
  options_.connect_timeout = absl::Milliseconds(2);
  StartOpen();
  RunUntil([&] { return opened_.has_value(); });
  EXPECT_EQ(opened_->code(), absl::StatusCode::kDeadlineExceeded);
}

TEST_F(ConnectionOpenTest, CloseWhileItOpensEndsItWithThatReason) {
  StartOpen();
  connection_->Close(absl::CancelledError("enough"));
  EXPECT_EQ(calls_, 0);
  Turn();
  EXPECT_EQ(calls_, 1);
  EXPECT_EQ(opened_->code(), absl::StatusCode::kCancelled);
  EXPECT_EQ(opened_->message(), "enough");
  EXPECT_EQ(OutcomeOf(*opened_), Outcome::kNotExecuted);
}

TEST_F(ConnectionOpenTest, AConnectionThatWasClosedFirstDoesNotOpen) {
  Make();
  connection_->Close(absl::CancelledError("enough"));
  connection_->Open([this](const absl::Status& status) { opened_ = status; });
  Turn();
  EXPECT_EQ(opened_->code(), absl::StatusCode::kCancelled);
  EXPECT_EQ(OutcomeOf(*opened_), Outcome::kNotExecuted);
}

TEST_F(ConnectionOpenTest, DestroyedWhileItOpensItCallsNobody) {
  StartOpen();
  connection_.reset();
  Turn();
  EXPECT_EQ(calls_, 0);
}

TEST_F(ConnectionOpenTest, TheHandlerMaySendAtOnce) {
  Make();
  Recorder recorder;
  connection_->Open([&](const absl::Status&) { SendGet(recorder); });
  Turn();
  transport_->Deliver(HelloReply());
  Turn();
  transport_->Deliver("+v\r\n");
  EXPECT_TRUE(recorder.end->ok());
}

TEST_F(ConnectionOpenTest, TheHandlerMayCloseOrDestroyWhatHasJustOpened) {
  for (const bool destroy : {false, true}) {
    Make();
    connection_->Open([&](const absl::Status& status) {
      opened_ = status;
      if (destroy) {
        connection_.reset();
      } else {
        connection_->Close(absl::CancelledError("enough"));
      }
    });
    Turn();
    transport_->Deliver(HelloReply() + ">1\r\n+push\r\n");
    Turn();
    EXPECT_TRUE(opened_->ok());
  }
}

TEST_F(ConnectionOpenTest, TheHandlerOfAFailureMayDestroyTheConnection) {
  Make();
  transport_->connect_error = absl::UnavailableError("connection refused");
  connection_->Open([this](const absl::Status& status) {
    opened_ = status;
    connection_.reset();
  });
  Turn();
  EXPECT_FALSE(opened_->ok());
}

}  // namespace
}  // namespace nacre::client
