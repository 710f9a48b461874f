#ifndef NACRE_BENCH_YCSB_STORES_STORES_H_
#define NACRE_BENCH_YCSB_STORES_STORES_H_

#include <string_view>

#include "absl/types/span.h"
#include "bench/ycsb/contender.h"

namespace nacre::bench {

// Each is defined by its adapter; those of the peers only in a program that was built with them.
extern const StoreEntry kNacre;
extern const StoreEntry kHashMap;
extern const StoreEntry kBtree;
extern const StoreEntry kBtreeOfPointers;
extern const StoreEntry kLmdb;
extern const StoreEntry kRocksOptimistic;
extern const StoreEntry kRocksPessimistic;
extern const StoreEntry kWiredTiger;
extern const StoreEntry kSqlite;

// Those of this program, Nacre first.
absl::Span<const StoreEntry* const> AllStores();
// nullptr if there is none of that name.
const StoreEntry* FindStore(std::string_view name);

}  // namespace nacre::bench

#endif  // NACRE_BENCH_YCSB_STORES_STORES_H_
