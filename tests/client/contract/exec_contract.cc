// Commands and their replies.

#include <map>
#include <tuple>
#include <utility>

#include "nacre/client/errors.h"
#include "tests/client/contract/contract_fixture.h"

namespace nacre::client::contract {
namespace {

std::string AllBytes() {
  std::string bytes;
  for (int i = 0; i < 256; ++i) bytes += static_cast<char>(i);
  return bytes + "\r\n$-1\r\n" + bytes;
}

}  // namespace

TEST_P(ExecContract, RepliesAreReadAsTheTypesThatAreAskedFor) {
  const auto client = MakeClient();
  EXPECT_EQ(*client->Exec(Request("SET", "a", "1.5"))->To<std::string>(), "OK");
  EXPECT_EQ(*client->Exec(Request("GET", "a"))->To<std::string>(), "1.5");
  EXPECT_EQ(*client->Exec(Request("GET", "a"))->To<double>(), 1.5);
  EXPECT_EQ(*client->Exec(Request("GET", "a"))->To<std::optional<std::string>>(), "1.5");
  EXPECT_EQ(*client->Exec(Request("GET", "none"))->To<std::optional<std::string>>(), std::nullopt);
  EXPECT_EQ(*client->Exec(Request("INCRBY", "n", int64_t{-9'000'000'000}))->To<int64_t>(),
            -9'000'000'000);
  EXPECT_EQ(*client->Exec(Request("EXISTS", "a"))->To<bool>(), true);
  EXPECT_EQ(*client->Exec(Request("MGET", std::vector<std::string>{"a", "none", "n"}))
                 ->To<std::vector<std::optional<std::string>>>(),
            (std::vector<std::optional<std::string>>{"1.5", std::nullopt, "-9000000000"}));
  const auto databases = client->Exec(Request("CONFIG", "GET", "databases"));
  EXPECT_EQ(*databases->To<decltype(std::map<std::string, int>{})>(),
            (std::map<std::string, int>{{"databases", 16}}));
  const auto scanned = client->Exec(Request("SCAN", "0", "COUNT", 100));
  const auto page = scanned->To<std::pair<std::string, std::vector<std::string>>>();
  ASSERT_TRUE(page.ok()) << page.status();
  EXPECT_EQ(page->first, "0");
  EXPECT_EQ(page->second.size(), 2u);
}

TEST_P(ExecContract, AReplyOfAnotherTypeIsAnErrorAndTheConnectionStaysInStep) {
  const auto client = MakeClient();
  ASSERT_TRUE(client->Exec(Request("SET", "a", "text")).ok());
  const auto number = client->Exec(Request("GET", "a"))->To<int64_t>();
  EXPECT_EQ(number.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(OutcomeOf(number.status()), Outcome::kExecuted);
  EXPECT_EQ(client->Exec(Request("GET", "a"))->text(), "text");
  EXPECT_EQ(client->stats().connects, 1u);
}

TEST_P(ExecContract, AnyByteIsCarriedInKeysAndValues) {
  const auto client = MakeClient();
  const std::string key = AllBytes();
  const std::string value = AllBytes() + key;
  ASSERT_TRUE(client->Exec(Request("SET", key, value)).ok());
  EXPECT_EQ(ValueOf(key), value);
  EXPECT_EQ(client->Exec(Request("GET", key))->text(), value);
  ASSERT_TRUE(client->Exec(Request("SET", "", "")).ok());
  EXPECT_EQ(*client->Exec(Request("GET", ""))->To<std::optional<std::string>>(), "");
}

TEST_P(ExecContract, ValuesOfManyMebibytesGoBothWays) {
  const auto client = MakeClient();
  std::string value(24 << 20, '\0');
  for (size_t i = 0; i < value.size(); ++i) value[i] = static_cast<char>(i * i >> 7);
  ASSERT_TRUE(client->Exec(Request("SET", "large", value)).ok());
  const auto replies =
      client->ExecAll(Request("GET", "large").Add("STRLEN", "large").Add("GET", "large"));
  ASSERT_TRUE(replies.ok()) << replies.status();
  ASSERT_EQ(replies->size(), 3u);
  EXPECT_TRUE((*replies)[0].text() == value);
  EXPECT_EQ((*replies)[1].integer(), static_cast<int64_t>(value.size()));
  EXPECT_TRUE((*replies)[2].text() == value);
}

TEST_P(ExecContract, TenThousandCommandsInOneCallAreAnsweredInTheirOrder) {
  const auto client = MakeClient();
  constexpr int kCommands = 10'000;
  Request request;
  for (int i = 0; i < kCommands; ++i) {
    if (i % 2 == 0) {
      request.Add("INCR", "n");
    } else {
      request.Add("ECHO", i);
    }
  }
  const auto replies = client->ExecAll(request);
  ASSERT_TRUE(replies.ok()) << replies.status();
  ASSERT_EQ(replies->size(), static_cast<size_t>(kCommands));
  for (int i = 0; i < kCommands; ++i) {
    const Reply& reply = (*replies)[static_cast<size_t>(i)];
    ASSERT_EQ(*reply.To<int>(), i % 2 == 0 ? i / 2 + 1 : i);
  }
  EXPECT_EQ(ValueOf("n"), "5000");
}

TEST_P(ExecContract, AnErrorReplyInAPipelineIsOneOfTheRepliesAndTheOthersStand) {
  const auto client = MakeClient();
  const auto replies = client->ExecAll(
      Request("SET", "a", "text").Add("INCR", "a").Add("NOSUCH", "x").Add("GET", "a"));
  ASSERT_TRUE(replies.ok()) << replies.status();
  ASSERT_EQ(replies->size(), 4u);
  EXPECT_TRUE((*replies)[0].status().ok());
  EXPECT_EQ((*replies)[1].status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(ErrorCode((*replies)[1].status()), "ERR");
  EXPECT_EQ(ErrorCode((*replies)[2].status()), "ERR");
  EXPECT_EQ((*replies)[3].text(), "text");
}

TEST_P(ExecContract, AnErrorReplyIsAStatusWithItsWholeTextAndNothingWasDone) {
  const auto client = MakeClient();
  const absl::Status unknown = client->Exec(Request("NOSUCH", "argument")).status();
  EXPECT_EQ(unknown.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_TRUE(unknown.message().find("unknown command 'NOSUCH'") != std::string::npos) << unknown;
  EXPECT_EQ(OutcomeOf(unknown), Outcome::kNotExecuted);
  const absl::Status without = client->Exec(Request("EXEC")).status();
  EXPECT_EQ(without.message(), "ERR EXEC without MULTI");
  const absl::Status count = client->Exec(Request("GET")).status();
  EXPECT_EQ(count.message(), "ERR wrong number of arguments for 'get' command");
  EXPECT_EQ(client->stats().connects, 1u);
}

TEST_P(ExecContract, RunningOutOfMemoryIsAResourceThatIsExhausted) {
  StartServer({"--maxmemory", "1"});
  const auto client = MakeClient();
  const absl::Status status = client->Exec(Request("SET", "a", "b")).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kResourceExhausted) << status;
  EXPECT_EQ(ErrorCode(status), "OOM");
  EXPECT_EQ(OutcomeOf(status), Outcome::kNotExecuted);
  EXPECT_TRUE(client->Exec(Request("GET", "a")).ok());
}

TEST_P(ExecContract, ExecTakesOneCommandAndExecAllAnyNumber) {
  const auto client = MakeClient();
  EXPECT_EQ(client->Exec(Request()).status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(client->Exec(Request("INCR", "n").Add("INCR", "n")).status().code(),
            absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(ValueOf("n"), std::nullopt);
  const auto none = client->ExecAll(Request());
  ASSERT_TRUE(none.ok()) << none.status();
  EXPECT_TRUE(none->empty());
}

TEST_P(ExecContract, NothingInAnArgumentIsEverReadAsACommand) {
  const auto client = MakeClient();
  const std::string injection = "x\r\n*2\r\n$3\r\nDEL\r\n$1\r\nb\r\n";
  ASSERT_TRUE(client->ExecAll(Request("SET", "b", "kept").Add("SET", "a", injection)).ok());
  EXPECT_EQ(ValueOf("a"), injection);
  EXPECT_EQ(ValueOf("b"), "kept");
}

TEST_P(ExecContract, ALeaseKeepsWhatItsConnectionWasTold) {
  const auto client = MakeClient();
  auto lease = client->Acquire();
  ASSERT_TRUE(lease.ok()) << lease.status();
  ASSERT_TRUE((*lease)->Exec(Request("SELECT", 3)).ok());
  ASSERT_TRUE((*lease)->Exec(Request("SET", "a", "in 3")).ok());
  ASSERT_TRUE(client->Exec(Request("SET", "a", "in 0")).ok());
  EXPECT_EQ((*lease)->Exec(Request("GET", "a"))->text(), "in 3");
  EXPECT_EQ(client->Exec(Request("GET", "a"))->text(), "in 0");
  (*lease)->DoNotReuse();
  lease->reset();
  auto next = client->Acquire();
  ASSERT_TRUE(next.ok()) << next.status();
  EXPECT_EQ((*next)->Exec(Request("GET", "a"))->text(), "in 0");
}

TEST_P(ExecContract, OutOfBandMessagesComeBesideTheReplies) {
  const auto client = MakeClient();
  if (is_nacre()) {
    // It has no messages out of band, and says so.
    const absl::Status status = client->Exec(Request("CLIENT", "TRACKING", "ON")).status();
    EXPECT_EQ(ErrorCode(status), "ERR") << status;
    return;
  }
  std::vector<std::string> pushes;
  client->SetPushHandler([&](ReplyView push) {
    const auto message = push.To<std::pair<std::string, std::vector<std::string>>>();
    ASSERT_TRUE(message.ok()) << message.status();
    for (const std::string& key : message->second) pushes.push_back(message->first + " " + key);
  });
  ASSERT_TRUE(client->Exec(Request("CLIENT", "TRACKING", "ON")).ok());
  ASSERT_TRUE(client->ExecAll(Request("GET", "a").Add("GET", "b").Add("GET", "c")).ok());
  EXPECT_EQ(Raw({"SET", "b", "new"}), "+OK\r\n");
  client->PollUntil([&] { return !pushes.empty(); });
  EXPECT_EQ(pushes, std::vector<std::string>{"invalidate b"});
  // Its own writes, amid replies.
  const auto replies = client->ExecAll(Request("GET", "a")
                                           .Add("SET", "a", "1")
                                           .Add("GET", "c")
                                           .Add("SET", "c", "2")
                                           .Add("ECHO", "x"));
  ASSERT_TRUE(replies.ok()) << replies.status();
  EXPECT_EQ((*replies)[4].text(), "x");
  client->PollUntil([&] { return pushes.size() >= 3; });
  EXPECT_EQ(pushes, (std::vector<std::string>{"invalidate b", "invalidate a", "invalidate c"}));
}

}  // namespace nacre::client::contract
