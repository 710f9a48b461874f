#ifndef NACRE_TESTS_CHECK_RUN_ONLINE_LOG_H_
#define NACRE_TESTS_CHECK_RUN_ONLINE_LOG_H_

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "nacre/check/online.h"
#include "tests/check/run/finished_transaction.h"

namespace nacre::check::run {

// Judges what it is told while the run goes on, by a thread of its own. What waits for that thread
// is bounded: sessions wait when it is too much, so that memory is bounded too.
//
// OPEN-SINCE. What a session has open it began after it had ended what it did before. So nothing
// that is still to come was invoked before the earliest of the last endings of all sessions.
class OnlineLog final : public TransactionSink {
 public:
  // For sessions numbered below `sessions`, and one that sets up before them. `full` is called when
  // one has to wait, by that one.
  OnlineLog(
      uint32_t sessions, Level level, const OnlineOptions& options,
      std::function<void()> full = [] {});
  ~OnlineLog() override;

  void Take(const FinishedTransaction& txn) override;
  void Leave(uint32_t session) override;

  // Whether the run can end, since it is known what is wrong.
  bool violated() const { return violated_; }
  // Judges the rest. No session may be running; then Take() does nothing any more.
  const Verdict& Finish();
  // What the verdict's transactions refer to. After Finish().
  const History& evidence() const { return judge_.evidence(); }
  // The most that the judge has used. After Finish().
  size_t memory_bytes_max() const { return memory_bytes_max_; }

 private:
  struct Waiting {
    FinishedTransaction txn;
    std::string operations;
  };
  void Judge();
  void Feed(const Waiting& waiting);

  static constexpr size_t kWaitingMax = 4096;
  static constexpr size_t kWaitingBytesMax = size_t{16} << 20;

  const std::function<void()> full_;
  std::mutex mutex_;
  std::condition_variable came_;
  std::condition_variable went_;
  // Guarded by mutex_.
  std::deque<Waiting> waiting_;
  size_t waiting_bytes_ = 0;
  bool ended_ = false;

  std::atomic<bool> violated_ = false;
  // Of the judging thread, and after it has ended of the one that ended it.
  OnlineJudge judge_;
  std::vector<uint64_t> ended_at_;  // By session: its last ending; kNever: it has left.
  uint64_t numbers_ = 0;
  size_t memory_bytes_max_ = 0;
  std::thread thread_;
};

}  // namespace nacre::check::run

#endif  // NACRE_TESTS_CHECK_RUN_ONLINE_LOG_H_
