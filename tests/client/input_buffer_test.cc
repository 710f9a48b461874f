#include "client/net/input_buffer.h"

#include <algorithm>
#include <cstring>
#include <random>
#include <string>

#include "gtest/gtest.h"

namespace nacre::client {
namespace {

void Receive(InputBuffer& input, std::string_view bytes, size_t needed = 0) {
  while (!bytes.empty()) {
    const std::span<char> room = input.Room(needed);
    ASSERT_FALSE(room.empty());
    const size_t now = std::min(room.size(), bytes.size());
    std::memcpy(room.data(), bytes.data(), now);
    input.Commit(now);
    bytes.remove_prefix(now);
  }
}

TEST(InputBuffer, UsingTheFrontMovesNothing) {
  InputBuffer input;
  Receive(input, "onetwothree");
  const char* const three = input.unused().data() + 6;
  input.Use(3);
  input.Use(3);
  EXPECT_EQ(input.unused(), "three");
  EXPECT_EQ(input.unused().data(), three);
}

TEST(InputBuffer, ALargeReplyGetsExactlyTheRoomThatItNeeds) {
  InputBuffer input;
  Receive(input, "$10000000\r\nabc");
  const size_t needed = 10'000'000;
  const std::span<char> room = input.Room(needed);
  EXPECT_EQ(room.size(), needed);
  EXPECT_EQ(input.capacity(), 14 + needed);
  EXPECT_EQ(input.unused(), "$10000000\r\nabc");
}

TEST(InputBuffer, AWordAloneGetsNoMoreThanItIsTrusted) {
  InputBuffer input;
  Receive(input, "$1073741000\r\n");
  EXPECT_EQ(input.Room(1'073'741'002).size(), InputBuffer::kTrustedBytes);
}

TEST(InputBuffer, AReplyThatIsTrustedAsItComesIsMovedAFewTimesOnly) {
  InputBuffer input;
  size_t missing = size_t{256} << 20;
  while (missing > 0) {
    const size_t bytes = std::min({input.Room(missing).size(), missing, size_t{128} << 10});
    input.Commit(bytes);
    missing -= bytes;
  }
  EXPECT_EQ(input.unused().size(), size_t{256} << 20);
  EXPECT_LE(input.moves(), 6u);
}

TEST(InputBuffer, MemoryOfALargeReplyIsGivenBack) {
  InputBuffer input;
  Receive(input, std::string(10'000'000, 'v'), 10'000'000);
  input.Use(10'000'000 - 5);
  input.Room(0);
  EXPECT_EQ(input.unused(), "vvvvv");
  EXPECT_LE(input.capacity(), 2 * InputBuffer::kReadBytesMax);
}

TEST(InputBuffer, MemoryOfALargeReplyIsGivenBackAlsoIfReadsAlwaysLeaveSomething) {
  InputBuffer input;
  size_t missing = 10'000'000;
  while (missing > 0) {  // In pieces, so that reads have grown as far as they do.
    const size_t bytes = std::min({input.Room(missing).size(), missing, size_t{300'000}});
    input.Commit(bytes);
    missing -= bytes;
  }
  input.Use(input.unused().size() - 5);
  const size_t bytes = std::min<size_t>(input.Room(1).size(), 200'000);
  input.Commit(bytes);
  input.Use(bytes);
  input.Room(1);
  EXPECT_LE(input.capacity(), 2 * InputBuffer::kReadBytesMax);
}

TEST(InputBuffer, ReadsGrowWithAServerThatFillsThem) {
  InputBuffer input;
  EXPECT_EQ(input.Room(0).size(), InputBuffer::kReadBytesMin);
  for (int i = 0; i < 20; ++i) {
    const size_t room = input.Room(0).size();
    input.Commit(room);
    input.Use(room);
  }
  EXPECT_EQ(input.Room(0).size(), InputBuffer::kReadBytesMax);
}

// Otherwise an array of a thousand large elements would be copied a thousand times.
TEST(InputBuffer, GrowsByDoublingIfTheNeedIsSmall) {
  InputBuffer input;
  size_t moves = 0;
  const std::string element(100'000, 'v');
  for (int i = 0; i < 300; ++i) {
    const char* const before = input.unused().data();
    Receive(input, element, element.size());
    moves += input.unused().data() != before;
  }
  EXPECT_EQ(input.unused().size(), 300 * element.size());
  EXPECT_LT(moves, 15u);
}

TEST(InputBuffer, HoldsWhatWasNotUsedWhateverTheSizes) {
  for (uint32_t seed = 0; seed < 100; ++seed) {
    std::mt19937 random(seed);
    InputBuffer input;
    std::string model;
    for (int step = 0; step < 300; ++step) {
      if (random() % 2 == 0) {
        const size_t needed = random() % 20 == 0 ? random() % 2'000'000 : random() % 100;
        const std::span<char> room = input.Room(needed);
        ASSERT_GE(room.size(), std::max<size_t>(needed, 1));
        const size_t bytes = random() % (room.size() + 1);
        std::memset(room.data(), 'a' + step % 26, bytes);
        input.Commit(bytes);
        model.append(bytes, static_cast<char>('a' + step % 26));
      } else {
        const size_t bytes = random() % (model.size() + 1);
        input.Use(bytes);
        model.erase(0, bytes);
      }
      ASSERT_TRUE(input.unused() == model) << "seed " << seed;
    }
  }
}

}  // namespace
}  // namespace nacre::client
