// ONE-SIDED. A verdict rests on two histories made of what is kept. What the one that assumes the
// frontier (Side::kAssumed) allows, the whole history allows; what the one that is a part of the
// whole (Side::kPart) forbids, the whole forbids. Where neither decides the verdict is `unknown`,
// and stays so. The argument: docs/decisions/0012-online-judging.md.

#include "nacre/check/online.h"

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include "absl/time/time.h"
#include "tests/check/judge/online/advance.h"
#include "tests/check/judge/online/cut.h"
#include "tests/check/judge/online/frontier.h"
#include "tests/check/judge/online/intake.h"
#include "tests/check/judge/online/readings.h"
#include "tests/check/judge/online/step_limit.h"
#include "tests/check/judge/online/window.h"
#include "tests/check/judge/online/window_history.h"
#include "tests/check/judge/replay.h"
#include "tests/check/judge/text.h"
#include "tests/check/judge/witness.h"

namespace nacre::check {

using judge::Cat;
using judge::Cut;
using judge::KeptOp;
using judge::KeptTxn;
using judge::KeyState;
using judge::Readings;
using judge::ReplayResult;
using judge::Side;

class OnlineJudge::Impl {
 public:
  Impl(Level level, const OnlineOptions& options)
      : level_(level),
        options_(options),
        serial_(Forbids(level, Anomaly::kG2Item, Order::kData)),
        limit_(options.judge),
        by_time_(Forbids(level, Anomaly::kLostUpdate, Order::kData) &&
                 !options.judge.ignore_timestamps),
        by_stronger_(!Forbids(level, Anomaly::kLostUpdate, Order::kData)),
        frontier_(options.keys_max, options.filter_bytes) {}

  judge::Intake& intake() { return intake_; }

  // --- transactions ---

  bool Add(const FinishedTxn& txn, uint64_t oldest_open) {
    ++transactions_;
    if (Over()) {
      intake_.Drop();
      return verdict_.ruling != Ruling::kViolated;
    }
    // PROMISE-KEPT: who was said not to be open cannot come, or what was settled was not.
    if (txn.invoked < oldest_open_) {
      Doubt(Cat("T", txn.number, " was invoked at ", txn.invoked,
                ", though nothing invoked before ", oldest_open_, " was said to be open"));
    }
    oldest_open_ = std::max(oldest_open_, oldest_open);
    latest_ = std::max(latest_, txn.invoked);
    if (txn.completed != kNever) latest_ = std::max(latest_, txn.completed);
    KeptTxn kept = {.info = {.outcome = txn.outcome,
                             .invoked = txn.invoked,
                             .completed = txn.completed,
                             .begin_timestamp = txn.begin_timestamp,
                             .commit_timestamp = txn.commit_timestamp,
                             .line = txn.line,
                             .number = txn.number},
                    .returned = txn.completed != kNever ? txn.completed : latest_,
                    .fed = transactions_,
                    .ops = {}};
    // As in a HistoryBuilder: a clock that went backwards says nothing.
    if (txn.outcome == Outcome::kIndeterminate || txn.completed < txn.invoked) {
      kept.info.completed = kNever;
    }
    if (txn.session.has_value()) kept.info.session = window_.sessions.Intern(*txn.session);
    intake_.Take(kept);
    if (!intake_.doubt().empty()) Doubt(intake_.doubt());
    if (!kept.ops.empty() || txn.outcome == Outcome::kCommitted) Take(std::move(kept));
    if (++since_step_ >= StepSize() && !gave_up_) {
      limit_.Begin();
      Step();
      CompactIfGrown();
    }
    if (Over()) intake_.Close();
    return verdict_.ruling != Ruling::kViolated;
  }

  const Verdict& Finish() {
    if (Over()) return verdict_;
    finished_ = true;
    limit_.Begin();
    Step();
    if (verdict_.ruling == Ruling::kHolds && !undecided_.empty()) Doubt(undecided_);
    return verdict_;
  }

  const Verdict& verdict() const { return verdict_; }
  const History& evidence() const { return evidence_; }
  uint64_t transactions() const { return transactions_; }
  uint32_t kept() const { return static_cast<uint32_t>(window_.txns.size()); }
  uint64_t beyond() const { return beyond_ + intake_.beyond(); }

  size_t memory_bytes() const {
    return window_.memory_bytes() + frontier_.memory_bytes() + evidence_.memory_bytes() +
           intake_.memory_bytes();
  }

 private:
  bool Over() const { return finished_ || verdict_.ruling == Ruling::kViolated || gave_up_; }

  // Once more than half as many as are kept have come, so that the time is linear however many
  // cannot be dropped.
  uint64_t StepSize() const {
    const uint64_t step = std::max<uint64_t>(
        1, options_.step != 0 ? options_.step : std::max<uint32_t>(options_.horizon, 1));
    return std::max(step, options_.step == 1 ? 1 : kept_at_step_ / 2);
  }

  void Take(KeptTxn txn) {
    if (txn.info.outcome == Outcome::kCommitted && by_time_ &&
        (!txn.info.begin_timestamp.has_value() ||
         (txn.writes && !txn.info.commit_timestamp.has_value()))) {
      LeaveTime(Cat("T", txn.info.number, " has no timestamps, though others before had them"));
    }
    // JUDGED-IS-PAST: what was compared or dropped by timestamps went before all that is to come.
    if (txn.info.outcome == Outcome::kCommitted && by_time_ && txn.writes &&
        *txn.info.commit_timestamp <= judged_time_ && !CompareAgain()) {
      LeaveTime(Cat("T", txn.info.number, " committed at ", *txn.info.commit_timestamp,
                    ", though what came later had been judged when it was added"));
    }
    if (txn.info.outcome == Outcome::kIndeterminate &&
        ++indeterminate_ > options_.indeterminate_max) {
      // EVERY-MAYBE-KEPT: any of them may still be seen, which is wrong of a value nobody wrote.
      Doubt("too many transactions have an unknown outcome");
      gave_up_ = true;
      window_ = {};
      return;
    }
    window_.txns.push_back(std::move(txn));
  }

  // As long as nothing was dropped, what was compared can be compared once more.
  bool CompareAgain() {
    if (serial_ || dropped_) return false;
    for (KeptTxn& txn : window_.txns) txn.verified = false;
    judged_time_ = horizon_time_ = 0;
    return true;
  }

  // From now on by values. If the commits of what was dropped were a serial order, that explains
  // just this frontier, and all that is kept comes behind it (PRUNED-BELOW).
  void LeaveTime(std::string why) {
    by_time_ = false;
    const bool lost = std::any_of(window_.txns.begin(), window_.txns.end(),
                                  [](const KeptTxn& txn) { return txn.verified; });
    if (lost || (dropped_ && !serial_)) Doubt(std::move(why));
  }

  void Doubt(std::string why) {
    if (verdict_.ruling != Ruling::kHolds) return;
    verdict_.ruling = Ruling::kUnknown;
    verdict_.reason = std::move(why);
  }

  // --- judging ---

  void Step() {
    since_step_ = 0;
    Readings readings(window_, frontier_,
                      {.oldest_open = oldest_open_,
                       .finished = finished_,
                       .by_time = by_time_,
                       .serial = serial_,
                       .sessions = Knows(level_, Order::kSession),
                       .real_time = Knows(level_, Order::kRealTime),
                       .horizon_time = horizon_time_});
    beyond_ += readings.beyond();
    if (beyond_example_.empty()) beyond_example_ = readings.beyond_example();
    if (readings.contradiction().first != kNone) {
      TellContradiction(readings);
    } else if (by_time_) {
      StepByTime(readings);
    } else {
      StepByValues(readings);
    }
    kept_at_step_ = window_.txns.size();
  }

  judge::CutOptions CutOptions() const {
    return {.horizon = options_.horizon,
            .sessions = Knows(level_, Order::kSession),
            .real_time = Knows(level_, Order::kRealTime)};
  }

  JudgeOptions WithinLimit() const {
    JudgeOptions options = options_.judge;
    options.time_limit = limit_.left();
    return options;
  }

  JudgeOptions ByValues() const {
    JudgeOptions options = WithinLimit();
    options.ignore_timestamps = true;
    return options;
  }

  // Whether the window holds if it begins with the frontier, and what is known of the order of its
  // writes then. Levels that look for no order are first judged by one that does, as long as that
  // holds and is easily found.
  Verdict JudgeAssumed(const Readings& readings, judge::WriteOrder& order) {
    const judge::WindowHistory assumed =
        HistoryOf(window_, frontier_, readings, Side::kAssumed, nullptr);
    std::optional<judge::Observations> witness;
    Verdict verdict;
    if (by_stronger_) {
      constexpr uint32_t kRoundsMax = 32;
      verdict = JudgeWithWitness(assumed.history, Level::kStrongSnapshotIsolation, ByValues(),
                                 witness, kRoundsMax);
      by_stronger_ = verdict.ruling == Ruling::kHolds;
    }
    if (!by_stronger_) verdict = JudgeWithWitness(assumed.history, level_, ByValues(), witness);
    if (witness.has_value()) order = WriteOrderOf(assumed, *witness);
    return verdict;
  }

  // What explains the window explains what is dropped of it as well, if it tells all that
  // ChooseCut() would else have to guess.
  // Whose append an element was that is in a list is told by the whole list.
  bool Proves(const judge::WriteOrder& order, const Readings& readings, const Cut& cut) const {
    if (readings.equal_elements()) return false;
    if (!order.empty() && indeterminate_ == 0 && !readings.ambiguous() && !cut.guessed) return true;
    const judge::WindowHistory dropped =
        HistoryOf(window_, frontier_, readings, Side::kAssumed, &cut);
    return Judge(dropped.history, level_, ByValues()).ruling == Ruling::kHolds;
  }

  void StepByValues(const Readings& readings) {
    if (JudgeByValues(readings) || !limit_.End()) return;
    GiveUp(Cat("the time limit of ", absl::FormatDuration(options_.judge.time_limit),
               " ended before a step was judged"));
  }

  // Whether nothing is left that the next step would have to search for again.
  bool JudgeByValues(const Readings& readings) {
    const bool whole = verdict_.ruling == Ruling::kHolds && beyond_example_.empty();
    if (whole) {
      undecided_.clear();
      judge::WriteOrder order;
      if (JudgeAssumed(readings, order).ruling == Ruling::kHolds) {
        if (finished_) return true;
        const Cut cut = ChooseCut(window_, readings, CutOptions(), order);
        // If the guess was wrong it may be better when more is known.
        const bool proven = cut.count > 0 && Proves(order, readings, cut);
        if (TooMany(readings, proven ? cut.count : 0)) {
          GiveUpOnMany("the order of the writes does not follow from what was read");
        } else if (proven) {
          Apply(cut);
        }
        return proven || cut.count == 0;
      }
    }
    const Verdict part = JudgePart(readings, Side::kPart);
    if (part.ruling == Ruling::kViolated) return true;
    if (!beyond_example_.empty()) Doubt(beyond_example_);
    if (verdict_.ruling == Ruling::kHolds) {
      undecided_ = part.ruling == Ruling::kUnknown
                       ? part.reason
                       : "a transaction may have seen what was older than what is kept";
      if (part.ruling == Ruling::kHolds) Doubt(undecided_);
    }
    evidence_ = {};
    if (TooMany(readings, 0)) {
      GiveUpOnMany(undecided_);
    } else if (verdict_.ruling == Ruling::kUnknown && !finished_) {
      Apply(ChooseCut(window_, readings, CutOptions(), {}));
    }
    return false;
  }

  void StepByTime(const Readings& readings) {
    undecided_.clear();
    judge::WindowHistory timed = HistoryOf(window_, frontier_, readings, Side::kTimed, nullptr);
    Verdict verdict;
    const ReplayResult result =
        timed.history.size() == 0
            ? ReplayResult::kHolds
            : judge::JudgeByReplay(timed.history, level_, options_.judge, verdict);
    switch (result) {
      case ReplayResult::kHolds: break;
      case ReplayResult::kViolated: JudgePart(readings, Side::kTimed); return;
      case ReplayResult::kUndecided:
        if (StepByPlaces()) return;
        LeaveTime("the timestamps do not explain the answers");
        // What is still to come may contradict its timestamps all the same.
        if (!serial_ && !finished_) {
          Doubt("an answer shows a transaction of unknown outcome, and so no timestamp");
        }
        // By values it may be decided.
        Step();
        return;
    }
    if (!beyond_example_.empty()) Doubt(beyond_example_);
    if (finished_) return;
    const Cut cut = ChooseCutByTime(window_, readings, CutOptions(), serial_);
    if (!serial_) {
      for (KeptTxn& txn : window_.txns) {
        if (txn.info.outcome != Outcome::kCommitted || !readings.settled(txn)) continue;
        txn.verified = true;
        judged_time_ = std::max(
            {judged_time_, *txn.info.begin_timestamp, txn.writes ? *txn.info.commit_timestamp : 0});
      }
    }
    judged_time_ = std::max(judged_time_, cut.time);
    horizon_time_ = std::max(horizon_time_, cut.time);
    Apply(cut);
  }

  // An answer shows a transaction of unknown outcome. As long as nothing was dropped, the window is
  // the whole so far, and is judged as such: by when those can have committed. Nothing is dropped
  // either, then, since that hangs on all answers. False: that is not so, or no longer.
  bool StepByPlaces() {
    if (!CompareAgain()) return false;
    const Readings readings(window_, frontier_,
                            {.oldest_open = oldest_open_,
                             .finished = finished_,
                             .by_time = true,
                             .real_time = Knows(level_, Order::kRealTime)});
    const Verdict whole = JudgePart(readings, Side::kTimed);
    if (whole.ruling == Ruling::kViolated) return true;
    evidence_ = {};
    undecided_ = whole.ruling == Ruling::kUnknown ? whole.reason : "";
    return finished_ || (!limit_.End() && !TooMany(readings, 0));
  }

  // If that is violated, so is the whole: then it is the verdict.
  Verdict JudgePart(const Readings& readings, Side side) {
    judge::WindowHistory part = HistoryOf(window_, frontier_, readings, side, nullptr);
    Verdict verdict =
        Judge(part.history, level_, side == Side::kTimed ? WithinLimit() : ByValues());
    evidence_ = std::move(part.history);
    if (verdict.ruling != Ruling::kViolated) return verdict;
    for (const TxnId t : part.shown_as_absent) {
      verdict.notes.push_back(Cat(evidence_.name(t),
                                  " read a version that had been overwritten before all that is "
                                  "kept; it is shown as absent"));
    }
    verdict_ = verdict;
    return verdict;
  }

  void TellContradiction(const Readings& readings) {
    judge::WindowHistory part = HistoryOf(window_, frontier_, readings, Side::kPart, nullptr);
    const auto [t, op] = readings.contradiction();
    const KeyId key = window_.txns[t].ops[op].op.key;
    Violation violation;
    violation.anomaly = Anomaly::kIncompatibleOrder;
    violation.txns = {part.ids[t]};
    violation.words = Cat("T", window_.txns[t].info.number, " read a list of ",
                          window_.keys.text(key), " whose first ", window_.state(key)->read_length,
                          " elements are not those that others had read before");
    verdict_ = Verdict();
    verdict_.ruling = Ruling::kViolated;
    verdict_.violations.push_back(std::move(violation));
    evidence_ = std::move(part.history);
  }

  bool TooMany(const Readings& readings, uint32_t dropped) const {
    const auto settled = std::count_if(window_.txns.begin(), window_.txns.end(),
                                       [&](const KeptTxn& txn) { return readings.settled(txn); });
    return static_cast<uint64_t>(settled) - dropped >
           std::max<uint64_t>(options_.undecided_max, uint64_t{4} * options_.horizon);
  }

  void GiveUpOnMany(const std::string& why) {
    GiveUp(Cat("more than ", options_.undecided_max, " transactions could not be decided: ", why));
  }

  void GiveUp(std::string why) {
    Doubt(std::move(why));
    if (finished_) return;
    const Readings readings(window_, frontier_,
                            {.oldest_open = oldest_open_,
                             .finished = finished_,
                             .real_time = Knows(level_, Order::kRealTime)});
    Apply(ForceCut(window_, readings, CutOptions()));
  }

  // --- dropping ---

  void Apply(const Cut& cut) {
    if (cut.count == 0 || finished_) return;
    dropped_ = true;
    std::vector<std::vector<ValueId>> lists(window_.keys.size());
    for (KeyId key = 0; key < cut.dropped.size(); ++key) {
      if (cut.dropped[key].empty()) continue;
      lists[key] =
          judge::Advance(window_, key, cut.dropped[key], by_time_, transactions_, frontier_);
    }
    for (size_t t = 0; t < cut.drop.size(); ++t) {
      const KeptTxn& txn = window_.txns[t];
      if (!cut.drop[t] || txn.info.outcome == Outcome::kAborted) continue;
      indeterminate_ -= txn.info.outcome == Outcome::kIndeterminate ? 1 : 0;
      // DROPPED-IS-KNOWN: what was written is never taken for what nobody wrote.
      for (const KeptOp& kept : txn.ops) {
        if (!kept.op.writes() || kept.op.value == kNone) continue;
        frontier_.DropValue(window_.keys.text(kept.op.key), window_.values.text(kept.op.value));
      }
    }
    window_.Compact(cut.drop, lists, frontier_);
    compact_bytes_ = window_.memory_bytes();
    // However old what is kept: in use is what it used, not what came after it.
    window_.TouchStates(transactions_ + 1);
    frontier_.ForgetUnused(transactions_ + 1);
  }

  // Transactions that leave nothing leave texts all the same.
  void CompactIfGrown() {
    if (Over() || window_.memory_bytes() <= 2 * compact_bytes_ + 4096) return;
    window_.Compact(std::vector<bool>(window_.txns.size(), false),
                    std::vector<std::vector<ValueId>>(window_.keys.size()), frontier_);
    compact_bytes_ = window_.memory_bytes();
  }

  const Level level_;
  const OnlineOptions options_;
  const bool serial_;
  judge::StepLimit limit_;
  bool by_time_;      // Judged by replay.
  bool by_stronger_;  // Judged at snapshot isolation first.
  judge::Frontier frontier_;
  judge::Window window_;
  judge::Intake intake_{window_, frontier_};
  Verdict verdict_;
  History evidence_;
  std::string beyond_example_;  // Of the first read behind what is kept.
  std::string undecided_;       // Why the last step could not decide.
  bool dropped_ = false;        // Something was.
  bool finished_ = false;
  bool gave_up_ = false;

  uint64_t transactions_ = 0;
  uint64_t since_step_ = 0;
  uint64_t kept_at_step_ = 0;
  uint64_t beyond_ = 0;
  uint64_t oldest_open_ = 0;
  uint64_t latest_ = 0;
  uint64_t horizon_time_ = 0;
  uint64_t judged_time_ = 0;  // JUDGED-IS-PAST: commits up to it would change what was judged.
  uint32_t indeterminate_ = 0;
  size_t compact_bytes_ = 0;  // What the window took after it was last made anew.
};

OnlineJudge::OnlineJudge(Level level, const OnlineOptions& options)
    : impl_(std::make_unique<Impl>(level, options)) {}
OnlineJudge::~OnlineJudge() = default;

void OnlineJudge::Append(std::string_view key, std::string_view value) {
  impl_->intake().Push(OpKind::kAppend, key, value);
}
void OnlineJudge::Write(std::string_view key, std::string_view value) {
  impl_->intake().Push(OpKind::kWrite, key, value);
}
void OnlineJudge::Delete(std::string_view key) {
  impl_->intake().Push(OpKind::kDelete, key, std::nullopt);
}
void OnlineJudge::Read(std::string_view key, std::string_view value) {
  impl_->intake().Push(OpKind::kRead, key, value);
}
void OnlineJudge::ReadAbsent(std::string_view key) {
  impl_->intake().Push(OpKind::kRead, key, std::nullopt);
}
void OnlineJudge::BeginList(std::string_view key) { impl_->intake().BeginList(key); }
void OnlineJudge::Element(std::string_view text) { impl_->intake().Element(text); }
void OnlineJudge::EndList() { impl_->intake().EndList(); }
void OnlineJudge::BeginScan(std::string_view start, std::optional<std::string_view> end,
                            bool reverse, bool limited) {
  impl_->intake().BeginScan(start, end, reverse, limited);
}
void OnlineJudge::EndScan() { impl_->intake().EndScan(); }

bool OnlineJudge::Add(const FinishedTxn& txn, uint64_t oldest_open) {
  return impl_->Add(txn, oldest_open);
}

const Verdict& OnlineJudge::Finish() { return impl_->Finish(); }
const Verdict& OnlineJudge::verdict() const { return impl_->verdict(); }
const History& OnlineJudge::evidence() const { return impl_->evidence(); }
uint64_t OnlineJudge::transactions() const { return impl_->transactions(); }
uint32_t OnlineJudge::kept() const { return impl_->kept(); }
uint64_t OnlineJudge::beyond_horizon() const { return impl_->beyond(); }
size_t OnlineJudge::memory_bytes() const { return impl_->memory_bytes(); }

}  // namespace nacre::check
