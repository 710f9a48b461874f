#include "engine/txn/latest.h"

#include "absl/strings/str_cat.h"
#include "engine/base/faults.h"

namespace nacre::txn {
namespace {

// False: something was committed meanwhile; look again.
bool TryFind(const mvcc::Record& record, uint64_t clock, const mvcc::Version*& found) {
  const mvcc::Version* prepared = nullptr;
  const mvcc::Version* version = record.head();
  NACRE_STEP(kReadHead);
  // Under one latch at most one version is prepared, and it is the head.
  if (version != nullptr && version->commit_timestamp() == 0) {
    prepared = version;
    version = version->previous();
  }
  if (version != nullptr) {
    const uint64_t committed = version->commit_timestamp();
    if (committed == 0 || committed > clock) return false;
  }
  if (prepared != nullptr && (prepared->commit_timestamp() != 0 || record.head() != prepared)) {
    return false;
  }
  found = version;
  return true;
}

}  // namespace

absl::StatusOr<LatestVersion> FindLatest(Store& store, uint32_t keyspace, std::string_view key) {
  for (;;) {
    LatestVersion latest;
    const bool knows_time = store.expiry_used.load(std::memory_order_acquire);
    latest.now = knows_time ? store.time.Refresh() : INT64_MIN;
    const uint64_t clock = store.sequencer.Clock();
    const Generation* generation = store.keyspaces.Newest(keyspace);
    if (generation != nullptr && generation->timestamp > clock) continue;
    if (generation == nullptr || generation->tree == nullptr) {
      return absl::NotFoundError(absl::StrCat("there is no keyspace ", keyspace));
    }
    const mvcc::Record* record = generation->tree->index.Find(key);
    if (record != nullptr && !TryFind(*record, clock, latest.version)) continue;
    if (store.keyspaces.Newest(keyspace) != generation) continue;
    const bool one_cut = knows_time ? store.time.Last() == latest.now
                                    : !store.expiry_used.load(std::memory_order_acquire);
    if (!one_cut) continue;
    return latest;
  }
}

}  // namespace nacre::txn
