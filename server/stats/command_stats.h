#ifndef NACRE_SERVER_STATS_COMMAND_STATS_H_
#define NACRE_SERVER_STATS_COMMAND_STATS_H_

#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "server/base/mutex.h"

namespace nacre::server {

// What INFO tells of one command.
struct CommandTotals {
  uint64_t calls = 0;
  uint64_t nanos = 0;
  uint64_t rejected = 0;  // Not begun: wrong number of arguments, no password.
  uint64_t failed = 0;    // Answered by an error.
};

// The counters of all commands, by CommandSpec::index, of one writer: an I/O thread, which needs no
// locked instruction; or of the slow lane's threads together, which do. Relaxed: each is a number
// of its own.
class CommandCounters {
 public:
  CommandCounters(size_t commands, bool one_writer)
      : counters_(std::make_unique<Counters[]>(commands)), one_writer_(one_writer) {}

  void CountCall(uint32_t command, bool failed) {
    Add(counters_[command].calls, 1);
    if (failed) [[unlikely]]
      Add(counters_[command].failed, 1);
  }
  void CountTime(uint32_t command, uint64_t nanos) { Add(counters_[command].nanos, nanos); }
  void CountRejected(uint32_t command) { Add(counters_[command].rejected, 1); }
  void AddTo(std::vector<CommandTotals>& totals) const;

  // Whether the call that begins now is to be timed: reading the clock for each would cost more
  // than a quick command. Of one writer only.
  static constexpr uint32_t kTimedEvery = 16;
  bool IsTimed() { return timed_++ % kTimedEvery == 0; }

 private:
  struct Counters {
    std::atomic<uint64_t> calls{0};
    std::atomic<uint64_t> nanos{0};
    std::atomic<uint64_t> rejected{0};
    std::atomic<uint64_t> failed{0};
  };
  void Add(std::atomic<uint64_t>& counter, uint64_t by) const {
    if (one_writer_) {
      counter.store(counter.load(std::memory_order_relaxed) + by, std::memory_order_relaxed);
    } else {
      counter.fetch_add(by, std::memory_order_relaxed);
    }
  }

  std::unique_ptr<Counters[]> counters_;
  const bool one_writer_;
  uint32_t timed_ = 0;
};

// How often each kind of error was answered, by the first word of its text. Thread-safe; errors are
// rare enough for a lock.
class ErrorStats {
 public:
  void Count(std::string_view code);
  std::map<std::string, uint64_t> counts() const;
  void Reset();

 private:
  mutable Mutex mutex_;
  std::map<std::string, uint64_t, std::less<>> counts_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace nacre::server

#endif  // NACRE_SERVER_STATS_COMMAND_STATS_H_
