// CLIENT: the clients of all threads, and how one ends another one.

#include <gmock/gmock.h>

#include <thread>

#include "tests/server/parse_all.h"
#include "tests/server/server_fixture.h"

namespace nacre::server {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::MatchesRegex;
using ::testing::Not;
using ::testing::StartsWith;
using Clients = ServerTest;
using Waiting = ServerTest;

std::string Id(WireClient& client) { return client.Do("CLIENT ID").substr(1); }

// "db=3" of a line of CLIENT LIST.
std::string Field(const std::string& line, const std::string& name) {
  const size_t at = line.find(" " + name + "=");
  if (at == std::string::npos) return "";
  const size_t begin = at + name.size() + 2;
  return line.substr(begin, line.find_first_of(" \n", begin) - begin);
}

TEST_F(Clients, InfoHasTheFieldsOfRedisInTheirOrder) {
  WireClient client = Connect();
  EXPECT_THAT(
      client.Do("CLIENT INFO"),
      MatchesRegex("\"id=[0-9]+ addr=127.0.0.1:[0-9]+ laddr=127.0.0.1:[0-9]+ fd=[0-9]+ name= "
                   "age=[0-9]+ idle=[0-9]+ flags=N db=0 sub=0 psub=0 ssub=0 multi=-1 qbuf=26 "
                   "qbuf-free=[0-9]+ argv-mem=10 multi-mem=0 rbs=[0-9]+ rbp=[0-9]+ obl=0 oll=0 "
                   "omem=0 tot-mem=[0-9]+ events=r cmd=client.info user=default redir=-1 resp=2 "
                   "lib-name= lib-ver=\n\""));
  WireClient three = ConnectWithResp3();
  EXPECT_THAT(three.Do("CLIENT INFO"), StartsWith("=id="));
}

TEST_F(Clients, ListShowsWhatOthersDid) {
  WireClient client = Connect();
  WireClient other = Connect();
  Converse(other, {{"CLIENT SETNAME other", "+OK"},
                   {"CLIENT SETINFO LIB-NAME lib", "+OK"},
                   {"CLIENT SETINFO LIB-VER 1.2", "+OK"},
                   {"CLIENT NO-EVICT ON", "+OK"},
                   {"CLIENT NO-TOUCH ON", "+OK"},
                   {"CLIENT NO-TOUCH nonsense", "-ERR syntax error"},
                   {"SELECT 3", "+OK"},
                   {"MULTI", "+OK"},
                   {"SET k v", "+QUEUED"}});
  const std::string line = client.Do("CLIENT LIST ID " + std::to_string(std::stoi(Id(client)) + 1));
  EXPECT_EQ(Field(line, "name"), "other");
  EXPECT_EQ(Field(line, "lib-name"), "lib");
  EXPECT_EQ(Field(line, "lib-ver"), "1.2");
  EXPECT_EQ(Field(line, "flags"), "xeT");
  EXPECT_EQ(Field(line, "db"), "3");
  EXPECT_EQ(Field(line, "multi"), "1");
  EXPECT_NE(Field(line, "multi-mem"), "0");
  EXPECT_EQ(Field(line, "cmd"), "set");
  EXPECT_EQ(other.Do("RESET"), "+RESET");
  EXPECT_THAT(client.Do("CLIENT LIST"), AllOf(HasSubstr(" db=0 "), Not(HasSubstr("name=other"))));
}

TEST_F(Clients, ListFiltersAndRefuses) {
  WireClient client = Connect();
  const std::string id = Id(client);
  EXPECT_THAT(client.Do("CLIENT LIST TYPE normal"), StartsWith("\"id=" + id));
  EXPECT_THAT(client.Do("CLIENT LIST ID 99999 " + id), StartsWith("\"id=" + id));
  Converse(client, {{"CLIENT LIST TYPE pubsub", "\"\""},
                    {"CLIENT LIST TYPE replica", "\"\""},
                    {"CLIENT LIST ID 99999", "\"\""},
                    {"CLIENT LIST TYPE nonsense", "-ERR Unknown client type 'nonsense'"},
                    {"CLIENT LIST ID x", "-ERR Invalid client ID"},
                    {"CLIENT LIST ID", "-ERR syntax error"},
                    {"CLIENT LIST nonsense", "-ERR syntax error"},
                    {"CLIENT GETREDIR", ":-1"},
                    {"CLIENT TRACKINGINFO",
                     "[\"flags\", [\"off\"], \"redirect\", :-1, \"prefixes\", "
                     "[]]"}});
}

TEST_F(Clients, KillByAddressAndById) {
  WireClient client = Connect();
  WireClient by_address = Connect();
  WireClient by_id = Connect();
  const std::string address = Field(by_address.Do("CLIENT INFO"), "addr");
  EXPECT_EQ(client.Do("CLIENT KILL " + address), "+OK");
  EXPECT_EQ(client.Do("CLIENT KILL " + address), "-ERR No such client");
  EXPECT_EQ(by_address.Read(), "(closed)");
  const std::string id = Id(by_id);
  EXPECT_EQ(client.Do("CLIENT KILL TYPE pubsub ID " + id), ":0");
  EXPECT_EQ(client.Do("CLIENT KILL ID " + id + " TYPE normal USER default"), ":1");
  EXPECT_THAT(client.Do("CLIENT LIST"), Not(HasSubstr("id=" + id + " ")));
  EXPECT_EQ(client.Do("CLIENT KILL ID " + id), ":0");
  EXPECT_EQ(by_id.Read(), "(closed)");
  EXPECT_EQ(client.Do("PING"), "+PONG");
}

TEST_F(Clients, KillSkipsWhoAsksUnlessToldNotTo) {
  WireClient client = Connect();
  WireClient first = Connect();
  WireClient second = Connect();
  EXPECT_EQ(first.Do("PING"), "+PONG");
  EXPECT_EQ(second.Do("PING"), "+PONG");
  EXPECT_EQ(client.Do("CLIENT KILL ID " + Id(client)), ":0");
  EXPECT_EQ(client.Do("CLIENT KILL SKIPME yes"), ":2");
  EXPECT_EQ(first.Read(), "(closed)");
  EXPECT_EQ(second.Read(), "(closed)");
  WireClient third = Connect();
  EXPECT_EQ(third.Do("PING"), "+PONG");
  const std::string local = Field(client.Do("CLIENT INFO"), "laddr");
  client.SendRaw(Encode({"CLIENT", "KILL", "LADDR", local, "SKIPME", "no"}) + Encode({"PING"}));
  EXPECT_EQ(client.Read(), ":2") << "the reply comes first";
  EXPECT_EQ(client.Read(), "(closed)");
  EXPECT_EQ(third.Read(), "(closed)");
}

TEST_F(Clients, KillRefusesWhatItDoesNotKnow) {
  WireClient client = Connect();
  Converse(client, {{"CLIENT KILL", "-ERR wrong number of arguments for 'client|kill' command"},
                    {"CLIENT KILL id 10 wrong_arg", "-ERR syntax error"},
                    {"CLIENT KILL id str", "-ERR client-id should be greater than 0"},
                    {"CLIENT KILL id 0", "-ERR client-id should be greater than 0"},
                    {"CLIENT KILL type wrong", "-ERR Unknown client type 'wrong'"},
                    {"CLIENT KILL user wrong", "-ERR No such user 'wrong'"},
                    {"CLIENT KILL skipme maybe", "-ERR syntax error"},
                    {"CLIENT KILL 1.2.3.4:5", "-ERR No such client"}});
}

TEST_F(Clients, KillEndsAnOpenTransaction) {
  WireClient client = Connect();
  WireClient other = Connect();
  const std::string id = Id(other);
  Converse(other, {{"BEGIN", "+OK"}, {"SET k v", "+OK"}});
  EXPECT_EQ(client.Do("CLIENT KILL ID " + id), ":1");
  EXPECT_EQ(other.Read(), "(closed)");
  EXPECT_TRUE(Eventually([&] { return Info("clients_in_transaction") == 0; }));
  EXPECT_EQ(client.Do("EXISTS k"), ":0");
}

TEST_F(Clients, ListsAndKillsFromEverywhereAtOnce) {
  const uint16_t port = server().port();
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([port, t] {
      for (int i = 0; i < 50; ++i) {
        WireClient client(port);
        client.Do("CLIENT SETNAME c" + std::to_string(t));
        client.Do("SELECT " + std::to_string(i % 16));
        const std::string reply = client.Do("CLIENT LIST");
        if (reply == "(closed)") continue;  // Another one was quicker.
        EXPECT_THAT(reply, StartsWith("\"id="));
        if (i % 5 == 0) client.Do("CLIENT KILL TYPE normal");
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_TRUE(Eventually([&] { return Info("connected_clients") == 1; }));
}

// Lists that are made while their client is killed are not sent.
TEST_F(Clients, NobodySeesAListWithoutItself) {
  const uint16_t port = server().port();
  for (int round = 0; round < 300; ++round) {
    WireClient client(port);
    const std::string id = client.Do("CLIENT ID").substr(1);
    std::thread killer([port, &id] {
      WireClient other(port);
      EXPECT_EQ(other.Do("CLIENT KILL ID " + id), ":1");
    });
    while (true) {
      const std::string list = client.Do("CLIENT LIST");
      if (list == "(closed)") break;
      EXPECT_THAT(list, HasSubstr("id=" + id + " "));
    }
    killer.join();
  }
}

// Pipelined writes take a way of their own.
TEST_F(Clients, RepliesThatNobodyWantsAreNotSentForAPipelineOfWritesEither) {
  WireClient client = Connect();
  client.SendRaw(Encode({"CLIENT", "REPLY", "OFF"}) + Encode({"SET", "a", "1"}) +
                 Encode({"SET", "b", "2"}) + Encode({"SET", "c", "3"}) +
                 Encode({"CLIENT", "REPLY", "ON"}) + Encode({"MGET", "a", "b", "c"}));
  EXPECT_EQ(client.Read(), "+OK");
  EXPECT_EQ(client.Read(), "[\"1\", \"2\", \"3\"]");
}

TEST_F(Clients, ReplyOffOnAndSkip) {
  WireClient client = Connect();
  client.SendRaw(Encode({"CLIENT", "REPLY", "OFF"}) + Encode({"PING", "a"}) +
                 Encode({"KEYS", "*"}) + Encode({"nonsense"}) +
                 Encode({"CLIENT", "REPLY", "SKIP"}) + Encode({"PING", "b"}) +
                 Encode({"CLIENT", "REPLY", "ON"}) + Encode({"PING", "c"}));
  EXPECT_EQ(client.Read(), "+OK");
  EXPECT_EQ(client.Read(), "\"c\"");
  client.SendRaw(
      Encode({"CLIENT", "REPLY", "SKIP"}) + Encode({"PING", "d"}) + Encode({"PING", "e"}) +
      Encode({"CLIENT", "REPLY", "SKIP"}) + Encode({"CLIENT", "REPLY", "ON"}) +
      Encode({"PING", "f"}) + Encode({"CLIENT", "REPLY", "SKIP"}) + Encode({"WAIT", "1", "1"}) +
      Encode({"CLIENT", "REPLY", "SKIP"}) + Encode({"KEYS", "*"}) + Encode({"PING", "g"}));
  EXPECT_EQ(client.Read(), "\"e\"");
  EXPECT_EQ(client.Read(), "+OK");
  EXPECT_EQ(client.Read(), "\"f\"");
  EXPECT_EQ(client.Read(), "\"g\"");
  EXPECT_EQ(client.Do("CLIENT REPLY nonsense"), "-ERR syntax error");
}

TEST_F(Clients, UnknownSubcommandsAbortATransaction) {
  WireClient client = Connect();
  Converse(client, {{"MULTI", "+OK"},
                    {"CLIENT nonsense", "-ERR unknown subcommand 'nonsense'. Try CLIENT HELP."},
                    {"EXEC", "-EXECABORT Transaction discarded because of previous errors."},
                    {"MULTI", "+OK"},
                    {"SHUTDOWN", "-ERR Command not allowed inside a transaction"},
                    {"EXEC", "-EXECABORT Transaction discarded because of previous errors."}});
}

TEST_F(Clients, IdleOnesAreClosedOnceThereIsATimeout) {
  WireClient idle = Connect();
  EXPECT_EQ(idle.Do("PING"), "+PONG");
  WireClient client = Connect();
  EXPECT_EQ(client.Do("CONFIG SET timeout 0.05"), "+OK");
  EXPECT_EQ(idle.Read(), "(closed)");
}

// --- Commands that answer later ---

TEST_F(Waiting, WaitAnswersAtOnceWhereThereIsNothingToWaitFor) {
  WireClient client = Connect();
  Converse(client, {{"WAIT 0 0", ":0"},
                    {"WAIT -1 0", ":0"},
                    {"WAIT x 0", "-ERR value is not an integer or out of range"},
                    {"WAIT 1 x", "-ERR timeout is not an integer or out of range"},
                    {"WAIT 1 -1", "-ERR timeout is negative"},
                    {"MULTI", "+OK"},
                    {"WAIT 1 0", "+QUEUED"},
                    {"DEBUG SLEEP 1000", "+QUEUED"},
                    {"EXEC", "[:0, +OK]"},
                    {"BEGIN", "+OK"},
                    {"WAIT 1 0", ":0"},
                    {"ROLLBACK", "+OK"},
                    {"DEBUG SLEEP x", "-ERR value is not a valid float"},
                    {"DEBUG SLEEP 0", "+OK"}});
}

TEST_F(Waiting, TheTimeoutEndsItAndWhatFollowsRuns) {
  WireClient client = Connect();
  client.SendRaw(Encode({"WAIT", "1", "10"}) + Encode({"PING", "a"}) +
                 Encode({"DEBUG", "SLEEP", "0.01"}) + Encode({"PING", "b"}));
  EXPECT_EQ(client.Read(), ":0");
  EXPECT_EQ(client.Read(), "\"a\"");
  EXPECT_EQ(client.Read(), "+OK");
  EXPECT_EQ(client.Read(), "\"b\"");
}

TEST_F(Waiting, OtherClientsOfItsThreadAreServed) {
  options_.threads = 1;
  WireClient client = Connect();
  WireClient other = Connect();
  const std::string id = Id(client);
  client.SendRaw(Encode({"WAIT", "1", "0"}) + Encode({"PING"}));
  EXPECT_TRUE(Eventually([&] { return Info("blocked_clients") == 1; }));
  EXPECT_EQ(other.Do("PING"), "+PONG");
  EXPECT_EQ(Field(other.Do("CLIENT LIST ID " + id), "flags"), "b");
  EXPECT_FALSE(client.Readable());
  EXPECT_EQ(other.Do("CLIENT UNBLOCK " + id), ":1");
  EXPECT_EQ(client.Read(), ":0");
  EXPECT_EQ(client.Read(), "+PONG");
  EXPECT_EQ(Info("blocked_clients"), 0u);
}

TEST_F(Waiting, UnblockEndsItAsAskedAndOnlyOnce) {
  WireClient client = Connect();
  WireClient other = Connect();
  const std::string id = Id(client);
  Converse(other, {{"CLIENT UNBLOCK " + id, ":0"},
                   {"CLIENT UNBLOCK 99999", ":0"},
                   {"CLIENT UNBLOCK x", "-ERR value is not an integer or out of range"},
                   {"CLIENT UNBLOCK " + id + " now",
                    "-ERR CLIENT UNBLOCK reason should be TIMEOUT or ERROR"}});
  for (const auto& [how, reply] : std::vector<std::pair<std::string, std::string>>{
           {" ERROR", "-UNBLOCKED client unblocked via CLIENT UNBLOCK"}, {" TIMEOUT", ":0"}}) {
    const std::string unblock = "CLIENT UNBLOCK " + id + how;
    client.Send("WAIT 1 0");
    EXPECT_TRUE(Eventually([&] { return other.Do(unblock) == ":1"; }));
    EXPECT_EQ(client.Read(), reply);
    EXPECT_EQ(other.Do(unblock), ":0");
  }
}

TEST_F(Waiting, RequestsThatArriveMeanwhileAreKept) {
  options_.request.request_bytes_max = 4 << 20;  // A little more than one of them.
  WireClient client = Connect();
  const std::string id = Id(client);
  client.Send("WAIT 1 0");
  EXPECT_TRUE(Eventually([&] { return Info("blocked_clients") == 1; }));
  const std::string value(3 << 20, 'x');
  std::thread sender([&] {
    client.SendRaw(Encode({"SET", "k", value}) + Encode({"STRLEN", "k"}) +
                   Encode({"SET", "k", value + value.substr(0, 100)}) + Encode({"STRLEN", "k"}));
  });
  EXPECT_TRUE(Eventually([&] { return Info("total_net_input_bytes") > (4 << 20); }));
  EXPECT_EQ(Connect().Do("EXISTS k"), ":0");
  EXPECT_EQ(Connect().Do("CLIENT UNBLOCK " + id), ":1");
  EXPECT_EQ(client.Read(), ":0");
  EXPECT_EQ(client.Read(), "+OK");
  EXPECT_EQ(client.Read(), ":" + std::to_string(value.size()));
  EXPECT_EQ(client.Read(), "+OK");
  EXPECT_EQ(client.Read(), ":" + std::to_string(value.size() + 100));
  sender.join();
}

// What was recognised together with the request that waits has to be found again where it is then.
TEST_F(Waiting, APipelineBehindItSurvivesThatMoreArrives) {
  WireClient client = Connect();
  const std::string id = Id(client);
  std::string pipeline = Encode({"WAIT", "1", "0"});
  for (int i = 0; i < 10; ++i) pipeline += Encode({"ECHO", "echo" + std::to_string(i)});
  client.SendRaw(pipeline);
  EXPECT_TRUE(Eventually([&] { return Info("blocked_clients") == 1; }));
  const std::string value(500'000, 'x');
  const uint64_t bytes = Info("total_net_input_bytes");
  client.SendRaw(Encode({"ECHO", value}));
  EXPECT_TRUE(Eventually([&] { return Info("total_net_input_bytes") > bytes + value.size(); }));
  EXPECT_EQ(Connect().Do("CLIENT UNBLOCK " + id), ":1");
  EXPECT_EQ(client.Read(), ":0");
  for (int i = 0; i < 10; ++i) EXPECT_EQ(client.Read(), "\"echo" + std::to_string(i) + "\"");
  EXPECT_EQ(client.Read(), "\"" + value + "\"");
}

TEST_F(Waiting, DisconnectingKillingAndStoppingEndIt) {
  WireClient gone = Connect();
  WireClient half = Connect();
  WireClient killed = Connect();
  WireClient stopped = Connect();
  const std::string id = Id(killed);
  for (WireClient* client : {&gone, &half, &killed, &stopped}) client->Send("WAIT 1 0");
  EXPECT_TRUE(Eventually([&] { return Info("blocked_clients") == 4; }));
  gone.Close();
  half.ShutDownSending();
  EXPECT_TRUE(Eventually([&] { return Info("blocked_clients") == 2; }));
  EXPECT_EQ(half.Read(), "(closed)");
  EXPECT_EQ(Connect().Do("CLIENT KILL ID " + id), ":1");
  EXPECT_EQ(killed.Read(), "(closed)");
  EXPECT_TRUE(Eventually([&] { return Info("connected_clients") == 2; }));
  stopped.SendRaw(Encode({"PING"}));
  server().Stop();
  EXPECT_EQ(stopped.Read(), ":0");
  EXPECT_EQ(stopped.Read(), "+PONG");
  EXPECT_EQ(stopped.Read(), "(closed)");
}

TEST_F(Waiting, DisconnectingBehindAPipelineOfMegabytesEndsIt) {
  WireClient gone = Connect();
  WireClient half = Connect();
  const std::string requests = Encode({"SET", "k", std::string(20 << 20, 'x')});
  for (WireClient* client : {&gone, &half}) {
    client->Send("WAIT 1 0");
    ASSERT_TRUE(client->SendRaw(requests));
  }
  EXPECT_TRUE(Eventually([&] { return Info("blocked_clients") == 2; }));
  gone.Close();
  half.ShutDownSending();
  EXPECT_TRUE(Eventually([&] { return Info("blocked_clients") == 0; }));
  EXPECT_EQ(half.Read(), "(closed)");
  EXPECT_EQ(Connect().Do("EXISTS k"), ":0");
}

// Nobody reads its input any more, so nobody reads that it ends.
TEST_F(Waiting, DisconnectingBehindAFullQueryBufferEndsIt) {
  options_.request.request_bytes_max = 1 << 20;
  WireClient gone = Connect();
  WireClient half = Connect();
  const std::string requests = Encode({"SET", "k", std::string((1 << 20) + (32 << 10), 'x')});
  for (WireClient* client : {&gone, &half}) {
    const uint64_t bytes = Info("total_net_input_bytes");
    client->Send("WAIT 1 0");
    ASSERT_TRUE(client->SendRaw(requests));
    EXPECT_TRUE(Eventually([&] { return Info("total_net_input_bytes") > bytes + (1 << 20); }));
  }
  EXPECT_EQ(Info("blocked_clients"), 2u);
  gone.Close();
  half.ShutDownSending();
  EXPECT_TRUE(Eventually([&] { return Info("blocked_clients") == 0; }));
  EXPECT_EQ(half.Read(), "(closed)");
  EXPECT_EQ(Connect().Do("EXISTS k"), ":0");
}

TEST_F(Waiting, ManyEndsAtOnceAreOne) {
  const uint16_t port = server().port();
  WireClient client = Connect();
  const std::string id = Id(client);
  std::atomic<int> ended = 0;
  std::atomic<bool> over = false;
  std::vector<std::thread> threads;
  for (int t = 0; t < 3; ++t) {
    threads.emplace_back([&] {
      WireClient other(port);
      while (!over) ended += other.Do("CLIENT UNBLOCK " + id + " ERROR") == ":1" ? 1 : 0;
    });
  }
  int errors = 0;
  for (int i = 0; i < 300; ++i) {
    const std::string reply = client.Do("WAIT 1 1");
    if (reply != ":0") {
      EXPECT_EQ(reply, "-UNBLOCKED client unblocked via CLIENT UNBLOCK");
      ++errors;
    }
  }
  over = true;
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(errors, ended);
  EXPECT_EQ(client.Do("PING"), "+PONG");
}

}  // namespace
}  // namespace nacre::server
