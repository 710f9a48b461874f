// A snapshot held while millions of updates go by.
//
// A report reads one consistent state for as long as it likes. Meanwhile others update the same
// keys again and again. The vacuum keeps what the snapshot can see, one version a key, and frees
// every version that was made and superseded after it. So the number of versions is bounded by the
// keys, not by the updates. This program prints that number as it goes, and exits with 1 if it
// passes its bound or if the snapshot's contents change.
//
// Usage: long_snapshot [UPDATES]

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <iomanip>
#include <iostream>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "nacre/database.h"

namespace {

constexpr uint64_t kKeys = 1000;
constexpr uint64_t kLinesPrinted = 10;

std::string Key(uint64_t number) { return "sensor/" + std::to_string(number); }

// Versions that stand in chains. Those that the vacuum has unlinked are freed as soon as every
// thread that may still look at them has returned from its call.
uint64_t VersionsInChains(const nacre::Stats& stats) {
  return stats.versions_created - stats.versions_pruned;
}

// The newest version of each key and the one that the snapshot sees, and what waits for the vacuum:
// from vacuum_backlog_max on, each update does a share of its work, twice what it brings. The
// vacuum may have as much again in hand, and then some.
uint64_t VersionsBound(const nacre::Options& options) {
  return 2 * kKeys + 3 * options.vacuum_backlog_max;
}

bool StillSeesTheFirstRound(const nacre::Snapshot& snapshot) {
  uint64_t keys = 0;
  bool unchanged = true;
  absl::Status status =
      snapshot.Scan(nacre::Range::All(), [&](std::string_view, std::string_view value) {
        ++keys;
        if (value != "first") unchanged = false;
        return true;
      });
  if (!status.ok()) std::cerr << "the snapshot can not be read: " << status << "\n";
  return status.ok() && unchanged && keys == kKeys;
}

bool PutAll(nacre::Database& db, std::string_view value) {
  nacre::WriteBatch batch;
  for (uint64_t i = 0; i < kKeys; ++i) batch.Put(Key(i), value);
  return db.Write(batch).ok();
}

}  // namespace

int main(int argc, char** argv) {
  const int64_t updates = argc > 1 ? std::atoll(argv[1]) : 5'000'000;
  if (updates <= 0) {
    std::cerr << "usage: long_snapshot [UPDATES]\n";
    return 2;
  }

  nacre::Options options;
  options.vacuum_backlog_max = 1000;
  absl::StatusOr<std::unique_ptr<nacre::Database>> opened = nacre::Database::Open(options);
  if (!opened.ok()) {
    std::cerr << opened.status() << "\n";
    return 1;
  }
  nacre::Database& db = **opened;
  if (!PutAll(db, "first")) return 1;
  const nacre::Snapshot snapshot = db.GetSnapshot();

  std::cout << "    updates  versions (at most " << VersionsBound(options) << ")\n";
  uint64_t most_versions = 0;
  for (int64_t i = 1; i <= updates; ++i) {
    absl::StatusOr<nacre::Timestamp> updated =
        db.Modify(Key(i % kKeys), [&](std::optional<std::string_view>) {
          return nacre::Modification::Put(std::to_string(i));
        });
    if (!updated.ok()) {
      std::cerr << "update failed: " << updated.status() << "\n";
      return 1;
    }
    // Asking for Stats is cheap but not free, so not after every update.
    if (i % 1000 != 0 && i != updates) continue;
    const uint64_t versions = VersionsInChains(db.GetStats());
    most_versions = std::max(most_versions, versions);
    if (i % std::max<int64_t>(updates / kLinesPrinted, 1) == 0) {
      std::cout << std::setw(11) << i << "  " << versions << "\n";
    }
  }

  while (db.RunVacuumOnce() > 0) {
  }
  const uint64_t versions_left = VersionsInChains(db.GetStats());
  const bool bounded = most_versions <= VersionsBound(options) && versions_left == 2 * kKeys;
  const bool unchanged = StillSeesTheFirstRound(snapshot);
  std::cout << updates << " updates later there were never more than " << most_versions
            << " versions, and " << versions_left
            << " are left: " << (bounded ? "bounded" : "NOT BOUNDED") << "\n"
            << "the snapshot " << (unchanged ? "still sees" : "NO LONGER SEES")
            << " what it saw at the start\n";
  return bounded && unchanged ? 0 : 1;
}
