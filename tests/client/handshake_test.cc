#include "client/net/handshake.h"

#include "gmock/gmock.h"
#include "nacre/client/errors.h"

namespace nacre::client {
namespace {

using testing::HasSubstr;
using testing::Not;
using Next = Handshake::Next;

class HandshakeTest : public testing::Test {
 protected:
  Next Begin() {
    handshake_.emplace(options_);
    return handshake_->Begin();
  }
  Next Answer(std::string_view bytes) {
    const auto reply = client::Reply::Parse(bytes);
    EXPECT_TRUE(reply.ok()) << reply.status();
    return handshake_->OnReply(reply->view());
  }
  std::string Asked() const { return handshake_->request().bytes(); }
  absl::Status status() const { return handshake_->status(); }
  std::string message() const { return std::string(status().message()); }

  ConnectionOptions options_;
  std::optional<Handshake> handshake_;

  static constexpr std::string_view kHello3 =
      "%3\r\n$6\r\nserver\r\n$5\r\nredis\r\n$7\r\nversion\r\n$6\r\n7.0.15\r\n$5\r\nproto\r\n:3\r\n";
  static constexpr std::string_view kHello2 =
      "*8\r\n$6\r\nserver\r\n$5\r\nredis\r\n$7\r\nversion\r\n$5\r\n6.2.0\r\n$5\r\nproto\r\n:2\r\n"
      "$2\r\nid\r\n:12\r\n";
  static constexpr std::string_view kUnknown = "-ERR unknown command 'HELLO'\r\n";
};

TEST_F(HandshakeTest, IsOneHelloIfNothingElseIsAskedFor) {
  EXPECT_EQ(Begin(), Next::kSend);
  EXPECT_EQ(Asked(), Request("HELLO", 3).bytes());
  EXPECT_EQ(Answer(kHello3), Next::kDone);
  EXPECT_EQ(handshake_->server().name, "redis");
  EXPECT_EQ(handshake_->server().version, "7.0.15");
  EXPECT_EQ(handshake_->server().protocol, 3);
}

TEST_F(HandshakeTest, AsksForAllAtOnce) {
  options_.username = "ann";
  options_.password = "secret";
  options_.client_name = "app";
  options_.database = 5;
  EXPECT_EQ(Begin(), Next::kSend);
  EXPECT_EQ(
      Asked(),
      Request("HELLO", 3, "AUTH", "ann", "secret", "SETNAME", "app").Add("SELECT", 5).bytes());
  EXPECT_EQ(Answer(kHello3), Next::kWait);
  EXPECT_EQ(Answer("+OK\r\n"), Next::kDone);
}

TEST_F(HandshakeTest, ALongUserNameArrivesWhole) {
  options_.username = std::string(200, 'u');
  options_.password = std::string(200, 'p');
  Begin();
  EXPECT_EQ(Asked(), Request("HELLO", 3, "AUTH", options_.username, options_.password).bytes());
}

TEST_F(HandshakeTest, APasswordWithoutAUserIsTheDefaultUsers) {
  options_.password = "secret";
  Begin();
  EXPECT_EQ(Asked(), Request("HELLO", 3, "AUTH", "default", "secret").bytes());
}

TEST_F(HandshakeTest, AUserWithoutAPasswordLogsInWithAnEmptyOne) {
  options_.username = "ann";
  Begin();
  EXPECT_EQ(Asked(), Request("HELLO", 3, "AUTH", "ann", "").bytes());
  EXPECT_EQ(Answer(kUnknown), Next::kSend);
  EXPECT_EQ(Asked(), Request("AUTH", "ann", "").bytes());
}

TEST_F(HandshakeTest, ReadsTheFlatArrayOfResp2) {
  options_.protocol = 2;
  Begin();
  EXPECT_EQ(Asked(), Request("HELLO", 2).bytes());
  EXPECT_EQ(Answer(kHello2), Next::kDone);
  EXPECT_EQ(handshake_->server().protocol, 2);
  EXPECT_EQ(handshake_->server().version, "6.2.0");
  EXPECT_EQ(handshake_->server().client_id, 12);
}

TEST_F(HandshakeTest, AServerWithoutResp3IsAskedForResp2) {
  options_.password = "secret";
  options_.database = 5;
  Begin();
  EXPECT_EQ(Answer("-NOPROTO unsupported protocol version\r\n"), Next::kSend);
  EXPECT_EQ(Asked(), Request("HELLO", 2, "AUTH", "default", "secret").Add("SELECT", 5).bytes());
  EXPECT_EQ(Answer("-NOAUTH too early\r\n"), Next::kWait) << "the first SELECT";
  EXPECT_EQ(Answer(kHello2), Next::kWait);
  EXPECT_EQ(Answer("+OK\r\n"), Next::kDone);
  EXPECT_EQ(handshake_->server().protocol, 2);
}

TEST_F(HandshakeTest, AServerThatKnowsNoHelloIsAskedWithoutIt) {
  options_.password = "secret";
  options_.client_name = "app";
  options_.database = 5;
  Begin();
  EXPECT_EQ(Answer(kUnknown), Next::kSend);
  EXPECT_EQ(Asked(),
            Request("AUTH", "secret").Add("CLIENT", "SETNAME", "app").Add("SELECT", 5).bytes());
  EXPECT_EQ(Answer("-NOAUTH too early\r\n"), Next::kWait);
  EXPECT_EQ(Answer("+OK\r\n"), Next::kWait);
  EXPECT_EQ(Answer("+OK\r\n"), Next::kWait);
  EXPECT_EQ(Answer("+OK\r\n"), Next::kDone);
  EXPECT_EQ(handshake_->server().protocol, 2);
  EXPECT_EQ(handshake_->server().name, "");
}

TEST_F(HandshakeTest, AServerThatAgreesOnNoProtocolAtAllFails) {
  Begin();
  EXPECT_EQ(Answer("-NOPROTO not 3\r\n"), Next::kSend);
  EXPECT_EQ(Asked(), Request("HELLO", 2).bytes());
  EXPECT_EQ(Answer("-NOPROTO not 2\r\n"), Next::kSend) << "HELLO 2 is not asked for again";
  EXPECT_EQ(Asked(), Request("PING").bytes());
  EXPECT_EQ(Answer("+PONG\r\n"), Next::kFailed);
  EXPECT_EQ(status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(message(), HasSubstr("not 2"));
}

TEST_F(HandshakeTest, AServerThatKnowsNoHelloAndIsAskedNothingElseIsOpen) {
  Begin();
  EXPECT_EQ(Answer(kUnknown), Next::kDone);
  EXPECT_EQ(handshake_->server().protocol, 2);
}

TEST_F(HandshakeTest, AUserIsNamedToAServerThatKnowsNoHello) {
  options_.username = "ann";
  options_.password = "secret";
  Begin();
  Answer(kUnknown);
  EXPECT_EQ(Asked(), Request("AUTH", "ann", "secret").bytes());
}

TEST_F(HandshakeTest, AServerThatHasNoNamesForClientsIsOpenAllTheSame) {
  options_.client_name = "app";
  Begin();
  Answer(kUnknown);
  EXPECT_EQ(Answer("-ERR unknown command 'CLIENT'\r\n"), Next::kDone);
}

TEST_F(HandshakeTest, WrongAndMissingPasswordsAreUnauthenticated) {
  for (const std::string error : {"WRONGPASS invalid", "NOAUTH HELLO must be called with"}) {
    Begin();
    EXPECT_EQ(Answer("-" + error + "\r\n"), Next::kFailed);
    EXPECT_EQ(status().code(), absl::StatusCode::kUnauthenticated);
    EXPECT_THAT(message(), HasSubstr(error));
    EXPECT_THAT(message(), HasSubstr("127.0.0.1:6379"));
    EXPECT_EQ(OutcomeOf(status()), Outcome::kNotExecuted);
  }
}

TEST_F(HandshakeTest, AnOldServersRefusalOfAPasswordIsUnauthenticated) {
  options_.password = "secret";
  Begin();
  Answer(kUnknown);
  EXPECT_EQ(Answer("-ERR invalid password\r\n"), Next::kFailed);
  EXPECT_EQ(status().code(), absl::StatusCode::kUnauthenticated);
}

TEST_F(HandshakeTest, AnOldServerThatIsLoadingIsUnavailableWhateverItIsAskedFirst) {
  options_.password = "secret";
  Begin();
  Answer(kUnknown);
  EXPECT_EQ(Answer("-LOADING the data\r\n"), Next::kFailed);
  EXPECT_EQ(status().code(), absl::StatusCode::kUnavailable);
}

TEST_F(HandshakeTest, ANameThatAnOldServerRefusesFails) {
  options_.client_name = "a b";
  Begin();
  Answer(kUnknown);
  EXPECT_EQ(Answer("-ERR Client names cannot contain spaces\r\n"), Next::kFailed);
  EXPECT_EQ(status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(message(), HasSubstr("cannot contain spaces"));
}

// Redis cuts each argument that it quotes after 128 bytes.
TEST_F(HandshakeTest, NoPartOfAPasswordGetsIntoAMessage) {
  options_.password = std::string(100, 's') + std::string(100, 't');
  Begin();
  Answer("-ERR odd, with args beginning with: '3' 'AUTH' 'default' '" +
         options_.password.substr(0, 128) + "'\r\n");
  const absl::Status closed = handshake_->OnClosed(absl::UnavailableError("gone"));
  EXPECT_THAT(std::string(closed.message()), Not(HasSubstr("sss")));
  EXPECT_THAT(std::string(closed.message()), HasSubstr("ERR odd, with"));
}

TEST_F(HandshakeTest, NoPasswordGetsIntoAMessage) {
  options_.password = "secret";
  Begin();
  EXPECT_EQ(Answer("-WRONGPASS not 'secret' but another\r\n"), Next::kFailed);
  EXPECT_THAT(message(), Not(HasSubstr("secret")));
  EXPECT_THAT(message(), HasSubstr("but another"));
  Begin();
  Answer("-ERR odd, with args beginning with: `3`, `AUTH`, `default`, `secret`\r\n");
  EXPECT_THAT(std::string(handshake_->OnClosed(absl::UnavailableError("gone")).message()),
              Not(HasSubstr("secret")));
}

TEST_F(HandshakeTest, AServerThatIsLoadingIsUnavailable) {
  Begin();
  EXPECT_EQ(Answer("-LOADING the data\r\n"), Next::kFailed);
  EXPECT_EQ(status().code(), absl::StatusCode::kUnavailable);
}

TEST_F(HandshakeTest, ADatabaseThatIsNotThereFails) {
  options_.database = 99;
  Begin();
  Answer(kHello3);
  EXPECT_EQ(Answer("-ERR DB index is out of range\r\n"), Next::kFailed);
  EXPECT_EQ(status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(message(), HasSubstr("DB index is out of range"));
}

TEST_F(HandshakeTest, AServerThatIsFullIsUnavailable) {
  Begin();
  EXPECT_EQ(Answer("-ERR max number of clients reached\r\n"), Next::kFailed);
  EXPECT_EQ(status().code(), absl::StatusCode::kUnavailable);
  EXPECT_THAT(message(), HasSubstr("max number of clients reached"));
}

TEST_F(HandshakeTest, AnErrorBeforeTheServerClosesIsWhyItIsUnavailable) {
  Begin();
  EXPECT_EQ(Answer("-ERR not from there\r\n"), Next::kSend);
  const absl::Status closed = handshake_->OnClosed(absl::UnavailableError("end of stream"));
  EXPECT_EQ(closed.code(), absl::StatusCode::kUnavailable);
  EXPECT_THAT(std::string(closed.message()), HasSubstr("not from there"));
}

TEST_F(HandshakeTest, AnErrorOfAServerThatStaysIsAboutTheRequest) {
  options_.client_name = "a b";
  options_.database = 1;
  Begin();
  EXPECT_EQ(Answer("-ERR Client names cannot contain spaces\r\n"), Next::kSend);
  EXPECT_EQ(Asked(), Request("PING").bytes());
  EXPECT_EQ(Answer("+OK\r\n"), Next::kWait) << "SELECT";
  EXPECT_EQ(Answer("+PONG\r\n"), Next::kFailed);
  EXPECT_EQ(status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(message(), HasSubstr("cannot contain spaces"));
}

TEST_F(HandshakeTest, AReplyThatDescribesNoServerIsDataLoss) {
  // The last one is what a socket that is connected to itself reads.
  for (const std::string_view reply :
       {"+OK\r\n", ":1\r\n", "*0\r\n", "*1\r\n+server\r\n", "*2\r\n$5\r\nHELLO\r\n$1\r\n3\r\n"}) {
    Begin();
    EXPECT_EQ(Answer(reply), Next::kFailed) << reply;
    EXPECT_EQ(status().code(), absl::StatusCode::kDataLoss);
  }
}

TEST_F(HandshakeTest, AProtocolThatDoesNotExistIsNamed) {
  options_.protocol = 4;
  EXPECT_EQ(Begin(), Next::kFailed);
  EXPECT_EQ(status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(message(), HasSubstr("protocol"));
}

}  // namespace
}  // namespace nacre::client
