#ifndef NACRE_CHECK_ONLINE_H_
#define NACRE_CHECK_ONLINE_H_

// Judging while a history grows, in memory that depends on how many transactions are open and on
// the horizon, not on how many there were.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "nacre/check/history.h"
#include "nacre/check/judge.h"
#include "nacre/check/level.h"
#include "nacre/check/verdict.h"

namespace nacre::check {

struct OnlineOptions {
  // The time limit is that of a step. After one that took as long the verdict is `unknown`, and
  // nothing is searched any more.
  JudgeOptions judge = {};
  // So many of the last finished transactions are always kept. A store that answers from states
  // older than that is not called violated for it where its level allows it, but `unknown`.
  uint32_t horizon = 1'000;
  uint32_t step = 0;  // Judges after so many more; 0: as many as the horizon.
  // Kept at most while it cannot be decided that they may be dropped; then the rest is `unknown`.
  uint32_t undecided_max = 50'000;
  // Keys whose last state is known though no kept transaction has to do with them. Those not used
  // for longest are forgotten first; what is done to them later is `unknown`.
  uint32_t keys_max = 65'536;
  // Of each of two filters, which tell what was forgotten from what never was. 4 MiB serve for some
  // 500,000 keys and 3 million values; beyond, more and more that was never there seems forgotten.
  size_t filter_bytes = size_t{4} << 20;
  // Transactions of unknown outcome and never seen so far. Each may still happen, so all are kept.
  uint32_t indeterminate_max = 10'000;
};

// What is known of a finished transaction besides its operations; see TxnInfo.
struct FinishedTxn {
  std::optional<std::string_view> session = std::nullopt;
  Outcome outcome = Outcome::kCommitted;
  // The clock of OnlineJudge::Add()'s `oldest_open`. Needed also where the level knows no real
  // time: only thus is it known what may still come.
  uint64_t invoked = kAlways;
  uint64_t completed = kNever;
  std::optional<uint64_t> begin_timestamp = std::nullopt;
  std::optional<uint64_t> commit_timestamp = std::nullopt;
  uint64_t line = 0;
  uint64_t number = 0;
};

// Judges transactions in the order in which they finished. Not thread-safe. Operations are
// collected, as by a HistoryBuilder, until Add() makes a transaction of them.
//
// A verdict `holds` is as strong as Judge()'s of the whole history, `violated` is never said of
// transactions that Judge() calls valid (without those to come: what returned before a write was
// begun cannot have seen it, also at levels that know no real time), and where what was dropped
// would have been needed the verdict is `unknown` and says so
// (docs/decisions/0012-online-judging.md has the argument).
class OnlineJudge {
 public:
  explicit OnlineJudge(Level level, const OnlineOptions& options = {});
  ~OnlineJudge();
  OnlineJudge(const OnlineJudge&) = delete;
  OnlineJudge& operator=(const OnlineJudge&) = delete;

  void Append(std::string_view key, std::string_view value);
  void Write(std::string_view key, std::string_view value);
  void Delete(std::string_view key);
  void Read(std::string_view key, std::string_view value);
  void ReadAbsent(std::string_view key);
  void BeginList(std::string_view key);
  void Element(std::string_view text);
  void EndList();
  // The reads up to EndScan() are the scan's results. `end` is exclusive.
  void BeginScan(std::string_view start, std::optional<std::string_view> end, bool reverse,
                 bool limited);
  void EndScan();

  // `oldest_open`: no transaction that is added later was invoked before it; kNever: none is open
  // and none comes. A transaction that was invoked earlier all the same makes the verdict
  // `unknown`. Returns false once a violation is known: more transactions change nothing.
  // Amortized time linear in the operations.
  bool Add(const FinishedTxn& txn, uint64_t oldest_open);
  // The same of a transaction of `history`, with its operations.
  bool Add(const History& history, TxnId t, uint64_t oldest_open);

  // Judges what has not been judged yet; then no more may be added.
  const Verdict& Finish();
  // So far: violated as soon as that is known, else unknown or holds of what has been judged.
  const Verdict& verdict() const;
  // What the transaction ids of the verdict refer to: the kept transactions when it was made, and
  // in front of them those that left the states from which they began.
  const History& evidence() const;

  uint64_t transactions() const;  // Added so far.
  uint32_t kept() const;          // Of which so many are still kept.
  // How often something reached behind what was kept, so that no verdict could rest on it.
  uint64_t beyond_horizon() const;
  // Of everything that grows, also between two steps; without what a step takes while it runs.
  size_t memory_bytes() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace nacre::check

#endif  // NACRE_CHECK_ONLINE_H_
