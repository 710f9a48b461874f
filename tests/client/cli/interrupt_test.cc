#include "client/cli/interrupt.h"

#include <unistd.h>

#include <csignal>

#include "gtest/gtest.h"

namespace nacre::cli {
namespace {

// Something to wait for that never comes unless the test writes it.
class Input {
 public:
  Input() { EXPECT_EQ(pipe(ends_), 0); }
  ~Input() {
    close(ends_[0]);
    close(ends_[1]);
  }
  int fd() const { return ends_[0]; }
  void Write() { EXPECT_EQ(write(ends_[1], "x", 1), 1); }

 private:
  int ends_[2] = {};
};

class InterruptTest : public testing::Test {
 protected:
  InterruptTest() { CatchInterrupts(SecondInterrupt::kIsIgnored); }
  ~InterruptTest() override { StopCatchingInterrupts(); }
};

TEST_F(InterruptTest, OneThatComesBetweenTheLookAndTheWaitEndsTheWait) {
  const Input input;
  const SignalsHeld held;
  EXPECT_FALSE(WasInterrupted());
  std::raise(SIGINT);
  EXPECT_FALSE(WasInterrupted()) << "it is held";
  EXPECT_FALSE(held.WaitForInput(input.fd()));
  EXPECT_TRUE(TakeInterrupt());
}

TEST_F(InterruptTest, ItEndsTheWaitAlsoWhereSomebodyElseHasHeldItBefore) {
  const Input input;
  const SignalsHeld outer;
  const SignalsHeld held;
  std::raise(SIGINT);
  EXPECT_FALSE(held.WaitForInput(input.fd()));
  EXPECT_TRUE(TakeInterrupt());
}

TEST_F(InterruptTest, OneThatWasHeldComesWhenNobodyHoldsItAnyMore) {
  {
    const SignalsHeld held;
    std::raise(SIGINT);
    EXPECT_FALSE(WasInterrupted());
  }
  EXPECT_TRUE(TakeInterrupt());
}

TEST_F(InterruptTest, WhatCanBeReadEndsTheWait) {
  Input input;
  const SignalsHeld held;
  input.Write();
  EXPECT_TRUE(held.WaitForInput(input.fd()));
  EXPECT_FALSE(WasInterrupted());
}

TEST_F(InterruptTest, TheLimitEndsTheWait) {
  const Input input;
  EXPECT_FALSE(SignalsHeld().WaitForInput(input.fd(), absl::Milliseconds(1)));
  EXPECT_FALSE(WasInterrupted());
}

}  // namespace
}  // namespace nacre::cli
