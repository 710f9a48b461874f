#ifndef NACRE_CLIENT_BLOCKING_DRIVER_H_
#define NACRE_CLIENT_BLOCKING_DRIVER_H_

// Lets the threads that wait for their calls run one io_context, one thread at a time, so that what
// lives on the context needs no locks and the library no thread of its own.
//
// Of the threads that are in a call, one leads: it runs the context, for its own call and for
// everybody's. The others sleep. A thread that comes while somebody leads posts the start of its
// call, which wakes the leader out of the system. When the leader's own call is done it makes one
// of the sleepers the leader and returns; when nobody sleeps, nobody leads.
//
//   ONE RUNS          Only the leader runs the context, and so only the leader starts calls,
//                     finishes them, and touches what lives on the context.
//   LEADER            Whenever a call waits, there is a leader, or a thread that has been told to
//                     lead and will when it wakes: has_leader_ is false only if nobody waits.
//   NO LOST WAKE-UP   What a sleeper waits for (its call is done, or it leads) is written under
//                     the mutex and followed by its wake-up; it looks at both under the mutex
//                     before it sleeps.
//   NO LATE TOUCH     A call stands on the stack of its thread. It leaves those that wait under
//                     the same lock that lets its thread go, and is not touched after that. What
//                     `start` refers to stands there too, so a call that its start finishes is let
//                     go when the start has returned.
//   FIRST LOOK        A call that finds nobody leading, and wants the network, is started only when
//                     what has come to the context since somebody led last has run, up to a bound:
//                     a connection that was closed meanwhile is found closed, and not written to,
//                     and timers that are due have fired. (Otherwise the first call after a pause
//                     would be sent into a closed connection, and nobody would know whether it was
//                     executed, although the end of the stream had been there for long.)
//
// The forbidden interleaving, and why the leader hands over under the mutex under which newcomers
// look whether there is one:
//
//   leader                            newcomer
//   its call is done
//   nobody waits
//                                     there is a leader: posts, will sleep
//   no leader any more, returns
//                                     sleeps, and nobody runs what it has posted
//
// The sleeper that came last is made the leader. Replies come in the order of requests, so its call
// is probably the last to be done, and it leads longest: a change of leaders costs two switches of
// threads, and the others are served as well by one leader as by another.
//
// Thread rule: Run() by any thread, Finish() by the leader.

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <thread>

#include "absl/base/thread_annotations.h"
#include "absl/functional/function_ref.h"
#include "client/base/mutex.h"

namespace nacre::client::blocking {

class Driver {
 public:
  // One call of one thread.
  class Call {
   public:
    Call() = default;
    Call(const Call&) = delete;
    Call& operator=(const Call&) = delete;

   private:
    friend class Driver;
    // Both are written under Driver::mutex_, except that the leader writes and reads its own
    // done_, which nobody else does, without.
    bool done_ = false;
    bool leads_ = false;
    bool done_in_start_ = false;  // The leader's own.
    Call* newer_ = nullptr;       // The neighbours among those that wait.
    Call* older_ = nullptr;
    CondVar wake_;
  };

  // Nothing but this driver may run the context. It outlives the driver.
  explicit Driver(boost::asio::io_context& context);
  // No thread may be in Run().
  ~Driver();
  Driver(const Driver&) = delete;
  Driver& operator=(const Driver&) = delete;

  // Runs `start` on the leading thread, which may be another one, and returns when `call` has been
  // finished. Neither `start` nor any handler on the context may call Run(): the leader would wait
  // for itself (checked). What they throw ends the program.
  // With Look::kNone no handler runs before `start`: for what only asks or sets something, perhaps
  // while the caller holds what a handler needs, or has destroyed it.
  enum class Look { kFirst, kNone };
  void Run(Call& call, absl::FunctionRef<void()> start, Look look = Look::kFirst) noexcept;
  // By `start` or by a handler on the context; once for each call.
  void Finish(Call& call);

 private:
  void TakeFirstLook();
  // Runs the start of a call whose thread waits.
  void StartFor(Call& call, absl::FunctionRef<void()> start);
  void Release(Call& call);
  // Whether this thread has to lead now; otherwise `call` is done.
  bool WaitForTurn(Call& call) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Lead(Call& call);
  void HandOver();
  void Link(Call& call) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Unlink(Call& call) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  boost::asio::io_context& context_;
  // The context has not run out of work when nothing is under way.
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_;

  // The leader's own: its call, or null if nobody leads.
  Call* leading_ = nullptr;
  Call* starting_ = nullptr;  // Of another thread, while its start runs.

  Mutex mutex_;
  bool has_leader_ ABSL_GUARDED_BY(mutex_) = false;
  std::thread::id leader_ ABSL_GUARDED_BY(mutex_);  // While it runs the context.
  Call* newest_waiting_ ABSL_GUARDED_BY(mutex_) = nullptr;
};

}  // namespace nacre::client::blocking

#endif  // NACRE_CLIENT_BLOCKING_DRIVER_H_
