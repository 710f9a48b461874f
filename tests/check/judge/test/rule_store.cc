#include "tests/check/judge/test/rule_store.h"

#include <optional>
#include <set>

namespace nacre::check {
namespace {

using Value = std::vector<std::string>;  // Of a register one element; empty: absent.
using State = std::map<std::string, Value>;

struct Open {
  RecordedTxn record;
  State snapshot;
  State own;
  std::set<std::string> deleted;  // Lists; `own` stands alone then.
  std::set<std::string> read;
  bool scanned = false;
  int steps_left = 0;
};

class Store {
 public:
  Store(const StoreRules& rules, uint32_t seed) : rules_(rules), random_(seed) {
    states_.push_back({});
  }

  std::vector<RecordedTxn> Run() {
    const int sessions = rules_.sessions != 0 ? rules_.sessions : 2 + Draw(3);
    std::vector<std::optional<Open>> open(static_cast<size_t>(sessions));
    const int steps = rules_.steps != 0 ? rules_.steps : 20 + Draw(60);
    for (int step = 0; step < steps; ++step) {
      const int session = Draw(sessions);
      std::optional<Open>& txn = open[static_cast<size_t>(session)];
      if (!txn.has_value()) {
        txn = Begin(session);
      } else if (txn->steps_left-- > 0) {
        Operate(*txn);
      } else {
        Commit(*txn);
        txn.reset();
      }
    }
    return done_;
  }

 private:
  int Draw(int below) { return static_cast<int>(random_() % static_cast<uint32_t>(below)); }

  Open Begin(int session) {
    Open txn;
    txn.record.session = session;
    txn.record.invoked = ++clock_;
    txn.record.begin = states_.size() - 1;
    if (!rules_.fresh) txn.record.begin -= std::min<uint64_t>(txn.record.begin, Draw(4));
    txn.snapshot = states_[txn.record.begin];
    txn.steps_left = 1 + Draw(4);
    return txn;
  }

  bool Lists() const {
    return rules_.data == StoreRules::Data::kLists ||
           rules_.data == StoreRules::Data::kListsAndDeletions;
  }

  std::string AnyKey() { return std::string(1, static_cast<char>('w' + Draw(4))); }

  Value View(const Open& txn, const std::string& key) const {
    const bool own = txn.own.contains(key);
    if (own && (!Lists() || txn.deleted.contains(key))) return txn.own.at(key);
    const State& base =
        rules_.reads == StoreRules::Reads::kCommitted ? states_.back() : txn.snapshot;
    Value value = base.contains(key) ? base.at(key) : Value{};
    if (own) value.insert(value.end(), txn.own.at(key).begin(), txn.own.at(key).end());
    return value;
  }

  void Operate(Open& txn) {
    const std::string key = AnyKey();
    const int what = Draw(10);
    const bool lists = Lists();
    if (what < 5) {
      txn.read.insert(key);
      const Value value = View(txn, key);
      if (lists) {
        std::string list;
        for (const std::string& v : value) list += (list.empty() ? "" : " ") + v;
        txn.record.ops.push_back({"list " + key, "[" + list + "]"});
      } else {
        txn.record.ops.push_back({"read " + key, value.empty() ? "nil" : value[0]});
      }
    } else if (rules_.data == StoreRules::Data::kRegistersAndScans && what == 5) {
      Scan(txn);
    } else if ((rules_.data == StoreRules::Data::kRegistersAndScans ||
                rules_.data == StoreRules::Data::kListsAndDeletions) &&
               what == 6) {
      txn.own[key] = {};
      txn.deleted.insert(key);
      txn.record.ops.push_back({"delete " + key, ""});
    } else {
      const std::string value = std::to_string(++values_);
      if (lists) {
        txn.own[key].push_back(value);
      } else {
        txn.own[key] = {value};
      }
      txn.record.ops.push_back({(lists ? "append " : "write ") + key + " " + value, ""});
    }
  }

  void Scan(Open& txn) {
    txn.scanned = true;
    char from = 'a';
    char to = '~';
    bool reverse = false;
    size_t limit = 0;
    if (rules_.parts) {
      from = static_cast<char>('v' + Draw(4));
      to = static_cast<char>(from + 1 + Draw(4));
      if (to > 'z') to = '~';
      reverse = Draw(2) == 0;
      limit = static_cast<size_t>(Draw(3));
    }
    std::vector<std::string> results;
    for (const char c : std::string(reverse ? "zyxw" : "wxyz")) {
      const std::string key(1, c);
      if (c < from || c >= to || (limit > 0 && results.size() == limit)) continue;
      const Value value = View(txn, key);
      if (!value.empty()) results.push_back(key + " " + value[0]);
    }
    std::string found;
    for (const std::string& result : results) found += (found.empty() ? "" : " ") + result;
    std::string text = std::string(reverse ? "rscan " : "scan ") + from + " " +
                       (to == '~' ? std::string("nil") : std::string(1, to));
    if (limit > 0 && results.size() == limit) text += " limit";
    txn.record.ops.push_back({text, "{" + found + "}"});
  }

  bool Changed(const Open& txn, const std::string& key) const {
    const State& now = states_.back();
    const Value before = txn.snapshot.contains(key) ? txn.snapshot.at(key) : Value{};
    return (now.contains(key) ? now.at(key) : Value{}) != before;
  }

  void Commit(Open& txn) {
    bool conflict = Draw(12) == 0;  // Some are aborted for no reason.
    for (const auto& [key, value] : txn.own) {
      const auto written = written_.find(key);
      conflict |=
          rules_.first_committer && written != written_.end() && written->second > txn.record.begin;
    }
    if (rules_.validate && !txn.own.empty()) {
      for (const std::string& key : txn.read) conflict |= Changed(txn, key);
      for (const char c : std::string(txn.scanned ? "wxyz" : "")) {
        conflict |= Changed(txn, std::string(1, c));
      }
    }
    txn.record.committed = !conflict;
    if (!conflict && !txn.own.empty()) {
      State state = states_.back();
      for (const auto& [key, value] : txn.own) {
        Value& now = state[key];
        if (Lists() && !txn.deleted.contains(key)) {
          now.insert(now.end(), value.begin(), value.end());
        } else {
          now = value;
        }
        written_[key] = states_.size();
      }
      txn.record.commit = states_.size();
      states_.push_back(std::move(state));
    }
    txn.record.completed = ++clock_;
    txn.record.unknown = rules_.unknown_one_in > 0 && Draw(rules_.unknown_one_in) == 0;
    if (!txn.record.ops.empty()) done_.push_back(txn.record);
  }

  const StoreRules rules_;
  std::mt19937 random_;
  std::vector<State> states_;  // By timestamp.
  std::map<std::string, uint64_t> written_;
  uint64_t clock_ = 0;
  int values_ = 0;
  std::vector<RecordedTxn> done_;
};

}  // namespace

std::string RecordedTxn::Line(size_t number) const {
  std::string line = "T" + std::to_string(number) + " s=" + std::to_string(session) +
                     (unknown     ? " info"
                      : committed ? " ok"
                                  : " fail") +
                     " real=" + std::to_string(invoked) + ".." + std::to_string(completed);
  if (!unknown) {
    line += " time=" + std::to_string(begin) + ".." + (commit == 0 ? "?" : std::to_string(commit));
  }
  for (const RecordedOp& op : ops)
    line += " | " + op.text + (op.answer.empty() ? "" : " " + op.answer);
  return line + "\n";
}

std::vector<RecordedTxn> RunStore(const StoreRules& rules, uint32_t seed) {
  return Store(rules, seed).Run();
}

std::string ToText(const std::vector<RecordedTxn>& txns) {
  std::string text;
  for (size_t i = 0; i < txns.size(); ++i) text += txns[i].Line(i);
  return text;
}

}  // namespace nacre::check
