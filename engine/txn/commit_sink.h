#ifndef NACRE_ENGINE_TXN_COMMIT_SINK_H_
#define NACRE_ENGINE_TXN_COMMIT_SINK_H_

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "engine/mvcc/version.h"

namespace nacre::txn {

// One write of a commit, as a log sees it.
struct LoggedWrite {
  uint32_t keyspace = 0;
  std::string_view key;
  mvcc::Kind kind = mvcc::Kind::kBytes;
  std::string_view value;
  mvcc::ExpiryMs expiry = mvcc::kNoExpiry;
};

// The ordered stream of commits: where a log, and later replication, joins. Thread-safe.
//
// For each commit: Reserve() before any latch, where it may take time and fail (a lock-first
// transaction only knows its writes under its latches: there it must not wait for a device); then
// exactly one of Place(), inside the sequencer, in timestamp order, a few stores, can not fail; or
// Abandon(); after Place() and with nothing held, Await() returns when the commit is as durable as
// promised.
class CommitSink {
 public:
  using Ticket = uint64_t;

  virtual ~CommitSink() = default;
  virtual absl::StatusOr<Ticket> Reserve(absl::Span<const LoggedWrite> writes) = 0;
  virtual void Place(Ticket ticket, uint64_t timestamp) = 0;
  virtual void Abandon(Ticket ticket) = 0;
  virtual absl::Status Await(Ticket ticket) = 0;
};

}  // namespace nacre::txn

#endif  // NACRE_ENGINE_TXN_COMMIT_SINK_H_
