#ifndef NACRE_TESTS_CHECK_JUDGE_CAUSAL_PAST_H_
#define NACRE_TESTS_CHECK_JUDGE_CAUSAL_PAST_H_

#include <algorithm>
#include <cstdint>
#include <vector>

#include "absl/types/span.h"
#include "nacre/check/history.h"

namespace nacre::check::judge {

// Transactions cut into chains, each of which is ordered by the relation "knows of" (wr, and
// sessions where they count). A session is a chain; what belongs to none continues the chain of one
// that it read from, if that is still the last of its chain.
struct Chains {
  std::vector<uint32_t> chain;     // By transaction.
  std::vector<uint32_t> position;  // In its chain, from 0.
  uint32_t count = 0;
};

// For each transaction and chain: how many of the chain it knows of. Made for some chains at a
// time, so that memory stays bounded however many there are.
class CausalPast {
 public:
  // `order`: transactions, each behind all in `direct` of it (those whose write it read, and the
  // one before it in its session).
  CausalPast(const std::vector<TxnId>& order, uint32_t txns) : order_(order), txns_(txns) {}

  // How many chains of so many fit in so many entries; one at least.
  static uint32_t BlockFor(uint32_t txns, uint32_t chains, uint64_t entries_max) {
    const uint64_t fits = std::max<uint64_t>(1, entries_max / std::max<uint32_t>(txns, 1));
    return static_cast<uint32_t>(std::min<uint64_t>(fits, std::max<uint32_t>(chains, 1)));
  }

  template <typename ForEachDirect>
  void Compute(const Chains& chains, uint32_t first_chain, uint32_t end_chain,
               ForEachDirect for_each_direct) {
    first_ = first_chain;
    width_ = end_chain - first_chain;
    known_.assign(size_t{txns_} * width_, 0);
    for (const TxnId t : order_) {
      uint32_t* const row = known_.data() + size_t{t} * width_;
      for_each_direct(t, [&](TxnId before) {
        const uint32_t* const other = known_.data() + size_t{before} * width_;
        for (uint32_t c = 0; c < width_; ++c) row[c] = row[c] < other[c] ? other[c] : row[c];
        const uint32_t c = chains.chain[before] - first_;
        if (c < width_ && row[c] <= chains.position[before]) row[c] = chains.position[before] + 1;
      });
    }
  }
  // How many transactions of `chain`, one of those computed, `t` knows of. Not of itself.
  uint32_t Known(TxnId t, uint32_t chain) const {
    return known_[size_t{t} * width_ + (chain - first_)];
  }

 private:
  const std::vector<TxnId>& order_;
  const uint32_t txns_;
  uint32_t first_ = 0;
  uint32_t width_ = 0;
  std::vector<uint32_t> known_;
};

}  // namespace nacre::check::judge

#endif  // NACRE_TESTS_CHECK_JUDGE_CAUSAL_PAST_H_
