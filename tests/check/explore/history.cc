#include "tests/check/explore/history.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <numeric>

#include "tests/check/explore/model.h"

namespace nacre::check::explore {
namespace {

using Outcome = TransactionRecord::Outcome;

// A transaction of the history with what its replay found out.
struct Replayed {
  const TransactionRecord* record;
  WriteSet writes;
  std::set<std::string> locked;
  int64_t now_s = 0;  // Of its begin_seconds the one that explains its answers, if there is one.
  bool committed() const { return record->outcome == Outcome::kCommitted; }
  bool commits_writes() const { return committed() && !writes.empty(); }
};

absl::Status Broken(const char* rule, const TransactionRecord& transaction,
                    const std::string& why) {
  return absl::InternalError(std::string(rule) + " broken by " + transaction.ToString() + ": " +
                             why);
}

// Runs the operations on the model at `at`. The first answer that differs is named, or empty.
std::string FirstDifference(const TransactionRecord& record, ModelTransaction& model) {
  for (const OperationRecord& step : record.operations) {
    const absl::StatusOr<std::string> expected = Perform(step.operation, model);
    const std::string text = expected.ok() ? *expected : expected.status().ToString();
    if (text != step.answer) {
      return explore::ToString(step.operation) + " answered " + step.answer + ", and the model " +
             text;
    }
  }
  return "";
}

class Checker {
 public:
  Checker(const State& initial, uint64_t initial_timestamp,
          absl::Span<const TransactionRecord> history, const HistoryRules& rules)
      : timeline_(initial, initial_timestamp, rules.expiries),
        last_(initial_timestamp),
        rules_(rules) {
    for (const TransactionRecord& record : history) transactions_.push_back({&record, {}, {}, 0});
  }

  absl::Status operator()() {
    if (absl::Status status = BuildTimeline(); !status.ok()) return status;
    for (const Replayed& transaction : transactions_) {
      if (absl::Status status = CheckReads(transaction); !status.ok()) return status;
    }
    for (const Replayed& transaction : transactions_) {
      if (absl::Status status = CheckSerial(transaction); !status.ok()) return status;
      if (absl::Status status = CheckFirstCommitter(transaction); !status.ok()) return status;
      if (absl::Status status = CheckJustified(transaction); !status.ok()) return status;
    }
    return CheckStrict();
  }

  State FinalState() const { return timeline_.StateAt(last_, rules_.final_second); }

 private:
  // The writes of a committed transaction follow from its operations: those that read (ADD,
  // DELSCAN) are replayed at its read timestamp. In the order of commits, so that state is known by
  // then.
  absl::Status BuildTimeline() {
    std::vector<Replayed*> order;
    for (Replayed& transaction : transactions_) {
      if (transaction.committed()) order.push_back(&transaction);
    }
    std::stable_sort(order.begin(), order.end(), [](const Replayed* a, const Replayed* b) {
      return a->record->commit_timestamp < b->record->commit_timestamp;
    });
    for (Replayed* transaction : order) {
      const TransactionRecord& record = *transaction->record;
      Replay(*transaction);
      if (transaction->writes.empty()) {
        if (record.commit_timestamp != record.read_timestamp) {
          return Broken("UNIQUE", record, "it wrote nothing and has a commit timestamp of its own");
        }
        continue;
      }
      if (record.commit_timestamp <= last_ || record.commit_timestamp <= record.read_timestamp) {
        return Broken("UNIQUE", record,
                      "its commit timestamp is not above " + std::to_string(last_) +
                          " and its read timestamp");
      }
      last_ = record.commit_timestamp;
      timeline_.Apply(last_, transaction->writes);
    }
    for (Replayed& transaction : transactions_) {
      if (!transaction.committed()) Replay(transaction);
    }
    return absl::OkStatus();
  }

  void Replay(Replayed& transaction) const {
    const TransactionRecord& record = *transaction.record;
    bool explained = false;
    for (size_t i = 0; i < record.begin_seconds.size() && !explained; ++i) {
      ModelTransaction model(timeline_, record.read_timestamp, record.begin_seconds[i]);
      // A difference is reported by CheckReads(), when the timeline is complete.
      explained = FirstDifference(record, model).empty();
      if (i > 0 && !explained) continue;
      transaction.now_s = record.begin_seconds[i];
      transaction.writes = model.writes();
      transaction.locked = model.locked();
    }
  }

  absl::Status CheckReads(const Replayed& transaction) const {
    const TransactionRecord& record = *transaction.record;
    ModelTransaction at_begin(timeline_, record.read_timestamp, transaction.now_s);
    if (std::string wrong = FirstDifference(record, at_begin); !wrong.empty()) {
      return Broken("SNAPSHOT-READ", record, wrong);
    }
    return absl::OkStatus();
  }

  absl::Status CheckSerial(const Replayed& transaction) const {
    const TransactionRecord& record = *transaction.record;
    if (record.level != Isolation::kSerializable || !transaction.commits_writes()) {
      return absl::OkStatus();
    }
    int64_t now_s = transaction.now_s;
    for (const Replayed& other : transactions_) {
      if (other.record->read_timestamp < record.commit_timestamp) {
        now_s = std::max(now_s, other.now_s);
      }
    }
    ModelTransaction at_commit(timeline_, record.commit_timestamp - 1, now_s);
    if (std::string wrong = FirstDifference(record, at_commit); !wrong.empty()) {
      return Broken("SERIAL", record, wrong);
    }
    return absl::OkStatus();
  }

  // A key of the write set or the locked keys that was written in (read timestamp, up_to].
  std::optional<std::string> WriteConflict(const Replayed& transaction, uint64_t up_to) const {
    const uint64_t after = transaction.record->read_timestamp;
    for (const auto& [key, written] : transaction.writes) {
      if (timeline_.WrittenIn(key, after, up_to)) return key;
    }
    for (const std::string& key : transaction.locked) {
      if (timeline_.WrittenIn(key, after, up_to)) return key;
    }
    return std::nullopt;
  }

  absl::Status CheckFirstCommitter(const Replayed& transaction) const {
    if (!transaction.commits_writes()) return absl::OkStatus();
    if (auto key = WriteConflict(transaction, transaction.record->commit_timestamp - 1)) {
      return Broken("FIRST-COMMITTER", *transaction.record,
                    "key " + *key + " was written after its read timestamp");
    }
    return absl::OkStatus();
  }

  absl::Status CheckJustified(const Replayed& transaction) const {
    const TransactionRecord& record = *transaction.record;
    if (!rules_.justified || record.outcome != Outcome::kConflict) return absl::OkStatus();
    if (WriteConflict(transaction, last_)) return absl::OkStatus();
    if (record.refused && timeline_.WrittenIn(record.refused->key, record.read_timestamp, last_)) {
      return absl::OkStatus();
    }
    if (record.level == Isolation::kSerializable && !transaction.writes.empty() &&
        ReadSomethingWritten(record)) {
      return absl::OkStatus();
    }
    return Broken("JUSTIFIED", record, "it was aborted, and nothing that it depends on changed");
  }

  // Whether any key read, or any key in a range read, was written after the read timestamp. A limit
  // does not narrow the range here: where it cut is the engine's business.
  bool ReadSomethingWritten(const TransactionRecord& record) const {
    for (const OperationRecord& step : record.operations) {
      const Operation& operation = step.operation;
      switch (operation.kind) {
        case OperationKind::kGet:
        case OperationKind::kExists:
        case OperationKind::kAdd:
        case OperationKind::kGetForUpdate:
          if (timeline_.WrittenIn(operation.key, record.read_timestamp, last_)) return true;
          break;
        case OperationKind::kScan:
        case OperationKind::kCount:
        case OperationKind::kDeleteWhere:
          if (timeline_.RangeWrittenIn(operation.key, operation.end, record.read_timestamp,
                                       last_)) {
            return true;
          }
          break;
        default: break;
      }
    }
    return false;
  }

  // In the order of ticks: the greatest commit timestamp that had returned before a begin.
  absl::Status CheckStrict() const {
    std::vector<const TransactionRecord*> by_begin;
    std::vector<const TransactionRecord*> by_end;
    for (const Replayed& transaction : transactions_) {
      by_begin.push_back(transaction.record);
      if (transaction.committed()) by_end.push_back(transaction.record);
    }
    std::sort(by_begin.begin(), by_begin.end(),
              [](const auto* a, const auto* b) { return a->began < b->began; });
    std::sort(by_end.begin(), by_end.end(),
              [](const auto* a, const auto* b) { return a->ended < b->ended; });
    size_t returned = 0;
    const TransactionRecord* newest = nullptr;
    for (const TransactionRecord* begin : by_begin) {
      for (; returned < by_end.size() && by_end[returned]->ended < begin->began; ++returned) {
        if (newest == nullptr || by_end[returned]->commit_timestamp > newest->commit_timestamp) {
          newest = by_end[returned];
        }
      }
      if (newest != nullptr && begin->read_timestamp < newest->commit_timestamp) {
        return Broken("STRICT", *begin, "it began after the commit of " + newest->ToString());
      }
    }
    return absl::OkStatus();
  }

  Timeline timeline_;
  uint64_t last_;  // The newest commit.
  const HistoryRules rules_;
  std::vector<Replayed> transactions_;
};

}  // namespace

std::string TransactionRecord::ToString() const {
  std::string text = name + " (" + (level == Isolation::kSnapshot ? "snapshot" : "serializable") +
                     ", read at " + std::to_string(read_timestamp);
  switch (outcome) {
    case Outcome::kCommitted: text += ", committed at " + std::to_string(commit_timestamp); break;
    case Outcome::kConflict: text += ", conflict"; break;
    case Outcome::kRolledBack: text += ", rolled back"; break;
  }
  text += ") [";
  for (size_t i = 0; i < operations.size(); ++i) {
    if (i > 0) text += "; ";
    text += explore::ToString(operations[i].operation) + " -> " + operations[i].answer;
  }
  return text + "]";
}

absl::Status CheckHistory(const State& initial, uint64_t initial_timestamp,
                          absl::Span<const TransactionRecord> history, const HistoryRules& rules,
                          State* final_state) {
  Checker checker(initial, initial_timestamp, history, rules);
  absl::Status status = checker();
  if (status.ok() && final_state != nullptr) *final_state = checker.FinalState();
  return status;
}

bool SomeSerialOrderExplains(const State& initial, absl::Span<const TransactionRecord> history) {
  std::vector<const TransactionRecord*> order;
  for (const TransactionRecord& record : history) {
    if (record.outcome == Outcome::kCommitted) order.push_back(&record);
  }
  if (order.size() > 8) {
    std::fprintf(stderr, "SomeSerialOrderExplains: %zu transactions are too many\n", order.size());
    std::abort();
  }
  std::sort(order.begin(), order.end());
  do {
    Timeline timeline(initial, 0);
    uint64_t now = 0;
    bool explains = true;
    for (const TransactionRecord* record : order) {
      ModelTransaction model(timeline, now);
      explains = FirstDifference(*record, model).empty();
      if (!explains) break;
      timeline.Apply(++now, model.writes());
    }
    if (explains) return true;
  } while (std::next_permutation(order.begin(), order.end()));
  return false;
}

}  // namespace nacre::check::explore
