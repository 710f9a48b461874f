#ifndef NACRE_TESTS_CHECK_JUDGE_OWN_VIEW_H_
#define NACRE_TESTS_CHECK_JUDGE_OWN_VIEW_H_

#include <cstdint>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "nacre/check/history.h"

namespace nacre::check::judge {

// What one transaction has done to a key so far. Operations are told by their place in it.
struct OwnKey {
  KeyId key = 0;
  uint32_t last_write = kNone;  // Also an append or deletion.
  uint32_t appends = 0;         // Since it was replaced, if it was.
  bool replaced = false;        // Written or deleted, so that nothing of others is left,
  bool written = false;         // and by a write, so that it is no list.
  uint32_t last_read = kNone;   // The last that saw others' versions.
  ListRef base = {};            // What that read saw of them, if it is a list.
  ValueId value = kNone;        // The same of a register.
};

// The keys of one transaction at a time. Few in most, so they are searched one by one at first.
class OwnView {
 public:
  void Clear() {
    keys_.clear();
    index_.clear();
  }
  OwnKey& operator[](KeyId key) {
    OwnKey* found = Find(key);
    if (found != nullptr) return *found;
    if (keys_.size() >= kSearched) {
      if (index_.empty()) {
        for (uint32_t i = 0; i < keys_.size(); ++i) index_[keys_[i].key] = i;
      }
      index_[key] = static_cast<uint32_t>(keys_.size());
    }
    keys_.push_back({.key = key});
    return keys_.back();
  }
  OwnKey* Find(KeyId key) {
    if (!index_.empty()) {
      const auto it = index_.find(key);
      return it == index_.end() ? nullptr : &keys_[it->second];
    }
    for (OwnKey& own : keys_) {
      if (own.key == key) return &own;
    }
    return nullptr;
  }
  const std::vector<OwnKey>& keys() const { return keys_; }

 private:
  static constexpr size_t kSearched = 16;
  std::vector<OwnKey> keys_;
  absl::flat_hash_map<KeyId, uint32_t> index_;
};

}  // namespace nacre::check::judge

#endif  // NACRE_TESTS_CHECK_JUDGE_OWN_VIEW_H_
