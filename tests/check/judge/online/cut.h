#ifndef NACRE_TESTS_CHECK_JUDGE_ONLINE_CUT_H_
#define NACRE_TESTS_CHECK_JUDGE_ONLINE_CUT_H_

#include <cstdint>
#include <vector>

#include "nacre/check/level.h"
#include "tests/check/judge/online/readings.h"

namespace nacre::check::judge {

// What is to be dropped of a window.
struct Cut {
  struct Version {
    uint32_t txn;
    ValueId value;  // kNone: deleted.
    bool shown;     // Of a list: some read shows its place. Of a register: by its timestamp.
  };
  std::vector<bool> drop;                     // By transaction.
  std::vector<std::vector<Version>> dropped;  // By key, in the order in which they were written.
  uint32_t count = 0;
  bool guessed = false;  // It drops appends that no read shows the place of.
  uint64_t time = 0;     // By timestamps: the window goes on from the state at this time.
};

// By key of the window: its writers, in the order in which they wrote. Empty where it is not known.
using WriteOrder = std::vector<std::vector<uint32_t>>;

struct CutOptions {
  uint32_t horizon = 0;
  bool sessions = false;
  bool real_time = false;
};

// By values. Chooses among the settled transactions beyond the horizon those that no edge leads to
// from outside:
//
//   NO-EDGE-BACK   What is dropped neither read from what is kept, nor overwrote what is kept or
//                  what a kept transaction missed, nor came behind a kept one in its session or in
//                  real time. So no cycle leads from what is dropped to what is kept and back.
//   FRONTIER-READ  Of each key, what is kept has read of the dropped versions at most the last.
//
// Both hold by the order of the versions that the reads show, or that is `known`. Where neither
// tells it (registers, and appends that nobody read) the order is a guess, as is the writer of a
// value that was written twice and of an absence. Then the cut has to be proven by judging what it
// drops, by itself.
//
//   EVERY-MAYBE-KEPT  A transaction of unknown outcome is dropped only if somebody saw what it
//                     alone can have written.
Cut ChooseCut(const Window& window, const Readings& readings, const CutOptions& options,
              const WriteOrder& known);

// Everything settled and beyond the horizon, whatever depends on it: only good for a verdict that
// will not be `holds`.
Cut ForceCut(const Window& window, const Readings& readings, const CutOptions& options);

// By timestamps. Precondition: the window has been replayed without a flaw.
//
//   PRUNED-BELOW   What is dropped had committed, and had begun, at or before the begin of all that
//                  is kept (serial: the commit of all that is kept), so the state at that time is
//                  all that can be read of it.
Cut ChooseCutByTime(const Window& window, const Readings& readings, const CutOptions& options,
                    bool serial);

}  // namespace nacre::check::judge

#endif  // NACRE_TESTS_CHECK_JUDGE_ONLINE_CUT_H_
