// Large: very many keys, and values of 1 byte to 1 MB. They are inserted, nearly all of them and
// then all are deleted, and the same once more: what leaks shows in the second round, what grows by
// the square in the last tenth of a phase, and scans have to stay fast between keys that are gone.

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <numeric>
#include <string>
#include <string_view>

#include "absl/strings/str_format.h"
#include "bench/ycsb/csv_output.h"
#include "bench/ycsb/experiments/experiments.h"
#include "bench/ycsb/fresh_process.h"
#include "bench/ycsb/record.h"
#include "bench/ycsb/resources.h"
#include "nacre/database.h"
#include "server/allocator/allocator.h"

namespace nacre::bench {
namespace {

constexpr size_t kValueBytesMax = 1'000'000;
constexpr uint64_t kSparse = 1000;  // One key of so many survives the first deletion.

void Require(bool ok, std::string_view what) {
  if (ok) return;
  std::fprintf(stderr, "%.*s\n", static_cast<int>(what.size()), what.data());
  std::exit(1);
}
void Require(const absl::Status& status) { Require(status.ok(), status.ToString()); }

// The same for the same key each time, so that a scan can tell what it has to find. Pareto's
// distribution with the exponent 3/4, cut off at 1 MB: half are of 1 or 2 bytes, the mean is near
// 100, and half of all bytes stand in values of more than 70 KB.
size_t ValueBytesOf(uint64_t index) {
  constexpr double kExponent = .75;
  static const double kTail = 1 - std::pow(static_cast<double>(kValueBytesMax), -kExponent);
  const uint64_t mixed = (index + 1) * 0x9E3779B97F4A7C15u;
  const double uniform = static_cast<double>(mixed >> 11) * 0x1.0p-53;
  const double bytes = std::pow(1 - uniform * kTail, -1 / kExponent);
  return std::min(kValueBytesMax, static_cast<size_t>(bytes));
}

uint64_t IndexOf(std::string_view key) {
  uint64_t big_endian;
  std::memcpy(&big_endian, key.data(), sizeof(big_endian));
  return __builtin_bswap64(big_endian) / 2;
}

class Large {
 public:
  Large(uint64_t keys, CsvOutput& csv)
      : keys_(keys),
        stride_(StrideFor(keys)),
        csv_(csv),
        db_(*Database::Open({.on_memory_freed = allocator::ObjectsFreed})) {}

  void Run() {
    const int64_t empty = ResidentBytes();
    int64_t loaded[2];
    int64_t emptied[2];
    double dense_nanos = 0;
    double sparse_nanos = 0;
    for (int round = 0; round < 2; ++round) {
      round_ = round;
      ForAll("insert", [&](uint64_t index) { Insert(index); });
      loaded[round] = Settled("inserted");
      dense_nanos = ScanExpecting("scan", keys_);
      ForAll("delete-most", [&](uint64_t index) {
        if (index % kSparse != 0) Delete(index);
      });
      ScanExpecting("scan-at-once", (keys_ + kSparse - 1) / kSparse);
      Settled("deleted-most");
      sparse_nanos = ScanExpecting("scan-sparse", (keys_ + kSparse - 1) / kSparse);
      ForAll("delete-rest", [&](uint64_t index) {
        if (index % kSparse == 0) Delete(index);
      });
      emptied[round] = Settled("deleted");
      ScanExpecting("scan-empty", 0);
    }
    Require(db_->Verify());
    csv_.Remark(absl::StrFormat(
        "%d keys: RSS %.0f MiB at first, %.0f and %.0f loaded, %.0f and %.0f emptied; a key of a "
        "scan %.0f ns among all, %.0f ns among one of %d",
        keys_, MiB(empty), MiB(loaded[0]), MiB(loaded[1]), MiB(emptied[0]), MiB(emptied[1]),
        dense_nanos, sparse_nanos, kSparse));
  }

 private:
  static double MiB(int64_t bytes) { return static_cast<double>(bytes) / (1 << 20); }

  // A step that comes by every key once, far from one to the next.
  static uint64_t StrideFor(uint64_t keys) {
    uint64_t stride = keys * 5 / 8 | 1;
    while (std::gcd(stride, keys) != 1) stride += 2;
    return stride;
  }

  void Insert(uint64_t index) {
    value_.assign(ValueBytesOf(index), static_cast<char>('a' + index % 26));
    Transaction tx = db_->Begin();
    Require(tx.Put(View(LoadedKey(index)), value_));
    Require(tx.Commit().status());
  }

  void Delete(uint64_t index) {
    Transaction tx = db_->Begin();
    Require(tx.Delete(View(LoadedKey(index))));
    Require(tx.Commit().status());
  }

  // Every key, with a line for each tenth of them.
  template <typename Function>
  void ForAll(std::string_view phase, const Function& function) {
    uint64_t index = 0;
    uint64_t done = 0;
    for (uint64_t tenth = 1; tenth <= 10; ++tenth) {
      const uint64_t first = done;
      const double start = WallSeconds();
      for (; done < keys_ * tenth / 10; ++done) {
        function(index);
        index = (index + stride_) % keys_;
      }
      Report(phase, static_cast<int>(tenth), done - first, WallSeconds() - start);
    }
  }

  // Nanoseconds a key, or of the whole if there is none.
  double ScanExpecting(std::string_view phase, uint64_t expected) {
    uint64_t visited = 0;
    const double start = WallSeconds();
    Require(db_->GetSnapshot().Scan({}, [&](std::string_view key, std::string_view value) {
      const uint64_t index = IndexOf(key);
      Require(value.size() == ValueBytesOf(index) &&
                  value.back() == static_cast<char>('a' + index % 26),
              "a value is not what was written");
      ++visited;
      return true;
    }));
    const double seconds = WallSeconds() - start;
    Require(visited == expected, absl::StrFormat("%d keys instead of %d", visited, expected));
    Report(phase, 0, visited, seconds);
    return seconds * 1e9 / static_cast<double>(std::max<uint64_t>(1, visited));
  }

  int64_t Settled(std::string_view phase) {
    const double start = WallSeconds();
    while (db_->RunVacuumOnce() > 0 || db_->GetStats().objects_retired > 0) {
    }
    Report(phase, 0, 0, WallSeconds() - start);
    return ResidentBytesAtRest();
  }

  void Report(std::string_view phase, int tenth, uint64_t keys, double seconds) {
    csv_.Line(absl::StrFormat("%d,%s,%d,%d,%.6f,%d", round_ + 1, std::string(phase), tenth, keys,
                              seconds, ResidentBytes()));
  }

  const uint64_t keys_;
  const uint64_t stride_;
  CsvOutput& csv_;
  const std::unique_ptr<Database> db_;
  std::string value_;
  int round_ = 0;
};

}  // namespace

void RunLarge(const Conditions& conditions, CsvOutput& csv) {
  csv.Line("round,phase,tenth,keys,seconds,resident_bytes");
  InFreshProcess([&] { Large(conditions.keys, csv).Run(); });
}

}  // namespace nacre::bench
