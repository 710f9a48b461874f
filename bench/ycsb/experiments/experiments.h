#ifndef NACRE_BENCH_YCSB_EXPERIMENTS_EXPERIMENTS_H_
#define NACRE_BENCH_YCSB_EXPERIMENTS_EXPERIMENTS_H_

#include <cstdint>
#include <vector>

#include "bench/ycsb/conditions.h"
#include "bench/ycsb/csv_output.h"

namespace nacre::bench {

// Measurements that are no workload for a time on one store. Each writes a header and lines of
// comma-separated values, and remarks on the targets that it is about.

// A reader on one core beside a writer on the other: on one database, and on two. The stores have
// to be concurrent.
void RunApart(const Conditions& conditions, CsvOutput& csv);

// `updates` updates of the first `keys` keys while 100 snapshots are held, taken all at the start
// or one after the other, and without any. The stores need snapshots.
void RunHeld(const Conditions& conditions, uint64_t updates, CsvOutput& csv);

// Commit latency and backlog of Nacre with its vacuum thread as it is, starved, and absent, for
// each number of writing threads.
void RunBackpressure(const Conditions& conditions, const std::vector<int>& threads, CsvOutput& csv);

// Nacre with values of 1 byte to 1 MB: insertion, deletion of nearly all and of all, twice.
void RunLarge(const Conditions& conditions, CsvOutput& csv);

// Speed and bytes a key by the number of keys, from 1,000 to `keys`.
void RunGrowthByKeys(const Conditions& conditions, CsvOutput& csv);
// A transaction's time by the keys that it writes, from 1 to 100,000.
void RunGrowthByWriteSet(const Conditions& conditions, CsvOutput& csv);
// A read's time by the number of versions of its key, newest and oldest, from 1 to 10,000. The
// stores need snapshots.
void RunGrowthByChain(const Conditions& conditions, CsvOutput& csv);
// The speed of reads and updates by the number of open snapshots, from 0 to 10,000. The stores need
// snapshots.
void RunGrowthBySnapshots(const Conditions& conditions, CsvOutput& csv);

}  // namespace nacre::bench

#endif  // NACRE_BENCH_YCSB_EXPERIMENTS_EXPERIMENTS_H_
