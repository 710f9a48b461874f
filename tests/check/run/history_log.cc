#include "tests/check/run/history_log.h"

#include <algorithm>
#include <cstring>
#include <type_traits>

#include "tests/check/run/check.h"

namespace nacre::check::run {
namespace {

constexpr size_t kBlockBytes = 1 << 20;

}  // namespace

struct HistoryLog::Record {
  uint64_t invoked = 0;
  uint64_t completed = 0;
  uint64_t begin_timestamp = 0;
  uint64_t commit_timestamp = 0;
  uint32_t process = 0;
  uint32_t operations_bytes = 0;
  Outcome outcome = Outcome::kCommitted;
  bool has_begin = false;
  bool has_commit = false;
};

void HistoryLog::Take(const FinishedTransaction& txn) {
  static_assert(std::is_trivially_copyable_v<Record>);
  Record record;
  record.invoked = txn.invoked;
  record.completed = txn.completed;
  record.begin_timestamp = txn.begin_timestamp.value_or(0);
  record.commit_timestamp = txn.commit_timestamp.value_or(0);
  record.process = txn.process;
  record.operations_bytes = static_cast<uint32_t>(txn.operations.size());
  record.outcome = txn.outcome;
  record.has_begin = txn.begin_timestamp.has_value();
  record.has_commit = txn.commit_timestamp.has_value();
  std::vector<std::string>& blocks = logs_[txn.session].blocks;
  const size_t bytes = sizeof(record) + txn.operations.size();
  if (blocks.empty() || blocks.back().capacity() - blocks.back().size() < bytes) {
    blocks.emplace_back().reserve(std::max(bytes, kBlockBytes));
  }
  blocks.back().append(reinterpret_cast<const char*>(&record), sizeof(record));
  blocks.back().append(txn.operations);
}

History HistoryLog::Merge() {
  struct Place {
    uint64_t completed;
    const char* at;
  };
  std::vector<Place> places;
  for (const SessionLog& log : logs_) {
    for (const std::string& block : log.blocks) {
      for (size_t at = 0; at < block.size();) {
        Record record;
        std::memcpy(&record, block.data() + at, sizeof(record));
        NACRE_RUN_CHECK(places.empty() || record.invoked <= record.completed,
                        "a transaction is begun before it ends");
        places.push_back({record.completed, block.data() + at});
        at += sizeof(record) + record.operations_bytes;
      }
    }
  }
  // Stable, so that two of one session that ended in one tick stay in their order.
  std::stable_sort(places.begin(), places.end(),
                   [](const Place& a, const Place& b) { return a.completed < b.completed; });
  HistoryBuilder builder;
  for (const Place& place : places) {
    Record record;
    std::memcpy(&record, place.at, sizeof(record));
    Replay({place.at + sizeof(record), record.operations_bytes}, builder);
    TxnInfo info;
    info.session = builder.Session(std::to_string(record.process));
    info.outcome = record.outcome;
    info.invoked = record.invoked;
    info.completed = record.completed;
    if (record.has_begin) info.begin_timestamp = record.begin_timestamp;
    if (record.has_commit) info.commit_timestamp = record.commit_timestamp;
    info.number = uint64_t{builder.transactions()} + 1;
    builder.Add(info);
  }
  for (SessionLog& log : logs_) log.blocks.clear();
  return std::move(builder).Finish();
}

}  // namespace nacre::check::run
