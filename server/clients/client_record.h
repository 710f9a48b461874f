#ifndef NACRE_SERVER_CLIENTS_CLIENT_RECORD_H_
#define NACRE_SERVER_CLIENTS_CLIENT_RECORD_H_

#include <atomic>
#include <cstdint>
#include <string>
#include <utility>

#include "server/base/clock.h"
#include "server/base/mutex.h"

namespace nacre::server {

struct CommandSpec;

// Reaches the thread that a connection lives on.
class ClientWaker {
 public:
  virtual ~ClientWaker() = default;
  // Thread-safe. The connection of that number, if it still is, soon looks at its record.
  virtual void Wake(uint64_t client_id) = 0;
};

// Of a connection, how other threads see it. Its own thread (or the slow lane, while that runs a
// command of it) writes the plain fields, once a batch of requests; CLIENT LIST reads them.
// Relaxed: each is a fact of its own, and a stale one is a list of a moment ago.
//
// Two fields go the other way, by compare-and-exchange, so that of several threads that end a
// connection or its waiting exactly one counts: `killed` and `wait`.
class ClientRecord {
 public:
  enum class Wait : uint8_t {
    kNone,
    kWaiting,       // The connection waits for a command to be answered.
    kEndByTimeout,  // Somebody has asked to end it, as if the time were over,
    kEndByError,    // or with an error.
  };

  struct Socket {
    std::string address;
    std::string local_address;
    int descriptor;
  };

  ClientRecord(uint64_t number, ClientWaker& thread, Socket its_socket)
      : id(number),
        waker(thread),
        socket(std::move(its_socket)),
        made_at_nanos(CoarseNanos()),
        active_at_nanos(made_at_nanos) {}

  struct Names {
    std::string client;
    std::string library;
    std::string library_version;
  };
  Names names() const {
    MutexLock lock(mutex_);
    return names_;
  }
  void set_names(Names names) {
    MutexLock lock(mutex_);
    names_ = std::move(names);
  }

  // Ends its waiting, if it waits: whether this call is the one that does.
  bool EndWait(Wait how) {
    Wait waiting = Wait::kWaiting;
    if (!wait.compare_exchange_strong(waiting, how, std::memory_order_acq_rel)) return false;
    waker.Wake(id);
    return true;
  }

  const uint64_t id;
  ClientWaker& waker;
  const Socket socket;
  const int64_t made_at_nanos;

  std::atomic<bool> killed{false};
  std::atomic<Wait> wait{Wait::kNone};

  std::atomic<int64_t> active_at_nanos;
  std::atomic<const CommandSpec*> command{nullptr};  // The last one.
  std::atomic<int32_t> database{0};
  std::atomic<int32_t> queued{-1};  // Commands queued by MULTI; -1 outside of it.
  std::atomic<uint64_t> queued_bytes{0};
  std::atomic<uint64_t> query_bytes{0};
  std::atomic<uint64_t> query_room{0};
  std::atomic<uint64_t> argument_bytes{0};  // Only while CLIENT describes itself.
  std::atomic<uint64_t> reply_room{0};
  std::atomic<uint64_t> reply_bytes{0};
  std::atomic<uint8_t> protocol{2};
  std::atomic<bool> closing{false};
  std::atomic<bool> writing{false};
  std::atomic<bool> no_evict{false};
  std::atomic<bool> no_touch{false};

 private:
  mutable Mutex mutex_;
  Names names_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace nacre::server

#endif  // NACRE_SERVER_CLIENTS_CLIENT_RECORD_H_
