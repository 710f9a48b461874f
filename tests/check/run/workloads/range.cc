// range: rows come and go inside of ranges that others scan, so that what a scan did not find
// matters as much as what it did. There are two kinds of rows:
//
//   pair    Two rows, apart from each other, that are inserted together and deleted together. No
//           scan finds one without the other.
//   ticket  Of these there are at most kTicketsMax: whoever finds that many deletes one instead of
//           inserting another. No two transactions write the same row, so nothing but the range
//           that they scanned keeps two of them from inserting at once: that is a write skew by a
//           predicate, which serializability rules out and snapshot isolation does not.

#include <algorithm>
#include <map>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "tests/check/run/workloads/workloads.h"

namespace nacre::check::run {
namespace {

constexpr size_t kTicketsMax = 3;
// Where rows of a pair may lie; a scan of a part begins and ends somewhere among these.
constexpr uint64_t kShelves = 100;

class Ranges final : public Workload {
 public:
  explicit Ranges(const WorkloadOptions& options) : options_(options) {}

  bool needs_scans() const override { return true; }
  bool has_keys_by_stretch() const override { return true; }

  absl::Status Run(Random& random, RecordedTransaction& txn) const override {
    const bool rolls_back = random.Chance(options_.rollback_share);
    absl::Status status;
    if (random.Chance(options_.read_share)) {
      status = Scan(random, txn);
    } else {
      if (status = txn.Begin(); !status.ok()) return status;
      status = random.Chance(0.5) ? ChangePairs(random, txn) : ChangeTickets(random, txn);
    }
    return status.ok() && rolls_back ? RollBackOnPurpose() : status;
  }

 private:
  static std::string Pairs(const RecordedTransaction& txn) {
    return absl::StrCat("pair", StretchOf(txn.place()), ".");
  }
  static std::string Tickets(const RecordedTransaction& txn) {
    return absl::StrCat("ticket", StretchOf(txn.place()), ".");
  }
  static std::string Shelf(uint64_t number) { return absl::StrFormat("%02d", number); }
  // '/' comes next behind the '.' that the names of rows go on with.
  static KeyRange All(std::string range) {
    KeyRange all = {.start = range, .end = range};
    all.end->back() = '/';
    return all;
  }

  absl::Status Scan(Random& random, RecordedTransaction& txn) const {
    if (absl::Status status = txn.Begin(random.Chance(0.5)); !status.ok()) return status;
    if (random.Chance(0.3)) return ScanTickets(random.Chance(0.5), txn).status();
    if (random.Chance(0.3)) return ScanPart(random, txn);
    return ScanPairs(random.Chance(0.5), txn).status();
  }

  static absl::Status ScanPart(Random& random, RecordedTransaction& txn) {
    const uint64_t from = random.Below(kShelves);
    const uint64_t to = random.Between(from, kShelves - 1);
    return txn
        .Scan({.start = Pairs(txn) + Shelf(from),
               .end = Pairs(txn) + Shelf(to),
               .reverse = random.Chance(0.5)})
        .status();
  }

  static absl::StatusOr<std::vector<Row>> ScanPairs(bool reverse, RecordedTransaction& txn) {
    KeyRange range = All(Pairs(txn));
    range.reverse = reverse;
    absl::StatusOr<std::vector<Row>> rows = txn.Scan(range);
    if (!rows.ok()) return rows;
    std::map<std::string_view, int> found;  // Rows of a pair by its name, which is their value.
    for (const Row& row : *rows) ++found[row.second];
    for (const auto& [pair, count] : found) {
      if (count == 2) continue;
      txn.ClaimBreach(Level::kReadAtomic,
                      absl::StrCat("scanned all pairs and found one row of pair ",
                                   std::string(pair), " without the other"));
      break;
    }
    return rows;
  }

  static absl::StatusOr<std::vector<Row>> ScanTickets(bool reverse, RecordedTransaction& txn) {
    KeyRange range = All(Tickets(txn));
    range.reverse = reverse;
    absl::StatusOr<std::vector<Row>> rows = txn.Scan(range);
    if (rows.ok() && rows->size() > kTicketsMax) {
      txn.ClaimBreach(Level::kSerializable,
                      absl::StrCat("found ", rows->size(), " tickets, of which there are at most ",
                                   kTicketsMax, " at all times"));
    }
    return rows;
  }

  absl::Status ChangePairs(Random& random, RecordedTransaction& txn) const {
    if (random.Chance(0.6)) {
      const std::string pair = txn.UniqueValue();
      for (const uint64_t shelf :
           {random.Below(kShelves / 2), random.Between(kShelves / 2, kShelves - 1)}) {
        const std::string key = absl::StrCat(Pairs(txn), Shelf(shelf), ".", pair);
        if (absl::Status status = txn.Write(key, pair); !status.ok()) return status;
      }
      return absl::OkStatus();
    }
    const absl::StatusOr<std::vector<Row>> rows = ScanPairs(false, txn);
    if (!rows.ok()) return rows.status();
    if (rows->empty()) return absl::OkStatus();
    const std::string& gone = (*rows)[random.Below(rows->size())].second;
    for (const Row& row : *rows) {
      if (row.second != gone) continue;
      if (absl::Status status = txn.Delete(row.first); !status.ok()) return status;
    }
    return absl::OkStatus();
  }

  static absl::Status ChangeTickets(Random& random, RecordedTransaction& txn) {
    const absl::StatusOr<std::vector<Row>> rows = ScanTickets(false, txn);
    if (!rows.ok()) return rows.status();
    if (rows->size() >= kTicketsMax || (!rows->empty() && random.Chance(0.3))) {
      return txn.Delete((*rows)[random.Below(rows->size())].first);
    }
    const std::string ticket = txn.UniqueValue();
    return txn.Write(Tickets(txn) + ticket, ticket);
  }

  const WorkloadOptions options_;
};

}  // namespace

std::unique_ptr<Workload> MakeRange(const WorkloadOptions& options) {
  return std::make_unique<Ranges>(options);
}

}  // namespace nacre::check::run
