// When retired objects are freed, and who may hold that up.

#include "engine/base/retire.h"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>
#include <vector>

#include "engine/base/epoch.h"

namespace nacre::base {
namespace {

constexpr size_t kBatch = RetireList::kBatchObjects;

// Counts its deletion.
struct Object {
  explicit Object(std::atomic<size_t>& deleted_objects) : deleted(deleted_objects) {}
  static void Free(void* object) {
    auto* const self = static_cast<Object*>(object);
    self->deleted.fetch_add(1);
    delete self;
  }
  std::atomic<size_t>& deleted;
};

class EpochsClosed {
 public:
  uint64_t count() const { return (internal::global_epoch.value.load() - first_) / 2; }

 private:
  const uint64_t first_ = internal::global_epoch.value.load();  // They are odd.
};

class Retire : public ::testing::Test {
 protected:
  void Add(size_t count) {
    for (size_t i = 0; i < count; ++i) list_.Add(new Object(deleted_), Object::Free);
  }

  std::atomic<size_t> deleted_{0};
  RetireList list_;  // Ends first.
};

TEST_F(Retire, ABatchIsFreedWhenItIsFullAndTheRestByReclaim) {
  Add(kBatch - 1);
  EXPECT_EQ(list_.ReclaimBatch(), 0u);
  Add(1);
  EXPECT_EQ(deleted_, 0u);  // Add() frees nothing.
  EXPECT_EQ(list_.waiting(), kBatch);
  EXPECT_EQ(list_.ReclaimBatch(), kBatch);
  EXPECT_EQ(deleted_, kBatch);
  Add(3 * kBatch + 7);
  EXPECT_EQ(list_.Reclaim(kBatch + 1), 2 * kBatch);  // Whole batches.
  EXPECT_EQ(list_.Reclaim(SIZE_MAX), kBatch + 7);
  EXPECT_EQ(list_.Reclaim(SIZE_MAX), 0u);
  EXPECT_EQ(list_.waiting(), 0u);
}

TEST_F(Retire, NothingIsFreedUnderAPinThatIsAsOld) {
  std::atomic<int> step{0};
  std::thread reader([&] {
    EpochPin pin;
    step = 1;
    while (step != 2) std::this_thread::yield();
  });
  while (step != 1) std::this_thread::yield();
  Add(2 * kBatch + 1);
  EXPECT_EQ(list_.ReclaimBatch(), 0u);
  EXPECT_EQ(list_.Reclaim(SIZE_MAX), 0u);
  {
    EpochPin younger;  // Does not hold what was retired before it.
    step = 2;
    reader.join();
    EXPECT_EQ(list_.ReclaimBatch(), kBatch);
    Add(kBatch);
    EXPECT_EQ(list_.Reclaim(SIZE_MAX), kBatch + 1);
  }
  EXPECT_EQ(list_.Reclaim(SIZE_MAX), kBatch);
  EXPECT_EQ(deleted_, 3 * kBatch + 1);
}

// Gets objects in the place of a Free, and frees every second one.
class EverySecond : public RetireList::Taker {
 public:
  void TakeAll(absl::Span<void* const> objects) noexcept override {
    EXPECT_LE(objects.size(), RetireList::kTakenAtOnce);
    for (void* const object : objects) {
      if (++taken % 2 == 0) {
        Object::Free(object);
      } else {
        kept.push_back(static_cast<Object*>(object));
      }
    }
  }
  size_t taken = 0;
  std::vector<Object*> kept;
};

TEST_F(Retire, ATakerGetsWhatWasRetiredWithItsFree) {
  EverySecond taker;
  list_.SetTaker(Object::Free, &taker);
  static size_t others_freed;
  others_freed = 0;
  const auto free_other = [](void* object) { *static_cast<size_t*>(object) += 1; };
  for (size_t i = 0; i < kBatch; ++i) {
    Add(1);
    list_.Add(&others_freed, free_other);
  }
  EXPECT_EQ(taker.taken, 0u);
  EXPECT_EQ(list_.ReclaimBatch(), kBatch);
  EXPECT_EQ(list_.ReclaimOwn(SIZE_MAX), kBatch);
  EXPECT_EQ(taker.taken, kBatch);
  EXPECT_EQ(others_freed, kBatch);
  EXPECT_EQ(deleted_, kBatch / 2);
  list_.SetTaker(Object::Free, nullptr);
  Add(1);
  EXPECT_EQ(list_.Reclaim(SIZE_MAX), 1u);
  EXPECT_EQ(taker.taken, kBatch);
  for (Object* object : taker.kept) Object::Free(object);
}

TEST_F(Retire, AtTheEndNoTakerIsAsked) {
  EverySecond taker;
  {
    RetireList list;
    list.SetTaker(Object::Free, &taker);
    list.Add(new Object(deleted_), Object::Free);
  }
  EXPECT_EQ(taker.taken, 0u);
  EXPECT_EQ(deleted_, 1u);
}

// Between two objects, as a thread that has lost its core.
struct StandsStill {
  static void Free(void* object) {
    auto* const self = static_cast<StandsStill*>(object);
    self->stands = true;
    while (!self->goes_on) std::this_thread::yield();
  }
  std::atomic<bool> stands{false};
  std::atomic<bool> goes_on{false};
};

TEST_F(Retire, WhoStandsStillWhileFreeingHoldsUpNobody) {
  StandsStill object;
  list_.Add(&object, StandsStill::Free);
  std::thread still([&] { list_.Reclaim(SIZE_MAX); });
  while (!object.stands) std::this_thread::yield();
  for (int i = 0; i < 100; ++i) {
    Add(kBatch);
    EXPECT_EQ(list_.ReclaimBatch(), kBatch);
  }
  EXPECT_EQ(list_.waiting(), 1u);
  object.goes_on = true;
  still.join();
  EXPECT_EQ(list_.waiting(), 0u);
}

// Add() is called under latches of keys, and a fence may take long.
TEST_F(Retire, NoEpochIsClosedByAdd_AndOneForAllThatIsThere) {
  const EpochsClosed closed;
  // In several shards.
  std::atomic<int> added{0};
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      Add(10 * kBatch + 3);
      for (++added; added != 4;) std::this_thread::yield();
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(closed.count(), 0u);
  while (list_.ReclaimBatch() != 0) {
  }
  EXPECT_EQ(closed.count(), 1u);
  EXPECT_LT(list_.waiting(), RetireList::kShards * kBatch);
  list_.Reclaim(SIZE_MAX);
  EXPECT_EQ(list_.waiting(), 0u);
  EXPECT_EQ(closed.count(), 2u);
  list_.Reclaim(SIZE_MAX);
  EXPECT_EQ(closed.count(), 2u);
}

// Little by little, and only what is its own.
TEST_F(Retire, AThreadFreesItsOwnOnceTheirEpochHasPassed) {
  const size_t own = EpochDomain::ThreadIndex();
  std::thread([&] {
    ASSERT_NE(EpochDomain::ThreadIndex(), own);
    Add(kBatch);
  }).join();
  Add(kBatch + 5);
  EXPECT_EQ(list_.ReclaimOwn(10), 0u) << "nobody has closed an epoch";
  {
    EpochPin pin;
    list_.CloseOwn();
    EXPECT_EQ(list_.ReclaimOwn(10), 0u) << "a pin is as old";
  }
  const EpochsClosed closed;
  list_.CloseOwn();
  EXPECT_EQ(closed.count(), 0u) << "what is closed waits to be freed";
  EXPECT_EQ(list_.ReclaimOwn(10), 10u);
  EXPECT_EQ(deleted_, 10u);
  EXPECT_EQ(list_.ReclaimOwn(SIZE_MAX), kBatch - 10);
  EXPECT_EQ(list_.ReclaimOwn(10), 0u) << "five fill no batch";
  EXPECT_EQ(list_.Reclaim(SIZE_MAX), kBatch + 5);
  EXPECT_EQ(list_.waiting(), 0u);
}

TEST_F(Retire, WhatAThreadHasBegunToFreeOthersFreeToo) {
  Add(kBatch);
  list_.CloseOwn();
  EXPECT_EQ(list_.ReclaimOwn(100), 100u);
  std::thread([&] { EXPECT_EQ(list_.ReclaimBatch(), kBatch - 100); }).join();
  EXPECT_EQ(list_.ReclaimOwn(100), 0u);
  EXPECT_EQ(deleted_, kBatch);
  EXPECT_EQ(list_.waiting(), 0u);
}

// A thread that frees a little keeps nobody's but its own from being freed; until it stops.
TEST_F(Retire, WhatItsOwnThreadFreesIsLeftToIt) {
  const size_t own = EpochDomain::ThreadIndex();
  std::thread([&] {
    ASSERT_NE(EpochDomain::ThreadIndex(), own);
    Add(kBatch + 5);
  }).join();
  Add(kBatch + 7);
  list_.CloseOwn();
  EXPECT_EQ(list_.ReclaimOwn(10), 10u);
  EXPECT_EQ(list_.ReclaimUntended(SIZE_MAX), kBatch + 5);
  EXPECT_EQ(list_.waiting(), kBatch - 10 + 7);
  EXPECT_EQ(list_.ReclaimUntended(SIZE_MAX), kBatch - 10 + 7) << "nobody has freed since";
  EXPECT_EQ(list_.waiting(), 0u);
}

// While a reader keeps what is older, to close more epochs frees nothing.
TEST_F(Retire, CommittersCloseNoEpochWhileAnOlderOneWaits) {
  const EpochPin pin;
  Add(kBatch);
  EXPECT_EQ(list_.ReclaimBatch(), 0u);
  const EpochsClosed closed;
  for (int i = 0; i < 10; ++i) {
    Add(kBatch);
    EXPECT_EQ(list_.ReclaimBatch(), 0u);
  }
  EXPECT_EQ(closed.count(), 0u);
}

TEST_F(Retire, WhoHasAddedOwes) {
  RetireList::TakeOwed();
  Add(7);
  std::thread([&] {
    Add(5);
    EXPECT_EQ(RetireList::TakeOwed(), 5u);
  }).join();
  EXPECT_EQ(RetireList::TakeOwed(), 7u);
  EXPECT_EQ(RetireList::TakeOwed(), 0u);
}

// Readers follow a pointer that writers keep exchanging. Whoever meets freed memory sees a wrong
// number, or is told by a sanitizer.
TEST_F(Retire, UnderReadersAndSeveralThatFree) {
  struct Cell {
    static void Free(void* cell) {
      static_cast<Cell*>(cell)->number = 0;
      delete static_cast<Cell*>(cell);
    }
    uint64_t number = 42;
  };
  std::atomic<Cell*> shared{new Cell};
  std::atomic<bool> stop{false};
  std::atomic<size_t> wrong{0};
  std::vector<std::thread> threads;
  for (int i = 0; i < 2; ++i) {
    threads.emplace_back([&] {
      while (!stop) {
        EpochPin pin;
        if (shared.load(std::memory_order_acquire)->number != 42) ++wrong;
      }
    });
    threads.emplace_back([&] {
      for (int n = 0; n < 40'000; ++n) {
        list_.Add(shared.exchange(new Cell, std::memory_order_acq_rel), Cell::Free);
        if (n % 100 == 0) list_.ReclaimBatch();
        if (n % 1000 == 0) list_.Reclaim(kBatch);
      }
    });
  }
  threads[1].join();
  threads[3].join();
  stop = true;
  threads[0].join();
  threads[2].join();
  EXPECT_EQ(wrong, 0u);
  list_.Reclaim(SIZE_MAX);
  EXPECT_EQ(list_.waiting(), 0u);
  Cell::Free(shared.load());
}

// It waits for no epoch, whoever frees.
TEST_F(Retire, WhatHasPassedAlreadyIsFreedUnderAnyPin) {
  std::atomic<int> step{0};
  std::thread pinned([&] {
    EpochPin pin;
    step = 1;
    step.notify_all();
    step.wait(1);
  });
  step.wait(0);
  const auto add_passed = [this](size_t count) {
    std::vector<void*> objects(count);
    for (void*& object : objects) object = new Object(deleted_);
    list_.AddPassed(objects, Object::Free);
  };
  Add(kBatch);
  list_.CloseOwn();
  add_passed(kBatch);
  add_passed(10);
  EXPECT_EQ(list_.waiting(), 2 * kBatch + 10);
  EXPECT_EQ(list_.ReclaimOwn(20), 20u);
  EXPECT_EQ(list_.ReclaimUntended(SIZE_MAX), 0u) << "its own thread frees it";
  EXPECT_EQ(list_.ReclaimOwn(SIZE_MAX), kBatch - 10);
  EXPECT_EQ(list_.ReclaimOwn(20), 0u) << "the rest is retired";
  add_passed(30);
  std::thread([&] { EXPECT_EQ(list_.Reclaim(SIZE_MAX), 30u); }).join();
  EXPECT_EQ(deleted_, kBatch + 40);
  step = 2;
  step.notify_all();
  pinned.join();
  EXPECT_EQ(list_.Reclaim(SIZE_MAX), kBatch);
}

TEST_F(Retire, TheEndFreesTheRest) {
  {
    RetireList list;
    for (size_t i = 0; i < kBatch + 5; ++i) list.Add(new Object(deleted_), Object::Free);
    void* const passed = new Object(deleted_);
    list.AddPassed({&passed, 1}, Object::Free);
  }
  EXPECT_EQ(deleted_, kBatch + 6);
}

}  // namespace
}  // namespace nacre::base
