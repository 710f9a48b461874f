#include "engine/txn/sequencer.h"

#include <array>
#include <cstdint>
#include <memory>
#include <vector>

#include "gtest/gtest.h"

namespace nacre::txn {
namespace {

constexpr uint64_t kRemembered = Sequencer::kCommitsRemembered;

// Each commit writes one key, whose hash is the timestamp.
class SequencerTest : public ::testing::Test {
 protected:
  void Commit(uint64_t count) {
    for (uint64_t i = 0; i < count; ++i) {
      base::MutexLock lock(sequencer_->mutex());
      const uint64_t timestamp = sequencer_->Clock() + 1;
      const std::array<RecentWrite, 1> writes = {{{nullptr, timestamp}}};
      sequencer_->Remember(timestamp, writes);
      sequencer_->Publish(timestamp);
    }
  }
  // Of the writes since then, what is told; empty and not `known` if that is not known.
  struct Answer {
    bool known;
    std::vector<uint64_t> hashes;
  };
  Answer Ask(uint64_t since) {
    Answer answer{};
    base::MutexLock lock(sequencer_->mutex());
    const Sequencer::Recall recall =
        sequencer_->RecallSince(since, UINT64_MAX, [&](const RecentWrite& write) {
          answer.hashes.push_back(write.hash);
          return true;
        });
    answer.known = recall == Sequencer::Recall::kComplete;
    return answer;
  }

  const std::unique_ptr<Sequencer> sequencer_ = std::make_unique<Sequencer>();
};

TEST_F(SequencerTest, WhoAsksHearsOfEachCommitSince) {
  Commit(3);
  EXPECT_EQ(Ask(1).hashes, (std::vector<uint64_t>{2, 3}));
  EXPECT_TRUE(Ask(3).known);
  EXPECT_TRUE(Ask(3).hashes.empty());
}

TEST_F(SequencerTest, MoreCommitsThanAreRememberedAreForgotten) {
  Commit(kRemembered + 1);
  EXPECT_FALSE(Ask(0).known);
}

// REMEMBERED: in the places of those that nobody asked after stand others.
TEST_F(SequencerTest, WhatNobodyAskedAfterIsForgottenAndNotMistaken) {
  Commit(3 * kRemembered);
  const uint64_t clock = sequencer_->Clock();
  const Answer answer = Ask(clock - 5);
  EXPECT_FALSE(answer.known);
  EXPECT_TRUE(answer.hashes.empty());
  EXPECT_TRUE(Ask(clock).known);
}

TEST_F(SequencerTest, WhoAsksIsToldOfThoseThatCommitFromThenOn) {
  Commit(3 * kRemembered);
  const uint64_t asked_at = sequencer_->Clock();
  EXPECT_FALSE(Ask(asked_at - 1).known);
  for (int round = 0; round < 3; ++round) {
    const uint64_t since = sequencer_->Clock();
    Commit(kRemembered);
    const Answer answer = Ask(since);
    ASSERT_TRUE(answer.known) << round;
    ASSERT_EQ(answer.hashes.size(), kRemembered);
    EXPECT_EQ(answer.hashes.front(), since + 1);
    EXPECT_EQ(answer.hashes.back(), since + kRemembered);
  }
  EXPECT_FALSE(Ask(asked_at - 1).known);
}

TEST_F(SequencerTest, WhoWasNotPassedByNeedsNobodyToRemember) {
  Commit(3 * kRemembered);
  const uint64_t since = sequencer_->Clock();
  EXPECT_TRUE(Ask(since).known);
  Commit(1);
  EXPECT_FALSE(Ask(since).known);
}

TEST_F(SequencerTest, WhatWritesNothingMakesNobodyForgotten) {
  Commit(3 * kRemembered);
  const uint64_t since = sequencer_->Clock();
  sequencer_->CommitNothing();
  sequencer_->CommitNothing();
  const Answer answer = Ask(since);
  EXPECT_TRUE(answer.known);
  EXPECT_TRUE(answer.hashes.empty());
}

TEST_F(SequencerTest, ACommitThatWritesNothingIsRememberedToo) {
  Commit(2 * kRemembered);
  Ask(0);
  const uint64_t timestamp = sequencer_->CommitNothing();
  Commit(1);
  EXPECT_EQ(Ask(timestamp - 1).hashes, std::vector<uint64_t>{timestamp + 1});
}

}  // namespace
}  // namespace nacre::txn
