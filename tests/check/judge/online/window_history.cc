#include "tests/check/judge/online/window_history.h"

#include <algorithm>
#include <map>
#include <string>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "tests/check/judge/text.h"

namespace nacre::check::judge {

std::string_view MarksBegin() { return "\xff\xff\xff\xff\xff\xff\xff\xff"; }

namespace {

class Maker {
 public:
  Maker(const Window& window, const Frontier& frontier, const Readings& readings, Side side,
        const Cut* proof)
      : window_(window),
        frontier_(frontier),
        readings_(readings),
        side_(side),
        timestamps_(side == Side::kTimed),
        proof_(proof),
        keys_(window.keys.size(), kNone),
        values_(window.values.size(), kNone),
        stubs_(window.keys.size(), kNone) {}

  WindowHistory Run() {
    if (side_ != Side::kAssumed) {
      Stubs();
    } else {
      FirstWriter();
    }
    if (proof_ != nullptr) CollectMarks();
    for (uint32_t t = 0; t < window_.txns.size(); ++t) {
      const bool wanted = proof_ == nullptr || proof_->drop[t];
      out_.ids.push_back(wanted ? Transaction(t) : kNone);
    }
    // By timestamps it is known what is left.
    if (proof_ != nullptr && !timestamps_) LastReader();
    out_.keys = std::move(keys_);
    out_.history = std::move(builder_).Finish();
    return std::move(out_);
  }

 private:
  struct Stub {
    const KeyState* state;
    std::string_view key;
  };

  KeyId Key(KeyId key) {
    if (keys_[key] == kNone) keys_[key] = builder_.Key(window_.keys.text(key));
    return keys_[key];
  }
  ValueId Value(ValueId value) {
    if (values_[value] == kNone) values_[value] = builder_.Value(window_.values.text(value));
    return values_[value];
  }

  // The transactions that left the frontier, in the order in which they finished; those of several
  // keys as one only if by timestamps.
  void Stubs() {
    CollectUnknown();
    std::multimap<std::pair<uint64_t, uint64_t>, Stub> stubs;
    const auto add = [&](std::string_view key, const KeyState& state) {
      absences_unclear_ |= state.deleted;
      if (!state.is_list && !state.present) {
        absences_unclear_ = true;
        // Its time counts all the same for who wrote the key too.
        if (side_ != Side::kTimed) return;
      }
      const uint64_t time = side_ == Side::kTimed ? state.writer.commit_timestamp.value_or(0) : 0;
      stubs.insert({{time, state.fed}, {&state, key}});
    };
    if (side_ == Side::kTimed && readings_.has_scans()) {
      frontier_.ForEach(add);
    } else {
      for (KeyId key = 0; key < window_.keys.size(); ++key) {
        if (window_.state(key) != nullptr) add(window_.keys.text(key), *window_.state(key));
      }
    }
    for (auto it = stubs.begin(); it != stubs.end();) {
      const KeyState& state = *it->second.state;
      const auto same = it->first;
      do {
        Write(it->second);
        ++it;
      } while (side_ == Side::kTimed && it != stubs.end() && it->first == same);
      TxnInfo info = state.writer;
      info.outcome = Outcome::kCommitted;
      info.session = KeepsSession(state) ? builder_.Session(*state.session) : kNone;
      if (!timestamps_) {
        info.begin_timestamp = info.commit_timestamp = std::nullopt;
      } else if (info.commit_timestamp.value_or(0) > 0) {
        // Its own begin was judged; here it only has to lie before its commit.
        info.begin_timestamp = *info.commit_timestamp - 1;
      }
      builder_.Add(info);
    }
  }

  // Those that left the frontier stand in front. A transaction of unknown outcome that came before
  // one of them in its session may be kept all the same.
  void CollectUnknown() {
    for (const KeptTxn& txn : window_.txns) {
      if (txn.info.outcome != Outcome::kIndeterminate || txn.info.session == kNone) continue;
      unknown_since_.try_emplace(window_.sessions.text(txn.info.session), txn.fed);
    }
  }
  bool KeepsSession(const KeyState& state) const {
    if (!state.session.has_value()) return false;
    const auto unknown = unknown_since_.find(*state.session);
    return unknown == unknown_since_.end() || unknown->second > state.fed;
  }

  // ABSENT-IS-NOT-FRONTIER.
  void FirstWriter() {
    explicit_ = FoundByScans();
    for (KeyId key = 0; key < window_.keys.size(); ++key) {
      const KeyState* const state = window_.state(key);
      const bool register_there = state != nullptr && !state->is_list && state->present;
      explicit_[key] = register_there && (explicit_[key] || readings_.Deleted(key));
      if (!explicit_[key]) continue;
      builder_.Write(Key(key), builder_.Value(state->value));
    }
    if (builder_.collected() == 0) return;
    first_ = builder_.Key(Cat(MarksBegin(), "first"));
    builder_.Write(first_, builder_.Value("mark"));
    builder_.Add({});
  }

  // By key: whether a scan found it as it was before the window.
  std::vector<bool> FoundByScans() const {
    std::vector<bool> found(window_.keys.size(), false);
    for (uint32_t t = 0; t < window_.txns.size(); ++t) {
      const std::vector<KeptOp>& ops = window_.txns[t].ops;
      for (uint32_t i = 0; i < ops.size(); ++i) {
        if (ops[i].op.in_scan && readings_.use(t, i) == Use::kFrontier) found[ops[i].op.key] = true;
      }
    }
    return found;
  }

  void SeeFirst() {
    if (first_ != kNone) builder_.Read(first_, builder_.Value("mark"));
  }

  void Write(const Stub& stub) {
    const KeyId key = builder_.Key(stub.key);
    if (!stub.state->is_list && !stub.state->present) {
      builder_.Delete(key);
      return;
    }
    const ValueId value = builder_.Value(stub.state->value);
    const KeyId in_window = window_.keys.Find(stub.key);
    if (in_window != kNone) stubs_[in_window] = value;
    if (stub.state->is_list) {
      builder_.Append(key, value);
    } else {
      builder_.Write(key, value);
    }
  }

  TxnId Transaction(uint32_t t) {
    const KeptTxn& txn = window_.txns[t];
    if (txn.info.outcome == Outcome::kCommitted &&
        std::any_of(txn.ops.begin(), txn.ops.end(), [this](const KeptOp& kept) {
          return first_ != kNone && (kept.op.kind == OpKind::kScan || explicit_[kept.op.key]);
        })) {
      SeeFirst();
    }
    // The cut goes by all reads, so what is assumed has to as well.
    settled_ = side_ != Side::kPart || readings_.settled(txn);
    for (uint32_t i = 0; i < txn.ops.size(); ++i) Operation(t, i);
    if (proof_ != nullptr && marks_[t]) {
      const KeyId key = builder_.Key(Cat(MarksBegin(), t));
      builder_.Write(key, builder_.Value("mark"));
      marked_.push_back(key);
    }
    if (builder_.collected() == 0 && txn.info.outcome != Outcome::kCommitted) return kNone;
    TxnInfo info = txn.info;
    if (info.session != kNone) {
      info.session = builder_.Session(window_.sessions.text(txn.info.session));
    }
    if (!timestamps_) {
      info.begin_timestamp = info.commit_timestamp = std::nullopt;
    } else if (side_ == Side::kTimed && txn.verified) {
      info.begin_timestamp = std::max(*info.begin_timestamp, verified_begin_);
    }
    return builder_.Add(info);
  }

  void Operation(uint32_t t, uint32_t i) {
    const KeptOp& kept = window_.txns[t].ops[i];
    const Op& op = kept.op;
    const Use use = readings_.use(t, i);
    switch (op.kind) {
      case OpKind::kAppend: builder_.Append(Key(op.key), Value(op.value)); break;
      case OpKind::kWrite: builder_.Write(Key(op.key), Value(op.value)); break;
      case OpKind::kDelete: builder_.Delete(Key(op.key)); break;
      case OpKind::kScan: BeginScan(t, i, use); break;
      case OpKind::kRead: Read(op, use); break;
      case OpKind::kReadList:
        if (!settled_ || ElementsUnclear(kept)) break;
        if (use == Use::kAsIs || (use == Use::kBefore && side_ != Side::kAssumed)) {
          List(kept, use == Use::kAsIs && side_ != Side::kAssumed);
        }
        break;
    }
    if (results_left_ > 0 && op.kind != OpKind::kScan && --results_left_ == 0) builder_.EndScan();
  }

  void List(const KeptOp& kept, bool with_stub) {
    elements_.clear();
    const KeyId key = Key(kept.op.key);
    if (with_stub && stubs_[kept.op.key] != kNone) elements_.push_back(stubs_[kept.op.key]);
    for (const ValueId value : window_.lists.Elements(kept.op.list())) {
      elements_.push_back(Value(value));
    }
    builder_.ReadList(key, elements_);
  }

  void Read(const Op& op, Use use) {
    if (use == Use::kLeftOut || !settled_) return;
    if (use == Use::kBefore) {
      if (side_ == Side::kAssumed) return;
      if (op.value != kNone) {
        out_.shown_as_absent.push_back(builder_.transactions());
      }
      builder_.ReadAbsent(Key(op.key));
    } else if (use == Use::kFrontier) {
      if (DroppedUnclear(op)) return;
      if (op.value == kNone || (side_ == Side::kAssumed && !explicit_[op.key])) {
        builder_.ReadAbsent(Key(op.key));
      } else {
        builder_.Read(Key(op.key), Value(op.value));
      }
    } else if (DroppedUnclear(op)) {
      return;
    } else if (op.value == kNone) {
      builder_.ReadAbsent(Key(op.key));
    } else {
      builder_.Read(Key(op.key), Value(op.value));
    }
  }

  // SOURCE-IN-PART.
  bool DroppedUnclear(const Op& op) const {
    if (side_ != Side::kPart || op.kind != OpKind::kRead) return false;
    const KeyState* const state = window_.state(op.key);
    if (op.value == kNone) {
      return state != nullptr && !state->is_list && (state->deleted || !state->present);
    }
    if (readings_.WriterOf(op.key, op.value) != kNone) {
      return readings_.Doubtful(op.key, op.value);
    }
    return state != nullptr && state->several && state->value == window_.values.text(op.value);
  }

  // The same of lists: a dropped transaction may have appended an equal element behind others, or
  // a kept one what seems to have been dropped.
  bool ElementsUnclear(const KeptOp& kept) const {
    if (side_ != Side::kPart) return false;
    const KeyState* const state = window_.state(kept.op.key);
    if (state != nullptr && state->is_list) {
      const ValueId last = window_.values.Find(state->value);
      if (last != kNone && readings_.WriterOf(kept.op.key, last) != kNone) return true;
    }
    const std::vector<ValueId> elements = window_.lists.Elements(kept.op.list());
    return std::any_of(elements.begin(), elements.end(),
                       [&](ValueId value) { return readings_.Doubtful(kept.op.key, value); });
  }

  void BeginScan(uint32_t t, uint32_t i, Use use) {
    const auto& ops = window_.txns[t].ops;
    const Op& op = ops[i].op;
    results_left_ = 0;
    if (!settled_ || use == Use::kLeftOut || (side_ == Side::kPart && absences_unclear_)) return;
    for (uint32_t r = 1; r <= op.results(); ++r) {
      if (DroppedUnclear(ops[i + r].op)) return;
    }
    const KeyId end = op.scan_end() != kNone                 ? Key(op.scan_end())
                      : proof_ != nullptr || first_ != kNone ? builder_.Key(MarksBegin())
                                                             : kNone;
    builder_.BeginScan(Key(op.key), end, op.reverse, op.limited);
    results_left_ = op.results();
    if (results_left_ == 0) builder_.EndScan();
  }

  void CollectMarks() {
    marks_.assign(window_.txns.size(), false);
    for (KeyId key = 0; key < proof_->dropped.size(); ++key) {
      const auto& versions = proof_->dropped[key];
      if (versions.empty() || versions.back().shown || IsList(versions.back(), key)) continue;
      // The last one is read itself.
      for (const Cut::Version& version : versions) marks_[version.txn] = true;
    }
  }

  bool IsList(const Cut::Version& version, KeyId key) const {
    const auto& ops = window_.txns[version.txn].ops;
    return std::any_of(ops.begin(), ops.end(), [key](const KeptOp& kept) {
      return kept.op.key == key && kept.op.kind == OpKind::kAppend;
    });
  }

  void LastReader() {
    SeeFirst();
    // The marks first: at read committed only what was read before counts as seen.
    for (const KeyId key : marked_) builder_.Read(key, builder_.Value("mark"));
    for (KeyId key = 0; key < proof_->dropped.size(); ++key) {
      const auto& versions = proof_->dropped[key];
      if (versions.empty() || versions.back().shown) continue;
      if (IsList(versions.back(), key)) {
        elements_.clear();
        for (const Cut::Version& version : versions) elements_.push_back(Value(version.value));
        builder_.ReadList(Key(key), elements_);
      } else if (versions.back().value == kNone) {
        builder_.ReadAbsent(Key(key));
      } else {
        builder_.Read(Key(key), Value(versions.back().value));
      }
    }
    // Behind all of them, so that nobody has to find out that it comes last.
    TxnInfo info;
    for (uint32_t t = 0; t < window_.txns.size(); ++t) {
      if (proof_->drop[t]) info.invoked = std::max(info.invoked, window_.txns[t].returned + 1);
    }
    info.completed = info.invoked;
    builder_.Add(info);
  }

 public:
  uint64_t verified_begin_ = 0;

 private:
  const Window& window_;
  const Frontier& frontier_;
  const Readings& readings_;
  const Side side_;
  const bool timestamps_;
  const Cut* const proof_;
  HistoryBuilder builder_;
  WindowHistory out_;
  std::vector<KeyId> keys_;
  std::vector<ValueId> values_;
  std::vector<ValueId> stubs_;  // By key of the window: what the frontier left there.
  std::vector<ValueId> elements_;
  std::vector<bool> marks_;
  std::vector<KeyId> marked_;
  absl::flat_hash_map<std::string_view, uint64_t> unknown_since_;  // By session: when it was fed.
  uint32_t results_left_ = 0;
  bool settled_ = true;            // The transaction at hand.
  bool absences_unclear_ = false;  // Some may be the work of a dropped deletion.
  std::vector<bool> explicit_;     // By key of the window: written by the first transaction.
  KeyId first_ = kNone;            // Its mark.
};

}  // namespace

WindowHistory HistoryOf(const Window& window, const Frontier& frontier, const Readings& readings,
                        Side side, const Cut* proof) {
  Maker maker(window, frontier, readings, side, proof);
  maker.verified_begin_ = readings.horizon_time();
  return maker.Run();
}

WriteOrder WriteOrderOf(const WindowHistory& history, const Observations& witness) {
  std::vector<uint32_t> in_window(history.history.size(), kNone);
  for (uint32_t t = 0; t < history.ids.size(); ++t) {
    if (history.ids[t] != kNone) in_window[history.ids[t]] = t;
  }
  WriteOrder order(history.keys.size());
  for (KeyId k = 0; k < order.size(); ++k) {
    const KeyId key = history.keys[k];
    if (key == kNone || witness.is_list[key]) continue;
    for (const Version& version : witness.versions[key]) {
      // The first writer stands for the frontier.
      if (in_window[version.writer] != kNone) order[k].push_back(in_window[version.writer]);
    }
  }
  return order;
}

}  // namespace nacre::check::judge
