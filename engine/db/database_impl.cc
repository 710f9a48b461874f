#include "engine/db/database_impl.h"

#include <bit>

#include "absl/strings/str_cat.h"
#include "engine/base/check.h"
#include "engine/mvcc/record.h"
#include "engine/txn/keyspace_table.h"
#include "vacuum/tree_reaper.h"

namespace nacre {

absl::Status CheckOptions(const Options& options) {
  const auto require = [](bool holds, std::string_view what) {
    return holds ? absl::OkStatus()
                 : absl::InvalidArgumentError(
                       absl::StrCat("Options::", absl::string_view(what.data(), what.size())));
  };
  const absl::Status checks[] = {
      require(options.key_bytes_max <= (512u << 20), "key_bytes_max is at most 512 MiB"),
      require(options.value_bytes_max <= (1u << 30), "value_bytes_max is at most 1 GiB"),
      require(options.keyspaces_max >= 1, "keyspaces_max is at least 1"),
      require(options.snapshots_max >= 1 && options.snapshots_max <= (1u << 24),
              "snapshots_max is from 1 to 2^24"),
      require(options.vacuum_backlog_max >= 1, "vacuum_backlog_max is at least 1"),
      require(options.max_snapshot_age > absl::ZeroDuration(), "max_snapshot_age is positive"),
      require(options.history_retention >= absl::ZeroDuration(),
              "history_retention is not negative"),
      require(options.inline_value_bytes_max <= mvcc::Record::kSlotBytesMax,
              "inline_value_bytes_max is at most 2040"),
      require(std::has_single_bit(options.latch_stripes) && options.latch_stripes <= (1u << 20),
              "latch_stripes is a power of two, at most 2^20"),
  };
  for (const absl::Status& check : checks) {
    if (!check.ok()) return check;
  }
  return absl::OkStatus();
}

Database::Impl::Impl(const Options& options) : store(options), vacuum(store) {
  store.garbage = &vacuum;
  {
    base::MutexLock changes(store.keyspaces.changes_mutex());
    const std::optional<uint32_t> keyspace = store.keyspaces.AddName("");
    NACRE_CHECK(keyspace == Keyspace().id(), "the default keyspace is the first one");
    store.keyspaces.Push(*keyspace, new txn::Generation(store.keyspaces.NewTree()), 0);
  }
  if (options.vacuum_thread) vacuum.Start();
}

Database::Impl::~Impl() {
  NACRE_CHECK(store.registry.active_count() == 0,
              "a database was closed before its transactions and snapshots");
  NACRE_CHECK(getpid() == opened_by, "a child of fork() may not close a database it inherits");
  vacuum.Stop();
  for (txn::Tree* tree : store.keyspaces.ListTrees()) vacuum::FreeTreeNow(*tree);
}

}  // namespace nacre
