#include "tests/check/program/interrupt.h"

#include <csignal>

#include "gtest/gtest.h"

namespace nacre::check {
namespace {

void Take(int signal, int times) {
  const CaughtInterrupt interrupt;
  EXPECT_FALSE(interrupt.event().is_set());
  for (int i = 0; i < times; ++i) {
    std::raise(signal);
    EXPECT_TRUE(interrupt.event().is_set());
  }
}

TEST(CaughtInterrupt, IsForTheCommandOnceAndEndsTheProgramTheSecondTime) {
  for (const int signal : {SIGINT, SIGTERM}) {
    Take(signal, 1);
    EXPECT_EXIT(Take(signal, 2), testing::KilledBySignal(signal), "");
  }
}

}  // namespace
}  // namespace nacre::check
