#ifndef NACRE_TESTS_CHECK_JUDGE_DEPENDENCY_GRAPH_H_
#define NACRE_TESTS_CHECK_JUDGE_DEPENDENCY_GRAPH_H_

#include <cstdint>
#include <vector>

#include "absl/types/span.h"
#include "tests/check/judge/observations.h"

namespace nacre::check::judge {

// Sets of EdgeKind, as bits.
using EdgeKinds = uint8_t;
constexpr EdgeKinds Bit(EdgeKind kind) {
  return static_cast<EdgeKinds>(1U << static_cast<unsigned>(kind));
}
inline constexpr EdgeKinds kAntiDependencies = Bit(EdgeKind::kRw) | Bit(EdgeKind::kRwPredicate);

// Who must come before whom. Nodes are the transactions, and behind them helper nodes through which
// many edges of one kind go, so that the graph stays linear in the history:
//
//   FAN. All who read the last known version of a key precede all who wrote versions of it that
//        nobody read: readers --rw--> fan --rw--> writers.
//   UNKNOWN-END. An indeterminate transaction may have taken effect at any time after it was begun:
//        nothing follows it in its session, as nothing does in real time.
//   BARRIER. All who had returned precede all who were begun later: returned --real time-->
//   barrier,
//        barrier --real time--> the next barrier and those begun after it.
class DependencyGraph {
 public:
  // A target, with the kind and key of the edge that leads to it, in eight bytes.
  struct Arc {
    uint32_t to;
    uint32_t label;
    EdgeKind kind() const { return static_cast<EdgeKind>(label >> 29); }
    KeyId key() const { return (label & kKeyMask) == kKeyMask ? kNone : label & kKeyMask; }
  };
  static_assert(sizeof(Arc) == 8);

  static constexpr uint32_t kKeysMax = (1U << 29) - 1;
  struct Options {
    bool sessions = false;
    bool real_time = false;
    // No update is lost: who read the last known version of a key and wrote one that nobody read
    // wrote the next. True of snapshot isolation and everything above it.
    bool forced = false;
  };
  // Precondition: at most kKeysMax keys.
  DependencyGraph(const History& history, const Observations& seen, const Options& options);

  uint32_t txns() const { return txns_; }
  uint32_t nodes() const { return static_cast<uint32_t>(first_.size() - 1); }
  bool is_helper(uint32_t node) const { return node >= txns_; }
  absl::Span<const Arc> arcs(uint32_t node) const {
    return absl::MakeConstSpan(arcs_.data() + first_[node], first_[node + 1] - first_[node]);
  }

 private:
  static constexpr uint32_t kKeyMask = kKeysMax;
  // Calls add(from, to, kind, key) for every arc, in the same order each time.
  template <typename Add>
  uint32_t ForEachArc(const History& history, const Observations& seen, Add add) const;
  template <typename Add>
  uint32_t DataArcs(const History& history, const Observations& seen, Add add) const;
  template <typename Add>
  void SessionArcs(const History& history, const Observations& seen, Add add) const;
  template <typename Add>
  uint32_t RealTimeArcs(const History& history, const Observations& seen, uint32_t next_helper,
                        Add add) const;

  template <typename Add>
  void UnreadArcs(const Observations& seen, KeyId key, TxnId last, Add add) const;

  const uint32_t txns_;
  const Options options_;
  std::vector<TxnId> next_writer_;  // By key: who read its last known version and wrote one.
  std::vector<uint64_t> first_;
  std::vector<Arc> arcs_;
  std::vector<std::pair<uint64_t, TxnId>> begins_;  // Sorted by time; of those that happened.
  std::vector<std::pair<uint64_t, TxnId>> ends_;
};

}  // namespace nacre::check::judge

#endif  // NACRE_TESTS_CHECK_JUDGE_DEPENDENCY_GRAPH_H_
