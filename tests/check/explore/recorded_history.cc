#include "tests/check/explore/recorded_history.h"

#include <algorithm>
#include <cctype>
#include <set>
#include <utility>

#include "tests/check/explore/model.h"

namespace nacre::check::explore {
namespace {

using Kind = Observation::Kind;

// Real time: T0 lies before everything that a run has counted.
constexpr uint64_t kInitialInvoked = 1;
constexpr uint64_t kInitialCompleted = 2;
constexpr uint64_t kTicksFrom = 3;

// What stands between a savepoint and the return to it, left out.
std::vector<Observation> Kept(const TransactionRecord& record, bool& left_out) {
  std::vector<Observation> kept;
  size_t savepoint = 0;
  for (const OperationRecord& operation : record.operations) {
    for (const Observation& observation : operation.observations) {
      if (observation.kind == Kind::kSetSavepoint) {
        savepoint = kept.size();
      } else if (observation.kind == Kind::kRollbackTo) {
        left_out |= kept.size() > savepoint;
        kept.resize(savepoint);
      } else {
        kept.push_back(observation);
      }
    }
  }
  return kept;
}

class Translation {
 public:
  Translation(const Schedule& schedule, uint64_t initial_timestamp, int64_t final_second,
              absl::Span<const TransactionRecord> records)
      : schedule_(schedule),
        initial_timestamp_(initial_timestamp),
        final_second_(final_second),
        timeline_(schedule.initial, initial_timestamp, schedule.expiries) {
    for (const TransactionRecord& record : records) records_.push_back(&record);
    for (const TransactionRecord* record : records_) kept_.push_back(Kept(*record, left_out_));
  }

  History operator()() && {
    BuildTimeline();
    AddInitial();
    // The order of their begins keeps that of each session.
    std::vector<size_t> order(records_.size());
    for (size_t i = 0; i < order.size(); ++i) order[i] = i;
    std::sort(order.begin(), order.end(),
              [&](size_t a, size_t b) { return records_[a]->began < records_[b]->began; });
    const std::vector<uint64_t> numbers = Numbers();
    for (size_t i : order) AddTransaction(i, numbers[i]);
    AddEndsOfLife();
    if (left_out_) {
      builder_.Note(
          "Operations that a transaction took back, and counts and existence checks "
          "that no snapshot explains, are left out.");
    }
    return std::move(builder_).Finish();
  }

 private:
  static std::string SessionOf(const TransactionRecord& record) {
    return record.name.substr(0, record.name.find('/'));
  }

  // Of each record: that of its name if all are like T7, else counted from 1.
  std::vector<uint64_t> Numbers() {
    std::vector<uint64_t> numbers;
    std::set<uint64_t> used = {0};
    bool as_named = true;
    for (const TransactionRecord* record : records_) {
      const std::string digits = record->name.substr(1);
      as_named &= record->name[0] == 'T' && digits.size() < 10 &&
                  std::all_of(digits.begin(), digits.end(),
                              [](unsigned char c) { return std::isdigit(c) != 0; });
      numbers.push_back(as_named ? std::stoull(digits) : 0);
      as_named &= used.insert(numbers.back()).second;
    }
    if (as_named) return numbers;
    for (size_t i = 0; i < numbers.size(); ++i) {
      numbers[i] = i + 1;
      builder_.Note("T" + std::to_string(i + 1) + " is " + records_[i]->name + ".");
    }
    return numbers;
  }

  void BuildTimeline() {
    std::vector<size_t> order;
    for (size_t i = 0; i < records_.size(); ++i) {
      if (records_[i]->outcome == TransactionRecord::Outcome::kCommitted) order.push_back(i);
    }
    std::stable_sort(order.begin(), order.end(), [&](size_t a, size_t b) {
      return records_[a]->commit_timestamp < records_[b]->commit_timestamp;
    });
    for (size_t i : order) {
      WriteSet writes;
      for (const Observation& o : kept_[i]) {
        if (o.kind == Kind::kPut) writes[o.key] = {o.value, o.expires_s};
        if (o.kind == Kind::kDelete) writes[o.key] = {std::nullopt, std::nullopt};
      }
      timeline_.Apply(records_[i]->commit_timestamp, writes);
    }
  }

  void AddInitial() {
    if (schedule_.initial.empty()) return;
    for (const auto& [key, value] : schedule_.initial) {
      builder_.Write(builder_.Key(key), builder_.Value(value));
    }
    TxnInfo info;
    info.invoked = kInitialInvoked;
    info.completed = kInitialCompleted;
    if (!schedule_.has_expiry()) {
      info.begin_timestamp = initial_timestamp_ - 1;
      info.commit_timestamp = initial_timestamp_;
    }
    info.number = 0;
    builder_.Add(info);
  }

  void AddTransaction(size_t index, uint64_t number) {
    const TransactionRecord& record = *records_[index];
    // The session's own view, for what the history can only say by the values that were there.
    ModelTransaction view(timeline_, record.read_timestamp, record.begin_seconds.front());
    bool wrote = false;
    for (const Observation& o : kept_[index]) {
      AddObservation(o, view);
      wrote |= o.kind == Kind::kPut || o.kind == Kind::kDelete;
    }
    TxnInfo info;
    info.session = builder_.Session(SessionOf(record));
    const bool committed = record.outcome == TransactionRecord::Outcome::kCommitted;
    info.outcome = committed ? Outcome::kCommitted : Outcome::kAborted;
    info.invoked = record.began + kTicksFrom;
    info.completed = record.ended + kTicksFrom;
    if (!schedule_.has_expiry()) {
      info.begin_timestamp = record.read_timestamp;
      if (committed && wrote) info.commit_timestamp = record.commit_timestamp;
    }
    info.number = number;
    builder_.Add(info);
  }

  void AddRead(const std::string& key, const std::optional<std::string>& value) {
    if (value) {
      builder_.Read(builder_.Key(key), builder_.Value(*value));
    } else {
      builder_.ReadAbsent(builder_.Key(key));
    }
  }

  void AddScan(const Observation& o, const KeyValues& items) {
    builder_.BeginScan(builder_.Key(o.key), builder_.Key(o.end), o.reverse, o.limited);
    for (const auto& [key, value] : items) {
      builder_.Read(builder_.Key(key), builder_.Value(value));
    }
    builder_.EndScan();
  }

  void AddObservation(const Observation& o, ModelTransaction& view) {
    switch (o.kind) {
      case Kind::kGet: AddRead(o.key, o.value); return;
      case Kind::kScan: AddScan(o, o.items); return;
      case Kind::kExists: {
        const std::optional<std::string> value = *view.Get(o.key);
        if (o.count == 0) {
          AddRead(o.key, std::nullopt);
        } else if (value) {
          AddRead(o.key, value);
        } else {
          left_out_ = true;
        }
        return;
      }
      case Kind::kCount: {
        const KeyValues items = *view.Scan(o.key, o.end, false, std::nullopt);
        if (items.size() == o.count) {
          AddScan(o, items);
        } else {
          left_out_ = true;
        }
        return;
      }
      case Kind::kPut:
        builder_.Write(builder_.Key(o.key), builder_.Value(*o.value));
        view.Put(o.key, *o.value, o.expires_s).IgnoreError();
        return;
      case Kind::kDelete:
        builder_.Delete(builder_.Key(o.key));
        view.Delete(o.key).IgnoreError();
        return;
      case Kind::kSetSavepoint:
      case Kind::kRollbackTo: return;
    }
  }

  void AddEndsOfLife() {
    std::set<std::string> ended;
    for (const auto& [key, second] : schedule_.expiries) {
      if (second <= final_second_) ended.insert(key);
    }
    for (size_t i = 0; i < records_.size(); ++i) {
      if (records_[i]->outcome != TransactionRecord::Outcome::kCommitted) continue;
      for (const Observation& o : kept_[i]) {
        if (o.expires_s && *o.expires_s <= final_second_) ended.insert(o.key);
      }
    }
    uint64_t number = 1 + records_.size();
    for (const TransactionRecord* record : records_) {
      const std::string digits = record->name.substr(1, record->name.find('/') - 1);
      number = std::max<uint64_t>(number, digits.size() < 10 ? std::stoull(digits) + 1 : 0);
    }
    for (const std::string& key : ended) {
      builder_.Delete(builder_.Key(key));
      builder_.Note("T" + std::to_string(number) + " is the time at which " + key + " expires.");
      TxnInfo info;
      info.number = number++;
      builder_.Add(info);
    }
  }

  const Schedule& schedule_;
  const uint64_t initial_timestamp_;
  const int64_t final_second_;
  Timeline timeline_;
  std::vector<const TransactionRecord*> records_;
  std::vector<std::vector<Observation>> kept_;  // By record.
  bool left_out_ = false;
  HistoryBuilder builder_;
};

}  // namespace

History RecordedHistory(const Schedule& schedule, uint64_t initial_timestamp, int64_t final_second,
                        absl::Span<const TransactionRecord> records) {
  return Translation(schedule, initial_timestamp, final_second, records)();
}

}  // namespace nacre::check::explore
