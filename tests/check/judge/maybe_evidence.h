#ifndef NACRE_TESTS_CHECK_JUDGE_MAYBE_EVIDENCE_H_
#define NACRE_TESTS_CHECK_JUDGE_MAYBE_EVIDENCE_H_

#include <cstdint>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "nacre/check/history.h"
#include "nacre/check/level.h"
#include "tests/check/judge/deadline.h"
#include "tests/check/judge/scan_range.h"

namespace nacre::check::judge {

inline constexpr int64_t kForever = INT64_MAX / 4;

// Places between timestamps: s is behind what has the timestamp s, before what has s + 1. -1 is
// before all.
struct Interval {
  int64_t first = -1;
  int64_t last = kForever;
  struct Why {
    TxnId txn = kNone;
    uint32_t op = kNone;   // Its answer; kNone: it wrote the same key.
    KeyId key = kNone;     // Neither: it is that which was not yet begun.
    TxnId before = kNone;  // If it is for no answer, but for what was over before it was begun:
    Order order = Order::kData;  // how that is known.
    TxnId since = kNone;  // Whose commit or answer gives `first`; kNone: its own, or nobody's.
    TxnId until = kNone;  // The same of `last`.
    friend bool operator==(const Why&, const Why&) = default;
  } why;
};

// What the answers and commits of a history with timestamps tell of when the indeterminate
// transactions committed. Only what is certain: answers that several of them explain, keys of
// lists that one of them may have deleted and elements that were appended twice tell nothing.
class MaybeEvidence {
 public:
  // Of a register that several of them left as it was read: nothing, or as if it had been the first
  // or the last of those, and as if none had deleted a list. Those are guesses.
  enum class Ambiguous : uint8_t { kTellsNothing, kFirst, kLast };
  MaybeEvidence(const History& history, Level level, Ambiguous ambiguous, const Stop& stop);

  struct Maybe {
    TxnId txn = kNone;
    int64_t begin = -1;  // Its timestamp. -1: not known.
    bool seen = false;
    std::vector<KeyId> keys;
    // If it was seen: of the places that answers require, that which begins last and that which
    // ends first.
    Interval from;
    Interval to;
    std::vector<Interval> excluded;
    Interval excluded_by_order = {-1, -1, {}};  // Until it was begun.
  };
  // In the order of the history.
  const std::vector<Maybe>& maybes() const { return maybes_; }
  // Why it cannot have that place, or nullptr.
  const Interval* Excludes(uint32_t maybe, int64_t place) const;
  // The same, by what was over before something else was begun.
  const Interval* OrderExcludes(uint32_t maybe, int64_t place) const;

  // One that nothing tells to have committed, and which would leave the register so; or kNone.
  uint32_t UnseenThatLeft(KeyId key, ValueId value) const;

  // A register was read as `maybe` left it until `last`.
  struct Shown {
    KeyId key;
    uint32_t maybe;
    int64_t last;
    Interval::Why why;
  };
  // Those of one key behind each other.
  const std::vector<Shown>& shown() const { return shown_; }
  // The first committed before the second, as the elements of a list show.
  struct InOrder {
    uint32_t earlier;
    uint32_t later;
    Interval::Why why;
  };
  const std::vector<InOrder>& in_order() const { return in_order_; }
  // A register was read as several of them left it, one of which committed within the interval.
  struct LeftByOne {
    ValueId value;
    Interval interval;
  };
  const std::vector<LeftByOne>& left_by_one() const { return left_by_one_; }
  // What a transaction leaves at a register that it writes.
  ValueId LeftBy(TxnId t, KeyId key) const;
  const std::vector<uint32_t>& WritersOf(KeyId key) const { return keys_.at(key).maybes; }
  bool IsMaybe(TxnId t) const { return history_.outcome(t) == Outcome::kIndeterminate; }
  // Whether answers tell of the key at all: one of them wrote it.
  bool IsOpen(KeyId key) const { return keys_.contains(key); }
  // Who wrote it last that a snapshot has and is known to have committed, or kNone. Or the last
  // that left nothing of what was there before.
  TxnId LastCommitted(KeyId key, TxnId reader, bool replaced) const;
  // By value: all that appended it to the key and may have committed.
  absl::flat_hash_map<ValueId, std::vector<TxnId>> AppendersOf(KeyId key) const;
  bool IsList(KeyId key) const { return keys_.at(key).appended; }
  bool TellsNothing(KeyId key) const {
    const Key& of = keys_.at(key);
    return of.appended && (of.written || of.replaced_by_maybe);
  }

 private:
  struct Commit {
    int64_t at;
    int64_t begin;
    TxnId txn;
  };
  // That somebody committed, or had a snapshot, at a time.
  struct Known {
    int64_t at = -1;
    TxnId by = kNone;
  };
  struct Sight {
    int64_t at;
    Interval::Why why;
    bool missed;   // By a scan.
    ListRef list;  // Without the reader's own appends. Empty also if it is none.
  };
  struct Key {
    std::vector<uint32_t> maybes;
    bool appended = false;
    bool written = false;
    bool replaced_by_maybe = false;
    std::vector<Commit> commits;
    std::vector<Sight> sights;
    std::vector<Interval> excluded;  // For all that wrote it. Of growing `first` and `last`.
  };
  struct Element {
    uint32_t appends = 0;
    uint32_t maybe = kNone;
    int64_t at = -1;   // Of a commit,
    TxnId by = kNone;  // this one.
  };

  // As far as lists of one key, each longer than the one before, were gone through.
  struct ListWalk {
    ListRef list;
    absl::flat_hash_set<uint32_t> contained;
    std::vector<uint32_t> last;  // Of the contained those behind the last element of a commit,
    Known low;                   // or when it was replaced.
  };

  void CollectMaybes();
  void CollectCommitted(TxnId t, const SortedKeys& sorted);
  void CollectOrders(Level level);
  void ExcludeConflicts(KeyId id, const Key& key);
  void JudgeRegister(KeyId id, Key& key, const Stop& stop);
  void JudgeList(KeyId id, Key& key, const Stop& stop);
  absl::flat_hash_map<ValueId, Element> ElementsOf(KeyId id, const Key& key) const;
  static Interval Between(const Known& since, const Sight& sight);
  void Require(uint32_t m, const Interval& interval);
  bool Replaces(TxnId t, KeyId key) const;
  static void Chain(std::vector<Interval>& intervals);

  const History& history_;
  const Ambiguous ambiguous_;
  std::vector<Maybe> maybes_;
  absl::flat_hash_map<KeyId, Key> keys_;  // Those that indeterminate transactions wrote.
  std::vector<Shown> shown_;
  std::vector<InOrder> in_order_;
  std::vector<LeftByOne> left_by_one_;
  // In which nobody committed, since a snapshot from before them was taken by who was begun when
  // somebody had returned who saw or made what was there behind them. Of growing `first` and
  // `last`.
  std::vector<Interval> missed_;
};

}  // namespace nacre::check::judge

#endif  // NACRE_TESTS_CHECK_JUDGE_MAYBE_EVIDENCE_H_
