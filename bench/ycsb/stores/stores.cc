#include "bench/ycsb/stores/stores.h"

namespace nacre::bench {

absl::Span<const StoreEntry* const> AllStores() {
  static constexpr const StoreEntry* kAll[] = {
      &kNacre,
      &kHashMap,
      &kBtree,
      &kBtreeOfPointers,
#ifdef NACRE_BENCH_LMDB
      &kLmdb,
#endif
#ifdef NACRE_BENCH_ROCKSDB
      &kRocksOptimistic,
      &kRocksPessimistic,
#endif
#ifdef NACRE_BENCH_WIREDTIGER
      &kWiredTiger,
#endif
#ifdef NACRE_BENCH_SQLITE3
      &kSqlite,
#endif
  };
  return kAll;
}

const StoreEntry* FindStore(std::string_view name) {
  for (const StoreEntry* store : AllStores()) {
    if (store->name == name) return store;
  }
  return nullptr;
}

}  // namespace nacre::bench
