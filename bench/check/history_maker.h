#ifndef NACRE_BENCH_CHECK_HISTORY_MAKER_H_
#define NACRE_BENCH_CHECK_HISTORY_MAKER_H_

#include <cstdint>
#include <ostream>

namespace nacre::bench {

struct HistoryShape {
  uint32_t transactions = 50'000;
  uint32_t operations_max = 10;
  uint32_t sessions = 20;
  uint32_t keys = 50;           // In use at one time.
  uint32_t writes_a_key = 100;  // Then another key takes its place.
  bool lists = true;            // Or registers.
  uint32_t concurrency = 0;     // How many commits a snapshot may be behind.
  uint32_t reads_percent = 50;  // The others write.
  double skew = 0;              // Of the keys: the exponent of Zipf's law. 0: all alike.
  bool real_time = true;        // Else sessions and values alone tell the order.
  bool by_session = false;      // The lines of one session after the other, not as they committed.
  uint32_t seed = 1;
};

// A history of a store that runs one transaction at a time, in its own line format
// (nacre/check/format.h), with sessions, real times and timestamps. It is valid at every level.
void MakeHistory(const HistoryShape& shape, std::ostream& out);

}  // namespace nacre::bench

#endif  // NACRE_BENCH_CHECK_HISTORY_MAKER_H_
