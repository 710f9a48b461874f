#include <array>
#include <vector>

#include "absl/strings/str_cat.h"
#include "engine/base/epoch.h"
#include "engine/db/database_impl.h"
#include "engine/txn/key_interval.h"

// Walks everything, while no commit and no vacuum is under way.

namespace nacre {
namespace {

struct Counted {
  int64_t live_keys = 0;
  int64_t memory_bytes = 0;
  // Superseded versions and tombstones: each has one entry with the vacuum.
  uint64_t to_be_pruned = 0;
};

absl::Status Fault(const mvcc::Record& record, std::string_view what) {
  return absl::InternalError(absl::StrCat("key ", txn::QuoteKey(record.key()), ": ",
                                          absl::string_view(what.data(), what.size())));
}

absl::Status VerifyChain(const mvcc::Record& record, const txn::Tree& tree, Counted& counted) {
  if (record.tree_id() != tree.id) return Fault(record, "the record names another tree");
  if (record.head() == nullptr)
    return Fault(record, "a record without a version stands in the index");
  counted.memory_bytes += static_cast<int64_t>(record.memory_bytes());
  uint64_t newer = UINT64_MAX;
  for (const mvcc::Version* version = record.head(); version != nullptr;
       version = version->previous()) {
    const uint64_t committed = version->commit_timestamp();
    if (committed == 0)
      return Fault(record, "a prepared version stands in a chain whose latch is free");
    if (committed >= newer) return Fault(record, "a version chain is not ordered, newest first");
    if (version->unlinked()) return Fault(record, "an unlinked version stands in a chain");
    const bool newest = newer == UINT64_MAX;
    if (newest && !version->is_tombstone()) {
      ++counted.live_keys;
    } else {
      ++counted.to_be_pruned;
    }
    counted.memory_bytes += static_cast<int64_t>(version->memory_bytes());
    newer = committed;
  }
  return absl::OkStatus();
}

absl::Status VerifyTree(const txn::Tree& tree, Counted& counted) {
  std::array<mvcc::Record*, 128> records;
  std::string from;
  bool inclusive = true;
  for (;;) {
    const size_t count = tree.index.CollectForward(from, inclusive, absl::MakeSpan(records));
    for (size_t i = 0; i < count; ++i) {
      if (i > 0 && records[i]->key() <= records[i - 1]->key()) {
        return Fault(*records[i], "the index is not in order");
      }
      if (tree.index.Find(records[i]->key()) != records[i]) {
        return Fault(*records[i], "a scan finds a record that a look-up does not");
      }
      if (absl::Status status = VerifyChain(*records[i], tree, counted); !status.ok())
        return status;
    }
    if (count < records.size()) break;
    from.assign(records[count - 1]->key());
    inclusive = false;
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status VerifyStore(txn::Store& store, vacuum::Vacuum& vacuum) {
  return vacuum.WhilePaused([&]() -> absl::Status {
    base::MutexLock changes(store.keyspaces.changes_mutex());
    txn::CommitGate::Closed closed(store.gate);
    base::EpochPin pin;
    Counted counted;
    int64_t live_expected = 0;
    for (txn::Tree* tree : store.keyspaces.ListTrees()) {
      if (absl::Status status = tree->index.VerifyStructure(); !status.ok()) return status;
      if (absl::Status status = VerifyTree(*tree, counted); !status.ok()) return status;
      live_expected += tree->live_keys.load(std::memory_order_relaxed);
    }
    const auto expect = [](std::string_view what, int64_t known, int64_t found) -> absl::Status {
      if (known == found) return absl::OkStatus();
      return absl::InternalError(absl::StrCat(absl::string_view(what.data(), what.size()), ": ",
                                              known, " are known, ", found, " were found"));
    };
    for (const absl::Status& status :
         {expect("live keys", live_expected, counted.live_keys),
          expect("versions to be pruned", static_cast<int64_t>(vacuum.CountChainedEntries()),
                 static_cast<int64_t>(counted.to_be_pruned)),
          expect("bytes in records and versions", store.counters.memory_bytes.Sum(),
                 counted.memory_bytes)}) {
      if (!status.ok()) return status;
    }
    return absl::OkStatus();
  });
}

}  // namespace nacre
