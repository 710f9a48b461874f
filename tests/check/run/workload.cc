#include "tests/check/run/workload.h"

#include "tests/check/run/workloads/workloads.h"

namespace nacre::check::run {
namespace {

constexpr WorkloadKind kKinds[] = {
    {"list-append", "appends to lists, and reads of whole lists", MakeListAppend},
    {"register", "reads, and blind writes of unique values", MakeRegister},
    {"rmw", "registers that are read before they are written", MakeReadModifyWrite},
    {"bank", "transfers, while others count all the money", MakeBank},
    {"cycle", "a ring of keys that is re-linked, while others walk along it", MakeCycle},
    {"range", "scans of ranges in which rows come and go", MakeRange},
    {"long-fork", "writers of one key each, and readers of several", MakeLongFork},
};

}  // namespace

absl::Span<const WorkloadKind> WorkloadKinds() { return kKinds; }

const WorkloadKind* FindWorkload(std::string_view name) {
  for (const WorkloadKind& kind : kKinds) {
    if (kind.name == name) return &kind;
  }
  return nullptr;
}

}  // namespace nacre::check::run
