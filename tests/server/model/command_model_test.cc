// Every command on data against its model: alone, in EXEC, and between BEGIN and its end.

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <random>

#include "server/command/table.h"
#include "tests/server/model/model.h"
#include "tests/server/model/runner.h"

namespace nacre::server::model {
namespace {

constexpr uint64_t kPrograms = 300;
constexpr size_t kBlocks = 80;
constexpr int kShrinkingRuns = 500;

// From NACRE_SEED, to repeat a failure; otherwise a new one.
uint64_t FirstSeed() {
  if (const char* text = std::getenv("NACRE_SEED"); text != nullptr) {
    return std::strtoull(text, nullptr, 10);
  }
  return std::random_device()();
}

void RunMany(int protocol) {
  const uint64_t first = FirstSeed();
  std::printf("NACRE_SEED=%llu\n", static_cast<unsigned long long>(first));
  for (uint64_t seed = first; seed < first + kPrograms; ++seed) {
    const Program program = RandomProgram(seed, kBlocks);
    const auto difference = FirstDifference(program, protocol);
    if (!difference) continue;
    const Program smaller = Shrink(
        program, [&](const Program& p) { return FirstDifference(p, protocol).has_value(); },
        kShrinkingRuns);
    FAIL() << "NACRE_SEED=" << seed << ", after\n"
           << ToText(smaller) << FirstDifference(smaller, protocol).value_or("it did not repeat")
           << "\nAt first, " << *difference;
  }
}

TEST(CommandModel, EveryReplyAgrees_Resp2) { RunMany(2); }
TEST(CommandModel, EveryReplyAgrees_Resp3) { RunMany(3); }

// A command of strings without a model would be one without its most thorough test.
TEST(CommandModel, HasEveryCommandOfStrings) {
  for (const CommandSpec& spec : server::AllCommands()) {
    if (spec.group != "string") continue;
    const Command* const command = FindCommand(spec.name);
    ASSERT_NE(command, nullptr) << spec.name;
    EXPECT_EQ(command->arity, spec.arity) << spec.name;
  }
}

// The shrinker is only used when something fails, so it has a failure of its own here.
TEST(CommandModel, AFailingProgramShrinksToWhatFails) {
  Program program = RandomProgram(1, 30);
  program[17].steps.push_back({.wait_ms = 5, .words = {"THE", "ONE"}});
  const auto fails = [](const Program& p) {
    return std::any_of(p.begin(), p.end(), [](const Block& block) {
      return std::any_of(block.steps.begin(), block.steps.end(),
                         [](const Step& step) { return step.words[0] == "THE"; });
    });
  };
  const Program smaller = Shrink(program, fails, kShrinkingRuns);
  ASSERT_EQ(smaller.size(), 1u);
  ASSERT_EQ(smaller[0].steps.size(), 1u);
  EXPECT_EQ(smaller[0].steps[0].wait_ms, 0);
  EXPECT_EQ(ToText(smaller[0].steps[0].words), "\"THE\" \"ONE\"");
}

}  // namespace
}  // namespace nacre::server::model
