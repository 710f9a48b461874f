#ifndef NACRE_TESTS_CHECK_JUDGE_ONLINE_READINGS_H_
#define NACRE_TESTS_CHECK_JUDGE_ONLINE_READINGS_H_

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "tests/check/judge/online/window.h"
#include "tests/check/judge/own_view.h"

namespace nacre::check::judge {

// What can be made of an operation.
enum class Use : uint8_t {
  kAsIs,
  kFrontier,  // A register read that saw the state from which the window begins.
  kBefore,    // A read that saw an older state than that.
  kLeftOut,   // Cannot be judged, yet or for ever. To leave it out makes a history more valid.
};

// What is not known of a window from the window itself.
struct Knowledge {
  // Every transaction that has not been added was invoked at or after this.
  uint64_t oldest_open = 0;
  bool finished = false;      // There is none.
  bool by_time = false;       // Reads are compared by timestamps.
  bool serial = false;        // And that at the commit.
  bool sessions = false;      // The level knows their order,
  bool real_time = false;     // and that of real time.
  uint64_t horizon_time = 0;  // By timestamps: states before it are not known.
};

// Who wrote what the window's transactions read, as far as that is known.
//
// SETTLED. A transaction is settled if it had returned before everything that is open or to come
// was invoked. All that it can have read has then been added, so what nobody has written by then
// nobody did. Before that a read of an unknown value is left out.
class Readings {
 public:
  Readings(Window& window, Frontier& frontier, const Knowledge& knowledge);

  bool settled(const KeptTxn& txn) const {
    return knowledge_.finished || txn.returned < knowledge_.oldest_open;
  }
  Use use(uint32_t t, size_t op) const { return uses_[first_[t] + op]; }
  // kNone: nobody in the window.
  uint32_t WriterOf(KeyId key, ValueId value) const {
    const auto it = writers_.find(Pack(key, value));
    return it == writers_.end() ? kNone : it->second;
  }
  // Who wrote it cannot be told by the value: several in the window, or a dropped one as well.
  bool Ambiguous(KeyId key, ValueId value) const {
    return several_.contains(Pack(key, value)) || Doubtful(key, value);
  }
  // Left deleted by a transaction of the window.
  bool Deleted(KeyId key) const { return deleted_.contains(key); }
  // A dropped transaction wrote the same value before, or it seems so.
  bool Doubtful(KeyId key, ValueId value) const {
    return window_.values.size() > value &&
           frontier_.WasDropped(window_.keys.text(key), window_.values.text(value));
  }
  uint64_t horizon_time() const { return knowledge_.horizon_time; }
  bool has_scans() const { return has_scans_; }
  // Of some value that was written it cannot be told by whom.
  bool ambiguous() const { return !several_.empty(); }
  // And a list that was read has such an element.
  bool equal_elements() const { return equal_elements_; }
  // Reads that saw what was dropped, so that the verdict cannot be `holds`: told once each.
  uint64_t beyond() const { return beyond_; }
  const std::string& beyond_example() const { return beyond_example_; }
  // A list read that contradicts what others read before: transaction and operation.
  std::pair<uint32_t, uint32_t> contradiction() const { return contradiction_; }

 private:
  static uint64_t Pack(KeyId key, ValueId value) { return (uint64_t{key} << 32) | value; }
  void CollectWriters();
  void AddWriter(const Op& op, uint32_t t);
  void FindKnownLists();
  bool Known(ListRef list) const { return known_[list.branch] >= list.length; }
  bool HasSeveral(KeyId key, ListRef list) const;
  void Classify(uint32_t t);
  Use OfRegister(uint32_t t, const Op& op, bool settled);
  Use OfList(uint32_t t, uint32_t i, const KeptOp& kept, bool settled);
  Use OfScan(uint32_t t, uint32_t i, bool settled);
  void Beyond(uint32_t t, KeyId key);
  void Beyond(uint32_t t, std::string what);

  Window& window_;
  Frontier& frontier_;
  const Knowledge knowledge_;
  absl::flat_hash_map<uint64_t, uint32_t> writers_;
  absl::flat_hash_set<uint64_t> several_;  // Several that may have happened wrote it.
  absl::flat_hash_set<KeyId> deleted_;
  std::vector<uint32_t> known_;  // By branch: how many elements have known writers.
  std::vector<uint64_t> first_;
  std::vector<Use> uses_;
  OwnView own_;
  // The frontier in the order of the keys; only with scans.
  std::vector<std::pair<std::string_view, const KeyState*>> sorted_;
  bool has_scans_ = false;
  bool equal_elements_ = false;
  uint64_t beyond_ = 0;
  std::string beyond_example_;
  std::pair<uint32_t, uint32_t> contradiction_ = {kNone, 0};
};

}  // namespace nacre::check::judge

#endif  // NACRE_TESTS_CHECK_JUDGE_ONLINE_READINGS_H_
