// Traps of the design that need time, keyspaces, locked transactions or the age of snapshots: each
// with the bug that springs it, where there is one.

#include <algorithm>
#include <atomic>

#include "nacre/database.h"
#include "tests/check/explore/history.h"
#include "tests/isolation/exploration.h"

namespace nacre::check::explore {
namespace {

using testing::Bug;

const ExploreOptions kFewPreemptions{.preemptions_max = 2};

absl::Status Wrong(const std::string& what) { return absl::InternalError(what); }

std::string ValueNow(Database& database, std::string_view key) {
  const auto value = database.GetSnapshot().Get(key);
  return !value.ok() ? value.status().ToString() : value->value_or("nil");
}

// --- Time ---

// A database with a clock that the test moves. Shared by the functions of a program.
struct TimedDatabase {
  std::atomic<int64_t> seconds{1000};
  std::unique_ptr<Database> database;

  TimedDatabase() {
    Options options = SmallOptions();
    options.time_source = [this] { return absl::FromUnixSeconds(seconds.load()); };
    database = OpenOrDie(options);
  }
  static PutOptions ExpiresAt(int64_t at) { return {.expiry = absl::FromUnixSeconds(at)}; }
};

// The key expires while the reader is between its two reads.
MakeProgram TwoReadsAndTime() {
  return [] {
    struct Shared : TimedDatabase {
      std::string first, second;
    };
    auto shared = std::make_shared<Shared>();
    WriteBatch batch;
    batch.Put("k", "1", TimedDatabase::ExpiresAt(1001));
    shared->database->Write(batch).IgnoreError();
    auto read = [shared](Transaction& transaction) -> std::string {
      const auto value = transaction.Get("k");
      return !value.ok() ? "error" : std::string(value->value_or("nil"));
    };
    return std::make_unique<FunctionProgram>(
        std::vector<Program::Participant>{{"reader",
                                           [shared, read] {
                                             Transaction transaction = shared->database->Begin();
                                             shared->first = read(transaction);
                                             Yield("before its second read");
                                             shared->second = read(transaction);
                                           }},
                                          {"time", [shared] { shared->seconds = 1002; }}},
        [shared] {
          if (shared->first == shared->second) return absl::OkStatus();
          return Wrong("read " + shared->first + " and then " + shared->second);
        });
  };
}

TEST(Trap, ExpireMidTransaction_AKeyDoesNotVanishHalfwayThrough) {
  ExpectNoticed(Bug::kExpireMidTransaction, "read 1 and then nil", TwoReadsAndTime(), {});
}

// T1 reads k alive and writes x; T2 reads k and x; time ends k's life somewhere. The end of a life
// stands in the history as a deletion.
MakeProgram ExpiryCycle() {
  return [] {
    struct Shared : TimedDatabase {
      Ticks ticks;
      std::unique_ptr<Recorder> t1, t2;
    };
    auto shared = std::make_shared<Shared>();
    WriteBatch batch;
    batch.Put("k", "1", TimedDatabase::ExpiresAt(1001));
    batch.Put("x", "0");
    shared->database->Write(batch).IgnoreError();
    auto run = [shared](std::unique_ptr<Recorder>& recorder, const char* name,
                        const std::vector<const char*>& operations) {
      recorder = std::make_unique<Recorder>(*shared->database, shared->ticks, name,
                                            Isolation::kSerializable);
      for (const char* operation : operations) {
        Yield(operation);
        recorder->Execute(*ParseOperation(operation)).IgnoreError();
      }
    };
    return std::make_unique<FunctionProgram>(
        std::vector<Program::Participant>{
            {"T1",
             [=] {
               run(shared->t1, "T1", {"BEGIN", "GET k", "SET x 1", "COMMIT"});
             }},
            {"T2",
             [=] {
               run(shared->t2, "T2", {"BEGIN", "GET k", "GET x", "COMMIT"});
             }},
            {"time", [shared] { shared->seconds = 1002; }}},
        [shared]() -> absl::Status {
          TransactionRecord end_of_life;
          end_of_life.name = "time";
          end_of_life.outcome = TransactionRecord::Outcome::kCommitted;
          end_of_life.operations.push_back({*ParseOperation("DEL k"), "ok"});
          const std::vector<TransactionRecord> history = {shared->t1->record(),
                                                          shared->t2->record(), end_of_life};
          if (SomeSerialOrderExplains({{"k", "1"}, {"x", "0"}}, history)) return absl::OkStatus();
          return Wrong("no serial order explains " + history[0].ToString() + " and " +
                       history[1].ToString());
        });
  };
}

TEST(Trap, ExpiryCycle_AReaderOfAKeyThatExpiredBeforeItsCommitConflicts) {
  ExpectNoticed(Bug::kIgnoreExpiryCycle, "no serial order explains", ExpiryCycle(),
                kFewPreemptions);
}

// --- Keyspaces ---

// T1 writes a key of a keyspace while that is flushed or swapped. If T1 commits after the change,
// its key is there; if before, it was carried away by it.
MakeProgram WriterBesideKeyspaceChange(bool swap) {
  return [swap] {
    struct Shared {
      std::unique_ptr<Database> database = OpenOrDie(SmallOptions());
      Keyspace other;
      absl::StatusOr<Timestamp> written = absl::UnknownError("not run");
      absl::StatusOr<Timestamp> changed = absl::UnknownError("not run");
    };
    auto shared = std::make_shared<Shared>();
    shared->other = *shared->database->OpenKeyspace("other");
    return std::make_unique<FunctionProgram>(
        std::vector<Program::Participant>{
            {"T1",
             [shared] {
               Transaction transaction = shared->database->Begin();
               transaction.Put("k", "1").IgnoreError();
               Yield("before COMMIT");
               shared->written = transaction.Commit();
             }},
            {"change",
             [shared, swap] {
               shared->changed = swap ? shared->database->SwapKeyspaces(Keyspace(), shared->other)
                                      : shared->database->FlushKeyspace(Keyspace());
             }}},
        [shared, swap]() -> absl::Status {
          if (!shared->changed.ok()) return shared->changed.status();
          const bool committed = shared->written.ok();
          if (!committed && !absl::IsAborted(shared->written.status()))
            return shared->written.status();
          const bool after = committed && *shared->written > *shared->changed;
          const Snapshot now = shared->database->GetSnapshot();
          const std::string here = now.Get("k")->value_or("nil");
          const std::string there = now.Get("k", shared->other)->value_or("nil");
          const std::string here_expected = after ? "1" : "nil";
          const std::string there_expected = swap && committed && !after ? "1" : "nil";
          if (here != here_expected || there != there_expected) {
            return Wrong("the key is " + here + " here and " + there + " there, not " +
                         here_expected + " and " + there_expected);
          }
          return shared->database->Verify();
        });
  };
}

TEST(Trap, Generation_AWriterDoesNotCommitIntoATreeThatWasFlushed) {
  ExpectNoticed(Bug::kIgnoreGeneration, "the key is nil here", WriterBesideKeyspaceChange(false),
                kFewPreemptions);
}

TEST(Trap, Generation_AWriterDoesNotCommitIntoATreeThatWasSwapped) {
  ExpectNoticed(Bug::kIgnoreGeneration, "the key is nil here and 1 there",
                WriterBesideKeyspaceChange(true), kFewPreemptions);
}

// A keyspace waits to be opened until a commit is over; who finds its name finds the keyspace.
MakeProgram FinderOfAKeyspace() {
  return [] {
    struct Shared {
      std::unique_ptr<Database> database = OpenOrDie(SmallOptions());
      absl::Status found = absl::OkStatus();
    };
    auto shared = std::make_shared<Shared>();
    shared->database->Begin().Rollback();  // The first one of a thread begins in another way.
    return std::make_unique<FunctionProgram>(
        std::vector<Program::Participant>{
            {"T1",
             [shared] {
               Transaction transaction = shared->database->Begin();
               transaction.Put("k", "1").IgnoreError();
               transaction.Commit().IgnoreError();
             }},
            {"opener", [shared] { shared->database->OpenKeyspace("n").IgnoreError(); }},
            {"finder",
             [shared] {
               if (const auto found = shared->database->FindKeyspace("n")) {
                 shared->found = shared->database->KeyCount(*found).status();
               }
               for (const auto& [name, keyspace] : shared->database->ListKeyspaces()) {
                 shared->found.Update(shared->database->KeyCount(keyspace).status());
               }
             }}},
        [shared] { return shared->found; });
  };
}

TEST(Trap, Name_ThatIsFoundNamesAKeyspace) {
  const ExploreResult result = Explore(FinderOfAKeyspace(), kFewPreemptions);
  EXPECT_TRUE(result.failure.ok()) << result.ToString();
  EXPECT_TRUE(result.complete) << result.ToString();
}

// --- The age of snapshots ---

// Every snapshot is too old at the next look of the vacuum. A read answers the right value or that
// it is too old, never what the vacuum left.
MakeProgram ReaderGrowsOld() {
  return [] {
    struct Shared {
      std::unique_ptr<Database> database;
      std::string answer;
    };
    auto shared = std::make_shared<Shared>();
    Options options = SmallOptions();
    options.max_snapshot_age = absl::Nanoseconds(1);
    shared->database = OpenOrDie(options);
    WriteBatch batch;
    batch.Put("k", "1");
    shared->database->Write(batch).IgnoreError();
    return std::make_unique<FunctionProgram>(
        std::vector<Program::Participant>{
            {"reader",
             [shared] {
               Transaction transaction = shared->database->Begin({.read_only = true});
               Yield("before its read");
               const auto value = transaction.Get("k");
               if (absl::IsOutOfRange(value.status())) {
                 shared->answer = "too old";
               } else if (!value.ok()) {
                 shared->answer = value.status().ToString();
               } else {
                 shared->answer = std::string(value->value_or("nil"));
               }
               if (transaction.read_timestamp() > Timestamp{1} && shared->answer == "2") {
                 shared->answer = "1";  // It began behind the write.
               }
             }},
            {"writer",
             [shared] {
               WriteBatch update;
               update.Put("k", "2");
               shared->database->Write(update).IgnoreError();
             }},
            {"vacuum", [shared] { shared->database->RunVacuumOnce(); }}},
        [shared]() -> absl::Status {
          if (shared->answer == "1" || shared->answer == "too old") return absl::OkStatus();
          return Wrong("the reader was answered " + shared->answer);
        });
  };
}

TEST(Trap, TooOld_TheFlagIsCheckedBehindTheWalk) {
  ExpectNoticed(Bug::kCheckTooOldBeforeWalk, "the reader was answered", ReaderGrowsOld(),
                kFewPreemptions);
}

// --- Transactions that cannot conflict ---

// Additions to one key by each way there is, and the vacuum: none is lost, and only the optimistic
// one may be refused.
MakeProgram CounterByEveryWay() {
  return [] {
    struct Shared {
      std::unique_ptr<Database> database = OpenOrDie(SmallOptions());
      absl::StatusOr<Timestamp> optimistic = absl::UnknownError("not run");
      absl::StatusOr<Timestamp> modified = absl::UnknownError("not run");
      absl::StatusOr<Timestamp> locked = absl::UnknownError("not run");
    };
    auto shared = std::make_shared<Shared>();
    WriteBatch batch;
    batch.Put("k", "0");
    shared->database->Write(batch).IgnoreError();
    auto add = [](Transaction& transaction) -> absl::Status {
      const auto value = transaction.Get("k");
      if (!value.ok()) return value.status();
      return transaction.Put("k", std::to_string(std::stoi(std::string(**value)) + 1));
    };
    return std::make_unique<FunctionProgram>(
        std::vector<Program::Participant>{
            {"optimistic",
             [shared, add] {
               shared->optimistic = shared->database->Transact(add, {.attempts_max = 1});
             }},
            {"modify",
             [shared] {
               shared->modified = shared->database->Modify("k", [](auto value) {
                 return Modification::Put(std::to_string(std::stoi(std::string(*value)) + 1));
               });
             }},
            {"locked",
             [shared, add] {
               const Database::LockedKey key{Keyspace(), "k"};
               shared->locked = shared->database->TransactLocked(
                   {&key, 1}, [&](Transaction& tx) { return add(tx); });
             }}},
        [shared]() -> absl::Status {
          if (!shared->modified.ok()) return shared->modified.status();
          if (!shared->locked.ok()) return shared->locked.status();
          if (!shared->optimistic.ok() && !absl::IsAborted(shared->optimistic.status())) {
            return shared->optimistic.status();
          }
          const std::string expected = shared->optimistic.ok() ? "3" : "2";
          const std::string found = ValueNow(*shared->database, "k");
          if (found != expected) return Wrong("the counter is " + found + ", not " + expected);
          return shared->database->Verify();
        });
  };
}

TEST(Trap, LockFirst_NeverConflictsAndLosesNothing) {
  const ExploreResult result = Explore(CounterByEveryWay(), kFewPreemptions);
  EXPECT_TRUE(result.failure.ok()) << result.ToString();
  EXPECT_TRUE(result.complete);
  std::printf("%s\n", result.ToString().c_str());
}

// A transaction behind the exclusive gate, beside a committer and a lock-first one.
MakeProgram ExclusiveGate() {
  return [] {
    struct Shared {
      std::unique_ptr<Database> database = OpenOrDie(SmallOptions());
      absl::StatusOr<Timestamp> exclusive = absl::UnknownError("not run");
      absl::StatusOr<Timestamp> modified = absl::UnknownError("not run");
      int runs = 0;
    };
    auto shared = std::make_shared<Shared>();
    WriteBatch batch;
    batch.Put("k", "0");
    shared->database->Write(batch).IgnoreError();
    return std::make_unique<FunctionProgram>(
        std::vector<Program::Participant>{
            {"exclusive",
             [shared] {
               shared->exclusive = shared->database->Transact(
                   [shared](Transaction& transaction) -> absl::Status {
                     ++shared->runs;
                     uint64_t sum = 0;
                     absl::Status status = transaction.Scan(Range::All(), [&](auto, auto value) {
                       sum += std::stoul(std::string(value));
                       return true;
                     });
                     if (!status.ok()) return status;
                     Yield("inside");
                     return transaction.Put("sum", std::to_string(sum));
                   },
                   {.transaction = {.isolation = Isolation::kSerializable},
                    .attempts_max = 1,
                    .exclusive_from_attempt = 1});
             }},
            {"modify",
             [shared] {
               shared->modified =
                   shared->database->Modify("k", [](auto) { return Modification::Put("1"); });
             }}},
        [shared]() -> absl::Status {
          if (!shared->modified.ok()) return shared->modified.status();
          if (!shared->exclusive.ok()) return shared->exclusive.status();
          const std::string expected = *shared->modified < *shared->exclusive ? "1" : "0";
          const std::string found = ValueNow(*shared->database, "sum");
          if (found != expected) return Wrong("the sum is " + found + ", not " + expected);
          return shared->runs == 1 ? absl::OkStatus() : Wrong("it ran more than once");
        });
  };
}

TEST(Trap, ExclusiveGate_LetsItsOwnerCommitWithoutAConflict) {
  const ExploreResult result = Explore(ExclusiveGate(), {.preemptions_max = 4});
  EXPECT_TRUE(result.failure.ok()) << result.ToString();
  EXPECT_TRUE(result.complete);
  std::printf("%s\n", result.ToString().c_str());
}

// WATCH: the snapshot is taken first, then the watched transaction runs if nothing changed since.
MakeProgram WatchedTransaction() {
  return [] {
    struct Shared {
      std::unique_ptr<Database> database = OpenOrDie(SmallOptions());
      absl::StatusOr<Timestamp> watched = absl::UnknownError("not run");
      absl::StatusOr<Timestamp> written = absl::UnknownError("not run");
      Timestamp since{};
    };
    auto shared = std::make_shared<Shared>();
    return std::make_unique<FunctionProgram>(
        std::vector<Program::Participant>{
            {"watcher",
             [shared] {
               const Snapshot snapshot = shared->database->GetSnapshot();
               shared->since = snapshot.read_timestamp();
               Yield("before EXEC");
               const Database::LockedKey key{Keyspace(), "out"};
               const Database::WatchedKey watch{Keyspace(), "k", &snapshot};
               shared->watched = shared->database->TransactLocked(
                   {&key, 1}, [](Transaction& tx) { return tx.Put("out", "1"); }, {&watch, 1});
             }},
            {"writer",
             [shared] {
               WriteBatch batch;
               batch.Put("k", "1");
               shared->written = shared->database->Write(batch);
             }},
            {"vacuum", [shared] { shared->database->RunVacuumOnce(); }}},
        [shared]() -> absl::Status {
          if (!shared->written.ok()) return shared->written.status();
          if (!shared->watched.ok() && !absl::IsAborted(shared->watched.status())) {
            return shared->watched.status();
          }
          const bool seen = *shared->written <= shared->since;
          if (shared->watched.ok() && !seen && *shared->written < *shared->watched) {
            return Wrong("the watched key was written, and the transaction ran");
          }
          if (!shared->watched.ok() && seen) return Wrong("refused, and nothing was written since");
          return shared->database->Verify();
        });
  };
}

TEST(Trap, Watch_OfAMissingKeyNoticesItsBirthAndNothingElse) {
  const ExploreResult result = Explore(WatchedTransaction(), kFewPreemptions);
  EXPECT_TRUE(result.failure.ok()) << result.ToString();
  EXPECT_TRUE(result.complete);
  std::printf("%s\n", result.ToString().c_str());
}

}  // namespace
}  // namespace nacre::check::explore
