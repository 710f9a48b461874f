// Transaction::SwapKeyspaces() beside others, each of whom stands where only a hook can stop them.

#include <thread>

#include "tests/unit/api_fixture.h"
#include "tests/unit/busy_lock.h"

namespace nacre::api {
namespace {

using ::testing::Eq;
using ::testing::Optional;

using SwapFaults = DatabaseTest;

// A change of keyspaces that waits for the exclusive run must not make it fail, nor wait for it.
TEST_F(SwapFaults, AnExclusiveRunIsSureToFinishBesideOtherChanges) {
  const Keyspace a = OpenOrFail("a");
  const Keyspace b = OpenOrFail("b");
  const Keyspace flushed = OpenOrFail("flushed");
  Put("k", "in a", a);
  Put("k", "goes", flushed);
  std::thread flusher;
  NACRE_EXPECT_OK(db_->Transact(
      [&](Transaction& tx) {
        absl::Status status = tx.SwapKeyspaces(a, b);
        flusher = testing::StartUntilItMeetsABusyLock(
            [&] { NACRE_EXPECT_OK(db_->FlushKeyspace(flushed)); });
        return status;
      },
      {.attempts_max = 1, .exclusive_from_attempt = 1}));
  flusher.join();
  EXPECT_THAT(Latest("k", b), Optional(Eq("in a")));
  EXPECT_EQ(Latest("k", a), std::nullopt);
  EXPECT_EQ(Latest("k", flushed), std::nullopt);
}

}  // namespace
}  // namespace nacre::api
