#ifndef NACRE_TESTS_CHECK_JUDGE_ONLINE_WINDOW_H_
#define NACRE_TESTS_CHECK_JUDGE_ONLINE_WINDOW_H_

#include <cstdint>
#include <vector>

#include "nacre/check/history.h"
#include "tests/check/judge/online/frontier.h"

namespace nacre::check::judge {

// How a list that was read stands to what has been dropped of its key.
enum class Reach : uint8_t {
  kWithin,       // It has all that was dropped; kept is what follows.
  kBehind,       // It ended before the last of that; kept are the reader's own appends.
  kUnclear,      // It cannot be told, since nobody has shown the order of what was dropped.
  kContradicts,  // It differs from what others have read, whatever followed.
};

struct KeptOp {
  Op op;
  Reach reach = Reach::kWithin;  // Of lists.
  uint32_t appended = 0;         // Of lists: how many appends its transaction had done to the key.
};

struct KeptTxn {
  TxnInfo info;
  // When the store had answered, whatever the outcome. Unlike info.completed never kNever.
  uint64_t returned = 0;
  uint64_t fed = 0;  // As the how manieth transaction it was added.
  bool writes = false;
  bool verified = false;  // By timestamps: its reads have been compared.
  bool beyond = false;    // Has been told to reach behind the window.
  std::vector<KeptOp> ops;
};

// The transactions that are kept, in the order in which they finished, with texts and lists of
// their own, so that what is dropped leaves nothing behind.
class Window {
 public:
  Interner keys;
  Interner values;
  Interner sessions;
  ListPool lists;
  std::vector<KeptTxn> txns;

  // By key: what is known of it from before the window; nullptr: nothing, so it was absent.
  const KeyState* state(KeyId key) const { return states_[key]; }
  KeyState* state(KeyId key) { return states_[key]; }
  // Whether the key has been forgotten. Its operations are not kept.
  bool forgotten(KeyId key) const { return forgotten_[key]; }
  KeyId Key(std::string_view text, Frontier& frontier);

  // Keeps the transactions for which `drop` is false. Lists lose what they begin with of `dropped`,
  // by key, which `frontier` has as well by now.
  void Compact(const std::vector<bool>& drop, const std::vector<std::vector<ValueId>>& dropped,
               Frontier& frontier);
  // Marks the states of its keys as in use now.
  void TouchStates(uint64_t now);
  size_t memory_bytes() const;

 private:
  std::vector<KeyState*> states_;
  std::vector<bool> forgotten_;
};

}  // namespace nacre::check::judge

#endif  // NACRE_TESTS_CHECK_JUDGE_ONLINE_WINDOW_H_
