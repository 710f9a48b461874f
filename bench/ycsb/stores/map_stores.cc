// Plain maps, on one thread, without transactions: what there is to reach. A transaction is a call
// of its body, so the modes mean nothing.

#include <xxhash.h>

#include <cstdint>
#include <cstring>
#include <memory>

#include "absl/container/btree_map.h"
#include "absl/container/flat_hash_map.h"
#include "absl/types/span.h"
#include "bench/ycsb/contender_of.h"
#include "bench/ycsb/record.h"
#include "bench/ycsb/store.h"
#include "bench/ycsb/stores/stores.h"

namespace nacre::bench {
namespace {

struct XxHash {
  size_t operator()(const KeyBytes& key) const { return XXH3_64bits(key.data(), key.size()); }
};

// std::array<char, N> compares element by element; memcmp is what one would write.
struct BytesLess {
  bool operator()(const KeyBytes& a, const KeyBytes& b) const {
    return std::memcmp(a.data(), b.data(), kKeyBytes) < 0;
  }
};

const ValueBytes& Dereference(const ValueBytes& value) { return value; }
const ValueBytes& Dereference(const std::unique_ptr<ValueBytes>& value) { return *value; }

void Assign(ValueBytes& slot, const ValueBytes& value) { slot = value; }
void Assign(std::unique_ptr<ValueBytes>& slot, const ValueBytes& value) {
  if (slot == nullptr) {
    slot = std::make_unique<ValueBytes>(value);
  } else {
    *slot = value;
  }
}

template <typename Map, bool kIsOrdered>
class MapStore {
 public:
  static constexpr StoreTraits kTraits = {.ordered = kIsOrdered};

  class Session {
   public:
    explicit Session(MapStore& store) : map_(store.map_) {}

    template <typename Body>
    void Transact(Mode, const Body& body) {
      body(*this);
    }
    uint64_t conflicts() const { return 0; }

    bool Get(const KeyBytes& key, ValueBytes& copy) {
      const auto found = map_.find(key);
      if (found == map_.end()) return false;
      copy = Dereference(found->second);
      return true;
    }
    void GetMany(absl::Span<const KeyBytes> keys, ValueBytes& copy) {
      GetOneByOne(*this, keys, copy);
    }
    void Put(const KeyBytes& key, const ValueBytes& value) { Assign(map_[key], value); }
    void Delete(const KeyBytes& key) { map_.erase(key); }
    uint64_t Scan(const KeyBytes& start, uint64_t limit, ValueBytes& copy) requires kIsOrdered {
      uint64_t visited = 0;
      for (auto it = map_.lower_bound(start); it != map_.end(); ++it) {
        copy = Dereference(it->second);
        KeepCopied(copy);
        if (++visited == limit) break;
      }
      return visited;
    }

   private:
    Map& map_;
  };

  void Settle() {}

 private:
  Map map_;
};

using HashMapStore = MapStore<absl::flat_hash_map<KeyBytes, ValueBytes, XxHash>, false>;
using BtreeStore = MapStore<absl::btree_map<KeyBytes, ValueBytes, BytesLess>, true>;
using BtreeOfPointersStore =
    MapStore<absl::btree_map<KeyBytes, std::unique_ptr<ValueBytes>, BytesLess>, true>;

}  // namespace

const StoreEntry kHashMap = {"fhm", "absl::flat_hash_map, values inside; one thread",
                             HashMapStore::kTraits, &MakeContender<HashMapStore>};
const StoreEntry kBtree = {"bt", "absl::btree_map, values inside; one thread", BtreeStore::kTraits,
                           &MakeContender<BtreeStore>};
const StoreEntry kBtreeOfPointers = {"btp", "absl::btree_map of pointers to values; one thread",
                                     BtreeOfPointersStore::kTraits,
                                     &MakeContender<BtreeOfPointersStore>};

}  // namespace nacre::bench
