// Requests as bytes: every kind of argument, and nothing parsed out of any.

#include "nacre/client/request.h"

#include <gtest/gtest.h>

#include <array>
#include <charconv>
#include <cstring>
#include <deque>
#include <limits>
#include <list>
#include <random>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace nacre::client {
namespace {

// Reads the commands back, strictly. Empty if the bytes are anything else than whole commands.
std::vector<std::vector<std::string>> Decode(std::string_view bytes) {
  const auto number = [&bytes](char mark) -> size_t {
    size_t value = 0;
    if (bytes.empty() || bytes[0] != mark) return std::string::npos;
    const auto [end, error] = std::from_chars(bytes.data() + 1, bytes.data() + bytes.size(), value);
    bytes.remove_prefix(static_cast<size_t>(end - bytes.data()));
    if (error != std::errc() || bytes.substr(0, 2) != "\r\n") return std::string::npos;
    bytes.remove_prefix(2);
    return value;
  };
  std::vector<std::vector<std::string>> commands;
  while (!bytes.empty()) {
    const size_t words = number('*');
    if (words == std::string::npos || words == 0) return {};
    commands.emplace_back();
    for (size_t i = 0; i < words; ++i) {
      const size_t length = number('$');
      if (length == std::string::npos || bytes.substr(length, 2) != "\r\n") return {};
      commands.back().emplace_back(bytes.substr(0, length));
      bytes.remove_prefix(length + 2);
    }
  }
  return commands;
}

using Words = std::vector<std::string>;

// The words of the only command of a request.
Words WordsOf(const Request& request) {
  const auto commands = Decode(request.bytes());
  EXPECT_EQ(commands.size(), 1U) << request.bytes();
  EXPECT_EQ(request.commands(), 1U);
  return commands.empty() ? Words() : commands[0];
}

TEST(Request, IsAnArrayOfBulkStrings) {
  EXPECT_EQ(Request("PING").bytes(), "*1\r\n$4\r\nPING\r\n");
  EXPECT_EQ(Request("SET", "key", "", 12).bytes(),
            "*4\r\n$3\r\nSET\r\n$3\r\nkey\r\n$0\r\n\r\n$2\r\n12\r\n");
}

TEST(Request, TakesEveryKindOfString) {
  const std::string string = "a";
  const std::string_view view = "b";
  const char* const pointer = "c";
  char array[] = "d";
  EXPECT_EQ(
      WordsOf(Request(std::string("MGET"), string, view, pointer, array, "e", std::string("f"))),
      (Words{"MGET", "a", "b", "c", "d", "e", "f"}));
}

TEST(Request, WritesIntegersInDecimal) {
  EXPECT_EQ(
      WordsOf(Request("X", 0, -1, 7U, std::numeric_limits<int64_t>::min(),
                      std::numeric_limits<int64_t>::max(), std::numeric_limits<uint64_t>::max(),
                      int8_t{-128}, uint8_t{255}, short{3})),
      (Words{"X", "0", "-1", "7", "-9223372036854775808", "9223372036854775807",
             "18446744073709551615", "-128", "255", "3"}));
}

TEST(Request, WritesDoublesSoThatTheyReadBackAsTheSame) {
  EXPECT_EQ(WordsOf(Request("X", 0.1, 1.0, -2.5, 1e300, 0.5F, -0.0,
                            std::numeric_limits<double>::infinity(),
                            -std::numeric_limits<double>::infinity())),
            (Words{"X", "0.1", "1", "-2.5", "1e+300", "0.5", "-0", "inf", "-inf"}));
  std::mt19937_64 random(20);
  for (int i = 0; i < 1000; ++i) {
    const uint64_t bits = random();
    double value = 0;
    static_assert(sizeof(value) == sizeof(bits));
    std::memcpy(&value, &bits, sizeof(value));
    if (value != value) continue;
    const std::string word = WordsOf(Request("X", value)).at(1);
    double back = 0;
    const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), back);
    EXPECT_EQ(error, std::errc()) << word;
    EXPECT_EQ(end, word.data() + word.size()) << word;
    EXPECT_EQ(back, value) << word;
  }
}

TEST(Request, SpreadsRangesAmongOtherArguments) {
  const std::vector<std::string> keys = {"a", "b"};
  const std::array<std::string_view, 2> views = {"c", "d"};
  const std::set<std::string> sorted = {"f", "e"};
  const std::list<const char*> pointers = {"g"};
  const std::deque<std::string> none;
  EXPECT_EQ(
      WordsOf(Request("X", keys, 1, views, sorted, pointers, none, std::span(keys).first(1), "z")),
      (Words{"X", "a", "b", "1", "c", "d", "e", "f", "g", "a", "z"}));
}

TEST(Request, HoldsAnyBytesInAnyArgument) {
  std::string every;
  for (int byte = 0; byte < 256; ++byte) every += static_cast<char>(byte);
  const std::string forged = "x\r\n$3\r\nDEL\r\n*1\r\n$8\r\nFLUSHALL\r\n";
  const std::string large(1 << 20, '\n');
  EXPECT_EQ(WordsOf(Request(every, forged, std::string("\0", 1), large, Words{forged, ""})),
            (Words{every, forged, std::string("\0", 1), large, forged, ""}));
}

TEST(Request, CountsBytesRightAroundEveryNumberOfDigits) {
  for (const size_t length :
       {0U, 1U, 9U, 10U, 11U, 99U, 100U, 999U, 1000U, 9999U, 10000U, 99999U, 100000U}) {
    const std::string value(length, 'v');
    EXPECT_EQ(WordsOf(Request("SET", value)), (Words{"SET", value}));
  }
  for (const size_t words : {1U, 8U, 9U, 10U, 98U, 99U, 100U, 1000U}) {
    EXPECT_EQ(WordsOf(Request("X", Words(words, "w"))).size(), words + 1);
  }
}

TEST(Request, CollectsCommandsInOrder) {
  Request batch;
  EXPECT_TRUE(batch.empty());
  batch.Add("SET", "a", 1).Add("INCR", "a").Add("MGET", Words{"a", "b"});
  EXPECT_EQ(batch.commands(), 3U);
  EXPECT_FALSE(batch.empty());
  EXPECT_EQ(Decode(batch.bytes()),
            (std::vector<Words>{{"SET", "a", "1"}, {"INCR", "a"}, {"MGET", "a", "b"}}));
}

TEST(Request, TakesTheCommandsOfAnother) {
  Request first("A");
  Request second("B", 1);
  second.Add("C");
  first.Add(second).Add(Request());
  EXPECT_EQ(first.commands(), 3U);
  EXPECT_EQ(Decode(first.bytes()), (std::vector<Words>{{"A"}, {"B", "1"}, {"C"}}));
  EXPECT_EQ(second.commands(), 2U);
}

TEST(Request, TakesItsOwnCommandsAgain) {
  Request request("SET", std::string(100, 'k'));
  request.Add(request);
  EXPECT_EQ(request.commands(), 2U);
  EXPECT_EQ(Decode(request.bytes()),
            (std::vector<Words>{{"SET", std::string(100, 'k')}, {"SET", std::string(100, 'k')}}));
}

TEST(Request, IsMadeOfWordsToo) {
  Request request;
  request.AddWords(Words{"GET", "k"})
      .AddWords(Words{})
      .AddWords(std::vector<std::string_view>{"PING"});
  EXPECT_EQ(request.commands(), 2U);
  EXPECT_EQ(Decode(request.bytes()), (std::vector<Words>{{"GET", "k"}, {"PING"}}));
}

TEST(Request, KeepsNothingButMemoryWhenCleared) {
  Request request("SET", "k", std::string(1000, 'v'));
  const size_t capacity = request.bytes().capacity();
  request.Clear();
  EXPECT_TRUE(request.empty());
  EXPECT_TRUE(request.bytes().empty());
  EXPECT_EQ(request.bytes().capacity(), capacity);
  request.Add("PING");
  EXPECT_EQ(WordsOf(request), (Words{"PING"}));
}

TEST(RequestNames, ASubscriptionCountsItsChannels) {
  EXPECT_EQ(Request("SUBSCRIBE", "a", "b").confirmations(), 2U);
  EXPECT_EQ(Request("subscribe", Words{"a", "b", "c"}).confirmations(), 3U);
  EXPECT_EQ(Request("UNSUBSCRIBE").confirmations(), 1U);
  EXPECT_EQ(Request().AddWords(Words{"PSubscribe", "a*", "b*"}).confirmations(), 2U);
  EXPECT_EQ(Request().Add(Request("SSUBSCRIBE", "a", "b")).confirmations(), 2U);
  EXPECT_EQ(Request().Add(Request("SSUBSCRIBE", "a", "b")).Add(Request("PING")).subscription(),
            Subscription::kShardSubscribe);
}

TEST(RequestNames, SubscriptionsAreToldApart) {
  const std::pair<const char*, Subscription> names[] = {
      {"SUBSCRIBE", Subscription::kSubscribe},
      {"PSUBSCRIBE", Subscription::kPatternSubscribe},
      {"ssubscribe", Subscription::kShardSubscribe},
      {"UNSUBSCRIBE", Subscription::kUnsubscribe},
      {"PUnSubscribe", Subscription::kPatternUnsubscribe},
      {"SUNSUBSCRIBE", Subscription::kShardUnsubscribe},
      {"XSUBSCRIBE", Subscription::kNone},
      {"SUBSCRIBER", Subscription::kNone},
      {"RESUBSCRIBE", Subscription::kNone},
      {"", Subscription::kNone},
  };
  for (const auto& [name, subscription] : names) {
    EXPECT_EQ(SubscriptionNamed(name), subscription) << name;
    EXPECT_EQ(Request(name, "a").subscription(), subscription) << name;
    EXPECT_EQ(Request(name, "a").subscribes(), subscription != Subscription::kNone) << name;
  }
}

TEST(RequestNames, ThoseOfNoteAreKnownInEitherCaseByThemselvesAndInABatch) {
  struct Case {
    Request request;
    bool breaks_step, changes_protocol, runs_script;
  };
  const Case cases[] = {
      {Request("MONITOR"), true, false, false},
      {Request("Sync"), true, false, false},
      {Request("psync", "?", -1), true, false, false},
      {Request("CLIENT", "REPLY", "OFF"), true, false, false},
      {Request("client", Words{"reply", "ON"}), true, false, false},
      {Request().AddWords(Words{"CLIENT", "Reply", "SKIP"}), true, false, false},
      {Request("CLIENT", "INFO"), false, false, false},
      {Request("CLIENT"), false, false, false},
      {Request("CLIENT", "SETNAME", "REPLY"), false, false, false},
      {Request("CONFIG", "REPLY"), false, false, false},
      {Request("HELLO", 3), false, true, false},
      {Request("reset"), false, true, false},
      {Request("EVAL", "return 1", 0), false, false, true},
      {Request("evalsha", "x", 0), false, false, true},
      {Request("FCall", "f", 0), false, false, true},
      {Request("EVAL_RO", "return 1", 0), false, false, false},
      {Request("SET", "MONITOR", "EVAL"), false, false, false},
      {Request("GET", "k"), false, false, false},
      {Request("ECHO", "EVAL"), false, false, false},
  };
  for (const Case& expected : cases) {
    Request batch;
    batch.Add("GET", "k").Add(expected.request).Add("INCR", "n");
    for (const Request* const request : {&expected.request, &std::as_const(batch)}) {
      EXPECT_EQ(request->breaks_step(), expected.breaks_step) << request->bytes();
      EXPECT_EQ(request->changes_protocol(), expected.changes_protocol) << request->bytes();
      EXPECT_EQ(request->runs_script(), expected.runs_script) << request->bytes();
    }
    batch.Clear();
    EXPECT_FALSE(batch.breaks_step() || batch.changes_protocol() || batch.runs_script());
  }
}

TEST(RequestNames, WhatChangesTheStateOfAConnectionIsKnown) {
  for (const Request& request :
       {Request("HELLO", 3), Request("Reset"), Request("auth", "p"), Request("SELECT", 1),
        Request("READONLY"), Request("readwrite"), Request("ASKING"),
        Request("CLIENT", "SETNAME", "a"), Request("client", Words{"setinfo", "a", "b"}),
        Request("CLIENT", "Tracking", "ON"), Request("CLIENT", "CACHING", "YES"),
        Request("CLIENT", "NO-EVICT", "ON"), Request("CLIENT", "NO-TOUCH", "ON")}) {
    EXPECT_TRUE(request.changes_state()) << request.bytes();
    EXPECT_TRUE(Request("PING").Add(request).Add("PING").changes_state()) << request.bytes();
  }
  for (const Request& request :
       {Request("GET", "SELECT"), Request("CLIENT"), Request("CLIENT", "ID"), Request("CLIENT", ""),
        Request("CLIENT", "GETNAME"), Request("CONFIG", "SETNAME"), Request("COMMIT"),
        Request("WATCH", "a"), Request("RESTORE"), Request("SETEX"), Request("ROLE")}) {
    EXPECT_FALSE(request.changes_state()) << request.bytes();
  }
}

TEST(RequestNames, WhatIsOpenedAndWhatIsEndedIsKnown) {
  constexpr uint8_t kTransaction = Request::kTransaction, kWatch = Request::kWatch;
  const struct {
    std::vector<const char*> names;
    uint8_t opens, ends;
  } cases[] = {
      {{"BEGIN"}, kTransaction, 0},
      {{"multi"}, kTransaction, 0},
      {{"WATCH"}, kWatch, 0},
      {{"Unwatch"}, 0, kWatch},
      {{"COMMIT"}, 0, kTransaction},
      {{"rollback"}, 0, kTransaction},
      {{"EXEC"}, 0, kTransaction | kWatch},
      {{"DISCARD"}, 0, kTransaction | kWatch},
      {{"WATCH", "GET", "MULTI", "SET"}, kTransaction | kWatch, 0},
      {{"MULTI", "UNWATCH"}, kTransaction, kWatch},
      {{"MULTI", "SET", "EXEC"}, 0, kTransaction | kWatch},
      {{"EXEC", "WATCH"}, kWatch, kTransaction | kWatch},
      {{"COMMIT", "BEGIN"}, kTransaction, kTransaction},
      {{"GET", "SCARD", "RPUSH", "COMMAND", "DEBUG", "ROLE"}, 0, 0},
  };
  for (const auto& expected : cases) {
    Request by_name, by_request;
    for (const char* const name : expected.names) {
      by_name.Add(name, "a");
      by_request.Add(Request(name, "a"));
    }
    for (const Request& request : {by_name, by_request}) {
      EXPECT_EQ(request.opens(), expected.opens) << request.bytes();
      EXPECT_EQ(request.ends(), expected.ends) << request.bytes();
    }
    by_name.Clear();
    EXPECT_EQ(by_name.opens() | by_name.ends(), 0);
  }
}

// What an argument may be is known at compile time.
static_assert(Argument<std::string> && Argument<const char*> && Argument<int> && Argument<double>);
static_assert(Argument<std::vector<std::string>> && Argument<std::span<const std::string_view>>);
static_assert(!Argument<bool> && !Argument<char> && !Argument<std::vector<int>>);
static_assert(!Argument<std::vector<std::vector<std::string>>>);

}  // namespace
}  // namespace nacre::client
