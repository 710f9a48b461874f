#ifndef NACRE_ENGINE_TXN_LOG_PLACE_H_
#define NACRE_ENGINE_TXN_LOG_PLACE_H_

#include <optional>
#include <vector>

#include "absl/status/status.h"
#include "engine/txn/commit_sink.h"
#include "engine/txn/store.h"
#include "engine/txn/write_set.h"

namespace nacre::txn {

// The place of one commit in the log, from its reservation to its end. Does nothing where there is
// no log.
class LogPlace {
 public:
  explicit LogPlace(Store& store) : log_(store.log) {}
  ~LogPlace() {
    if (ticket_ && !placed_) log_->Abandon(*ticket_);
  }
  LogPlace(const LogPlace&) = delete;
  LogPlace& operator=(const LogPlace&) = delete;

  bool exists() const { return log_ != nullptr; }
  // Before any latch where the writes are known by then.
  absl::Status Reserve(WriteSet& writes) {
    if (log_ == nullptr) return absl::OkStatus();
    std::vector<LoggedWrite> logged;
    for (const WriteEntry& entry : writes.entries()) {
      if (entry.version == nullptr) continue;
      logged.push_back({entry.keyspace, entry.key, entry.version->kind(), entry.version->value(),
                        entry.version->expiry()});
    }
    absl::StatusOr<CommitSink::Ticket> ticket = log_->Reserve(logged);
    if (!ticket.ok()) return ticket.status();
    ticket_ = *ticket;
    return absl::OkStatus();
  }

  // Inside the sequencer.
  void Place(uint64_t timestamp) {
    if (!ticket_) return;
    log_->Place(*ticket_, timestamp);
    placed_ = true;
  }

  // With nothing held.
  absl::Status Await() { return placed_ ? log_->Await(*ticket_) : absl::OkStatus(); }

 private:
  CommitSink* const log_;
  std::optional<CommitSink::Ticket> ticket_;
  bool placed_ = false;
};

}  // namespace nacre::txn

#endif  // NACRE_ENGINE_TXN_LOG_PLACE_H_
