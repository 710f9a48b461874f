// SQLite in memory: one table without a rowid, prepared statements, one connection. A database in
// memory has no write-ahead log, so readers and writers exclude each other in any case; sessions
// share the connection under one mutex, which costs less than connections that share a cache.

#include <sqlite3.h>

#include <array>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <mutex>

#include "absl/types/span.h"
#include "bench/ycsb/contender_of.h"
#include "bench/ycsb/record.h"
#include "bench/ycsb/store.h"
#include "bench/ycsb/stores/stores.h"

namespace nacre::bench {
namespace {

void Require(bool ok, sqlite3* db) {
  if (ok) [[likely]]
    return;
  std::fprintf(stderr, "sqlite: %s\n", sqlite3_errmsg(db));
  std::abort();
}

class Statement {
 public:
  Statement(sqlite3* db, const char* text) : db_(db) {
    Require(sqlite3_prepare_v3(db, text, -1, SQLITE_PREPARE_PERSISTENT, &statement_, nullptr) ==
                SQLITE_OK,
            db);
  }
  ~Statement() { sqlite3_finalize(statement_); }
  Statement(const Statement&) = delete;
  Statement& operator=(const Statement&) = delete;

  template <size_t kBytes>
  void Bind(int position, const std::array<char, kBytes>& bytes) {
    sqlite3_bind_blob(statement_, position, bytes.data(), kBytes, SQLITE_STATIC);
  }
  void Bind(int position, uint64_t number) {
    sqlite3_bind_int64(statement_, position, static_cast<sqlite3_int64>(number));
  }
  // Whether there is a row.
  bool Step() {
    const int result = sqlite3_step(statement_);
    Require(result == SQLITE_ROW || result == SQLITE_DONE, db_);
    return result == SQLITE_ROW;
  }
  void CopyValue(ValueBytes& copy) {
    std::memcpy(copy.data(), sqlite3_column_blob(statement_, 0), kValueBytes);
  }
  void Reset() { sqlite3_reset(statement_); }
  void Run() {
    Step();
    Reset();
  }

 private:
  sqlite3* const db_;
  sqlite3_stmt* statement_ = nullptr;
};

sqlite3* OpenTable() {
  // Counting every allocation under a lock is of no use here.
  sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
  sqlite3* db = nullptr;
  Require(sqlite3_open_v2(":memory:", &db,
                          SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX,
                          nullptr) == SQLITE_OK,
          db);
  Require(sqlite3_exec(db, "CREATE TABLE bench (k BLOB PRIMARY KEY, v BLOB) WITHOUT ROWID", nullptr,
                       nullptr, nullptr) == SQLITE_OK,
          db);
  return db;
}

// Destroyed after the statements, which have to be gone by then.
struct CloseDb {
  void operator()(sqlite3* db) const { Require(sqlite3_close(db) == SQLITE_OK, db); }
};

class SqliteStore {
 public:
  static constexpr StoreTraits kTraits = {
      .concurrent = true, .ordered = true, .serializable = true};

  class Session {
   public:
    explicit Session(SqliteStore& store) : store_(store) {}

    template <typename Body>
    void Transact(Mode, const Body& body) {
      const std::lock_guard lock(store_.mutex_);
      store_.begin_.Run();
      body(*this);
      store_.commit_.Run();
    }
    uint64_t conflicts() const { return 0; }

    bool Get(const KeyBytes& key, ValueBytes& copy) {
      store_.get_.Bind(1, key);
      const bool found = store_.get_.Step();
      if (found) store_.get_.CopyValue(copy);
      store_.get_.Reset();
      return found;
    }
    void GetMany(absl::Span<const KeyBytes> keys, ValueBytes& copy) {
      GetOneByOne(*this, keys, copy);
    }
    void Put(const KeyBytes& key, const ValueBytes& value) {
      store_.put_.Bind(1, key);
      store_.put_.Bind(2, value);
      store_.put_.Run();
    }
    void Delete(const KeyBytes& key) {
      store_.delete_.Bind(1, key);
      store_.delete_.Run();
    }
    uint64_t Scan(const KeyBytes& start, uint64_t limit, ValueBytes& copy) {
      store_.scan_.Bind(1, start);
      store_.scan_.Bind(2, limit);
      uint64_t visited = 0;
      while (store_.scan_.Step()) {
        store_.scan_.CopyValue(copy);
        KeepCopied(copy);
        ++visited;
      }
      store_.scan_.Reset();
      return visited;
    }

   private:
    SqliteStore& store_;
  };

  void Settle() {}

 private:
  std::mutex mutex_;
  const std::unique_ptr<sqlite3, CloseDb> db_{OpenTable()};
  Statement begin_{db_.get(), "BEGIN"};
  Statement commit_{db_.get(), "COMMIT"};
  Statement get_{db_.get(), "SELECT v FROM bench WHERE k = ?1"};
  Statement put_{db_.get(), "INSERT OR REPLACE INTO bench VALUES (?1, ?2)"};
  Statement delete_{db_.get(), "DELETE FROM bench WHERE k = ?1"};
  Statement scan_{db_.get(), "SELECT v FROM bench WHERE k >= ?1 ORDER BY k LIMIT ?2"};
};

}  // namespace

const StoreEntry kSqlite = {"sqlite", "SQLite :memory:, prepared statements", SqliteStore::kTraits,
                            &MakeContender<SqliteStore>};

}  // namespace nacre::bench
