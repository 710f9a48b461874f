// The limit of snapshots, where idle threads have places.

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <semaphore>
#include <thread>
#include <vector>

#include "engine/base/asymmetric_fence.h"
#include "engine/txn/snapshot_registry.h"
#include "gtest/gtest.h"
#include "tests/unit/fence_kinds.h"

namespace nacre::txn {
namespace {

using SnapshotPlaces = base::OfEachFenceKind;

INSTANTIATE_TEST_SUITE_P(Kinds, SnapshotPlaces, base::EachFenceKind(), base::NameOfFenceKind);

// Whoever asks has a ticket, of which there are as many as places: at homes, beside them, and where
// idle homes have them.
TEST_P(SnapshotPlaces, WhereThereIsRoomForAllNobodyIsRefused) {
  constexpr int kThreads = 4;
  constexpr int kRounds = 3000;
  using Holder = SnapshotRegistry::Holder;
  for (const ptrdiff_t limit : {1, 2, 3, 5}) {
    SCOPED_TRACE(limit);
    const std::atomic<uint64_t> clock{7};
    SnapshotRegistry registry(clock, static_cast<size_t>(limit));
    std::counting_semaphore tickets(limit);
    std::atomic<int> refused{0};
    std::vector<std::thread> threads;
    for (int thread = 0; thread < kThreads; ++thread) {
      threads.emplace_back([&, thread] {
        for (int round = 0; round < kRounds; ++round) {
          tickets.acquire();
          const bool transaction = (thread + round / 4) % 2 == 0;
          const auto one =
              registry.Register(0, transaction ? Holder::kTransaction : Holder::kSnapshot);
          if (one) {
            registry.Release(*one);
          } else {
            ++refused;
          }
          tickets.release();
        }
      });
    }
    for (std::thread& thread : threads) thread.join();
    EXPECT_EQ(refused.load(), 0);
    // All places came back.
    std::vector<SnapshotRegistry::Registration> held;
    while (const auto registration = registry.Register(0)) held.push_back(*registration);
    EXPECT_EQ(held.size(), static_cast<size_t>(limit));
    for (const SnapshotRegistry::Registration& each : held) registry.Release(each);
  }
}

}  // namespace
}  // namespace nacre::txn
