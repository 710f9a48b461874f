#ifndef NACRE_CLIENT_POOL_AWAIT_H_
#define NACRE_CLIENT_POOL_AWAIT_H_

// The coroutines' side of the pool. Each keeps its first argument, and so the parts it waits for,
// alive: the Client may be destroyed while it waits.

#include <memory>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "client/pool/lease_call.h"
#include "client/pool/lease_home.h"
#include "client/pool/pool_core.h"
#include "nacre/client/awaitable.h"

namespace nacre::client {

// A request on a lease's connection; the consumer's OnEnd() is not called. (A call on a shared
// connection: Client::Waiting.)
Awaitable<absl::Status> AwaitOnLease(std::shared_ptr<LeaseHome> home, Connection& connection,
                                     const Request& request, ReplyConsumer& consumer,
                                     CallOptions options, MayBlock may_block);

Awaitable<absl::StatusOr<Lease>> AcquireLease(std::shared_ptr<PoolCore> hold, LeaseHome& home,
                                              CallOptions options);

}  // namespace nacre::client

#endif  // NACRE_CLIENT_POOL_AWAIT_H_
