#ifndef NACRE_BENCH_YCSB_STORE_H_
#define NACRE_BENCH_YCSB_STORE_H_

#include <cstdint>

namespace nacre::bench {

// What a store can do. Workloads that need more than that are left out for it.
struct StoreTraits {
  bool concurrent = false;    // Sessions may run on several threads at once.
  bool ordered = false;       // Access::Scan() exists.
  bool serializable = false;  // Mode::kSerializable is kept.
  bool snapshots = false;     // Held exists.
  bool files = false;         // Its data stands in a file system in memory.
};

enum class Mode : uint8_t { kReadOnly, kSnapshot, kSerializable };

// What an adapter provides. The workloads are templates over it, so that no indirect call stands
// between a workload and its store; ContenderOf (contender_of.h) hides the type from all others.
//
//   class Store {
//     static constexpr StoreTraits kTraits;
//     void Settle();              Finishes the work that writes have left for later.
//     class Session {             Of one thread at a time.
//       explicit Session(Store&);
//       void Transact(Mode mode, const Body& body);   body(access) as one transaction, again and
//                                                     again until it commits.
//       uint64_t conflicts() const;                   How often it had to be run again.
//     };
//     class Held {                An open snapshot, where kTraits.snapshots says so.
//       explicit Held(Store&);
//       bool Get(const KeyBytes& key, ValueBytes& copy);
//     };
//   };
//
// Access, what the body gets:
//   bool Get(const KeyBytes& key, ValueBytes& copy);      Whether present.
//   void GetMany(absl::Span<const KeyBytes> keys, ValueBytes& copy);   Copies each; the store's own
//                                                         batched read where it has one.
//   void Put(const KeyBytes& key, const ValueBytes& value);
//   void Delete(const KeyBytes& key);
//   uint64_t Scan(const KeyBytes& start, uint64_t limit, ValueBytes& copy);   Copies each value;
//                                                         returns how many.
// A conflict in the middle of a body shows in nothing that these return: the session remembers it,
// and runs the body again.

// Keeps the compiler from leaving out a copy that nobody looks at.
template <typename Bytes>
void KeepCopied(const Bytes& copy) {
  asm volatile("" : : "r"(copy.data()) : "memory");
}

// The batched read of a store that has none.
template <typename Access, typename Keys, typename Value>
void GetOneByOne(Access& access, const Keys& keys, Value& copy) {
  for (const auto& key : keys) {
    access.Get(key, copy);
    KeepCopied(copy);
  }
}

}  // namespace nacre::bench

#endif  // NACRE_BENCH_YCSB_STORE_H_
