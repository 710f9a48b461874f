#ifndef NACRE_SERVER_NET_SLOW_LANE_H_
#define NACRE_SERVER_NET_SLOW_LANE_H_

#include <deque>
#include <functional>
#include <thread>
#include <vector>

#include "server/base/mutex.h"

namespace nacre::server {

// Threads for commands that take long, so that they delay their own connection and no other one on
// its I/O thread. Thread-safe.
//
// Bounded without a limit of its own: a connection has at most one job at a time.
class SlowLane {
 public:
  explicit SlowLane(int threads);
  // Runs what was submitted, then stops.
  ~SlowLane();
  SlowLane(const SlowLane&) = delete;
  SlowLane& operator=(const SlowLane&) = delete;

  void Submit(std::function<void()> job);

 private:
  void Run();

  Mutex mutex_;
  CondVar changed_;
  std::deque<std::function<void()>> jobs_ ABSL_GUARDED_BY(mutex_);
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  std::vector<std::thread> threads_;
};

}  // namespace nacre::server

#endif  // NACRE_SERVER_NET_SLOW_LANE_H_
