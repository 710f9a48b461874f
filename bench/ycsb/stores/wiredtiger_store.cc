// WiredTiger with `in_memory`. It has snapshot isolation and nothing above it. The sessions have
// the isolation in their configuration, so that no transaction has a string to read.

#include <wiredtiger.h>

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

constexpr char kTable[] = "table:bench";

void Require(int result) {
  if (result == 0) [[likely]]
    return;
  std::fprintf(stderr, "wiredtiger: %s\n", wiredtiger_strerror(result));
  std::abort();
}

template <size_t kBytes>
WT_ITEM ItemOf(const std::array<char, kBytes>& bytes) {
  WT_ITEM item = {};
  item.data = bytes.data();
  item.size = bytes.size();
  return item;
}

// A session of WiredTiger with a cursor, closed together.
class Cursor {
 public:
  explicit Cursor(WT_CONNECTION& connection) {
    Require(connection.open_session(&connection, nullptr, "isolation=snapshot", &session_));
    Require(session_->open_cursor(session_, kTable, nullptr, nullptr, &cursor_));
  }
  ~Cursor() { Require(session_->close(session_, nullptr)); }
  Cursor(const Cursor&) = delete;
  Cursor& operator=(const Cursor&) = delete;

  int Begin() { return session_->begin_transaction(session_, nullptr); }
  int Commit() { return session_->commit_transaction(session_, nullptr); }
  int Rollback() { return session_->rollback_transaction(session_, nullptr); }

  int Get(const KeyBytes& key, ValueBytes& copy) {
    WT_ITEM item = ItemOf(key);
    cursor_->set_key(cursor_, &item);
    const int result = cursor_->search(cursor_);
    return result == 0 ? CopyValue(copy) : result;
  }
  int Put(const KeyBytes& key, const ValueBytes& value) {
    WT_ITEM key_item = ItemOf(key);
    WT_ITEM value_item = ItemOf(value);
    cursor_->set_key(cursor_, &key_item);
    cursor_->set_value(cursor_, &value_item);
    return cursor_->insert(cursor_);  // Overwrites.
  }
  int Delete(const KeyBytes& key) {
    WT_ITEM item = ItemOf(key);
    cursor_->set_key(cursor_, &item);
    return cursor_->remove(cursor_);
  }
  int SeekAtOrAfter(const KeyBytes& key) {
    WT_ITEM item = ItemOf(key);
    int position;
    cursor_->set_key(cursor_, &item);
    const int result = cursor_->search_near(cursor_, &position);
    return result == 0 && position < 0 ? Next() : result;
  }
  int Next() { return cursor_->next(cursor_); }
  int CopyValue(ValueBytes& copy) {
    WT_ITEM found;
    const int result = cursor_->get_value(cursor_, &found);
    if (result == 0) std::memcpy(copy.data(), found.data, kValueBytes);
    return result;
  }

 private:
  WT_SESSION* session_ = nullptr;
  WT_CURSOR* cursor_ = nullptr;
};

class WiredTigerStore {
 public:
  static constexpr StoreTraits kTraits = {.concurrent = true, .ordered = true, .snapshots = true};

  class Session {
   public:
    explicit Session(WiredTigerStore& store) : cursor_(*store.connection_) {}

    template <typename Body>
    void Transact(Mode, const Body& body) {
      while (!TryToCommit(body)) ++conflicts_;
    }
    uint64_t conflicts() const { return conflicts_; }

    bool Get(const KeyBytes& key, ValueBytes& copy) {
      return !has_conflict_ && Succeeds(cursor_.Get(key, copy));
    }
    void GetMany(absl::Span<const KeyBytes> keys, ValueBytes& copy) {
      GetOneByOne(*this, keys, copy);
    }
    void Put(const KeyBytes& key, const ValueBytes& value) {
      if (!has_conflict_) Succeeds(cursor_.Put(key, value));
    }
    void Delete(const KeyBytes& key) {
      if (!has_conflict_) Succeeds(cursor_.Delete(key));
    }
    uint64_t Scan(const KeyBytes& start, uint64_t limit, ValueBytes& copy) {
      uint64_t visited = 0;
      for (bool found = Succeeds(cursor_.SeekAtOrAfter(start)); found;
           found = Succeeds(cursor_.Next())) {
        Require(cursor_.CopyValue(copy));
        KeepCopied(copy);
        if (++visited == limit) break;
      }
      return visited;
    }

   private:
    template <typename Body>
    bool TryToCommit(const Body& body) {
      Require(cursor_.Begin());
      has_conflict_ = false;
      body(*this);
      if (has_conflict_) {
        Require(cursor_.Rollback());
      } else {
        Succeeds(cursor_.Commit());  // Rolls back if it fails.
      }
      return !has_conflict_;
    }

    // False if the key is absent, or if there is a conflict, which is noted.
    bool Succeeds(int result) {
      if (result == 0) [[likely]]
        return true;
      if (result == WT_ROLLBACK) {
        has_conflict_ = true;
      } else if (result != WT_NOTFOUND) {
        Require(result);
      }
      return false;
    }

    Cursor cursor_;
    bool has_conflict_ = false;
    uint64_t conflicts_ = 0;
  };

  class Held {
   public:
    explicit Held(WiredTigerStore& store) : cursor_(*store.connection_) {
      Require(cursor_.Begin());
    }
    ~Held() { Require(cursor_.Rollback()); }
    Held(const Held&) = delete;
    Held& operator=(const Held&) = delete;
    bool Get(const KeyBytes& key, ValueBytes& copy) {
      const int result = cursor_.Get(key, copy);
      if (result != WT_NOTFOUND) Require(result);
      return result == 0;
    }

   private:
    Cursor cursor_;
  };

  WiredTigerStore() {
    Require(wiredtiger_open(folder_.path().c_str(), nullptr,
                            "create,in_memory=true,cache_size=16GB,session_max=16384",
                            &connection_));
    WT_SESSION* session;
    Require(connection_->open_session(connection_, nullptr, nullptr, &session));
    Require(session->create(session, kTable, "key_format=u,value_format=u"));
    Require(session->close(session, nullptr));
  }
  ~WiredTigerStore() { Require(connection_->close(connection_, "leak_memory=true")); }
  WiredTigerStore(const WiredTigerStore&) = delete;
  WiredTigerStore& operator=(const WiredTigerStore&) = delete;

  void Settle() {}

 private:
  MemoryFolder folder_;  // Stays empty.
  WT_CONNECTION* connection_ = nullptr;
};

}  // namespace

const StoreEntry kWiredTiger = {"wiredtiger", "WiredTiger, in_memory", WiredTigerStore::kTraits,
                                &MakeContender<WiredTigerStore>};

}  // namespace nacre::bench
