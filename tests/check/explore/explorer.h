#ifndef NACRE_TESTS_CHECK_EXPLORE_EXPLORER_H_
#define NACRE_TESTS_CHECK_EXPLORE_EXPLORER_H_

// Runs a small concurrent program under every interleaving of its participants, on one thread. Each
// participant is a fiber that gives way at its yield points and nowhere else, so a run is
// determined by the choices made there. The choices are enumerated depth first, and each run starts
// from scratch.
//
// Where all interleavings are too many, a bound on *preemptions* (switches away from a participant
// that could have gone on) cuts the tree; a result says which bound it had and whether everything
// within it was run. Most concurrency bugs need two preemptions or fewer (Musuvathi and Qadeer,
// PLDI 2007).

#include <climits>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"

namespace nacre::check::explore {

// What one run executes. Made afresh for each run; must behave the same under the same choices.
class Program {
 public:
  virtual ~Program() = default;
  struct Participant {
    std::string name;
    std::function<void()> body;
  };
  // Asked once.
  virtual std::vector<Participant> Participants() = 0;
  // Judges the run, when all participants have returned.
  virtual absl::Status Check() = 0;
};

struct ExploreOptions {
  int preemptions_max = INT_MAX;
  uint64_t runs_max = 1'000'000;
  // A run of more pieces has no end: some participant waits for ever.
  size_t pieces_max = 1'000'000;
  // Asked before each run, with the number of those before it; false: gives up.
  std::function<bool(uint64_t runs)> goes_on = [](uint64_t) { return true; };
};

struct ExploreResult {
  uint64_t runs = 0;
  int preemptions_max = INT_MAX;
  bool complete = false;  // Every interleaving within the bound was run.
  // Why the last run has no end, in words that go on from "a run in which"; empty: all have ended.
  // What it holds is never freed, since the stacks of its participants cannot be unwound.
  std::string stuck;
  absl::Status failure;     // Of the first run that failed its check; OK if none did.
  std::string failing_run;  // Its interleaving, a line for each piece; or that of the stuck one.
  int failing_preemptions = 0;

  // "123 interleavings, all with at most 2 preemptions" and the failing run.
  std::string ToString() const;
};

// Stops at the first run that fails or has no end.
ExploreResult Explore(absl::FunctionRef<std::unique_ptr<Program>()> make,
                      const ExploreOptions& options = {});

// For participants, and what they call. `where` must live as long as the program. Outside of an
// exploration both do nothing.
void Yield(const char* where);
// The participant can not go on before another one has done something.
void YieldBlocked(const char* where);

}  // namespace nacre::check::explore

#endif  // NACRE_TESTS_CHECK_EXPLORE_EXPLORER_H_
