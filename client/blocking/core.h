#ifndef NACRE_CLIENT_BLOCKING_CORE_H_
#define NACRE_CLIENT_BLOCKING_CORE_H_

#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "client/blocking/driver.h"
#include "nacre/client/client.h"

namespace nacre::client::blocking {

// When a call that begins now has to be done, as its options and the client's say.
Deadline DeadlineOf(const CallOptions& call, const ClientOptions& client);

// An asynchronous client, and the threads that take turns at driving it. Shared by a BlockingClient
// and its leases, so that these may outlive it.
//
// Thread rule: Do(), Acquire() and driver() by any thread; all else by the leader.
class Core {
 public:
  explicit Core(ClientOptions options);
  Core(const Core&) = delete;
  Core& operator=(const Core&) = delete;

  Driver& driver() { return driver_; }
  boost::asio::io_context& context() { return context_; }
  Client& client() { return client_; }

  // Runs `action` as the leader, and returns when it has run.
  void Do(absl::FunctionRef<void()> action, Driver::Look look = Driver::Look::kNone);
  // As Do(), and returns when what `action` has posted to the context has run too. For what closes
  // connections: they are destroyed by a handler of their own, and nobody may be there to run it.
  void DoThrough(absl::FunctionRef<void()> action);

  // Hands a connection of its own to `take`, as the leader, and then returns; or why not.
  absl::Status Acquire(const CallOptions& options, absl::FunctionRef<void(Lease)> take);

 private:
  // One caller for each turn; hence, and because only the leader touches it, no locks.
  boost::asio::io_context context_{1};
  Driver driver_{context_};
  Client client_;
};

// `start` hands the consumer that it is given, with a request, to a client or a connection. Returns
// when that has ended, with its status. Each reply goes to `each`, on the leading thread.
//
// A function and not an object that keeps `each`: so both live as long as they are needed, also if
// the caller writes them as temporaries.
absl::Status ExecEach(Driver& driver, absl::FunctionRef<void(ReplyView)> each,
                      absl::FunctionRef<void(ReplyConsumer&)> start);

// The same with all replies.
absl::StatusOr<std::vector<Reply>> ExecAll(Driver& driver, const Request& request,
                                           absl::FunctionRef<void(ReplyConsumer&)> start);

}  // namespace nacre::client::blocking

#endif  // NACRE_CLIENT_BLOCKING_CORE_H_
