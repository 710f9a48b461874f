#include "engine/base/asymmetric_fence.h"

#include <linux/filter.h>
#include <linux/membarrier.h>
#include <linux/seccomp.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstddef>
#include <cstdlib>
#include <memory>
#include <thread>
#include <vector>

#include "engine/base/epoch.h"
#include "engine/base/sanitizers.h"
#include "engine/base/sharded_counter.h"
#include "engine/txn/commit_gate.h"
#include "gtest/gtest.h"
#include "tests/unit/fence_kinds.h"

namespace nacre::base {
namespace {

using Kind = AsymmetricFence::Kind;

struct alignas(128) Line {
  std::atomic<int> value{0};
};

// One of the two may have the only core.
void Await(const Line& line, int round) {
  for (int spins = 0; line.value.load(std::memory_order_acquire) < round; ++spins) {
    if (spins > 100) std::this_thread::yield();
  }
}

// Store buffering: with a fence on both sides, one of the two sees the other. What the light side
// stores has to wait behind stores to lines that the other core holds, so that its load would be
// done long before, were it allowed to; and the heavy side starts at another moment each round.
int CountBothBlind(int rounds) {
  constexpr int kLines = 24;
  constexpr int kMoments = 128;
  Line x;
  Line y;
  Line begin;
  Line end;
  Line lines[kLines];
  int seen_by_light = 0;
  int both_blind = 0;
  std::thread light([&] {
    for (int round = 1; round <= rounds; ++round) {
      Await(begin, round);
      for (Line& line : lines) line.value.store(round, std::memory_order_relaxed);
      x.value.store(round, std::memory_order_release);
      AsymmetricFence::Light();
      seen_by_light = y.value.load(std::memory_order_acquire);
      end.value.store(round, std::memory_order_release);
    }
  });
  for (int round = 1; round <= rounds; ++round) {
    for (Line& line : lines) line.value.store(-round, std::memory_order_relaxed);
    begin.value.store(round, std::memory_order_seq_cst);
    for (volatile int wait = round % kMoments; wait > 0;) wait = wait - 1;
    y.value.store(round, std::memory_order_release);
    AsymmetricFence::Heavy();
    const int seen_by_heavy = x.value.load(std::memory_order_acquire);
    Await(end, round);
    if (seen_by_heavy < round && seen_by_light < round) ++both_blind;
  }
  light.join();
  return both_blind;
}

using AsymmetricFenceTest = OfEachFenceKind;

// Where others rely on it.
class MembarrierTest : public AsymmetricFenceTest {};

INSTANTIATE_TEST_SUITE_P(Kinds, MembarrierTest, ::testing::Values(Kind::kByMembarrier),
                         [](const auto&) { return "Membarrier"; });
INSTANTIATE_TEST_SUITE_P(Kinds, AsymmetricFenceTest, EachFenceKind(), NameOfFenceKind);

TEST_P(AsymmetricFenceTest, StoreBuffering_OneSideSeesTheOther) {
  AsymmetricFence::Decide();
  EXPECT_EQ(CountBothBlind(20'000), 0);
}

// In a child there is one thread, and others that it starts: both are under the barrier.
TEST_P(AsymmetricFenceTest, ChildOfAFork_HasFencesToo) {
  // Its runtime ends a child that starts a thread where the parent had several.
  if (kThreadSanitized) GTEST_SKIP() << "no threads after fork() under the thread sanitizer";
  AsymmetricFence::Heavy();
  const pid_t child = fork();
  ASSERT_NE(child, -1);
  if (child == 0) {
    const uint64_t epoch = EpochDomain::Advance();
    {
      EpochPin pin;
      if (EpochDomain::HasPassed(EpochDomain::Advance())) _exit(1);
    }
    if (!EpochDomain::HasPassed(epoch)) _exit(2);
    _exit(CountBothBlind(20'000) == 0 ? 0 : 3);
  }
  int status = 0;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  ASSERT_TRUE(WIFEXITED(status)) << "signal " << WTERMSIG(status);
  EXPECT_EQ(WEXITSTATUS(status), 0);
}

// From now on the process is refused membarrier(). False: no filter is to be had.
bool ForbidMembarrier() {
  sock_filter code[] = {
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_membarrier, 0, 1),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
  };
  const sock_fprog program = {sizeof(code) / sizeof(code[0]), code};
  return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
         prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0 &&
         syscall(SYS_membarrier, MEMBARRIER_CMD_QUERY, 0, 0) == -1;
}

constexpr int kNoFilter = 77;
constexpr int kNotToBeHad = 78;  // The fences, after a test that relies on the other kind.

// What a child of its own returns from `run`, or minus the signal that ended it.
template <typename Run>
int InChild(Run run) {
  const pid_t child = fork();
  if (child == 0) _exit(run());
  int status = 0;
  if (child == -1 || waitpid(child, &status, 0) != child) return -1;
  return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

// Where it is forbidden from the first, fences take its place.
TEST_P(AsymmetricFenceTest, MembarrierThatIsForbidden_IsNotChosen) {
  const int result = InChild([] {
    if (!ForbidMembarrier()) return kNoFilter;
    if (AsymmetricFence::SetKindForTesting(Kind::kByMembarrier)) return 1;
    if (!AsymmetricFence::SetKindForTesting(Kind::kByFences))
      return GetParam() == Kind::kByFences ? 2 : kNotToBeHad;
    AsymmetricFence::Heavy();
    return 0;
  });
  if (result == kNotToBeHad) GTEST_SKIP() << "not to be had in this process";
  if (result == kNoFilter) GTEST_SKIP() << "the system refuses the filter that forbids the call";
  EXPECT_EQ(result, 0);
}

// Where it is forbidden later, nothing else will do: others rely on it.
TEST_P(MembarrierTest, ThatIsForbiddenLater_StopsTheProcess) {
  const int result = InChild([] {
    if (!ForbidMembarrier()) return kNoFilter;
    AsymmetricFence::Heavy();
    return 0;
  });
  if (result == kNoFilter) GTEST_SKIP() << "the system refuses the filter that forbids the call";
  EXPECT_EQ(result, -SIGABRT);
}

// Calls of membarrier() by the calling thread are answered by who listens. -1: not to be had.
int ListenToMembarrier() {
  sock_filter code[] = {
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_membarrier, 0, 1),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_USER_NOTIF),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
  };
  const sock_fprog program = {sizeof(code) / sizeof(code[0]), code};
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return -1;
  return static_cast<int>(
      syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_NEW_LISTENER, &program));
}

// The kernel is out of memory `times` times, then does it.
void AnswerOutOfMemory(int listener, int times) {
  for (;;) {
    seccomp_notif call{};
    if (ioctl(listener, SECCOMP_IOCTL_NOTIF_RECV, &call) != 0) continue;
    seccomp_notif_resp answer{};
    answer.id = call.id;
    if (times-- > 0) {
      answer.error = -ENOMEM;
    } else {
      answer.flags = SECCOMP_USER_NOTIF_FLAG_CONTINUE;
    }
    ioctl(listener, SECCOMP_IOCTL_NOTIF_SEND, &answer);
  }
}

// Nobody has refused anything.
TEST_P(MembarrierTest, WithoutMemoryForAMoment_IsAskedAgain) {
  const int result = InChild([] {
    std::atomic<int> listener{-1};
    // Made before the filter, which is not its own then.
    std::thread kernel([&] {
      listener.wait(-1);
      if (listener != -2) AnswerOutOfMemory(listener, /*times=*/20);
    });
    kernel.detach();
    const int fd = ListenToMembarrier();
    listener = fd == -1 ? -2 : fd;
    listener.notify_all();
    if (fd == -1) return kNoFilter;
    AsymmetricFence::Heavy();
    return 0;
  });
  if (result == kNoFilter) GTEST_SKIP() << "the system refuses the filter that forbids the call";
  EXPECT_EQ(result, 0);
}

TEST_P(AsymmetricFenceTest, CommitGate_IsClosedWithAFence_AndPassedWithNone) {
  txn::CommitGate gate;
  const uint64_t before = AsymmetricFence::heavy_count();
  { const txn::CommitGate::Passage passage(gate, /*owner=*/false); }
  EXPECT_EQ(AsymmetricFence::heavy_count(), before);
  { const txn::CommitGate::Closed closed(gate); }
  EXPECT_EQ(AsymmetricFence::heavy_count(), before + 1);
}

// Threads with a part of their own, and more of them, which share parts.
TEST_P(AsymmetricFenceTest, CommitGate_NobodyIsInsideWhileItIsClosed) {
  constexpr int kThreads = static_cast<int>(ThreadPart::kOwned) + 6;
  constexpr int kRounds = 300;
  txn::CommitGate gate;
  std::atomic<bool> stop{false};
  std::atomic<int> inside{0};
  std::atomic<int> met{0};
  std::vector<std::thread> threads;
  for (int i = 0; i < kThreads; ++i) {
    threads.emplace_back([&] {
      while (!stop.load(std::memory_order_relaxed)) {
        {
          const txn::CommitGate::Passage passage(gate, /*owner=*/false);
          inside.fetch_add(1, std::memory_order_relaxed);
          inside.fetch_sub(1, std::memory_order_relaxed);
        }
        std::this_thread::yield();
      }
    });
  }
  for (int round = 0; round < kRounds; ++round) {
    const txn::CommitGate::Closed closed(gate);
    if (inside.load(std::memory_order_relaxed) != 0) met.fetch_add(1);
    std::this_thread::yield();
    if (inside.load(std::memory_order_relaxed) != 0) met.fetch_add(1);
  }
  stop = true;
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(met.load(), 0);
}

TEST_P(AsymmetricFenceTest, ShardedCounter_CountsOfMoreThreadsThanParts) {
  constexpr int kThreads = 3 * static_cast<int>(ThreadPart::kCount);
  constexpr int kAdds = 100'000;
  ShardedCounter counter;
  for (int round = 0; round < 2; ++round) {
    // All at once, so that there are not parts enough.
    std::atomic<int> ready{0};
    std::vector<std::thread> threads;
    for (int i = 0; i < kThreads; ++i) {
      threads.emplace_back([&] {
        counter.Add(0);
        ready.fetch_add(1);
        while (ready.load() < kThreads) std::this_thread::yield();
        for (int add = 0; add < kAdds; ++add) {
          counter.Add(1);
          if (add % 4096 == 0) std::this_thread::yield();
        }
      });
    }
    for (std::thread& thread : threads) thread.join();
  }
  EXPECT_EQ(counter.Sum(), 2 * kThreads * kAdds);
}

TEST_P(AsymmetricFenceTest, Epoch_DoesNotPassAPin) {
  std::atomic<int> step{0};
  const auto await = [&](int wanted) {
    while (step.load() < wanted) std::this_thread::yield();
  };
  std::thread reader([&] {
    EpochPin pin;
    step = 1;
    await(2);
  });
  await(1);
  const uint64_t epoch = EpochDomain::Advance();
  EXPECT_FALSE(EpochDomain::HasPassed(epoch));
  step = 2;
  reader.join();
  EXPECT_TRUE(EpochDomain::HasPassed(epoch));
}

// What a reader finds is not freed before it has let go of it; a freed object would say so.
TEST_P(AsymmetricFenceTest, Epoch_KeepsWhatAReaderHasFound) {
  struct Object {
    std::atomic<bool> freed{false};
  };
  constexpr int kObjects = 20'000;
  const auto objects = std::make_unique<Object[]>(kObjects + 1);
  std::atomic<int> current{0};
  std::atomic<bool> stop{false};
  std::atomic<int> freed_under_reader{0};
  std::thread reader([&] {
    while (!stop.load(std::memory_order_relaxed)) {
      EpochPin pin;
      const Object& found = objects[current.load(std::memory_order_acquire)];
      for (int look = 0; look < 8; ++look) {
        if (found.freed.load(std::memory_order_relaxed)) freed_under_reader.fetch_add(1);
      }
    }
  });
  for (int i = 0; i < kObjects; ++i) {
    current.store(i + 1, std::memory_order_release);
    const uint64_t epoch = EpochDomain::Advance();
    while (!EpochDomain::HasPassed(epoch)) std::this_thread::yield();
    objects[i].freed.store(true, std::memory_order_relaxed);
  }
  stop = true;
  reader.join();
  EXPECT_EQ(freed_under_reader.load(), 0);
}

// Of `count` threads that run at once.
size_t HighestIndexOf(int count) {
  std::atomic<size_t> highest{0};
  std::atomic<int> here{0};
  std::vector<std::thread> threads;
  for (int i = 0; i < count; ++i) {
    threads.emplace_back([&] {
      const size_t index = EpochDomain::ThreadIndex();
      size_t seen = highest.load();
      while (seen < index && !highest.compare_exchange_weak(seen, index)) continue;
      here.fetch_add(1);
      while (here.load() != count) std::this_thread::yield();
    });
  }
  for (std::thread& thread : threads) thread.join();
  return highest.load();
}

// Else all that run after a burst of threads share what those share who came too late for a part.
TEST(EpochTest, ThreadsAfterManyOthers_HavePartsOfTheirOwn) {
  EXPECT_GE(HighestIndexOf(40), size_t{39});
  EXPECT_LT(HighestIndexOf(4), ThreadPart::kOwned);
}

// A variable of the application that uses the engine after the engine has said goodbye to the
// thread. Slots are given back all the same, else each such thread would leave one behind.
struct UsesEngineAtTheEnd {
  std::atomic<size_t>* index = nullptr;
  ~UsesEngineAtTheEnd() {
    for (int i = 0; i < 2; ++i) {
      EpochPin pin;
      EpochPin nested;
      if (!EpochDomain::IsPinned()) std::abort();
      index->store(EpochDomain::ThreadIndex());
    }
    if (EpochDomain::ThreadIndex() != EpochDomain::kEndingThread) std::abort();
  }
};

TEST(EpochTest, ThreadThatEnds_PinsAndGivesItsSlotBack) {
  std::atomic<size_t> index{0};
  size_t index_max = 0;
  for (int i = 0; i < 100; ++i) {
    std::thread ends([&] {
      static thread_local UsesEngineAtTheEnd variable;
      variable.index = &index;
      EpochPin pin;
    });
    ends.join();
    if (i == 1) index_max = index;
    if (i > 1) {
      ASSERT_LE(index, index_max);
    }
  }
}

}  // namespace
}  // namespace nacre::base
