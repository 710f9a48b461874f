// What an exception leaves behind. Memory runs out at each allocation of a workload in turn, in a
// child of its own: the call throws std::bad_alloc and the database is whole, or the process ends
// and says why. Nothing hangs. Without the memory pool, so that each block is an allocation that
// may fail; where the pool has no memory, it throws the same (block_test.cc).

#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <new>
#include <stdexcept>
#include <thread>

#include "nacre/memory.h"
#include "tests/unit/api_fixture.h"

namespace {

// Allocations that are still granted; negative: all.
long allocations_left = -1;
bool ran_out = false;

void* Allocate(size_t bytes, size_t alignment) {
  if (allocations_left >= 0 && allocations_left-- == 0) {
    ran_out = true;
    throw std::bad_alloc();
  }
  const size_t rounded = (bytes + alignment - 1) / alignment * alignment;
  void* memory = std::aligned_alloc(alignment, rounded == 0 ? alignment : rounded);
  if (memory == nullptr) throw std::bad_alloc();
  return memory;
}

}  // namespace

void* operator new(size_t bytes) { return Allocate(bytes, alignof(std::max_align_t)); }
void* operator new(size_t bytes, std::align_val_t alignment) {
  return Allocate(bytes, static_cast<size_t>(alignment));
}
void* operator new(size_t bytes, const std::nothrow_t&) noexcept {
  return std::aligned_alloc(alignof(std::max_align_t), (bytes / 16 + 1) * 16);
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, size_t) noexcept { std::free(memory); }
void operator delete(void* memory, std::align_val_t) noexcept { std::free(memory); }
void operator delete(void* memory, size_t, std::align_val_t) noexcept { std::free(memory); }

namespace nacre::api {
namespace {

enum ExitCode : int { kWhole = 0, kNotWhole = 1, kHadEnough = 2 };

constexpr int kOldKeys = 40;

std::string OldKey(int i) { return "old" + std::to_string(i); }
// Some of them split edges, others make nodes grow.
std::string NewKey(int i) { return std::string("new") + char('a' + i % 5) + std::to_string(i); }

struct Workload {
  const char* name;
  std::function<void(Database& db)> run;
  bool may_throw = true;
  bool may_end = true;
  Options options = {};
};

void PutAll(Database& db, std::string_view value) {
  for (int i = 0; i < kOldKeys; ++i) {
    (void)db.Transact([&](Transaction& tx) { return tx.Put(OldKey(i), value); });
  }
}

// Whatever was locked or half done shows here.
int Judge(Database& db) {
  for (int i = 0; i < kOldKeys; ++i) {
    for (const std::string& key : {OldKey(i), NewKey(i)}) {
      if (!db.Transact([&](Transaction& tx) { return tx.Put(key, "again"); }).ok()) {
        return kNotWhole;
      }
    }
  }
  for (int pass = 0; pass < 3; ++pass) db.RunVacuumOnce();
  const bool whole =
      db.Verify().ok() && db.GetStats().active_snapshots == 0 && db.GetStats().objects_retired == 0;
  return whole ? kWhole : kNotWhole;
}

int RunChild(const Workload& workload, long granted) {
  alarm(60);
  if (!ConfigureMemoryPool({.enabled = false}).ok()) return kNotWhole;
  Options options = workload.options;
  options.vacuum_thread = false;
  std::unique_ptr<Database> db = *Database::Open(options);
  PutAll(*db, "first");
  PutAll(*db, "second");
  // Its home is idle from now on.
  std::thread([&db] { (void)db->Begin(); }).join();
  allocations_left = granted;
  try {
    workload.run(*db);
  } catch (const std::bad_alloc&) {
  }
  allocations_left = -1;
  if (!ran_out) return kHadEnough;
  const int code = Judge(*db);
  db.reset();
  return code;
}

struct Outcome {
  int status = 0;
  std::string said;
};

Outcome RunOutAfter(const Workload& workload, long granted) {
  Outcome outcome;
  int out[2];
  if (pipe(out) != 0) std::abort();
  const pid_t child = fork();
  if (child == 0) {
    dup2(out[1], STDERR_FILENO);
    _exit(RunChild(workload, granted));
  }
  close(out[1]);
  char buffer[512];
  for (ssize_t n = 0; (n = read(out[0], buffer, sizeof(buffer))) > 0;) {
    outcome.said.append(buffer, static_cast<size_t>(n));
  }
  close(out[0]);
  if (child == -1 || waitpid(child, &outcome.status, 0) != child) std::abort();
  return outcome;
}

void TryEachAllocation(const Workload& workload) {
  int threw = 0;
  int ended = 0;
  for (long granted = 0;; ++granted) {
    const Outcome outcome = RunOutAfter(workload, granted);
    if (WIFEXITED(outcome.status)) {
      if (WEXITSTATUS(outcome.status) == kHadEnough) break;
      ASSERT_EQ(WEXITSTATUS(outcome.status), kWhole)
          << workload.name << ", allocation " << granted << ": " << outcome.said;
      ++threw;
    } else {
      // SIGALRM: it hung.
      ASSERT_EQ(WTERMSIG(outcome.status), SIGABRT) << workload.name << ", allocation " << granted;
      ASSERT_THAT(outcome.said, testing::HasSubstr("terminate called"))
          << workload.name << ", allocation " << granted;
      ++ended;
    }
  }
  EXPECT_EQ(threw != 0, workload.may_throw) << workload.name << ": " << threw;
  EXPECT_EQ(ended != 0, workload.may_end) << workload.name << ": " << ended;
}

TEST(OutOfMemoryTest, WhilePutting_ThrowsOrEnds) {
  TryEachAllocation({"put and roll back", [](Database& db) {
                       Transaction tx = db.Begin();
                       const Savepoint savepoint = tx.SetSavepoint();
                       for (int i = 0; i < 20; ++i) (void)tx.Put(NewKey(i), "value");
                       (void)tx.RollbackTo(savepoint);
                       (void)tx.Put(NewKey(3), std::string(100, 'v'));
                     }});
}

TEST(OutOfMemoryTest, WhileCommitting_ThrowsOrEnds) {
  TryEachAllocation({"commit", [](Database& db) {
                       Transaction tx = db.Begin();
                       (void)tx.Put(OldKey(1), "changed");
                       (void)tx.Delete(OldKey(2));
                       for (int i = 0; i < 20; ++i) (void)tx.Put(NewKey(i), "value");
                       (void)tx.Commit();
                     }});
}

// Who goes on after a Put that threw commits what was put.
TEST(OutOfMemoryTest, PutsThatThrowAndAreIgnored_CommitTheOthers) {
  TryEachAllocation({"swallow", [](Database& db) {
                       Transaction tx = db.Begin();
                       for (int i = 0; i < 60; ++i) {
                         try {
                           (void)tx.Put(NewKey(i % 20), "value");
                         } catch (const std::bad_alloc&) {
                         }
                       }
                       (void)tx.Commit();
                     }});
}

TEST(OutOfMemoryTest, SerializableReadsAndIterators_ThrowOrEnd) {
  TryEachAllocation({"serializable", [](Database& db) {
                       Transaction tx = db.Begin({.isolation = Isolation::kSerializable});
                       for (int i = 0; i < 20; ++i) (void)tx.Get(i % 2 ? OldKey(i) : NewKey(i));
                       (void)tx.Put(NewKey(0), "value");
                       Iterator iterator = tx.NewIterator({});
                       iterator.SeekToFirst();
                       (void)tx.Put(NewKey(1), "value");
                       (void)tx.Scan({}, [](std::string_view, std::string_view) { return true; });
                       (void)tx.Commit();
                     }});
}

TEST(OutOfMemoryTest, LockFirstTransactions_ThrowOrEnd) {
  TryEachAllocation({"locked", [](Database& db) {
                       WriteBatch batch;
                       for (int i = 0; i < 10; ++i) batch.Put(NewKey(i), "value");
                       (void)db.Write(batch);
                       (void)db.Modify(OldKey(1), [](std::optional<std::string_view>) {
                         return Modification::Put("modified");
                       });
                     }});
}

TEST(OutOfMemoryTest, Snapshots_ThrowOrEnd) {
  TryEachAllocation({"snapshot",
                     [](Database& db) {
                       absl::StatusOr<Snapshot> snapshot = db.TakeSnapshot();
                       (void)snapshot->Get(OldKey(1));
                       (void)snapshot->Count({});
                       (void)db.TakeSnapshot();
                       (void)db.TakeSnapshot();
                     },
                     /*may_throw=*/true,
                     /*may_end=*/true,
                     {.snapshots_max = 2}});
}

TEST(OutOfMemoryTest, TheVacuum_Ends) {
  TryEachAllocation({"vacuum", [](Database& db) { db.RunVacuumOnce(); }, /*may_throw=*/false});
}

// Who looks changes nothing, and committers do their shares again.
TEST(OutOfMemoryTest, Verification_Throws) {
  const auto verify = [](Database& db) {
    try {
      (void)db.Verify();
    } catch (const std::bad_alloc&) {
      allocations_left = -1;
      const uint64_t before = db.GetStats().vacuum_assists;
      for (int i = 0; i < 1000; ++i) PutAll(db, "again");
      if (db.GetStats().vacuum_assists == before) _exit(kNotWhole);
    }
  };
  TryEachAllocation(
      {"verification", verify, /*may_throw=*/true, /*may_end=*/false, {.vacuum_backlog_max = 10}});
}

TEST(OutOfMemoryTest, Keyspaces_ThrowOrEnd) {
  TryEachAllocation({"keyspaces", [](Database& db) {
                       const Keyspace a = *db.OpenKeyspace("the name of a keyspace, a long one");
                       (void)db.SwapKeyspaces(a, Keyspace());
                       (void)db.FlushAllKeyspaces();
                       (void)db.DropKeyspace(a);
                     }});
}

// The same holds for what a user's function throws: nothing stays locked.
class ThrowingFunctionTest : public DatabaseTest {};

TEST_F(ThrowingFunctionTest, OfAScan_LeavesATransactionThatGoesOn) {
  Put("a", "1");
  Transaction tx = db_->Begin();
  EXPECT_THROW((void)tx.Scan({},
                             [](std::string_view, std::string_view) -> bool {
                               throw std::runtime_error("enough");
                             }),
               std::runtime_error);
  NACRE_EXPECT_OK(tx.Put("b", "2"));
  NACRE_EXPECT_OK(tx.Commit());
  EXPECT_EQ(Latest("b"), "2");
}

TEST_F(ThrowingFunctionTest, OfATransaction_RollsItBack) {
  Put("a", "1");
  const auto fail = [](Transaction& tx) -> absl::Status {
    (void)tx.Put("a", "2");
    throw std::runtime_error("enough");
  };
  const Database::LockedKey locked{Keyspace(), "a"};
  EXPECT_THROW((void)db_->Transact(fail), std::runtime_error);
  EXPECT_THROW((void)db_->Transact(fail, {.exclusive_from_attempt = 1}), std::runtime_error);
  EXPECT_THROW((void)db_->TransactLocked({&locked, 1}, fail), std::runtime_error);
  EXPECT_EQ(Latest("a"), "1");
  Put("a", "3");
  EXPECT_EQ(Latest("a"), "3");
}

}  // namespace
}  // namespace nacre::api
