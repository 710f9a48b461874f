// BACKPRESSURE where much is freed at once: what comes back to its slot must not make the queue
// long.

#include <algorithm>
#include <atomic>
#include <chrono>
#include <thread>

#include "tests/unit/api_fixture.h"

namespace nacre::api {
namespace {

constexpr int kKeys = 20'000;
constexpr uint64_t kBacklogMax = 2000;

class VacuumBacklog : public DatabaseTest {
 protected:
  void PutAll(std::string_view value, uint64_t* queued_most = nullptr) {
    for (int i = 0; i < kKeys; ++i) {
      Put(std::to_string(i), value);
      if (queued_most == nullptr) continue;
      *queued_most = std::max(*queued_most, db_->GetStats().versions_queued);
    }
  }
};

// A reader that is pinned, or one that gets no processor: all slots that become free meanwhile are
// freed in a few hundred commits.
TEST_F(VacuumBacklog, SlotsThatALongPinHeld_DoNotMakeTheQueueLongerThanItMayBe) {
  Open({.vacuum_thread = false, .vacuum_backlog_max = kBacklogMax});
  PutAll("first");
  db_->RunVacuumOnce();
  std::atomic<bool> inside{false};
  std::atomic<bool> done{false};
  std::thread reader([&] {
    NACRE_EXPECT_OK(db_->ReadLatest("0", [&](std::optional<std::string_view>, absl::Time) {
      inside = true;
      while (!done) std::this_thread::yield();
    }));
  });
  while (!inside) std::this_thread::yield();
  PutAll("second");
  EXPECT_GE(db_->GetStats().objects_retired, uint64_t{kKeys} - kBacklogMax) << "nothing was held";
  done = true;
  reader.join();
  uint64_t queued_most = 0;
  PutAll("third", &queued_most);
  // One thread may push so many before others know.
  EXPECT_LE(queued_most, kBacklogMax + kBacklogMax / 64 + 16);
  EXPECT_LE(db_->GetStats().objects_retired, 10'000U) << "what was held is freed nevertheless";
  for (int pass = 0; pass < 3; ++pass) db_->RunVacuumOnce();
  NACRE_EXPECT_OK(db_->Verify());
  EXPECT_EQ(db_->GetStats().versions_queued, 0U);
}

// Where the queue is as short as it may be, whatever the thread is handed at once.
TEST_F(VacuumBacklog, SlotsThatALongTransactionHeld_AreTakenAgainByTheNewestVersions) {
  Open({.vacuum_backlog_max = kBacklogMax});
  PutAll("first");
  Transaction reader = db_->Begin({.read_only = true});
  PutAll("second");
  const Stats before = db_->GetStats();
  NACRE_EXPECT_OK(reader.Commit());
  for (Stats now = before;
       now.versions_pruned - before.versions_pruned < kKeys || now.objects_retired != 0;
       now = db_->GetStats()) {
    std::this_thread::sleep_for(std::chrono::milliseconds(1));  // GetStats() pins.
  }
  // All of them, but where this thread stood still in GetStats() and held what was retired.
  EXPECT_GE(db_->GetStats().versions_promoted - before.versions_promoted, uint64_t{kKeys} / 2);
}

}  // namespace
}  // namespace nacre::api
