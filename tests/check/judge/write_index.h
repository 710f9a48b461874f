#ifndef NACRE_TESTS_CHECK_JUDGE_WRITE_INDEX_H_
#define NACRE_TESTS_CHECK_JUDGE_WRITE_INDEX_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "nacre/check/history.h"

namespace nacre::check::judge {

// Who wrote a value to a key. Values of one key should be unique; where they are not, a writer that
// others can have seen it from goes before one that they cannot.
class WriteIndex {
 public:
  explicit WriteIndex(const History& history);

  // From good to bad.
  enum class Standing : uint8_t {
    kCommitted,
    kIndeterminate,
    kOverwritten,  // The same transaction overwrote it, so nobody should have seen it.
    kAborted,
  };
  struct Write {
    TxnId txn = kNone;
    Standing standing = Standing::kAborted;
    bool intermediate = false;  // Its transaction wrote the key again.
    bool repeated = false;      // It is one of several appends of its transaction to the key.
    bool several = false;       // Others see it too from another transaction, if that happened.
    uint32_t appends = 0;       // How often transactions that may have happened appended it.
    uint32_t seen = 0;          // How often it stands in the list.
  };
  // nullptr: nobody wrote it.
  Write* Find(KeyId key, ValueId value) {
    const auto it = writes_.find(Pack(key, value));
    return it == writes_.end() ? nullptr : &it->second;
  }
  bool Deleted(KeyId key) const { return key < deleted_.size() && deleted_[key]; }

 private:
  static uint64_t Pack(KeyId key, ValueId value) { return (uint64_t{key} << 32) | value; }
  void Add(const Op& op, Outcome outcome, Write write);

  absl::flat_hash_map<uint64_t, Write> writes_;
  std::vector<bool> deleted_;  // By key: a transaction that was not aborted left it deleted.
};

}  // namespace nacre::check::judge

#endif  // NACRE_TESTS_CHECK_JUDGE_WRITE_INDEX_H_
