// LMDB on a file system in memory, mapped for writing, never synchronised. One writer at a time;
// every transaction that writes is serializable by that. Each session keeps one read transaction
// and renews it, which costs no system call and no lock.

#include <lmdb.h>

#include <array>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "absl/types/span.h"
#include "bench/ycsb/contender_of.h"
#include "bench/ycsb/record.h"
#include "bench/ycsb/store.h"
#include "bench/ycsb/stores/memory_folder.h"
#include "bench/ycsb/stores/stores.h"

namespace nacre::bench {
namespace {

// The file has holes, so only what is used takes memory. While a snapshot is held LMDB reuses no
// page and grows with every update: an error is better than a machine without memory.
constexpr size_t kMapBytes = size_t{12} << 30;
constexpr unsigned kReadersMax = 16'384;

void Require(int result) {
  if (result == MDB_SUCCESS) [[likely]]
    return;
  std::fprintf(stderr, "lmdb: %s\n", mdb_strerror(result));
  std::abort();
}

template <size_t kBytes>
MDB_val ValueOf(const std::array<char, kBytes>& bytes) {
  return {kBytes, const_cast<char*>(bytes.data())};
}

bool GetIn(MDB_txn* tx, MDB_dbi table, const KeyBytes& key, ValueBytes& copy) {
  MDB_val wanted = ValueOf(key);
  MDB_val found;
  const int result = mdb_get(tx, table, &wanted, &found);
  if (result == MDB_NOTFOUND) return false;
  Require(result);
  std::memcpy(copy.data(), found.mv_data, kValueBytes);
  return true;
}

class LmdbStore {
 public:
  static constexpr StoreTraits kTraits = {
      .concurrent = true, .ordered = true, .serializable = true, .snapshots = true, .files = true};

  class Session {
   public:
    explicit Session(LmdbStore& store) : env_(store.env_), table_(store.table_) {
      Require(mdb_txn_begin(env_, nullptr, MDB_RDONLY, &reader_));
      Require(mdb_cursor_open(reader_, table_, &cursor_));
      mdb_txn_reset(reader_);
    }
    ~Session() {
      mdb_cursor_close(cursor_);
      mdb_txn_abort(reader_);
    }
    Session(const Session&) = delete;
    Session& operator=(const Session&) = delete;

    template <typename Body>
    void Transact(Mode mode, const Body& body) {
      if (mode == Mode::kReadOnly) {
        Require(mdb_txn_renew(reader_));
        tx_ = reader_;
        body(*this);
        mdb_txn_reset(reader_);
      } else {
        Require(mdb_txn_begin(env_, nullptr, 0, &tx_));
        body(*this);
        Require(mdb_txn_commit(tx_));
      }
    }
    uint64_t conflicts() const { return 0; }

    bool Get(const KeyBytes& key, ValueBytes& copy) { return GetIn(tx_, table_, key, copy); }
    void GetMany(absl::Span<const KeyBytes> keys, ValueBytes& copy) {
      GetOneByOne(*this, keys, copy);
    }
    void Put(const KeyBytes& key, const ValueBytes& value) {
      MDB_val key_value = ValueOf(key);
      MDB_val new_value = ValueOf(value);
      Require(mdb_put(tx_, table_, &key_value, &new_value, 0));
    }
    void Delete(const KeyBytes& key) {
      MDB_val key_value = ValueOf(key);
      const int result = mdb_del(tx_, table_, &key_value, nullptr);
      if (result != MDB_NOTFOUND) Require(result);
    }
    // In a transaction that only reads: the cursor belongs to it.
    uint64_t Scan(const KeyBytes& start, uint64_t limit, ValueBytes& copy) {
      Require(mdb_cursor_renew(reader_, cursor_));
      MDB_val key = ValueOf(start);
      MDB_val value;
      uint64_t visited = 0;
      for (int result = mdb_cursor_get(cursor_, &key, &value, MDB_SET_RANGE);
           result != MDB_NOTFOUND; result = mdb_cursor_get(cursor_, &key, &value, MDB_NEXT)) {
        Require(result);
        std::memcpy(copy.data(), value.mv_data, kValueBytes);
        KeepCopied(copy);
        if (++visited == limit) break;
      }
      return visited;
    }

   private:
    MDB_env* const env_;
    const MDB_dbi table_;
    MDB_txn* reader_ = nullptr;
    MDB_cursor* cursor_ = nullptr;
    MDB_txn* tx_ = nullptr;  // The one that runs.
  };

  class Held {
   public:
    explicit Held(LmdbStore& store) : table_(store.table_) {
      Require(mdb_txn_begin(store.env_, nullptr, MDB_RDONLY, &tx_));
    }
    ~Held() { mdb_txn_abort(tx_); }
    Held(const Held&) = delete;
    Held& operator=(const Held&) = delete;
    bool Get(const KeyBytes& key, ValueBytes& copy) { return GetIn(tx_, table_, key, copy); }

   private:
    const MDB_dbi table_;
    MDB_txn* tx_ = nullptr;
  };

  LmdbStore() {
    MemoryFolder folder;
    Require(mdb_env_create(&env_));
    Require(mdb_env_set_mapsize(env_, kMapBytes));
    Require(mdb_env_set_maxreaders(env_, kReadersMax));
    // MDB_NOTLS: a read transaction belongs to its session, not to the thread that began it.
    constexpr unsigned kFlags = MDB_WRITEMAP | MDB_NOSYNC | MDB_NOMETASYNC | MDB_MAPASYNC |
                                MDB_NOMEMINIT | MDB_NORDAHEAD | MDB_NOTLS;
    Require(mdb_env_open(env_, folder.path().c_str(), kFlags, 0600));
    MDB_txn* tx;
    Require(mdb_txn_begin(env_, nullptr, 0, &tx));
    Require(mdb_dbi_open(tx, nullptr, 0, &table_));
    Require(mdb_txn_commit(tx));
  }
  ~LmdbStore() { mdb_env_close(env_); }
  LmdbStore(const LmdbStore&) = delete;
  LmdbStore& operator=(const LmdbStore&) = delete;

  void Settle() {}

 private:
  MDB_env* env_ = nullptr;
  MDB_dbi table_ = 0;
};

}  // namespace

const StoreEntry kLmdb = {"lmdb", "LMDB: in memory, mapped for writing, no sync",
                          LmdbStore::kTraits, &MakeContender<LmdbStore>};

}  // namespace nacre::bench
