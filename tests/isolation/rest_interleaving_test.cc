// RESTED in vacuum/promoter.h: what has rested is written over while others read, interrupted
// before and after it is unlinked, copied over and made the newest.

#include <cstdio>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "nacre/testing.h"
#include "tests/isolation/exploration.h"

namespace nacre::check::explore {
namespace {

using testing::Bug;
using testing::Step;

const ExploreOptions kFewPreemptions{.preemptions_max = 2};
const ExploreOptions kAll{};

// In all runs: two for each slot.
int steps_at_slots = 0;

// In place of what a program has installed to give way at steps.
void CountStepsAtSlots() {
  testing::SetStepHook(
      [](Step step, void*) {
        if (step == Step::kSlotWrittenOver) ++steps_at_slots;
        (step == Step::kLatchBusy ? YieldBlocked : Yield)(testing::Name(step));
      },
      nullptr);
}

void ExploreRests(const MakeProgram& make, const ExploreOptions& options) {
  steps_at_slots = 0;
  const auto make_counting = [&make] {
    std::unique_ptr<Program> program = make();
    CountStepsAtSlots();
    return program;
  };
  const ExploreResult result = Explore(make_counting, options);
  EXPECT_TRUE(result.failure.ok()) << result.ToString();
  EXPECT_TRUE(result.complete) << result.ToString();
  EXPECT_GT(steps_at_slots, 0);
  std::printf("%s; steps at slots that are written over: %d\n", result.ToString().c_str(),
              steps_at_slots);
}

void ExploreRests(const Schedule& schedule) {
  for (const Isolation level : {Isolation::kSnapshot, Isolation::kSerializable}) {
    ExploreRests(Of(schedule, {.level = level, .own_shares = true, .yield_at_steps = true}),
                 kFewPreemptions);
  }
}

// The reader begins before, between and after the commits; the second of them writes over what the
// first has superseded, unless the reader sees it.
TEST(RestInterleavings, ReaderBesideAWriterOfItsKey) {
  ExploreRests(Steps("k=1 q=1",
                     "T1: BEGIN\nT1: GET k\nT1: GET k\nT1: COMMIT\n"
                     "T2: BEGIN\nT2: SET k 2\nT2: COMMIT\n"
                     "T2: BEGIN\nT2: SET q 2\nT2: COMMIT\n"
                     "T2: BEGIN\nT2: SET k 3\nT2: COMMIT\n"));
}

TEST(RestInterleavings, TwoWritersOfOneKeyBesideAReader) {
  ExploreRests(Steps("k=1 q=1",
                     "T1: BEGIN\nT1: GET k\nT1: COMMIT\n"
                     "T2: BEGIN\nT2: SET k 2\nT2: COMMIT\n"
                     "T2: BEGIN\nT2: SET q 2\nT2: COMMIT\n"
                     "T3: BEGIN\nT3: SET k 3\nT3: COMMIT\n"));
}

// The key goes and comes back while what was in its slot rests.
TEST(RestInterleavings, DeletionOfAKeyWhoseSlotRests) {
  ExploreRests(Steps("k=1 q=1",
                     "T1: BEGIN\nT1: GET k\nT1: COMMIT\n"
                     "T2: BEGIN\nT2: SET k 2\nT2: SET q 2\nT2: COMMIT\n"
                     "T2: BEGIN\nT2: DEL k\nT2: COMMIT\n"
                     "T3: BEGIN\nT3: SET k 4\nT3: COMMIT\n"));
}

// Beside commits that look after their own garbage.
struct SharedDatabase {
  OwnShares own_shares{true};
  std::unique_ptr<Database> database = OpenOrDie(SmallOptions());

  void Put(const char* key, const char* value) {
    Transaction transaction = database->Begin();
    transaction.Put(key, value).IgnoreError();
    transaction.Commit().IgnoreError();
  }
};

absl::Status Expect(const std::string& expected, const std::string& found) {
  if (found == expected) return absl::OkStatus();
  return absl::InternalError("read " + expected + " and then " + found);
}

// The reader holds what is below the slot by now.
std::unique_ptr<Program> ReaderWhoPassesByTheSlot() {
  struct Shared : SharedDatabase {
    std::optional<Snapshot> snapshot;
    std::string found = "nothing";
  };
  auto shared = std::make_shared<Shared>();
  shared->Put("q", "0");
  shared->Put("k", "1");
  shared->Put("k", "2");
  shared->snapshot.emplace(shared->database->GetSnapshot());
  // What stood in the slot is freed, and the newest version takes it.
  shared->Put("k", "3");
  for (int pass = 0; pass < 3; ++pass) shared->database->RunVacuumOnce();
  return std::make_unique<FunctionProgram>(
      std::vector<Program::Participant>{{"reader",
                                         [shared] {
                                           const auto value = shared->snapshot->Get("k");
                                           if (value.ok()) shared->found = value->value_or("nil");
                                         }},
                                        {"writer",
                                         [shared] {
                                           shared->Put("k", "4");
                                           shared->Put("q", "1");
                                         }}},
      [shared] { return Expect("2", shared->found); });
}

TEST(RestInterleavings, ReaderOfAnOlderStatePassesByTheSlot) {
  ExploreRests(ReaderWhoPassesByTheSlot, kAll);
}

// Somebody without a snapshot reads the value bit by bit.
std::unique_ptr<Program> ReaderOfTheNewest() {
  struct Shared : SharedDatabase {
    std::string first, second;
  };
  auto shared = std::make_shared<Shared>();
  shared->Put("k", "old");
  shared->Put("q", "old");
  return std::make_unique<FunctionProgram>(
      std::vector<Program::Participant>{
          {"reader",
           [shared] {
             const auto look = [&](std::optional<std::string_view> value, absl::Time) {
               shared->first = value.value_or("nil");
               Yield("halfway through the value");
               shared->second = value.value_or("nil");
             };
             shared->database->ReadLatest("k", look).IgnoreError();
           }},
          {"writer",
           [shared] {
             shared->Put("k", "new");
             shared->Put("q", "new");
           }}},
      [shared] { return Expect(shared->first, shared->second); });
}

TEST(RestInterleavings, ReaderWithoutASnapshotReadsOneValue) {
  ExploreRests(ReaderOfTheNewest, kAll);
}

TEST(RestInterleavings, SkipRest_WritesOverWhatSomebodyReads) {
  ExpectNoticed(Bug::kSkipRest, "read old and then new", ReaderOfTheNewest, kFewPreemptions);
}

}  // namespace
}  // namespace nacre::check::explore
