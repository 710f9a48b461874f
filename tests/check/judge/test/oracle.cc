#include "tests/check/judge/test/oracle.h"

#include <algorithm>
#include <map>
#include <vector>

namespace nacre::check {
namespace {

using Values = std::vector<ValueId>;  // A list; a register has one element or none.
using State = std::vector<Values>;    // By key.

class Execution {
 public:
  Execution(const History& history, Level level) : history_(history), level_(level) {
    for (TxnId t = 0; t < history.size(); ++t) {
      if (history.outcome(t) != Outcome::kAborted) txns_.push_back(t);
    }
    serial_ = Forbids(level, Anomaly::kG2Item, Order::kData);
  }

  // An indeterminate transaction may be left out.
  bool Exists() {
    for (uint32_t left_out = 0; left_out < (1U << txns_.size()); ++left_out) {
      chosen_.clear();
      bool possible = true;
      for (size_t i = 0; i < txns_.size(); ++i) {
        const bool out = (left_out >> i) & 1;
        possible &= !out || history_.outcome(txns_[i]) == Outcome::kIndeterminate;
        if (!out) chosen_.push_back(txns_[i]);
      }
      if (!possible) continue;
      phase_.assign(history_.size(), 0);
      after_.assign(history_.size(), {});
      started_at_.assign(history_.size(), 0);
      written_at_.assign(history_.keys().size(), 0);
      if (Continue(State(history_.keys().size()), 1, 0)) return true;
    }
    return false;
  }

 private:
  // Whether `a` had to be over before `b` was begun.
  bool Precedes(TxnId a, TxnId b) const {
    if (Knows(level_, Order::kSession) && history_.session(a) != kNone &&
        history_.session(a) == history_.session(b) && a < b && history_.committed(a)) {
      return true;
    }
    return Knows(level_, Order::kRealTime) && history_.completed(a) < history_.invoked(b);
  }

  bool MayStart(TxnId t) const {
    return std::all_of(chosen_.begin(), chosen_.end(),
                       [&](TxnId other) { return !Precedes(other, t) || phase_[other] == 2; });
  }

  // Runs `t` on `state`; false: it would have got other answers.
  bool Run(TxnId t, State& state) const {
    for (const Op& op : history_.ops(t)) {
      Values& values = state[op.key];
      switch (op.kind) {
        case OpKind::kAppend: values.push_back(op.value); break;
        case OpKind::kWrite: values = {op.value}; break;
        case OpKind::kDelete: values.clear(); break;
        case OpKind::kRead:
          if (op.value == kNone ? !values.empty() : values != Values{op.value}) return false;
          break;
        case OpKind::kReadList:
          if (history_.lists().Elements(op.list()) != values) return false;
          break;
        case OpKind::kScan: return false;
      }
    }
    return true;
  }

  // Starts right after each other may come in any order, so they are tried in one: from `first` on.
  bool Continue(const State& state, int now, TxnId first) {
    bool done = true;
    for (const TxnId t : chosen_) {
      if (phase_[t] == 2) continue;
      done = false;
      if (phase_[t] == 1 ? Commit(t, state, now)
                         : (serial_ || t >= first) && MayStart(t) && Start(t, state, now)) {
        return true;
      }
    }
    return done;
  }

  // All its answers are those of the state at its start.
  bool Start(TxnId t, const State& state, int now) {
    after_[t] = state;
    if (!Run(t, after_[t])) return false;
    phase_[t] = 1;
    started_at_[t] = now;
    if (serial_ ? Commit(t, state, now) : Continue(state, now + 1, t + 1)) return true;
    phase_[t] = 0;
    return false;
  }

  bool Commit(TxnId t, State state, int now) {
    const std::vector<int> before = written_at_;
    for (const Op& op : history_.ops(t)) {
      if (!op.writes()) continue;
      // First committer wins.
      if (before[op.key] > started_at_[t]) {
        written_at_ = before;
        return false;
      }
      state[op.key] = after_[t][op.key];
      written_at_[op.key] = now;
    }
    phase_[t] = 2;
    if (Continue(state, now + 1, 0)) return true;
    phase_[t] = 1;
    written_at_ = before;
    return false;
  }

  const History& history_;
  const Level level_;
  bool serial_ = false;
  std::vector<TxnId> txns_;
  std::vector<TxnId> chosen_;
  std::vector<int> phase_;    // 0: not begun, 1: begun, 2: committed.
  std::vector<State> after_;  // Its snapshot with its writes.
  std::vector<int> started_at_;
  std::vector<int> written_at_;  // By key.
};

}  // namespace

bool OracleAllows(const History& history, Level level) {
  return Execution(history, level).Exists();
}

namespace {

class OrderSearch {
 public:
  OrderSearch(const History& history, Level level)
      : history_(history), causal_(level == Level::kCausal), txns_(history.size()) {
    for (TxnId t = 0; t < txns_; ++t) order_.push_back(t);
    seen_.assign(txns_, std::vector<bool>(txns_, false));
    for (TxnId t = 0; t < txns_; ++t) Observe(t);
    for (TxnId b = 0; causal_ && b < txns_; ++b) {
      for (TxnId a = 0; a < b; ++a) {
        if (history.session(a) != kNone && history.session(a) == history.session(b)) {
          seen_[b][a] = true;
        }
      }
    }
    for (TxnId c = 0; causal_ && c < txns_; ++c) {
      for (TxnId b = 0; b < txns_; ++b) {
        for (TxnId a = 0; a < txns_; ++a) {
          if (seen_[b][c] && seen_[c][a]) seen_[b][a] = true;
        }
      }
    }
  }

  bool Exists() {
    if (!possible_) return false;
    do {
      if (Agrees()) return true;
    } while (std::next_permutation(order_.begin(), order_.end()));
    return false;
  }

 private:
  struct Read {
    TxnId reader;
    KeyId key;
    TxnId from;   // kNone: the initial state.
    Values list;  // Of lists: all of it, without own appends.
    bool is_list = false;
  };

  TxnId WriterOf(KeyId key, ValueId value) const {
    for (TxnId t = 0; t < txns_; ++t) {
      for (const Op& op : history_.ops(t)) {
        if (op.writes() && op.key == key && op.value == value) return t;
      }
    }
    return kNone;
  }

  bool Wrote(TxnId t, KeyId key) const {
    const auto ops = history_.ops(t);
    return std::any_of(ops.begin(), ops.end(),
                       [&](const Op& op) { return op.writes() && op.key == key; });
  }

  void Observe(TxnId t) {
    std::map<KeyId, Values> own;
    std::map<KeyId, Values> base;
    for (const Op& op : history_.ops(t)) {
      if (op.writes()) {
        if (op.kind == OpKind::kWrite) own[op.key].clear();
        own[op.key].push_back(op.value);
        continue;
      }
      Values values;
      const bool is_list = op.kind == OpKind::kReadList;
      if (is_list) {
        values = history_.lists().Elements(op.list());
        values.resize(values.size() - own[op.key].size());
      } else {
        if (!own[op.key].empty()) continue;
        if (op.value != kNone) values = {op.value};
      }
      const auto [it, first] = base.try_emplace(op.key, values);
      if (!first) {
        possible_ &= it->second == values;
        continue;
      }
      const TxnId from = values.empty() ? kNone : WriterOf(op.key, values.back());
      if (from != kNone) seen_[t][from] = true;
      reads_.push_back({t, op.key, from, values, is_list});
    }
  }

  bool Agrees() const {
    std::vector<uint32_t> place(txns_);
    for (uint32_t i = 0; i < txns_; ++i) place[order_[i]] = i;
    for (TxnId b = 0; b < txns_; ++b) {
      for (TxnId a = 0; a < txns_; ++a) {
        if (seen_[b][a] && place[a] >= place[b]) return false;
      }
    }
    for (const Read& read : reads_) {
      for (TxnId other = 0; other < txns_; ++other) {
        if (other == read.from || other == read.reader || !seen_[read.reader][other] ||
            !Wrote(other, read.key)) {
          continue;
        }
        if (read.from == kNone || place[other] > place[read.from]) return false;
      }
      if (read.is_list && !IsPrefix(read)) return false;
    }
    return true;
  }

  bool IsPrefix(const Read& read) const {
    Values list;
    for (const TxnId t : order_) {
      if (list.size() >= read.list.size()) break;
      for (const Op& op : history_.ops(t)) {
        if (op.writes() && op.key == read.key) list.push_back(op.value);
      }
    }
    return list == read.list;
  }

  const History& history_;
  const bool causal_;
  const uint32_t txns_;
  bool possible_ = true;
  std::vector<TxnId> order_;
  std::vector<std::vector<bool>> seen_;  // [b][a]: b sees a.
  std::vector<Read> reads_;
};

}  // namespace

bool VisibilityOracleAllows(const History& history, Level level) {
  return OrderSearch(history, level).Exists();
}

}  // namespace nacre::check
