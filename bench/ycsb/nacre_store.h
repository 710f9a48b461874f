#ifndef NACRE_BENCH_YCSB_NACRE_STORE_H_
#define NACRE_BENCH_YCSB_NACRE_STORE_H_

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <optional>
#include <string_view>

#include "absl/status/status.h"
#include "bench/ycsb/record.h"
#include "nacre/database.h"

namespace nacre::bench {

// The adapter of Nacre. What a workload needs of a store, and so what a further adapter (of LMDB,
// say) provides:
//   static constexpr bool kConcurrent;             Transact() may run on several threads.
//   static constexpr bool kOrdered;                Access::Scan() exists.
//   void Transact(Mode mode, body);                body(access) as one transaction, until it
//   commits. bool Access::Get(key, ValueBytes& copy);       Whether present. void Access::Put(key,
//   value); uint64_t Access::Scan(start, limit, ValueBytes& copy);   Copies each value; returns how
//   many. void Settle();                                 Finishes work that a load has left for
//   later. uint64_t conflicts() const;                    Transactions that were run again.
enum class Mode : uint8_t { kReadOnly, kSnapshot, kSerializable };

class NacreStore {
 public:
  static constexpr bool kConcurrent = true;
  static constexpr bool kOrdered = true;

  class Access {
   public:
    explicit Access(Transaction& tx) : tx_(tx) {}

    bool Get(const KeyBytes& key, ValueBytes& copy) {
      const absl::StatusOr<std::optional<std::string_view>> value = tx_.Get(View(key));
      Require(value.status());
      if (!value->has_value()) return false;
      std::memcpy(copy.data(), (*value)->data(), kValueBytes);
      return true;
    }
    void Put(const KeyBytes& key, const ValueBytes& value) {
      Require(tx_.Put(View(key), View(value)));
    }
    uint64_t Scan(const KeyBytes& start, uint64_t limit, ValueBytes& copy) {
      uint64_t visited = 0;
      Require(tx_.Scan({.start = Bound::Inclusive(View(start)), .limit = limit},
                       [&](std::string_view, std::string_view value) {
                         std::memcpy(copy.data(), value.data(), kValueBytes);
                         asm volatile("" : : "r"(copy.data()) : "memory");  // Copied each time.
                         ++visited;
                         return true;
                       }));
      return visited;
    }

   private:
    Transaction& tx_;
  };

  NacreStore() : db_(*Database::Open()) {}

  template <typename Body>
  void Transact(Mode mode, const Body& body) {
    const TransactionOptions options = {
        .isolation = mode == Mode::kSerializable ? Isolation::kSerializable : Isolation::kSnapshot,
        .read_only = mode == Mode::kReadOnly};
    while (true) {
      Transaction tx = db_->Begin(options);
      Access access(tx);
      body(access);
      const absl::StatusOr<Timestamp> committed = tx.Commit();
      if (committed.ok()) return;
      if (committed.status().code() != absl::StatusCode::kAborted) Require(committed.status());
    }
  }

  void Settle() {
    while (db_->RunVacuumOnce() > 0 || db_->GetStats().objects_retired > 0) {
    }
  }
  uint64_t conflicts() const {
    const Stats stats = db_->GetStats();
    return stats.conflicts_write + stats.conflicts_read;
  }

 private:
  static void Require(const absl::Status& status) {
    if (status.ok()) [[likely]]
      return;
    std::fprintf(stderr, "nacre: %s\n", status.ToString().c_str());
    std::abort();
  }

  std::unique_ptr<Database> db_;
};

}  // namespace nacre::bench

#endif  // NACRE_BENCH_YCSB_NACRE_STORE_H_
