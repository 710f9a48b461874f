#include <climits>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <optional>
#include <string_view>

#include "absl/container/fixed_array.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "bench/ycsb/contender_of.h"
#include "bench/ycsb/record.h"
#include "bench/ycsb/store.h"
#include "bench/ycsb/stores/stores.h"
#include "nacre/database.h"
#include "server/allocator/allocator.h"

namespace nacre::bench {
namespace {

void Require(const absl::Status& status) {
  if (status.ok()) [[likely]]
    return;
  std::fprintf(stderr, "nacre: %s\n", status.ToString().c_str());
  std::abort();
}

class NacreAccess {
 public:
  explicit NacreAccess(Transaction& tx) : tx_(tx) {}

  bool Get(const KeyBytes& key, ValueBytes& copy) {
    const absl::StatusOr<std::optional<std::string_view>> value = tx_.Get(View(key));
    if (!value.ok()) [[unlikely]]
      Require(value.status());
    if (!value->has_value()) return false;
    std::memcpy(copy.data(), (*value)->data(), kValueBytes);
    return true;
  }

  void GetMany(absl::Span<const KeyBytes> keys, ValueBytes& copy) {
    absl::FixedArray<std::string_view, 16> views(keys.size());
    absl::FixedArray<std::optional<std::string_view>, 16> values(keys.size());
    for (size_t i = 0; i < keys.size(); ++i) views[i] = View(keys[i]);
    Require(tx_.MultiGet(views, absl::MakeSpan(values)));
    for (const std::optional<std::string_view>& value : values) {
      if (value.has_value()) std::memcpy(copy.data(), value->data(), kValueBytes);
      KeepCopied(copy);
    }
  }

  void Put(const KeyBytes& key, const ValueBytes& value) {
    Require(tx_.Put(View(key), View(value)));
  }
  void Delete(const KeyBytes& key) { Require(tx_.Delete(View(key))); }

  uint64_t Scan(const KeyBytes& start, uint64_t limit, ValueBytes& copy) {
    uint64_t visited = 0;
    Require(tx_.Scan({.start = Bound::Inclusive(View(start)), .limit = limit},
                     [&](std::string_view, std::string_view value) {
                       std::memcpy(copy.data(), value.data(), kValueBytes);
                       KeepCopied(copy);
                       ++visited;
                       return true;
                     }));
    return visited;
  }

 private:
  Transaction& tx_;
};

class NacreStore {
 public:
  static constexpr StoreTraits kTraits = {
      .concurrent = true, .ordered = true, .serializable = true, .snapshots = true};

  class Session {
   public:
    explicit Session(NacreStore& store) : db_(*store.db_) {}

    template <typename Body>
    void Transact(Mode mode, const Body& body) {
      const TransactionOptions options = {.isolation = mode == Mode::kSerializable
                                                           ? Isolation::kSerializable
                                                           : Isolation::kSnapshot,
                                          .read_only = mode == Mode::kReadOnly};
      Transaction tx = db_.Begin(options);
      NacreAccess access(tx);
      body(access);
      const absl::StatusOr<Timestamp> committed = tx.Commit();
      if (committed.ok()) return;
      if (committed.status().code() != absl::StatusCode::kAborted) Require(committed.status());
      RunAgain(options, body);
    }
    uint64_t conflicts() const { return conflicts_; }

   private:
    // After a conflict: as the library does it, with a pause before each further attempt.
    template <typename Body>
    void RunAgain(const TransactionOptions& options, const Body& body) {
      const absl::StatusOr<Timestamp> committed = db_.Transact(
          [&](Transaction& tx) {
            ++conflicts_;
            NacreAccess access(tx);
            body(access);
            return absl::OkStatus();
          },
          {.transaction = options, .attempts_max = INT_MAX});
      Require(committed.status());
    }

    Database& db_;
    uint64_t conflicts_ = 0;
  };

  class Held {
   public:
    explicit Held(NacreStore& store) : snapshot_(store.db_->GetSnapshot()) {}
    bool Get(const KeyBytes& key, ValueBytes& copy) {
      const absl::StatusOr<bool> found = snapshot_.Read(View(key), [&copy](std::string_view value) {
        std::memcpy(copy.data(), value.data(), kValueBytes);
      });
      Require(found.status());
      return *found;
    }

   private:
    Snapshot snapshot_;
  };

  NacreStore() : db_(*Database::Open({.on_memory_freed = allocator::ObjectsFreed})) {}

  void Settle() {
    while (db_->RunVacuumOnce() > 0 || db_->GetStats().objects_retired > 0) {
    }
  }

 private:
  std::unique_ptr<Database> db_;
};

}  // namespace

const StoreEntry kNacre = {"nacre", "this library, with its vacuum thread", NacreStore::kTraits,
                           &MakeContender<NacreStore>};

}  // namespace nacre::bench
