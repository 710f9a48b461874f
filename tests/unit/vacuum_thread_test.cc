// When the vacuum's thread works, naps and sleeps.

#include <atomic>
#include <chrono>
#include <latch>
#include <string>
#include <thread>
#include <vector>

#include "tests/unit/vacuum_fixture.h"

namespace nacre::vacuum {
namespace {

// The thread, and what it is up to.
class VacuumThread : public VacuumFixture {
 protected:
  void SetUp() override {
    tuning_.after_pass = [this] { Note(/*asleep=*/false); };
    tuning_.before_sleep = [this] { Note(/*asleep=*/true); };
    Options options;
    options.time_source = [this] { return absl::FromUnixMillis(now_ms_.load()); };
    Open(options);
  }

  // Waits for what a pass brings about.
  template <typename Condition>
  void Await(Condition condition) {
    base::MutexLock lock(mutex_);
    while (!condition()) noted_.Wait(mutex_);
  }
  // Until it sleeps for as long as nobody rings.
  void AwaitSleep() {
    base::MutexLock lock(mutex_);
    const auto& begun = store_->counters.vacuum_passes;
    while (!asleep_ || passes_ != begun.load()) noted_.Wait(mutex_);
  }
  void Close() {
    vacuum_->Stop();
    EXPECT_EQ(vacuum_->queued(), 0u);
    for (txn::Tree* tree : store_->keyspaces.ListTrees()) FreeTreeNow(*tree);
    vacuum_.reset();
    store_.reset();
  }
  void AwaitPass() {
    base::MutexLock lock(mutex_);
    for (const uint64_t before = passes_; passes_ == before;) noted_.Wait(mutex_);
  }

  std::atomic<int64_t> now_ms_{1000};

 private:
  void Note(bool asleep) {
    base::MutexLock lock(mutex_);
    asleep_ = asleep;
    if (!asleep) ++passes_;
    noted_.NotifyAll();
  }

  base::Mutex mutex_;
  base::CondVar noted_;
  bool asleep_ ABSL_GUARDED_BY(mutex_) = false;
  uint64_t passes_ ABSL_GUARDED_BY(mutex_) = 0;
};

TEST_F(VacuumThread, WakesForGarbageAndForTheEndOfASnapshot) {
  vacuum_->Start();
  for (int round = 0; round < 20; ++round) {
    Put("k", "1");
    Put("k", "2");
    Await([&] { return Chain("k").size() == 1; });
    const Registration held = Snapshot();
    Put("k", "3");
    // With what was promoted after the snapshot had begun, two.
    Await([&] { return vacuum_->parked() != 0; });
    End(held);
    Await([&] { return Chain("k").size() == 1; });
  }
}

TEST_F(VacuumThread, RemovesAKeySoonAfterItsTimeHasCome) {
  vacuum_->Start();
  AwaitSleep();
  Put("k", "v", /*expiry=*/1030);  // Rings, or the first expiry would be slept through.
  AwaitPass();
  EXPECT_TRUE(HasRecord("k"));
  now_ms_ = 1030;
  Await([&] { return !HasRecord("k"); });
  EXPECT_EQ(store_->counters.keys_expired.load(), 1u);
}

TEST_F(VacuumThread, TakesADroppedTreeApart) {
  vacuum_->Start();
  for (int i = 0; i < 10'000; ++i) Put("k" + std::to_string(i), "v");
  Flush();
  Await([&] { return store_->keyspaces.ListTrees().size() == 1; });
  Await([&] { return store_->counters.memory_bytes.Sum() == 0; });
}

TEST_F(VacuumThread, SleepsWhenThereIsNothingToDo) {
  vacuum_->Start();
  Put("k", "1");
  Put("k", "2");
  Await([&] { return Chain("k").size() == 1 && store_->retired.waiting() == 0; });
  AwaitSleep();
}

// So many updates between two passes, from a thread that looks after nothing.
TEST_F(VacuumThread, NapsForLongerWhileThereIsLittleToDo) {
  using std::chrono::milliseconds;
  const std::vector<milliseconds> longer = {milliseconds(1), milliseconds(2), milliseconds(4),
                                            milliseconds(8), milliseconds(8), milliseconds(8)};
  const std::vector<milliseconds> short_ones(longer.size(), milliseconds(1));
  constexpr size_t kAtOnce = 2 * GarbageQueue::kOwnEntries;  // As many rest as are young.
  struct Case {
    size_t threads;
    size_t updates;  // Of each, between two passes.
    const std::vector<milliseconds>& naps;
  };
  for (const auto& [threads, updates, expected] :
       {Case{1, 1, longer}, Case{1, kAtOnce * 3 / 4, longer}, Case{1, kAtOnce * 3 / 2, short_ones},
        Case{4, kAtOnce * 3 / 4, longer}, Case{4, 3 * kAtOnce, short_ones}}) {
    const auto update = [this, threads = threads, count = updates] {
      std::latch all(static_cast<ptrdiff_t>(threads));
      std::vector<std::thread> writers;
      for (size_t thread = 0; thread < threads; ++thread) {
        writers.emplace_back([this, thread, count, &all] {
          const std::string prefix = std::to_string(thread) + " ";
          for (size_t i = 0; i < count; ++i) Put(prefix + std::to_string(i), "v");
          // Each has a shard for itself.
          all.arrive_and_wait();
        });
      }
      for (std::thread& writer : writers) writer.join();
    };
    std::vector<milliseconds> naps;
    std::atomic<bool> enough{false};
    tuning_.after_pass = update;
    tuning_.before_nap = [&, count = expected.size()](std::chrono::nanoseconds nap) {
      if (naps.size() < count) naps.push_back(std::chrono::duration_cast<milliseconds>(nap));
      enough = naps.size() == count;
    };
    Options options;
    options.vacuum_backlog_max = 1'000'000;  // Beyond a quarter of it there is no nap.
    Open(options);
    update();
    update();
    vacuum_->Start();
    while (!enough) std::this_thread::yield();
    Close();
    EXPECT_EQ(naps, expected) << updates << " updates of each of " << threads;
  }
}

TEST_F(VacuumThread, EndsWhileItSleepsAndWhileItWorks) {
  for (int round = 0; round < 20; ++round) {
    Open({});
    vacuum_->Start();
    for (int i = 0; i < 100 * round; ++i) Put("k", "v");
    Close();
  }
}

}  // namespace
}  // namespace nacre::vacuum
