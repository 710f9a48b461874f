// MEMORY: how much of it there is, and who holds it.

#include "nacre/memory.h"
#include "absl/strings/str_cat.h"
#include "nacre/database.h"
#include "server/allocator/allocator.h"
#include "server/base/numbers.h"
#include "server/base/text.h"
#include "server/commands/handlers.h"
#include "server/commands/values.h"
#include "server/session/session.h"

namespace nacre::server {

namespace {

// Superseded versions for each key from which on a snapshot is worth naming.
constexpr uint64_t kHeldVersionsPerKey = 1;
// Fewer versions than this are no problem in any database.
constexpr uint64_t kHeldVersionsMin = 1000;
// Of --maxmemory.
constexpr double kNearlyFull = .9;

// MEMORY USAGE key [SAMPLES count]. False if an error has been written. The samples are for values
// of many elements; a string has one.
bool ReadSamples(Args args, ReplyWriter& out) {
  for (size_t i = 3; i < args.size(); i += 2) {
    if (!EqualsIgnoringCase(args[i], "samples") || i + 1 == args.size()) {
      out.Error(kSyntaxError);
      return false;
    }
    const auto samples = ParseInteger(args[i + 1]);
    if (!samples || *samples < 0) {
      out.Error(samples ? kSyntaxError : kNotAnInteger);
      return false;
    }
  }
  return true;
}

std::string Diagnosis(const Stats& stats, size_t memory_max) {
  std::string report;
  const uint64_t held = stats.versions_parked;
  if (held >= kHeldVersionsMin && held > kHeldVersionsPerKey * stats.keys) {
    absl::StrAppend(&report, "* ", held, " superseded versions are held by snapshots.");
    if (stats.oldest_snapshot) {
      absl::StrAppend(&report, " The oldest is that of client ", stats.oldest_snapshot->owner,
                      ", open for ", absl::FormatDuration(stats.oldest_snapshot->age), ".");
    }
    absl::StrAppend(&report, " --transaction-age-max bounds how long one may last.\n");
  }
  if (stats.versions_queued > held && stats.versions_queued > stats.keys + kHeldVersionsMin) {
    absl::StrAppend(&report, "* The vacuum is behind by ", stats.versions_queued, " versions.\n");
  }
  if (memory_max != 0 &&
      static_cast<double>(stats.memory_bytes) > kNearlyFull * static_cast<double>(memory_max)) {
    absl::StrAppend(&report, "* ", stats.memory_bytes, " of the ", memory_max,
                    " bytes of --maxmemory are in use. Past it, writes are refused.\n");
  }
  return report.empty() ? "No memory problem was found.\n" : report;
}

}  // namespace

absl::Status RunMemoryUsage(DataContext& context) {
  if (!ReadSamples(context.args, context.out)) return absl::OkStatus();
  const auto info = context.tx.GetInfo(context.args[2]);
  if (!info.ok()) return info.status();
  if (*info) {
    context.out.Integer(static_cast<int64_t>((*info)->memory_bytes));
  } else {
    context.out.Null();
  }
  return absl::OkStatus();
}

void RunMemoryDoctor(Session& session, Args) {
  session.out().Verbatim(
      Diagnosis(session.server().db().GetStats(), session.server().settings().memory_bytes_max()));
}

void RunMemoryMallocStats(Session& session, Args) { session.out().Verbatim(allocator::Report()); }

void RunMemoryPurge(Session& session, Args) {
  ReturnFreeMemory();
  allocator::ReturnFreePages();
  session.out().Ok();
}

void RunMemoryStats(Session& session, Args) {
  const Stats stats = session.server().db().GetStats();
  const MemoryPoolUsage pool = GetMemoryPoolUsage();
  const std::pair<std::string_view, uint64_t> lines[] = {
      {"total.allocated", stats.memory_bytes},
      {"keys.count", stats.keys},
      {"keys.bytes-per-key", stats.keys == 0 ? 0 : stats.memory_bytes / stats.keys},
      {"dataset.bytes", stats.memory_bytes},
      {"versions.queued", stats.versions_queued},
      {"versions.parked", stats.versions_parked},
      {"versions.retained", stats.versions_retained},
      {"objects.retired", stats.objects_retired},
      {"pool.mapped", pool.mapped_bytes},
      {"pool.used", pool.used_bytes},
      {"pool.kept", pool.kept_bytes},
      {"pool.allocated", pool.allocated_bytes},
      {"scan.cursors", session.server().scan_cursors().size()},
      {"scan.cursor-bytes", session.server().scan_cursors().bytes()},
  };
  ReplyWriter& out = session.out();
  out.Map(std::size(lines));
  for (const auto& [name, value] : lines) {
    out.Bulk(name);
    out.Integer(static_cast<int64_t>(value));
  }
}

}  // namespace nacre::server
