// A server that answers what is no answer.

#include <random>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "nacre/client/errors.h"
#include "tests/client/faults/scripted_faults.h"

namespace nacre::client::faults {
namespace {

using support::Bulk;
using support::Integer;

class RubbishTest : public ScriptedFaults {};
INSTANTIATE_TEST_SUITE_P(Faces, RubbishTest, ::testing::Values(Face::kClient, Face::kBlocking),
                         NameOfFace);

// The first connection answers its first command with `rubbish` and stays open; the others behave.
ScriptedServer::Script RubbishOnce(std::string rubbish) {
  return [rubbish = std::move(rubbish)](ScriptedServer::Peer& peer) {
    if (peer.number() > 0) return peer.AnswerAll(CannedReplies().On("INCR", Integer(7)));
    if (!peer.AnswerHandshake()) return;
    peer.Write(rubbish);
    peer.WaitUntilClosed();
  };
}

// Bytes that cannot be the beginning of any reply.
std::vector<std::string> Impossible() {
  const std::string deep_array(100'000, '*');
  std::string nested;
  for (int i = 0; i < 100'000; ++i) nested += "*1\r\n";
  std::string nested_maps;
  for (int i = 0; i < 100'000; ++i) nested_maps += "%1\r\n+k\r\n";
  return {
      "rubbish\r\n",
      std::string("\0\0\0\0", 4),
      "\r\n",
      "HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n",
      "$5\r\nhello__+OK\r\n",
      "$x\r\n",
      "$-2\r\n",
      "$1 \r\nx\r\n",
      "$99999999999999999999999999\r\n",
      "$9223372036854775807\r\n",
      "$-9223372036854775808\r\n",
      "*9223372036854775807\r\n",
      "*-5\r\n",
      "%4611686018427387904\r\n",
      "%9223372036854775807\r\n",
      "~18446744073709551616\r\n",
      ":12a\r\n",
      ":\r\n",
      ":99999999999999999999\r\n",
      "#x\r\n",
      "_x\r\n",
      ",one\r\n",
      "=2\r\nab\r\n",
      "*2\r\n+OK\r\n?\r\n",
      "*2\r\n:1\r\nrubbish",
      "+OK\n+OK\r\n-\r",
      deep_array,
      nested,
      nested_maps,
  };
}

TEST_P(RubbishTest, BytesThatAreNoReplyAreAClearErrorAndTheNextCallHasANewConnection) {
  for (const std::string& rubbish : Impossible()) {
    const std::string shown = ::testing::PrintToString(rubbish.substr(0, 40));
    ScriptedServer server(RubbishOnce(rubbish));
    const auto client = MakeClient(server);
    const absl::Status status = client->Exec(Request("INCR", "n")).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss) << shown << ": " << status;
    // It was sent, and who knows what the server did.
    EXPECT_TRUE(IsOutcomeUnknown(status)) << shown << ": " << status;
    EXPECT_FALSE(status.message().empty());
    const auto next = client->Exec(Request("INCR", "n"));
    ASSERT_TRUE(next.ok()) << shown << ": " << next.status();
    EXPECT_EQ(next->integer(), 7);
    EXPECT_EQ(server.connections(), 2);
    EXPECT_EQ(server.commands().size(), 2u);
  }
}

TEST_P(RubbishTest, RepliesBeforeTheRubbishStandAndThoseBehindItDoNot) {
  ScriptedServer server([](ScriptedServer::Peer& peer) {
    if (peer.number() > 0) return peer.AnswerAll(CannedReplies().On("ECHO", Bulk("good")));
    for (int i = 0; i < 5; ++i) {
      if (!(i == 0 ? peer.AnswerHandshake() : peer.ReadCommand())) return;
    }
    peer.Write(Integer(1) + Integer(2) + "!bad\r\n" + Integer(4) + Integer(5));
    peer.WaitUntilClosed();
  });
  const auto client = MakeClient(server);
  Request request;
  for (int i = 1; i <= 5; ++i) request.Add("ECHO", i);
  const auto replies = client->ExecAll(request);
  EXPECT_EQ(replies.status().code(), absl::StatusCode::kDataLoss) << replies.status();
  EXPECT_TRUE(IsOutcomeUnknown(replies.status()));
  EXPECT_EQ(client->Exec(Request("ECHO", "x"))->text(), "good");
}

TEST_P(RubbishTest, AReplyThatNobodyAskedForAnswersNoOtherCommand) {
  ScriptedServer server([](ScriptedServer::Peer& peer) {
    if (peer.number() > 0) return peer.AnswerAll(CannedReplies().On("GET", Bulk("right")));
    if (!peer.AnswerHandshake()) return;
    peer.Write(Bulk("first") + Bulk("nobody asked"));
    if (peer.ReadCommand()) peer.Write(Bulk("late by one"));
    peer.WaitUntilClosed();
  });
  const auto client = MakeClient(server);
  const auto first = client->Exec(Request("GET", "a"));
  // In the same breath as the one too many, so it may fall with it.
  if (first.ok()) {
    EXPECT_EQ(first->text(), "first");
  }
  EXPECT_EQ(client->Exec(Request("GET", "b"))->text(), "right");
  EXPECT_EQ(client->Exec(Request("GET", "c"))->text(), "right");
}

TEST_P(RubbishTest, ALengthThatNeverComesCostsTheTimeoutAndNotTheMemory) {
  // Just below reply_bytes_max: only waiting can tell.
  for (const std::string header : {"$1000000000\r\n", "*1000000000\r\n", "%400000000\r\n"}) {
    ScriptedServer server(RubbishOnce(header + "x"));
    ClientOptions options = contract::OptionsFor(server.port());
    options.connection.unresponsive_timeout = absl::Milliseconds(10);
    const auto client = MakeClient(options);
    const absl::Status status =
        client->Exec(Request("INCR", "n"), {.timeout = absl::Milliseconds(50)}).status();
    EXPECT_FALSE(status.ok()) << header;
    EXPECT_NE(OutcomeOf(status), Outcome::kExecuted) << status;
    // Calls that join the connection before it is given up end with it.
    absl::StatusOr<Reply> next;
    do {
      next = client->Exec(Request("INCR", "n"));
      ASSERT_TRUE(next.ok() || IsOutcomeUnknown(next.status())) << next.status();
    } while (!next.ok());
    EXPECT_EQ(next->integer(), 7);
  }
}

TEST_P(RubbishTest, AReplyLargerThanTheLimitIsRefusedByItsHeader) {
  for (const std::string& header : std::vector<std::string>{
           "$1001\r\n", "*3\r\n$600\r\n" + std::string(600, 'x') + "\r\n$600\r\n", "=1001\r\n",
           "!1001\r\n"}) {
    ScriptedServer server(RubbishOnce(header));
    ClientOptions options = contract::OptionsFor(server.port());
    options.connection.reply_bytes_max = 1000;
    const auto client = MakeClient(options);
    const absl::Status status = client->Exec(Request("INCR", "n")).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss) << status;
    EXPECT_TRUE(absl::StrContains(status.message(), "reply_bytes_max")) << status;
    EXPECT_EQ(client->Exec(Request("INCR", "n"))->integer(), 7);
  }
}

TEST_P(RubbishTest, AHandshakeThatIsNoneFailsTheCallBeforeAnythingIsSent) {
  for (const std::string greeting :
       {"HTTP/1.1 400 Bad Request\r\n\r\n", "SSH-2.0-OpenSSH_9.2\r\n", "+OK\r\n", ":1\r\n",
        "*1\r\n+x\r\n", "$-1\r\n", "%1\r\n:1\r\n:2\r\n", "\x16\x03\x01"}) {
    ScriptedServer server([&](ScriptedServer::Peer& peer) {
      if (!peer.ReadCommand()) return;
      peer.Write(greeting);
      peer.FinishWriting();
      peer.WaitUntilClosed();
    });
    ClientOptions options = contract::OptionsFor(server.port());
    const auto client = MakeClient(options);
    const absl::Status status =
        client->Exec(Request("INCR", "n"), {.timeout = absl::Milliseconds(100)}).status();
    EXPECT_FALSE(status.ok()) << greeting;
    EXPECT_EQ(OutcomeOf(status), Outcome::kNotExecuted) << greeting << ": " << status;
    EXPECT_TRUE(server.commands().empty()) << greeting;
  }
}

// Any bytes at all: each call ends, and the client goes on.
TEST_P(RubbishTest, RandomBytesNeverHangOrCrash) {
  constexpr int kRounds = 300;
  constexpr char kAlphabet[] = "+-:$*%~>#,_(=!|0123456789tfabc \r\n\r\n\r\n\0";
  const unsigned seed = std::random_device()();
  SCOPED_TRACE("seed " + std::to_string(seed));
  const auto rubbish = [&](int round) {
    std::mt19937 random(seed + static_cast<unsigned>(round));
    std::string bytes;
    for (size_t size = random() % 60; bytes.size() < size;) {
      bytes += random() % 10 == 0 ? static_cast<char>(random())
                                  : kAlphabet[random() % (sizeof(kAlphabet) - 1)];
    }
    return bytes;
  };
  ScriptedServer server([&](ScriptedServer::Peer& peer) {
    if (peer.number() >= kRounds) return peer.AnswerAll(CannedReplies().On("INCR", Integer(7)));
    if (!peer.AnswerHandshake()) return;
    // Sometimes behind what begins well.
    peer.Write((peer.number() % 3 == 0 ? "*3\r\n:1\r\n" : "") + rubbish(peer.number()));
    peer.FinishWriting();
    peer.WaitUntilClosed();
  });
  ClientOptions options = contract::OptionsFor(server.port());
  options.reconnect.max = options.reconnect.initial;
  const auto client = MakeClient(options);
  while (server.connections() <= kRounds) {
    const auto reply = client->Exec(Request("INCR", "n"));
    if (reply.ok()) continue;
    EXPECT_NE(reply.status().message(), "");
  }
  EXPECT_EQ(client->Exec(Request("INCR", "n"))->integer(), 7);
}

}  // namespace
}  // namespace nacre::client::faults
