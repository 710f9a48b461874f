#ifndef NACRE_TESTS_CHECK_JUDGE_WRITE_INDEX_H_
#define NACRE_TESTS_CHECK_JUDGE_WRITE_INDEX_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "nacre/check/history.h"

namespace nacre::check::judge {

// Who wrote a value to a key. Values of one key should be unique; where they are not, a writer that
// committed goes before one that may have, and that before one that did not.
class WriteIndex {
 public:
  explicit WriteIndex(const History& history);

  struct Write {
    TxnId txn = kNone;
    bool intermediate = false;  // Its transaction wrote the key again.
    bool several = false;       // Others with as good an outcome wrote the same value.
    bool seen = false;
  };
  // nullptr: nobody wrote it.
  Write* Find(KeyId key, ValueId value) {
    const auto it = writes_.find(Pack(key, value));
    return it == writes_.end() ? nullptr : &it->second;
  }
  bool Deleted(KeyId key) const { return key < deleted_.size() && deleted_[key]; }
  uint64_t duplicates() const { return duplicates_; }

 private:
  static uint64_t Pack(KeyId key, ValueId value) { return (uint64_t{key} << 32) | value; }
  void Add(const History& history, TxnId t, const Op& op, bool intermediate);

  absl::flat_hash_map<uint64_t, Write> writes_;
  std::vector<bool> deleted_;  // By key: a transaction that was not aborted left it deleted.
  uint64_t duplicates_ = 0;
};

}  // namespace nacre::check::judge

#endif  // NACRE_TESTS_CHECK_JUDGE_WRITE_INDEX_H_
