// What is said when a connection opens: protocol version, password, name, database.

#include "absl/strings/match.h"
#include "nacre/client/errors.h"
#include "tests/client/contract/contract_fixture.h"

namespace nacre::client::contract {

TEST_P(HandshakeContract, BothProtocolVersionsGiveTheSameAnswers) {
  for (const int protocol : {2, 3}) {
    ClientOptions with = options();
    with.connection.protocol = protocol;
    const auto client = MakeClient(with);
    const auto replies = client->ExecAll(Request("SET", "a", "1")
                                             .Add("GET", "a")
                                             .Add("GET", "none")
                                             .Add("MGET", "a", "none")
                                             .Add("CONFIG", "GET", "databases")
                                             .Add("INCR", "a")
                                             .Add("NOSUCH"));
    ASSERT_TRUE(replies.ok()) << replies.status();
    EXPECT_EQ((*replies)[0].text(), "OK");
    EXPECT_EQ((*replies)[1].text(), "1");
    EXPECT_TRUE((*replies)[2].is_null());
    EXPECT_EQ(*(*replies)[3].To<std::vector<std::optional<std::string>>>(),
              (std::vector<std::optional<std::string>>{"1", std::nullopt}));
    // Told apart only by those who look.
    EXPECT_EQ((*replies)[4].kind(), protocol == 3 ? ReplyKind::kMap : ReplyKind::kArray);
    using Settings = std::vector<std::pair<std::string, std::string>>;
    EXPECT_EQ(*(*replies)[4].To<Settings>(), (Settings{{"databases", "16"}}));
    EXPECT_EQ((*replies)[5].integer(), 2);
    EXPECT_TRUE((*replies)[6].is_error());
  }
}

TEST_P(HandshakeContract, TheRightPasswordOpensAndTheWrongOneSaysSo) {
  StartServer({"--requirepass", "the \r\n word"});
  ClientOptions with = options();
  with.connection.password = "the \r\n word";
  for (const std::string username : {"", "default"}) {
    for (const int protocol : {2, 3}) {
      with.connection.username = username;
      with.connection.protocol = protocol;
      EXPECT_TRUE(MakeClient(with)->Exec(Request("SET", "a", "b")).ok());
    }
  }
  for (const std::string password : {"", "wrong"}) {
    with.connection.password = password;
    with.connection.username = "";
    const absl::Status status = MakeClient(with)->Exec(Request("SET", "a", "c")).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kUnauthenticated) << status;
    EXPECT_EQ(OutcomeOf(status), Outcome::kNotExecuted) << status;
  }
  with.connection.password = "the \r\n word";
  with.connection.username = "nobody";
  const absl::Status status = MakeClient(with)->Exec(Request("SET", "a", "c")).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kUnauthenticated) << status;
  with.connection.username = "";
  EXPECT_EQ(MakeClient(with)->Exec(Request("GET", "a"))->text(), "b");
}

TEST_P(HandshakeContract, ATransactionToldTheWrongPasswordSaysSoToo) {
  StartServer({"--requirepass", "right"});
  ClientOptions with = options();
  with.connection.password = "wrong";
  const auto client = MakeClient(with);
  int runs = 0;
  const auto committed = client->Transact([&](TransactionCaller& tx) {
    ++runs;
    tx.Set("a", "b");
    return absl::OkStatus();
  });
  EXPECT_EQ(committed.status().code(), absl::StatusCode::kUnauthenticated) << committed.status();
  EXPECT_EQ(OutcomeOf(committed.status()), Outcome::kNotExecuted);
  EXPECT_EQ(runs, 0);
}

TEST_P(HandshakeContract, EveryConnectionIsInTheDatabaseAndHasTheNameOfTheOptions) {
  ClientOptions with = options();
  with.connection.database = 5;
  with.connection.client_name = "a-name";
  const auto client = MakeClient(with);
  ASSERT_TRUE(client->Exec(Request("SET", "a", "shared")).ok());
  auto lease = client->Acquire();
  ASSERT_TRUE(lease.ok()) << lease.status();
  ASSERT_TRUE((*lease)->Exec(Request("SET", "b", "leased")).ok());
  const auto committed = client->Transact([](TransactionCaller& tx) {
    tx.Set("c", "transacted");
    return absl::OkStatus();
  });
  ASSERT_TRUE(committed.ok()) << committed.status();
  EXPECT_EQ(client->Exec(Request("CLIENT", "GETNAME"))->text(), "a-name");
  EXPECT_EQ((*lease)->Exec(Request("CLIENT", "GETNAME"))->text(), "a-name");
  RawClient raw(server().port());
  EXPECT_EQ(raw.Do({"DBSIZE"}), ":0\r\n");
  EXPECT_EQ(raw.Do({"SELECT", "5"}), "+OK\r\n");
  EXPECT_EQ(raw.Do({"MGET", "a", "b", "c"}),
            "*3\r\n$6\r\nshared\r\n$6\r\nleased\r\n$10\r\ntransacted\r\n");
}

TEST_P(HandshakeContract, ADatabaseThatThereIsNotIsAnErrorOfEveryCall) {
  ClientOptions with = options();
  with.connection.database = 99;
  const auto client = MakeClient(with);
  const absl::Status status = client->Exec(Request("SET", "a", "b")).status();
  EXPECT_FALSE(status.ok());
  EXPECT_TRUE(absl::StrContains(status.message(), "out of range")) << status;
  EXPECT_EQ(OutcomeOf(status), Outcome::kNotExecuted) << status;
  EXPECT_EQ(Raw({"DBSIZE"}), ":0\r\n");
}

TEST_P(HandshakeContract, AServerWithTooManyClientsIsUnavailableUntilOneLeaves) {
  StartServer({"--maxclients", "2"});
  auto first = MakeClient();
  ASSERT_TRUE(first->Exec(Request("PING")).ok());
  auto second = MakeClient();
  ASSERT_TRUE(second->Exec(Request("PING")).ok());
  auto third = MakeClient();
  absl::Status refused;
  do {
    refused = third->Exec(Request("INCR", "n"), {.timeout = absl::Milliseconds(200)}).status();
    ASSERT_TRUE(absl::IsUnavailable(refused) || absl::IsDeadlineExceeded(refused)) << refused;
    ASSERT_EQ(OutcomeOf(refused), Outcome::kNotExecuted) << refused;
    // Until the refusal has come in time.
  } while (!absl::StrContains(refused.message(), "max number of clients"));
  second.reset();
  // The server notices that when it does; until then it refuses, and that is all that may happen.
  for (;;) {
    const auto reply = third->Exec(Request("INCR", "n"));
    if (reply.ok()) {
      EXPECT_EQ(reply->integer(), 1);
      break;
    }
    ASSERT_EQ(OutcomeOf(reply.status()), Outcome::kNotExecuted) << reply.status();
  }
}

}  // namespace nacre::client::contract
