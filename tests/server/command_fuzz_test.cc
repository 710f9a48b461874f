// Whatever clients send, in whatever order: see command_fuzz.h for what must hold.

#include "tests/server/command_fuzz.h"

#include <gtest/gtest.h>

#include <cstdio>
#include <cstdlib>
#include <random>

#include "server/command/table.h"
#include "tests/server/reply_reader.h"

namespace nacre::server {
namespace {

// NACRE_FUZZ_SEED and NACRE_FUZZ_RUNS repeat a failure and lengthen a search.
uint64_t FromEnvironment(const char* name, uint64_t otherwise) {
  const char* text = std::getenv(name);
  return text == nullptr ? otherwise : std::strtoull(text, nullptr, 10);
}

constexpr uint64_t kCommandsBetweenChecks = 500;
constexpr uint64_t kRunsToMeetAll = 60'000;

TEST(CommandFuzz, EveryReplyIsOneAndTheSnapshotStays) {
  const uint64_t seed = FromEnvironment("NACRE_FUZZ_SEED", std::random_device()());
  const uint64_t runs = FromEnvironment("NACRE_FUZZ_RUNS", kRunsToMeetAll);
  std::fprintf(stderr, "NACRE_FUZZ_SEED=%llu\n", static_cast<unsigned long long>(seed));
  std::mt19937_64 random(seed);
  CommandFuzz fuzz([&random](size_t bound) { return static_cast<size_t>(random() % bound); });
  for (uint64_t run = 1; run <= runs; ++run) {
    auto wrong = fuzz.RunOneCommand();
    if (!wrong && run % kCommandsBetweenChecks == 0) wrong = fuzz.CheckSnapshot();
    ASSERT_FALSE(wrong) << "NACRE_FUZZ_SEED=" << seed << " after " << run
                        << " commands: " << *wrong;
  }
  const auto wrong = fuzz.Finish();
  ASSERT_FALSE(wrong) << "NACRE_FUZZ_SEED=" << seed << ": " << *wrong;

  // The search is worth nothing if all it ever sees are errors. A shorter one may miss a command.
  if (runs < kRunsToMeetAll) return;
  for (const CommandSpec& spec : AllCommands()) {
    const bool wanted = spec.group == "string" || spec.name == "exec" || spec.name == "commit";
    if (!wanted) continue;
    const auto found = fuzz.tallies().find(std::string(spec.name));
    ASSERT_NE(found, fuzz.tallies().end()) << spec.name;
    EXPECT_GT(found->second.good_answers, found->second.answers / 20) << spec.name;
  }
}

std::string WhatIsWrong(std::string_view bytes, ReplyReader::Protocol protocol) {
  return ReplyReader(bytes, protocol).WhatIsWrong();
}

TEST(ReplyReader, TakesWhatTheProtocolHas) {
  for (const char* reply : {"+OK\r\n", "-ERR x\r\n", ":-1\r\n", "$0\r\n\r\n", "$2\r\n\r\n\r\n",
                            "*2\r\n:1\r\n*0\r\n", "$-1\r\n", "*-1\r\n"}) {
    EXPECT_EQ(WhatIsWrong(reply, ReplyReader::Protocol::kTwo), "") << reply;
  }
  for (const char* reply :
       {"_\r\n", "#t\r\n", ",1.5\r\n", "%1\r\n+a\r\n:1\r\n", "~1\r\n:1\r\n", "=5\r\ntxt:a\r\n"}) {
    EXPECT_EQ(WhatIsWrong(reply, ReplyReader::Protocol::kThree), "") << reply;
  }
}

TEST(ReplyReader, NoticesWhatIsWrong) {
  for (const char* reply : {"", "+OK", "+OK\n", "OK\r\n", "+a\nb\r\n", "-oops\r\n", "-err x\r\n",
                            ":x\r\n", "$1\r\n\r\n", "$1\r\nab\r\n", "$-2\r\n", "*1\r\n", "*x\r\n",
                            "+OK\r\n+OK\r\n", "_\r\n", "%0\r\n"}) {
    EXPECT_NE(WhatIsWrong(reply, ReplyReader::Protocol::kTwo), "") << reply;
  }
  for (const char* reply : {"$-1\r\n", "*-1\r\n", "#x\r\n", "%1\r\n+a\r\n", ">1\r\n+a\r\n"}) {
    EXPECT_NE(WhatIsWrong(reply, ReplyReader::Protocol::kThree), "") << reply;
  }
}

}  // namespace
}  // namespace nacre::server
