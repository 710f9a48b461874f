#include "tests/check/judge/test/smt_oracle.h"

#include <z3++.h>

#include <map>
#include <string>
#include <vector>

namespace nacre::check {
namespace {

class Encoding {
 public:
  Encoding(const History& history, Level level)
      : history_(history),
        level_(level),
        serial_(Forbids(level, Anomaly::kG2Item, Order::kData)),
        solver_(context_, "QF_IDL") {}

  bool Satisfiable() {
    for (TxnId t = 0; t < history_.size(); ++t) Declare(t);
    if (serial_) {
      z3::expr_vector places(context_);
      for (const z3::expr& start : starts_) places.push_back(start);
      solver_.add(z3::distinct(places));
    }
    for (TxnId t = 0; t < history_.size(); ++t) {
      if (history_.committed(t) && !Reads(t)) return false;
    }
    for (TxnId a = 0; a < history_.size(); ++a) {
      for (TxnId b = 0; b < history_.size(); ++b) Constrain(a, b);
    }
    return solver_.check() == z3::sat;
  }

 private:
  void Declare(TxnId t) {
    const std::string name = std::to_string(t);
    starts_.push_back(context_.int_const(("start" + name).c_str()));
    commits_.push_back(serial_ ? starts_[t] : context_.int_const(("commit" + name).c_str()));
    happened_.push_back(context_.bool_const(("happened" + name).c_str()));
    if (!serial_) solver_.add(starts_[t] < commits_[t]);
    if (history_.outcome(t) == Outcome::kCommitted) solver_.add(happened_[t]);
    if (history_.outcome(t) == Outcome::kAborted) solver_.add(!happened_[t]);
    std::map<KeyId, ValueId>& left = left_.emplace_back();
    for (const Op& op : history_.ops(t)) {
      if (op.kind == OpKind::kWrite) left[op.key] = op.value;
      if (op.kind == OpKind::kDelete) left[op.key] = kNone;
    }
  }

  // False: contradicts the transaction's own writes.
  bool Reads(TxnId t) {
    std::map<KeyId, ValueId> own;
    for (const Op& op : history_.ops(t)) {
      if (op.kind == OpKind::kWrite) own[op.key] = op.value;
      if (op.kind == OpKind::kDelete) own[op.key] = kNone;
      if (op.kind != OpKind::kRead) continue;
      if (own.contains(op.key)) {
        if (own.at(op.key) != op.value) return false;
        continue;
      }
      z3::expr any = context_.bool_val(false);
      if (op.value == kNone) any = NothingBetween(t, op.key, nullptr);
      for (TxnId w = 0; w < history_.size(); ++w) {
        if (w == t || !left_[w].contains(op.key) || left_[w].at(op.key) != op.value) continue;
        any = any ||
              (happened_[w] && commits_[w] < starts_[t] && NothingBetween(t, op.key, &commits_[w]));
      }
      solver_.add(any);
    }
    return true;
  }

  // All others who wrote the key did so before `from` or after the start of `t`.
  z3::expr NothingBetween(TxnId t, KeyId key, const z3::expr* from) {
    z3::expr all = context_.bool_val(true);
    for (TxnId u = 0; u < history_.size(); ++u) {
      if (u == t || !left_[u].contains(key)) continue;
      z3::expr outside = !happened_[u] || commits_[u] > starts_[t];
      if (from != nullptr) outside = outside || commits_[u] <= *from;
      all = all && outside;
    }
    return all;
  }

  void Constrain(TxnId a, TxnId b) {
    if (a == b) return;
    const z3::expr both = happened_[a] && happened_[b];
    const bool session = history_.session(a) != kNone &&
                         history_.session(a) == history_.session(b) && a < b &&
                         history_.committed(a);
    if ((Knows(level_, Order::kSession) && session) ||
        (Knows(level_, Order::kRealTime) && history_.completed(a) < history_.invoked(b))) {
      solver_.add(z3::implies(both, commits_[a] < starts_[b]));
    }
    if (serial_ || a > b) return;
    for (const auto& [key, value] : left_[a]) {
      if (!left_[b].contains(key)) continue;
      solver_.add(z3::implies(both, commits_[a] < starts_[b] || commits_[b] < starts_[a]));
      return;
    }
  }

  const History& history_;
  const Level level_;
  const bool serial_;
  z3::context context_;
  z3::solver solver_;
  std::vector<z3::expr> starts_;
  std::vector<z3::expr> commits_;
  std::vector<z3::expr> happened_;
  std::vector<std::map<KeyId, ValueId>> left_;  // By transaction: what it left in each key.
};

}  // namespace

bool SmtOracleAllows(const History& history, Level level) {
  return Encoding(history, level).Satisfiable();
}

}  // namespace nacre::check
