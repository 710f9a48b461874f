#include "tests/check/run/online_log.h"

#include <algorithm>
#include <utility>

namespace nacre::check::run {

OnlineLog::OnlineLog(uint32_t sessions, Level level, const OnlineOptions& options,
                     std::function<void()> full)
    : full_(std::move(full)),
      judge_(level, options),
      ended_at_(sessions, kAlways),
      thread_([this] { Judge(); }) {}

OnlineLog::~OnlineLog() { Finish(); }

void OnlineLog::Take(const FinishedTransaction& txn) {
  Waiting waiting = {.txn = txn, .operations = std::string(txn.operations)};
  waiting.txn.operations = {};
  std::unique_lock lock(mutex_);
  // BOUNDED-WAITING. One that is larger than all may come when nothing else waits.
  const auto has_room = [&] {
    return ended_ || waiting_.empty() ||
           (waiting_.size() < kWaitingMax && waiting_bytes_ < kWaitingBytesMax);
  };
  while (!has_room()) {
    full_();
    went_.wait(lock);
  }
  if (ended_) return;
  waiting_bytes_ += waiting.operations.size();
  waiting_.push_back(std::move(waiting));
  came_.notify_one();
}

// In turn with what the session has done, by which it is still open.
void OnlineLog::Leave(uint32_t session) {
  FinishedTransaction left;
  left.session = session;
  left.completed = kNever;
  Take(left);
}

void OnlineLog::Judge() {
  std::unique_lock lock(mutex_);
  for (;;) {
    came_.wait(lock, [this] { return ended_ || !waiting_.empty(); });
    if (waiting_.empty()) return;
    const Waiting next = std::move(waiting_.front());
    waiting_.pop_front();
    waiting_bytes_ -= next.operations.size();
    went_.notify_all();
    lock.unlock();
    Feed(next);
    lock.lock();
  }
}

void OnlineLog::Feed(const Waiting& waiting) {
  const FinishedTransaction& txn = waiting.txn;
  const bool session = txn.session < ended_at_.size();
  if (session) ended_at_[txn.session] = txn.completed;
  if (txn.completed == kNever) return;
  const uint64_t oldest_open =
      ended_at_.empty() ? kNever : *std::min_element(ended_at_.begin(), ended_at_.end());
  Replay(waiting.operations, judge_);
  const std::string name = std::to_string(txn.process);
  if (!judge_.Add({.session = name,
                   .outcome = txn.outcome,
                   .invoked = txn.invoked,
                   .completed = txn.completed,
                   .begin_timestamp = txn.begin_timestamp,
                   .commit_timestamp = txn.commit_timestamp,
                   .number = ++numbers_},
                  oldest_open)) {
    violated_ = true;
  }
  constexpr uint64_t kLook = 1024;  // It takes time in what is kept.
  if (numbers_ % kLook == 0) {
    memory_bytes_max_ = std::max(memory_bytes_max_, judge_.memory_bytes());
  }
}

const Verdict& OnlineLog::Finish() {
  {
    const std::lock_guard lock(mutex_);
    ended_ = true;
    came_.notify_all();
    went_.notify_all();
  }
  if (thread_.joinable()) thread_.join();
  memory_bytes_max_ = std::max(memory_bytes_max_, judge_.memory_bytes());
  return judge_.Finish();
}

}  // namespace nacre::check::run
