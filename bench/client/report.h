#ifndef NACRE_BENCH_CLIENT_REPORT_H_
#define NACRE_BENCH_CLIENT_REPORT_H_

#include <string>
#include <vector>

#include "bench/client/contender.h"

namespace nacre::bench {

struct Settings {
  std::vector<int> pipelines = {1, 16, 64};
  int rounds = 7;
  // Of each contender in each round: commands at pipeline 1, and at more.
  int commands_lone = 5'000;
  int commands_pipelined = 50'000;
  // Only those whose name contains this, and the reference.
  std::string only;
};

// Stores every key, then measures: in each round the contenders take turns, so that what disturbs
// the machine disturbs them all. Prints the median CPU time of a command, and the median of its
// ratio to the first contender's in the same round.
void Measure(const Settings& settings, Contenders& contenders);

}  // namespace nacre::bench

#endif  // NACRE_BENCH_CLIENT_REPORT_H_
