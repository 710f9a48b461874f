#ifndef NACRE_TESTS_CHECK_JUDGE_ONLINE_FRONTIER_H_
#define NACRE_TESTS_CHECK_JUDGE_ONLINE_FRONTIER_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "absl/container/flat_hash_map.h"
#include "nacre/check/history.h"
#include "tests/check/judge/online/seen_filter.h"

namespace nacre::check::judge {

// What the dropped transactions left at a key.
struct KeyState {
  bool is_list = false;
  bool present = false;  // Of a register; a list is always there.
  std::string value;     // Of a list: its last element.

  // Of a list: how long it was, and as far as some read showed it; beyond, the order is a guess.
  uint32_t length = 0;
  uint32_t read_length = 0;
  uint64_t hash = 0;
  uint64_t read_hash = 0;

  // Who wrote `value`.
  TxnInfo writer;
  std::optional<std::string> session;
  uint64_t fed = 0;
  // Another dropped transaction wrote `value` to the key as well, or it seems so.
  bool several = false;
  // A dropped transaction deleted the key, whenever that was.
  bool deleted = false;
  // When the last of all other writers of the key that were dropped had returned.
  uint64_t others_returned = 0;
  uint64_t touched = 0;

  // No other dropped version can be newer: their writers had all returned before this one's was
  // begun.
  bool IsNewest() const { return others_returned < writer.invoked; }
};

// The state from which the window begins, and what can be said of what was before.
class Frontier {
 public:
  Frontier(uint32_t keys_max, size_t filter_bytes)
      : keys_max_(keys_max), forgotten_keys_(filter_bytes), dropped_values_(filter_bytes) {}

  // Marks it as in use now. nullptr: nothing is known.
  KeyState* Touch(std::string_view key, uint64_t now);
  KeyState* Find(std::string_view key);
  KeyState& Make(std::string_view key, uint64_t now);
  bool WasForgotten(std::string_view key) {
    return any_forgotten_ && forgotten_keys_.Contains(HashOfText(key));
  }

  void DropValue(std::string_view key, std::string_view value) {
    dropped_values_.Insert(ChainHash(HashOfText(key), value));
  }
  // Whether a dropped transaction wrote it, or it seems so.
  bool WasDropped(std::string_view key, std::string_view value) {
    return dropped_values_.Contains(ChainHash(HashOfText(key), value));
  }

  // Forgets the keys not touched since longest, if there are too many, but for those touched at or
  // after `in_use`. Pointers to the others stay valid.
  void ForgetUnused(uint64_t in_use);

  bool empty() const { return states_.empty(); }
  template <typename Visit>
  void ForEach(Visit visit) const {
    for (const auto& [key, state] : states_) visit(std::string_view(key), *state);
  }
  size_t memory_bytes() const;

 private:
  const uint32_t keys_max_;
  absl::flat_hash_map<std::string, std::unique_ptr<KeyState>> states_;
  SeenFilter forgotten_keys_;
  SeenFilter dropped_values_;
  bool any_forgotten_ = false;
};

}  // namespace nacre::check::judge

#endif  // NACRE_TESTS_CHECK_JUDGE_ONLINE_FRONTIER_H_
