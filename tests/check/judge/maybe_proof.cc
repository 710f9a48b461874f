#include "tests/check/judge/maybe_proof.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "tests/check/judge/maybe_part.h"
#include "tests/check/judge/text.h"

namespace nacre::check::judge {
namespace {

using Left = MaybeEvidence::LeftByOne;
using Lowered = MaybeBounds::Lowered;

// What is contradictory: one of these.
struct Contradiction {
  uint32_t without_place = kNone;
  std::vector<MaybeBounds::Before> cycle = {};
  const Left* left = nullptr;
  std::vector<Lowered> excluded = {};  // Of `left`: where none of those can have committed.

  bool found() const { return without_place != kNone || !cycle.empty() || left != nullptr; }
};

// Whether it can have committed in the interval. Otherwise adds to `excluded` why not.
bool CanCommitIn(const Interval& interval, uint32_t m, const MaybeEvidence& evidence,
                 const MaybeBounds& bounds, std::vector<Lowered>& excluded) {
  const MaybeEvidence::Maybe& maybe = evidence.maybes()[m];
  const auto exclude = [&](const Lowered& lowered) {
    const Interval& other = lowered.interval;
    const bool overlaps = other.first <= interval.last && other.last >= interval.first;
    const auto same = [&](const Lowered& told) {
      return told.interval.first == other.first && told.interval.last == other.last &&
             told.interval.why == other.why;
    };
    if (overlaps && std::none_of(excluded.begin(), excluded.end(), same)) {
      excluded.push_back(lowered);
    }
  };
  int64_t first = interval.first;
  int64_t last = interval.last;
  if (maybe.seen) {
    first = std::max(first, maybe.from.first);
    last = std::min(last, bounds.last(m));
    exclude({{-1, maybe.from.first - 1, maybe.from.why}});
    exclude({{maybe.to.last + 1, kForever, maybe.to.why}});
    for (const Lowered& lowered : bounds.lowered(m)) exclude(lowered);
  }
  while (last >= first) {
    const Interval* in = evidence.Excludes(m, last);
    if (in == nullptr) return true;
    exclude({*in});
    last = in->first - 1;
  }
  return false;
}

Contradiction OfPlaces(const MaybeEvidence&, const MaybeBounds& bounds, const Stop& stop) {
  Contradiction found = {.without_place = bounds.without_place()};
  if (found.without_place == kNone) found.cycle = bounds.Cycle(stop);
  return found;
}

Contradiction OfAnswers(const MaybeEvidence& evidence, const MaybeBounds& bounds,
                        const Stop& stop) {
  for (const Left& left : evidence.left_by_one()) {
    if (stop()) break;
    const KeyId key = left.interval.why.key;
    Contradiction found = {.left = &left};
    const std::vector<uint32_t>& writers = evidence.WritersOf(key);
    const bool possible = std::any_of(writers.begin(), writers.end(), [&](uint32_t m) {
      return evidence.LeftBy(evidence.maybes()[m].txn, key) == left.value &&
             CanCommitIn(left.interval, m, evidence, bounds, found.excluded);
    });
    if (!possible) return found;
  }
  return {};
}

// The transactions that a contradiction follows from.
class Needed {
 public:
  Needed(const MaybeEvidence& evidence, const MaybeBounds& bounds)
      : evidence_(evidence), bounds_(bounds) {}

  std::vector<TxnId> Of(const Contradiction& contradiction) {
    if (contradiction.without_place != kNone) {
      AddMaybe(contradiction.without_place);
      Add(evidence_.maybes()[contradiction.without_place].from);
    }
    for (const MaybeBounds::Before& before : contradiction.cycle) {
      AddMaybe(before.earlier);
      Add({0, 0, before.why});
    }
    if (contradiction.left != nullptr) {
      Add(contradiction.left->interval);
      for (const Lowered& lowered : contradiction.excluded) AddLowered(lowered);
    }
    while (!open_.empty()) {
      const uint32_t m = open_.back();
      open_.pop_back();
      Add(evidence_.maybes()[m].to);
      for (const Lowered& lowered : bounds_.lowered(m)) AddLowered(lowered);
    }
    std::vector<TxnId> txns(txns_.begin(), txns_.end());
    std::sort(txns.begin(), txns.end());
    return txns;
  }

 private:
  void AddMaybe(uint32_t m) {
    txns_.insert(evidence_.maybes()[m].txn);
    if (followed_.insert(m).second) open_.push_back(m);
  }

  void AddLowered(const Lowered& lowered) {
    Add(lowered.interval);
    if (lowered.later != kNone) AddMaybe(lowered.later);
  }

  void Add(const Interval& interval) {
    const Interval::Why& why = interval.why;
    for (const TxnId t : {why.txn, why.before, why.since, why.until}) {
      if (t == kNone) continue;
      txns_.insert(t);
      if (why.key != kNone) AddSources(t, why.key);
    }
  }

  // All that may have made what it read at the key.
  void AddSources(TxnId reader, KeyId key) {
    if (evidence_.IsMaybe(reader) || !read_.insert({reader, key}).second) return;
    for (const bool replaced : {false, true}) {
      const TxnId last = evidence_.LastCommitted(key, reader, replaced);
      if (last != kNone) txns_.insert(last);
    }
    for (const uint32_t m : evidence_.WritersOf(key)) txns_.insert(evidence_.maybes()[m].txn);
  }

  const MaybeEvidence& evidence_;
  const MaybeBounds& bounds_;
  absl::flat_hash_set<TxnId> txns_;
  absl::flat_hash_set<uint32_t> followed_;
  absl::flat_hash_set<std::pair<TxnId, KeyId>> read_;
  std::vector<uint32_t> open_;
};

// Tells what a part of a history shows in the words of the whole.
class Teller {
 public:
  Teller(const History& whole, const Part& part, const MaybeEvidence& evidence,
         const MaybeBounds& bounds)
      : whole_(whole), part_(part), evidence_(evidence), bounds_(bounds) {}

  Violation Tell(const Contradiction& contradiction) {
    violation_.anomaly = Anomaly::kGSIb;
    if (contradiction.without_place != kNone) {
      TellWithoutPlace(contradiction.without_place);
    } else if (!contradiction.cycle.empty()) {
      TellCycle(contradiction.cycle);
    } else {
      TellLeft(contradiction);
    }
    for (size_t i = 0; i < open_.size(); ++i) {
      const MaybeEvidence::Maybe& maybe = evidence_.maybes()[open_[i]];
      const std::string which = Cat(Name(maybe.txn), ", whose outcome is unknown too");
      violation_.words += Cat("; and ", which, ": ");
      Tell(maybe.to, true);
      TellLowered(bounds_.lowered(open_[i]));
    }
    // Also those of which no words were made.
    for (const TxnId t : part_.txns) Take(t);
    return std::move(violation_);
  }

 private:
  void TellWithoutPlace(uint32_t m) {
    const MaybeEvidence::Maybe& maybe = evidence_.maybes()[m];
    told_.insert(m);
    Take(Whole(m));
    violation_.words =
        Cat(Name(maybe.txn), ", whose outcome is unknown, can have committed at no time: ");
    Tell(maybe.from, true);
    if (maybe.to.why != maybe.from.why) Tell(maybe.to, true);
    TellLowered(bounds_.lowered(m));
  }

  void TellLeft(const Contradiction& contradiction) {
    const Left& left = *contradiction.left;
    const KeyId key = left.interval.why.key;
    for (const uint32_t m : evidence_.WritersOf(key)) {
      const TxnId t = evidence_.maybes()[m].txn;
      if (evidence_.LeftBy(t, key) == left.value) Take(Whole(m));
    }
    violation_.words = Cat(violation_.txns.size(), " transactions whose outcome is unknown left ",
                           Key(key), " so, and none of them can have committed when one has to: ");
    Tell(left.interval, true);
    TellLowered(contradiction.excluded);
  }

  void TellCycle(const std::vector<MaybeBounds::Before>& cycle) {
    for (const MaybeBounds::Before& before : cycle) Take(Whole(before.earlier));
    violation_.words = cycle.size() == 2
                           ? std::string(
                                 "Two transactions whose outcome is unknown would each "
                                 "have to commit before the other: ")
                           : Cat(cycle.size(),
                                 " transactions whose outcome is unknown would each "
                                 "have to commit before the next, in a circle: ");
    for (size_t i = 0; i < std::min(cycle.size(), kToldMax); ++i) {
      const MaybeBounds::Before& before = cycle[i];
      TellAnswer(before.why);
      violation_.words += Cat(", so ", Name(evidence_.maybes()[before.earlier].txn), " before ",
                              Name(evidence_.maybes()[before.later].txn));
      if (before.last == kForever) continue;
      violation_.words += Cat(", or not before ", before.last + 1);
      Follow(before.earlier);
    }
    if (cycle.size() > kToldMax) More(cycle.size() - kToldMax);
  }

  TxnId Whole(uint32_t m) const { return part_.txns[evidence_.maybes()[m].txn]; }
  std::string Name(TxnId t) const { return TxnText(whole_, part_.txns[t]); }
  std::string Key(KeyId key) const {
    return KeyText(whole_, whole_.keys().Find(part_.history.key(key)));
  }

  void Take(TxnId whole) {
    if (whole == kNone || !taken_.insert(whole).second) return;
    violation_.txns.push_back(whole);
  }

  void Follow(uint32_t m) {
    if (told_.insert(m).second) open_.push_back(m);
  }

  void TellLowered(const std::vector<Lowered>& all) {
    for (size_t i = 0; i < std::min(all.size(), kToldMax); ++i) {
      const auto& [interval, later] = all[i];
      if (later == kNone) {
        Tell(interval, false);
        continue;
      }
      TellAnswer(interval.why);
      const MaybeEvidence::Maybe& other = evidence_.maybes()[later];
      violation_.words += Cat(", so before ", Name(other.txn));
      if (interval.first == other.begin) {
        violation_.anomaly = Anomaly::kGSIa;
        violation_.words += Cat(", which began at ", other.begin);
      }
      if (interval.last != kForever) violation_.words += Cat(", or not before ", interval.last + 1);
      Follow(later);
    }
    if (all.size() > kToldMax) More(all.size() - kToldMax);
  }

  void More(size_t count) { violation_.words += Cat("; and ", count, " more answers like these"); }

  // "T3 (line 2) read x = [9] with a snapshot of 7"
  void TellAnswer(const Interval::Why& why) {
    Separate();
    const TxnId t = part_.txns[why.txn];
    Take(t);
    const Op& op = whole_.ops(t)[part_.ops[why.txn][why.op]];
    violation_.words += Cat(TxnText(whole_, t), " ");
    violation_.words += op.kind == OpKind::kScan ? Cat("did not find ", Key(why.key), " in a scan")
                                                 : PastText(whole_, op);
    violation_.words += Cat(" with a snapshot of ", *whole_.begin_timestamp(t));
  }

  // `required`: it committed within the interval, otherwise outside of it.
  void Tell(const Interval& interval, bool required) {
    const Interval::Why& why = interval.why;
    if (why.before != kNone) {
      TellOrder(interval);
    } else if (why.op == kNone) {
      Separate();
      Take(part_.txns[why.txn]);
      violation_.anomaly = Anomaly::kGSIa;
      if (why.key == kNone) {
        violation_.words += Cat(Name(why.txn), " began at ", interval.last + 1, ", so not before");
        return;
      }
      if (why.since != kNone) {
        violation_.words += Cat(Name(why.txn), " wrote ", Key(why.key), " too and committed at ",
                                interval.first, ", when ", Name(why.since), " had begun at ",
                                *whole_.begin_timestamp(part_.txns[why.since]), ", so before that");
        return;
      }
      violation_.words +=
          Cat(Name(why.txn), " wrote ", Key(why.key), " too, began at ", interval.first,
              " and committed at ", interval.last + 1, ", so not in between");
    } else {
      TellAnswer(why);
      violation_.words += Cat(", so ", required ? "" : "not ");
      if (interval.first >= 0) violation_.words += Cat("after ", interval.first, When(why.since));
      if (interval.last == kForever) return;
      violation_.words +=
          Cat(interval.first >= 0 ? " and " : "", "before ", interval.last + 1, When(why.until));
    }
  }

  // Who makes it known, if it is not the one that was told of.
  std::string When(TxnId t) {
    if (t == kNone) return "";
    Take(part_.txns[t]);
    return Cat(" (", Name(t), ")");
  }

  void TellOrder(const Interval& interval) {
    Separate();
    const Interval::Why& why = interval.why;
    violation_.order = std::max(violation_.order, why.order);
    const bool session = why.order == Order::kSession;
    Take(part_.txns[why.txn]);
    Take(part_.txns[why.before]);
    violation_.words += Cat(Name(why.before), " was at ", interval.last + 1, " and ",
                            session ? "stands before " : "had returned before ", Name(why.txn),
                            session ? " in its session" : " was begun");
    violation_.words += part_.history.committed(why.txn)
                            ? Cat(", with a snapshot of ", interval.first, ", so not in between")
                            : std::string(", so not before that");
  }

  void Separate() {
    if (!violation_.words.ends_with(": ")) violation_.words += "; ";
  }

  static constexpr size_t kToldMax = 8;
  const History& whole_;
  const Part& part_;
  const MaybeEvidence& evidence_;
  const MaybeBounds& bounds_;
  Violation violation_;
  absl::flat_hash_set<TxnId> taken_;
  absl::flat_hash_set<uint32_t> told_;
  std::vector<uint32_t> open_;  // Of which it is still to be told why they were not later.
};

using Find = Contradiction (*)(const MaybeEvidence&, const MaybeBounds&, const Stop&);

// STANDS-ALONE
class Shrinker {
 public:
  Shrinker(const History& history, Level level, const MaybeEvidence& evidence, Find find,
           const Stop& stop)
      : history_(history), level_(level), maker_(history, evidence), find_(find), stop_(stop) {}

  // Of some of `txns`: of as few as possible.
  std::optional<Violation> Shrink(std::vector<TxnId> txns) {
    if (!Contradict(txns, nullptr)) return std::nullopt;
    for (size_t size = std::max<size_t>(1, txns.size() / 2); !stop_();) {
      const bool smaller = LeaveOut(size, txns);
      if (size == 1 && !smaller) break;
      size = std::max<size_t>(1, std::min(size, txns.size()) / 2);
    }
    Violation violation;
    Contradict(txns, &violation);
    return violation;
  }

 private:
  // As many as `size` at a time that can be spared. Whether there were any.
  bool LeaveOut(size_t size, std::vector<TxnId>& txns) {
    bool smaller = false;
    for (size_t first = 0; first < txns.size() && !stop_();) {
      const size_t end = std::min(first + size, txns.size());
      std::vector<TxnId> rest(txns.begin(), txns.begin() + static_cast<std::ptrdiff_t>(first));
      rest.insert(rest.end(), txns.begin() + static_cast<std::ptrdiff_t>(end), txns.end());
      if (Contradict(rest, nullptr)) {
        txns = std::move(rest);
        smaller = true;
      } else {
        first = end;
      }
    }
    return smaller;
  }

  bool Contradict(const std::vector<TxnId>& txns, Violation* violation) {
    const Part part = maker_.Make(txns);
    const Stop never = [] { return false; };
    using Ambiguous = MaybeEvidence::Ambiguous;
    const MaybeEvidence evidence(part.history, level_, Ambiguous::kTellsNothing, never);
    const MaybeBounds bounds(evidence, never);
    const Contradiction found = find_(evidence, bounds, never);
    if (found.found() && violation != nullptr) {
      *violation = Teller(history_, part, evidence, bounds).Tell(found);
    }
    return found.found();
  }

  const History& history_;
  const Level level_;
  PartMaker maker_;
  const Find find_;
  const Stop& stop_;
};

std::optional<Violation> Smallest(const History& history, Level level,
                                  const MaybeEvidence& evidence, const MaybeBounds& bounds,
                                  Find find, const Stop& stop) {
  const Contradiction found = find(evidence, bounds, stop);
  if (!found.found()) return std::nullopt;
  return Shrinker(history, level, evidence, find, stop).Shrink(Needed(evidence, bounds).Of(found));
}

}  // namespace

std::optional<Violation> ContradictionOfPlaces(const History& history, Level level,
                                               const MaybeEvidence& evidence,
                                               const MaybeBounds& bounds, const Stop& stop) {
  return Smallest(history, level, evidence, bounds, OfPlaces, stop);
}

std::optional<Violation> LeftByNone(const History& history, Level level,
                                    const MaybeEvidence& evidence, const MaybeBounds& bounds,
                                    const Stop& stop) {
  return Smallest(history, level, evidence, bounds, OfAnswers, stop);
}

}  // namespace nacre::check::judge
