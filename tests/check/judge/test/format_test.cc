#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>
#include <random>
#include <string>

#include "nacre/check/format.h"
#include "nacre/check/judge.h"
#include "tests/check/judge/test/history_text.h"

namespace nacre::check {
namespace {

std::string ErrorOf(const std::string& text, Format format) {
  const absl::StatusOr<History> history = Parse(text, format);
  return history.ok() ? "read" : std::string(history.status().message());
}

TEST(NativeFormat, KeepsEverythingThatAHistoryKnows) {
  const std::string text =
      "T7 s=3 ok real=10..20 time=3..7 | append x 1 | list x [1 2] | read y nil | write y 8\n"
      "T8 s=3 fail | delete y\n"
      "T9 info real=21..? | append x 3\n"
      "T10 ok time=4..? | scan a m {b 1 c [2 3]} | rscan a nil limit {k 1} | scan q r {}\n"
      "T11 ok\n"
      "T12 s=\"a \\\"b\\\"\" ok | read \"\" \"nil\" | list \"\\x00\\n|\" []\n";
  EXPECT_EQ(Written(Parsed(text)), text);
}

TEST(NativeFormat, GivesTheColumnsTheirValues) {
  const History history = Parsed(
      "# a comment\n"
      "\n"
      "T7 s=3 ok real=10..20 time=3..7 | append x 1 | scan a m {b 5}\n");
  ASSERT_EQ(history.size(), 1u);
  EXPECT_EQ(history.name(0), "T7");
  EXPECT_EQ(history.line(0), 3u);
  EXPECT_EQ(history.invoked(0), 10u);
  EXPECT_EQ(history.completed(0), 20u);
  EXPECT_EQ(history.begin_timestamp(0), 3u);
  EXPECT_EQ(history.commit_timestamp(0), 7u);
  EXPECT_TRUE(history.has_timestamps());
  EXPECT_TRUE(history.has_real_time());
  ASSERT_EQ(history.ops(0).size(), 3u);
  EXPECT_EQ(history.ops(0)[1].results(), 1u);
  EXPECT_TRUE(history.ops(0)[2].in_scan);
  EXPECT_EQ(history.value(history.ops(0)[2].value), "5");
}

TEST(NativeFormat, TellsLineAndByteOfWhatItCannotRead) {
  EXPECT_EQ(ErrorOf("T1 ok\nT2 ok | frob x\n", Format::kNative),
            "line 2, byte 20: expected append, list, read, write, delete, scan or rscan");
  EXPECT_EQ(ErrorOf("T1 ok | list x [1 2", Format::kNative),
            "line 1, byte 19: a list without an end");
  EXPECT_EQ(ErrorOf("T1 | read x 1", Format::kNative),
            "line 1, byte 13: expected ok, fail or info");
  EXPECT_EQ(ErrorOf("ok", Format::kNative),
            "line 1, byte 2: expected a transaction's name, T and a number");
  EXPECT_EQ(ErrorOf("T1 ok real=5 | read x 1", Format::kNative),
            "line 1, byte 23: expected two numbers with .. between them");
  EXPECT_EQ(ErrorOf("T1 ok | write x nil", Format::kNative),
            "line 1, byte 19: nil cannot be written");
}

TEST(NativeFormat, WhatIsSaidTwiceIsRefused) {
  EXPECT_EQ(ErrorOf("T1 ok fail | read x 1", Format::kNative), "line 1, byte 21: a second outcome");
  EXPECT_EQ(ErrorOf("T1 s=1 s=1 ok", Format::kNative), "line 1, byte 13: a second session");
  EXPECT_EQ(ErrorOf("T1 real=1..2 real=1..2 ok", Format::kNative),
            "line 1, byte 25: a second real=");
  EXPECT_EQ(ErrorOf("T1 time=1..2 time=1..2 ok", Format::kNative),
            "line 1, byte 25: a second time=");
  EXPECT_EQ(ErrorOf("T1 ok\nT2 ok\nT1 ok\n", Format::kNative), "line 3, byte 12: a second T1");
}

TEST(EdnFormat, PairsInvocationsWithCompletionsOfTheirProcess) {
  const History history = Parsed(
      R"({:type :invoke, :f :txn, :value [[:append 1 2] [:r 3 nil]], :process 0, :index 0}
         {:type :invoke, :f :txn, :value [[:r 3 nil]], :process 1, :index 1}
         {:type :ok, :f :txn, :value [[:append 1 2] [:r 3 [4 5]]], :process 0, :index 2}
         {:type :fail, :f :txn, :value [[:r 3 nil]], :process 1, :index 3})",
      Format::kEdn);
  ASSERT_EQ(history.size(), 2u);
  EXPECT_EQ(history.invoked(0), 1u);
  EXPECT_EQ(history.completed(0), 3u);
  EXPECT_EQ(history.name(0), "T2");
  EXPECT_EQ(history.line(0), 3u);
  EXPECT_EQ(Written(history),
            "T2 s=0 ok real=1..3 | append 1 2 | list 3 [4 5]\nT3 s=1 fail real=2..4\n");
}

TEST(EdnFormat, TakesOneVectorAsWellAsLines) {
  const std::string line = "{:type :ok, :value [[:append 1 2]], :process 0}";
  EXPECT_EQ(Written(Parsed("[" + line + "\n " + line + "]", Format::kEdn)),
            Written(Parsed(line + "\n" + line, Format::kEdn)));
}

TEST(EdnFormat, ReadsTagsCommentsDiscardsAndAnyOrderOfFields) {
  const History history = Parsed(
      "; recorded\n#jepsen.history.Op{:value #_[:r 9 9] [[:w x \"a\\\"b\\u0041\"] (:r :y +7N)], "
      ":time 17.5, :error {:a #{1 2} :b \\)}, :process 3 :f :txn :type :ok}",
      Format::kEdn);
  EXPECT_EQ(Written(history),
            "T0 s=3 ok real=?..1 | write x \"\\\"a\\\\\\\"bA\\\"\" | read :y 7\n");
}

TEST(EdnFormat, AnInvocationWithoutAnEndMayHaveHappened) {
  const History history = Parsed(
      "{:type :invoke, :f :txn, :value [[:append 1 2] [:r 1 nil]], :process 0}\n"
      "{:type :invoke, :f :txn, :value [[:append 1 3]], :process 0}\n"
      "{:type :info, :f :txn, :value [[:append 1 3]], :process 0}\n",
      Format::kEdn);
  EXPECT_EQ(Written(history),
            "T0 s=0 info real=1..? | append 1 2\nT2 s=0 info real=2..? | append 1 3\n");
  ASSERT_EQ(history.notes().size(), 1u);
  EXPECT_NE(history.notes()[0].find("1 invocations have no completion"), std::string::npos);
}

TEST(EdnFormat, WithoutProcessesCompletionsFindTheirInvocationByWhatTheyWrote) {
  const History history = Parsed(
      "{:type :invoke, :value [[:append 1 2]]}\n{:type :invoke, :value [[:append 1 3]]}\n"
      "{:type :ok, :value [[:append 1 3]]}\n{:type :fail, :value [[:append 1 2]]}\n"
      "{:type :ok, :value [[:r 1 [3]]]}\n",
      Format::kEdn);
  EXPECT_EQ(Written(history),
            "T2 ok real=2..3 | append 1 3\nT3 fail real=1..4 | append 1 2\nT4 ok real=?..5 | list "
            "1 [3]\n");
  EXPECT_EQ(history.notes().size(), 2u);
}

TEST(EdnFormat, InvocationsThatLookAlikeGiveTheEarliestTimeToWhatCompletesFirst) {
  const History history = Parsed(
      "{:type :invoke, :value [[:r 1 nil]]}\n{:type :invoke, :value [[:r 1 nil]]}\n"
      "{:type :ok, :value [[:r 1 [3]]]}\n{:type :ok, :value [[:r 1 []]]}\n",
      Format::kEdn);
  EXPECT_EQ(Written(history), "T2 ok real=1..3 | list 1 [3]\nT3 ok real=1..4 | list 1 []\n");
}

TEST(EdnFormat, PassesOverWhatIsNoTransaction) {
  const History history = Parsed(
      "{:type :info, :f :start, :value :majority, :process :nemesis}\n"
      "{:type :info, :f :kill, :value [[:n1 :n2] \"x\"], :process :nemesis}\n"
      "{:type :ok, :f :txn, :value [[:w 1 2]], :process 0}\n",
      Format::kEdn);
  EXPECT_EQ(history.size(), 1u);
  ASSERT_EQ(history.notes().size(), 2u);
  EXPECT_NE(history.notes()[1].find("2 operations are no transactions"), std::string::npos);
}

TEST(EdnFormat, TellsLineAndByteOfWhatItCannotRead) {
  EXPECT_EQ(ErrorOf("{:type :ok, :f :txn, :value [[:r 1 2 3]]}", Format::kEdn),
            "line 1, byte 38: a micro-operation has more than three parts");
  EXPECT_EQ(ErrorOf("{:type :ok, :value [[:w 1 2]]}\n{:type :nope}", Format::kEdn),
            "line 2, byte 43: unknown type 'nope'");
  EXPECT_EQ(ErrorOf("{:type :ok, :f :txn, :value [[:cas 1 2]]}", Format::kEdn),
            "line 1, byte 41: a transaction without micro-operations: a micro-operation is neither "
            ":append nor :r nor :w");
  EXPECT_EQ(ErrorOf("{:type :ok, :value \"abc", Format::kEdn),
            "line 1, byte 23: a string without an end");
  EXPECT_EQ(ErrorOf("[{:type :ok, :value [[:w 1 2]]}", Format::kEdn),
            "line 1, byte 31: the vector of operations has no end");
}

TEST(EdnFormat, ASetThatWasReadHasNoOrderToJudge) {
  EXPECT_EQ(ErrorOf("{:type :ok, :f :txn, :value [[:r x #{2 1}]]}", Format::kEdn),
            "line 1, byte 37: what was read is a set, which has no order");
}

TEST(EdnFormat, BracketsCloseWhatTheyOpened) {
  EXPECT_EQ(ErrorOf("{:type :ok, :value [[:w x 1})]", Format::kEdn),
            "line 1, byte 27: expected ], found }");
  EXPECT_EQ(ErrorOf("{:type :ok, :value [[:w x 1]]}}", Format::kEdn),
            "line 1, byte 30: unexpected }");
  EXPECT_EQ(
      ErrorOf("{:type :ok, :value [[:w x 1]]\n{:type :ok, :value [[:w x 2]]} 5}", Format::kEdn),
      "line 2, byte 31: the name of an operation's field is no word");
}

// A recorder that tells outcomes it never learned at the end of the file.
TEST(EdnFormat, ALateCompletionIsOfWhatItsProcessLeftBehind) {
  const std::string events =
      "{:type :invoke, :value [[:append 1 2]], :process 0}\n"
      "{:type :invoke, :value [[:append 1 3]], :process 0}\n"
      "{:type :ok, :value [[:append 1 3]], :process 0}\n";
  const std::string late = ", :value [[:append 1 2]], :process 0}\n";
  const std::string second = "T2 s=0 ok real=2..3 | append 1 3\n";
  EXPECT_EQ(Written(Parsed(events + "{:type :info" + late, Format::kEdn)),
            "T0 s=0 info real=1..? | append 1 2\n" + second);
  EXPECT_EQ(Written(Parsed(events + "{:type :fail" + late, Format::kEdn)),
            "T0 s=0 fail real=1..? | append 1 2\n" + second);
  EXPECT_EQ(ErrorOf(events + "{:type :ok" + late, Format::kEdn),
            "line 4, byte 199: an :ok for what its process had left behind when it began something "
            "else; without this line it is judged as what may have happened");
  // Which of two that look alike is meant cannot be told.
  const std::string alike =
      "{:type :invoke, :value [[:append 1 2]], :process 0}\n"
      "{:type :invoke, :value [[:append 1 2]], :process 0}\n"
      "{:type :ok, :value [[:append 1 2]], :process 0}\n";
  EXPECT_EQ(Written(Parsed(alike + "{:type :fail" + late, Format::kEdn)),
            "T0 s=0 info real=1..? | append 1 2\nT2 s=0 ok real=1..3 | append 1 2\n");
}

// One that was left behind can be that of one completion.
TEST(EdnFormat, WhatAProcessLeftBehindLendsItsTimeToOneThatLooksAlike) {
  const std::string invoke = "{:type :invoke, :value [[:r x nil]], :process 0}\n";
  const std::string read = invoke + "{:type :ok, :value [[:r x []]], :process 0}\n";
  const std::string append =
      "{:type :invoke, :value [[:append x 1]], :process 1}\n"
      "{:type :ok, :value [[:append x 1]], :process 1}\n";
  const std::string seen =
      "{:type :invoke, :value [[:r x nil]], :process 1}\n"
      "{:type :ok, :value [[:r x [1]]], :process 1}\n";
  const auto ruling = [&](const std::string& events) {
    return Judge(Parsed(events + seen, Format::kEdn), Level::kStrictSerializable).ruling;
  };
  EXPECT_EQ(Written(Parsed(invoke + append + read + read + read, Format::kEdn)),
            "T2 s=1 ok real=2..3 | append x 1\nT0 s=0 info real=1..?\n"
            "T4 s=0 ok real=1..5 | list x []\nT6 s=0 ok real=4..7 | list x []\n"
            "T8 s=0 ok real=6..9 | list x []\n");
  EXPECT_EQ(ruling(invoke + append + read), Ruling::kHolds);
  EXPECT_EQ(ruling(invoke + append + read + read), Ruling::kViolated);
  EXPECT_EQ(ruling(invoke + invoke + append + read + read), Ruling::kHolds);
  EXPECT_EQ(ruling(invoke + invoke + append + read + read + read), Ruling::kViolated);
  EXPECT_EQ(ruling(invoke + invoke + read + append + read), Ruling::kHolds);
  EXPECT_EQ(ruling(invoke + read + append + read + read), Ruling::kViolated);
}

TEST(EdnFormat, IndicesThatAreThereTwiceNameNoTwoTransactions) {
  const std::string event = "{:type :ok, :value [[:w 1 2]], :process 0, :index 7}\n";
  EXPECT_EQ(Written(Parsed(event + event + event, Format::kEdn)),
            "T7 s=0 ok real=?..1 | write 1 2\nT8 s=0 ok real=?..2 | write 1 2\n"
            "T9 s=0 ok real=?..3 | write 1 2\n");
}

TEST(EdnFormat, WrittenHistoriesReadBackAsTheyWere) {
  const std::string edn =
      "{:type :invoke, :f :txn, :value [[:append 1 2] [:r 3 nil] [:w :k nil]], :process 0}\n"
      "{:type :ok, :f :txn, :value [[:append 1 2] [:r 3 [4 \"x y\"]] [:w :k nil]], :process 0}\n"
      "{:type :invoke, :f :txn, :value [[:w 1 -5]], :process 0}\n"
      "{:type :info, :f :txn, :value [[:w 1 -5]], :process 0}\n";
  const History history = Parsed(edn, Format::kEdn);
  EXPECT_EQ(Written(history, Format::kEdn), edn);
}

TEST(EdnFormat, HasNoFormForScans) {
  const History history = Parsed("T0 ok | scan a b {}");
  std::ostringstream out;
  EXPECT_EQ(WriteHistory(history, Format::kEdn, out).code(), absl::StatusCode::kInvalidArgument);
}

TEST(JsonFormat, SaysTheSameAsEdn) {
  const History json = Parsed(
      R"([{"type":"invoke","f":"txn","value":[["append",1,2],["r",3,null]],"process":0},
          {"type":"ok","f":"txn","value":[["append",1,2],["r",3,[4,5]]],"process":0,"error":{"a":[1,{"b":2}]}}])",
      Format::kJson);
  EXPECT_EQ(Written(json), "T1 s=0 ok real=1..2 | append 1 2 | list 3 [4 5]\n");
}

TEST(JsonFormat, OneValueMayBeWrittenInSeveralWays) {
  const std::string all =
      R"({"type":"ok","process":0,"value":[["append","\ud83d\ude00",1],["append","y",-2.0]]})"
      "\n"
      "{\"type\":\"ok\",\"process\":1,\"value\":[[\"r\",\"\xf0\x9f\x98\x80\",[1.0]],"
      "[\"r\",\"y\",[-2]],[\"append\",\"y\",1.5]]}\n";
  const History history = Parsed(all, Format::kJson);
  ASSERT_EQ(history.size(), 2u);
  EXPECT_EQ(history.keys().size(), 2u);
  EXPECT_EQ(history.values().size(), 3u);
  EXPECT_EQ(Judge(history, Level::kStrictSerializable).ruling, Ruling::kHolds);
  for (const char* half : {R"(\ud83d)", R"(\ude00)", R"(\ud83d\u0041)", R"(\ud83d\n)"}) {
    const std::string text =
        std::string(R"({"type":"ok","value":[["append",")") + half + R"(",1]]})";
    EXPECT_FALSE(Parse(text, Format::kJson).ok()) << text;
  }
}

TEST(JsonFormat, AnExponentIsAnotherWayToWriteAnInteger) {
  const History history = Parsed(
      R"({"type":"ok","process":0,"value":[["w",1,10],["w",2,-1e+16],["w",3,1.5e-1],["w",4,0]]})"
      "\n"
      R"({"type":"ok","process":1,"value":[["r",1e0,1E1],["r",2,-10000000000000000],)"
      R"(["r",3,0.15],["r",4,0.0e9],["r",1,1.20e2],["r",1,1200e-1]]})",
      Format::kJson);
  EXPECT_EQ(
      Written(history),
      "T0 s=0 ok real=?..1 | write 1 10 | write 2 -10000000000000000 | write 3 1.5e-1 | "
      "write 4 0\n"
      "T1 s=1 ok real=?..2 | read 1 10 | read 2 -10000000000000000 | read 3 0.15 | read 4 0 | "
      "read 1 120 | read 1 120\n");
}

TEST(Format, AnEmptyFileIsRefused) {
  for (const Format format : {Format::kEdn, Format::kJson, Format::kText, Format::kNative}) {
    EXPECT_EQ(ErrorOf("\n", format), "no transaction is in it");
  }
}

TEST(Format, AFileOfWhichNothingIsATransactionIsRefused) {
  for (const char* text : {R"({"ops":[{"type":"ok"}]})", "{:type :ok :f :read :value 5}", "{}"}) {
    EXPECT_FALSE(Parse(text, Format::kEdn).ok()) << text;
  }
}

TEST(Format, ASessionThatIsNotInTheOrderOfItsTimesIsRefused) {
  const std::string first = "T1 s=1 ok real=10..20 | write x 1\n";
  const auto refused = Parse(first + "T2 s=1 ok real=1..5 | write y 1\n", Format::kNative);
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.status().message(),
            "session 1 is not in the order of its times: T2 (line 2) had returned at 5, before T1 "
            "(line 1), which stands before it, was begun at 10");
  EXPECT_TRUE(Parse(first + "T2 s=2 ok real=1..5 | write y 1\n", Format::kNative).ok());
  EXPECT_TRUE(Parse(first + "T2 s=1 ok real=1..10 | write y 1\n", Format::kNative).ok());
}

TEST(TextFormat, GathersTransactionsWhoseLinesAreApart) {
  const History history =
      Parsed("r(1,0,5,10)\nw(1,7,6,11)\n\nw(2,8,5,10)\nw(3,0,5,12)\n", Format::kText);
  EXPECT_EQ(Written(history),
            "T10 s=5 ok | read 1 nil | write 2 8\nT11 s=6 ok | write 1 7\nT12 s=5 ok | delete 3\n");
  EXPECT_EQ(history.notes().size(), 1u);
}

TEST(TextFormat, IdsThatSessionsShareAreReplacedByNumbersOfTheirOwn) {
  EXPECT_EQ(Written(Parsed("w(1,5,1,1)\nr(2,0,1,1)\nw(2,7,2,1)\n", Format::kText)),
            "T0 s=1 ok | write 1 5 | read 2 nil\nT1 s=2 ok | write 2 7\n");
  EXPECT_EQ(Written(Parsed("w(1,5,1,1)\nw(2,7,2,01)\n", Format::kText)),
            "T0 s=1 ok | write 1 5\nT1 s=2 ok | write 2 7\n");
}

TEST(TextFormat, TellsTheLineOfWhatItCannotRead) {
  EXPECT_EQ(ErrorOf("w(1,2,3,4)\nr(1,2,3)\n", Format::kText),
            "line 2, byte 20: expected four fields");
  EXPECT_EQ(ErrorOf("x(1,2,3,4)\n", Format::kText),
            "line 1, byte 11: expected r(key,value,session,transaction) or w(...)");
}

TEST(Format, IsGuessedFromTheBeginning) {
  EXPECT_EQ(GuessFormat("# nacre\nT0 ok"), Format::kNative);
  EXPECT_EQ(GuessFormat("w(1,2,3,4)"), Format::kText);
  EXPECT_EQ(GuessFormat("; x\n [{:type :ok"), Format::kEdn);
  EXPECT_EQ(GuessFormat("#jepsen.history.Op{:type"), Format::kEdn);
  EXPECT_EQ(GuessFormat("[{\"type\""), Format::kJson);
  EXPECT_EQ(GuessFormat("hello"), std::nullopt);
  EXPECT_EQ(GuessFormat("\n"), std::nullopt);
}

TEST(Format, PiecesOfABigFileFitTogether) {
  // Longer than any buffer, with lines and tokens across every border.
  std::string text;
  std::string list;
  for (int i = 0; i < 40'000; ++i) list += (i == 0 ? "" : " ") + std::to_string(i * 7919);
  for (int i = 0; i < 10; ++i) text += "T" + std::to_string(i) + " ok | list x [" + list + "]\n";
  const History history = Parsed(text);
  ASSERT_EQ(history.size(), 10u);
  EXPECT_EQ(history.ops(9)[0].list().length, 40'000u);
  EXPECT_EQ(history.lists().branches(), 1u);
  EXPECT_TRUE(Written(history) == text);
}

TEST(ListPool, ListsThatDepartShareWhatTheyHaveInCommon) {
  const History history = Parsed(
      "T0 ok | list x [1 2 3] | list x [1 9] | list x [1 2] | list x [1 9 4] | list x [1 2 8] | "
      "list x "
      "[1 9 4]");
  const ListPool& lists = history.lists();
  const auto ops = history.ops(0);
  EXPECT_EQ(lists.CommonPrefix(ops[0].list(), ops[3].list()), 1u);
  EXPECT_EQ(lists.CommonPrefix(ops[0].list(), ops[4].list()), 2u);
  EXPECT_EQ(lists.CommonPrefix(ops[3].list(), ops[4].list()), 1u);
  EXPECT_TRUE(lists.IsPrefix(ops[2].list(), ops[4].list()));
  EXPECT_TRUE(lists.IsPrefix(ops[1].list(), ops[3].list()));
  EXPECT_EQ(ops[3].list(), ops[5].list());
  EXPECT_EQ(lists.branches(), 3u);
  EXPECT_EQ(lists.Prefix(ops[4].list(), 2), ops[2].list());
}

// Whatever the bytes, a reader ends, and what it could read it can write and read again.
TEST(Format, DamagedFilesAreReadOrRefused) {
  const std::string samples[] = {
      "T7 s=3 ok real=10..20 time=3..7 | append x 1 | list x [1 2] | read y nil\nT8 info | scan a "
      "m {b 1 "
      "c [2 3]} | rscan a nil limit {k \"q\\x41\"}\n",
      "[{:type :invoke, :f :txn, :value [[:append 1 2] [:r 3 nil]], :process 0, :index 0}\n{:type "
      ":ok "
      ":value [[:append 1 \"\\u0042\"] [:r 3 [4 5]]] :process 0 #_ {:a 1}}]",
      "w(1,2,3,4)\nr(1,0,3,4)\nr(7,2,4,5)\n"};
  std::mt19937 random(20261121);
  const std::string alphabet = "[]{}()\"\\:|# ,;nT0r9\n.=x_";
  int read = 0;
  for (int round = 0; round < 3'000; ++round) {
    std::string text = samples[round % 3];
    for (uint32_t changes = random() % 4 + 1; changes > 0; --changes) {
      const size_t at = random() % text.size();
      switch (random() % 4) {
        case 0: text.erase(at, random() % 5 + 1); break;
        case 1: text[at] = alphabet[random() % alphabet.size()]; break;
        case 2: text.insert(at, 1, alphabet[random() % alphabet.size()]); break;
        default: text.resize(at + 1); break;
      }
      if (text.empty()) text = " ";
    }
    for (const Format format : {Format::kNative, Format::kEdn, Format::kJson, Format::kText}) {
      const absl::StatusOr<History> history = Parse(text, format);
      if (!history.ok()) {
        const absl::string_view message = history.status().message();
        EXPECT_TRUE(message.substr(0, 5) == "line " || message == "no transaction is in it")
            << message;
        continue;
      }
      ++read;
      const std::string written = Written(*history);
      EXPECT_EQ(Written(Parsed(written)), written) << text;
    }
  }
  EXPECT_GT(read, 100);
}

TEST(Format, AFileThatIsNotThereIsNotFound) {
  EXPECT_EQ(ReadHistoryFile("no/such/file").status().code(), absl::StatusCode::kNotFound);
}

TEST(Format, WhatCannotBeReadToItsEndIsNoHistory) {
  EXPECT_EQ(ReadHistoryFile(NACRE_HISTORIES_DIR).status().code(), absl::StatusCode::kDataLoss);
  EXPECT_EQ(ReadHistoryFile(NACRE_HISTORIES_DIR, Format::kNative).status().code(),
            absl::StatusCode::kDataLoss);
  // A stream of somebody else's.
  std::ifstream in(NACRE_HISTORIES_DIR);
  EXPECT_EQ(ReadHistory(in, Format::kNative).status().code(), absl::StatusCode::kDataLoss);
}

TEST(Format, APipeIsReadAsAFileIs) {
  int ends[2];
  ASSERT_EQ(pipe(ends), 0);
  const std::string text = "T1 ok | write x 1\n";
  ASSERT_EQ(write(ends[1], text.data(), text.size()), static_cast<ssize_t>(text.size()));
  close(ends[1]);
  const absl::StatusOr<History> history = ReadHistoryFile("/dev/fd/" + std::to_string(ends[0]));
  close(ends[0]);
  ASSERT_TRUE(history.ok()) << history.status();
  EXPECT_EQ(Written(*history), text);
}

TEST(Format, TheSharedHistoriesAreText) {
  const absl::StatusOr<History> history = ReadHistoryFile(
      std::string(NACRE_HISTORIES_DIR) + "/paper_np_complete-si_pass_write_skew.txt");
  ASSERT_TRUE(history.ok()) << history.status();
  EXPECT_EQ(history->size(), 3u);
}

}  // namespace
}  // namespace nacre::check
