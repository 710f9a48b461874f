#ifndef NACRE_TESTS_CLIENT_SUPPORT_EVENT_H_
#define NACRE_TESTS_CLIENT_SUPPORT_EVENT_H_

#include <condition_variable>
#include <mutex>

namespace nacre::client::support {

// Happens once. Threads wait for it, as long as it takes. Any thread may use it.
class Event {
 public:
  void Set() {
    const std::lock_guard lock(mutex_);
    is_set_ = true;
    changed_.notify_all();
  }
  void Wait() const {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return is_set_; });
  }
  bool is_set() const {
    const std::lock_guard lock(mutex_);
    return is_set_;
  }

 private:
  mutable std::mutex mutex_;
  mutable std::condition_variable changed_;
  bool is_set_ = false;
};

}  // namespace nacre::client::support

#endif  // NACRE_TESTS_CLIENT_SUPPORT_EVENT_H_
