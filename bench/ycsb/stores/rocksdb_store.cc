// RocksDB's two transactional stores, without a log, on a file system in memory. After the load
// everything is compacted into one level; blocks are read in place through the mapping of their
// file, so that a block cache would only be a second copy. Of what was tried, that is the fastest.
//
// A transaction that only reads is a snapshot, which is the cheapest that RocksDB has for it. One
// that writes sets its snapshot at the beginning, so that a key written by another since then is a
// conflict (first-committer-wins); at serializable its reads are GetForUpdate().

#include <rocksdb/db.h>
#include <rocksdb/filter_policy.h>
#include <rocksdb/options.h>
#include <rocksdb/table.h>
#include <rocksdb/utilities/optimistic_transaction_db.h>
#include <rocksdb/utilities/transaction.h>
#include <rocksdb/utilities/transaction_db.h>

#include <array>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <type_traits>

#include "absl/types/span.h"
#include "bench/ycsb/contender_of.h"
#include "bench/ycsb/record.h"
#include "bench/ycsb/store.h"
#include "bench/ycsb/stores/memory_folder.h"
#include "bench/ycsb/stores/stores.h"

namespace nacre::bench {
namespace {

void Require(const rocksdb::Status& status) {
  if (status.ok()) [[likely]]
    return;
  std::fprintf(stderr, "rocksdb: %s\n", status.ToString().c_str());
  std::abort();
}

// Whether the transaction has to be run again.
bool IsConflict(const rocksdb::Status& status) {
  return status.IsBusy() || status.IsTryAgain() || status.IsTimedOut() || status.IsAborted();
}

template <size_t kBytes>
rocksdb::Slice SliceOf(const std::array<char, kBytes>& bytes) {
  return rocksdb::Slice(bytes.data(), bytes.size());
}

rocksdb::Options MakeOptions() {
  rocksdb::BlockBasedTableOptions table;
  table.no_block_cache = true;
  table.filter_policy.reset(rocksdb::NewBloomFilterPolicy(/*bits_per_key=*/10));
  table.data_block_index_type = rocksdb::BlockBasedTableOptions::kDataBlockBinaryAndHash;
  rocksdb::Options options;
  options.create_if_missing = true;
  options.compression = rocksdb::kNoCompression;
  options.allow_mmap_reads = true;
  options.write_buffer_size = size_t{16} << 20;
  options.max_background_jobs = 2;
  options.table_factory.reset(rocksdb::NewBlockBasedTableFactory(table));
  return options;
}

template <typename Db>
class RocksStore {
 public:
  static constexpr StoreTraits kTraits = {
      .concurrent = true, .ordered = true, .serializable = true, .snapshots = true, .files = true};
  static constexpr bool kOptimistic = std::is_same_v<Db, rocksdb::OptimisticTransactionDB>;
  using TransactionOptions = std::conditional_t<kOptimistic, rocksdb::OptimisticTransactionOptions,
                                                rocksdb::TransactionOptions>;

  class Session {
   public:
    explicit Session(RocksStore& store) : db_(*store.db_) {
      write_options_.disableWAL = true;
      transaction_options_.set_snapshot = true;
    }

    template <typename Body>
    void Transact(Mode mode, const Body& body) {
      if (mode == Mode::kReadOnly) {
        read_options_.snapshot = db_.GetSnapshot();
        is_reader_ = true;
        body(*this);
        db_.ReleaseSnapshot(read_options_.snapshot);
        return;
      }
      is_reader_ = false;
      locks_reads_ = mode == Mode::kSerializable;
      while (!TryToCommit(body)) ++conflicts_;
    }
    uint64_t conflicts() const { return conflicts_; }

    bool Get(const KeyBytes& key, ValueBytes& copy) {
      if (has_conflict_) return false;
      found_.Reset();
      rocksdb::ColumnFamilyHandle* const table = db_.DefaultColumnFamily();
      const rocksdb::Status status =
          is_reader_     ? db_.Get(read_options_, table, SliceOf(key), &found_)
          : locks_reads_ ? tx_->GetForUpdate(read_options_, table, SliceOf(key), &found_)
                         : tx_->Get(read_options_, table, SliceOf(key), &found_);
      if (status.IsNotFound() || NoteConflict(status)) return false;
      Require(status);
      std::memcpy(copy.data(), found_.data(), kValueBytes);
      return true;
    }
    // Of a transaction that writes, at snapshot isolation.
    void GetMany(absl::Span<const KeyBytes> keys, ValueBytes& copy) {
      if (is_reader_ || keys.size() > kBatchMost) return GetOneByOne(*this, keys, copy);
      for (size_t i = 0; i < keys.size(); ++i) slices_[i] = SliceOf(keys[i]);
      tx_->MultiGet(read_options_, db_.DefaultColumnFamily(), keys.size(), slices_.data(),
                    values_.data(), statuses_.data(), /*sorted_input=*/false);
      for (size_t i = 0; i < keys.size(); ++i) {
        if (statuses_[i].IsNotFound()) continue;
        Require(statuses_[i]);
        std::memcpy(copy.data(), values_[i].data(), kValueBytes);
        KeepCopied(copy);
        values_[i].Reset();
      }
    }
    void Put(const KeyBytes& key, const ValueBytes& value) {
      if (has_conflict_) return;
      const rocksdb::Status status = tx_->Put(SliceOf(key), SliceOf(value));
      if (!NoteConflict(status)) Require(status);
    }
    void Delete(const KeyBytes& key) {
      if (has_conflict_) return;
      const rocksdb::Status status = tx_->Delete(SliceOf(key));
      if (!NoteConflict(status)) Require(status);
    }
    uint64_t Scan(const KeyBytes& start, uint64_t limit, ValueBytes& copy) {
      const std::unique_ptr<rocksdb::Iterator> it(is_reader_ ? db_.NewIterator(read_options_)
                                                             : tx_->GetIterator(read_options_));
      uint64_t visited = 0;
      for (it->Seek(SliceOf(start)); it->Valid(); it->Next()) {
        std::memcpy(copy.data(), it->value().data(), kValueBytes);
        KeepCopied(copy);
        if (++visited == limit) break;
      }
      Require(it->status());
      return visited;
    }

   private:
    template <typename Body>
    bool TryToCommit(const Body& body) {
      // The object of the last transaction is used again.
      tx_.reset(db_.BeginTransaction(write_options_, transaction_options_, tx_.release()));
      read_options_.snapshot = tx_->GetSnapshot();
      has_conflict_ = false;
      body(*this);
      if (!has_conflict_) {
        const rocksdb::Status committed = tx_->Commit();
        if (!NoteConflict(committed)) Require(committed);
      }
      if (has_conflict_) Require(tx_->Rollback());
      return !has_conflict_;
    }

    bool NoteConflict(const rocksdb::Status& status) {
      if (!IsConflict(status)) return false;
      has_conflict_ = true;
      return true;
    }

    Db& db_;
    rocksdb::WriteOptions write_options_;
    rocksdb::ReadOptions read_options_;
    TransactionOptions transaction_options_;
    std::unique_ptr<rocksdb::Transaction> tx_;
    rocksdb::PinnableSlice found_;
    // Of GetMany, made once: they cost as much as a look-up.
    static constexpr size_t kBatchMost = 32;
    std::array<rocksdb::Slice, kBatchMost> slices_;
    std::array<rocksdb::PinnableSlice, kBatchMost> values_;
    std::array<rocksdb::Status, kBatchMost> statuses_;
    bool is_reader_ = false;
    bool locks_reads_ = false;
    bool has_conflict_ = false;
    uint64_t conflicts_ = 0;
  };

  class Held {
   public:
    explicit Held(RocksStore& store) : db_(*store.db_) { options_.snapshot = db_.GetSnapshot(); }
    ~Held() { db_.ReleaseSnapshot(options_.snapshot); }
    Held(const Held&) = delete;
    Held& operator=(const Held&) = delete;
    bool Get(const KeyBytes& key, ValueBytes& copy) {
      rocksdb::PinnableSlice found;
      const rocksdb::Status status =
          db_.Get(options_, db_.DefaultColumnFamily(), SliceOf(key), &found);
      if (status.IsNotFound()) return false;
      Require(status);
      std::memcpy(copy.data(), found.data(), kValueBytes);
      return true;
    }

   private:
    Db& db_;
    rocksdb::ReadOptions options_;
  };

  RocksStore() {
    const rocksdb::Options options = MakeOptions();
    Db* db = nullptr;
    if constexpr (kOptimistic) {
      Require(Db::Open(options, folder_.path(), &db));
    } else {
      Require(Db::Open(options, rocksdb::TransactionDBOptions(), folder_.path(), &db));
    }
    db_.reset(db);
  }

  void Settle() {
    Require(db_->Flush(rocksdb::FlushOptions()));
    Require(db_->CompactRange(rocksdb::CompactRangeOptions(), nullptr, nullptr));
    // Whatever is read is mapped from then on, and counts as resident.
    const std::unique_ptr<rocksdb::Iterator> it(db_->NewIterator(rocksdb::ReadOptions()));
    for (it->SeekToFirst(); it->Valid(); it->Next()) {
    }
    Require(it->status());
  }

 private:
  const MemoryFolder folder_;
  std::unique_ptr<Db> db_;
};

using Optimistic = RocksStore<rocksdb::OptimisticTransactionDB>;
using Pessimistic = RocksStore<rocksdb::TransactionDB>;

}  // namespace

const StoreEntry kRocksOptimistic = {"rocks-occ", "RocksDB's OptimisticTransactionDB, no log",
                                     Optimistic::kTraits, &MakeContender<Optimistic>};
const StoreEntry kRocksPessimistic = {"rocks-txn", "RocksDB's TransactionDB, no log",
                                      Pessimistic::kTraits, &MakeContender<Pessimistic>};

}  // namespace nacre::bench
