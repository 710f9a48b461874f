#ifndef NACRE_TESTS_CHECK_RUN_HISTORY_LOG_H_
#define NACRE_TESTS_CHECK_RUN_HISTORY_LOG_H_

#include <cstdint>
#include <string>
#include <vector>

#include "nacre/check/history.h"
#include "tests/check/run/finished_transaction.h"

namespace nacre::check::run {

// Keeps all that it is told until the run is over. Each session writes to a log of its own, so that
// nobody waits for anybody.
class HistoryLog final : public TransactionSink {
 public:
  // For sessions numbered below `sessions`.
  explicit HistoryLog(uint32_t sessions) : logs_(sessions) {}

  void Take(const FinishedTransaction& txn) override;

  // One history of all sessions, in the order in which transactions ended; the log is empty
  // afterwards. Not while sessions are running.
  History Merge();

 private:
  struct Record;
  // Records lie one behind the other, none across two blocks.
  struct alignas(64) SessionLog {
    std::vector<std::string> blocks;
  };
  std::vector<SessionLog> logs_;
};

}  // namespace nacre::check::run

#endif  // NACRE_TESTS_CHECK_RUN_HISTORY_LOG_H_
