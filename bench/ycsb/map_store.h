#ifndef NACRE_BENCH_YCSB_MAP_STORE_H_
#define NACRE_BENCH_YCSB_MAP_STORE_H_

#include <xxhash.h>

#include <cstdint>
#include <cstring>
#include <memory>

#include "absl/container/btree_map.h"
#include "absl/container/flat_hash_map.h"
#include "bench/ycsb/nacre_store.h"
#include "bench/ycsb/record.h"

namespace nacre::bench {

// Plain maps, on one thread, without transactions: what there is to reach. A transaction is a call
// of its body, so the modes mean nothing.

struct XxHash {
  size_t operator()(const KeyBytes& key) const { return XXH3_64bits(key.data(), key.size()); }
};

// std::array<char, N> compares element by element; memcmp is what one would write.
struct BytesLess {
  bool operator()(const KeyBytes& a, const KeyBytes& b) const {
    return std::memcmp(a.data(), b.data(), kKeyBytes) < 0;
  }
};

inline const ValueBytes& Dereference(const ValueBytes& value) { return value; }
inline const ValueBytes& Dereference(const std::unique_ptr<ValueBytes>& value) { return *value; }

template <typename Map, bool kIsOrdered>
class MapStore {
 public:
  static constexpr bool kConcurrent = false;
  static constexpr bool kOrdered = kIsOrdered;

  class Access {
   public:
    explicit Access(Map& map) : map_(map) {}

    bool Get(const KeyBytes& key, ValueBytes& copy) {
      const auto found = map_.find(key);
      if (found == map_.end()) return false;
      copy = Dereference(found->second);
      return true;
    }
    void Put(const KeyBytes& key, const ValueBytes& value) { Assign(map_[key], value); }
    uint64_t Scan(const KeyBytes& start, uint64_t limit, ValueBytes& copy) requires kIsOrdered {
      uint64_t visited = 0;
      for (auto it = map_.lower_bound(start); it != map_.end() && visited < limit; ++it) {
        copy = Dereference(it->second);
        asm volatile("" : : "r"(copy.data()) : "memory");  // Copied each time.
        ++visited;
      }
      return visited;
    }

   private:
    static void Assign(ValueBytes& slot, const ValueBytes& value) { slot = value; }
    static void Assign(std::unique_ptr<ValueBytes>& slot, const ValueBytes& value) {
      if (slot == nullptr) {
        slot = std::make_unique<ValueBytes>(value);
      } else {
        *slot = value;
      }
    }

    Map& map_;
  };

  template <typename Body>
  void Transact(Mode, const Body& body) {
    Access access(map_);
    body(access);
  }
  void Settle() {}
  uint64_t conflicts() const { return 0; }

 private:
  Map map_;
};

using FlatHashMapStore = MapStore<absl::flat_hash_map<KeyBytes, ValueBytes, XxHash>, false>;
using BtreeStore = MapStore<absl::btree_map<KeyBytes, ValueBytes, BytesLess>, true>;
using BtreeOfPointersStore =
    MapStore<absl::btree_map<KeyBytes, std::unique_ptr<ValueBytes>, BytesLess>, true>;

}  // namespace nacre::bench

#endif  // NACRE_BENCH_YCSB_MAP_STORE_H_
