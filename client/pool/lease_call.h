#ifndef NACRE_CLIENT_POOL_LEASE_CALL_H_
#define NACRE_CLIENT_POOL_LEASE_CALL_H_

#include "client/pool/lease_home.h"
#include "nacre/client/connection.h"

namespace nacre::client {

// Whether a request on a lease may be one that the server answers late on purpose. That of a
// lease's holder may (BLPOP, XREAD BLOCK, WAIT, a module's): its timeout says nothing about the
// server. Those of Transact() do not: their timeouts are failures.
enum class MayBlock : bool { kNo, kYes };

// A request on a lease, whose end the circuit breaker is told of before its consumer. Outlives the
// request; one at a time.
class LeaseCall final : public ReplyConsumer {
 public:
  LeaseCall(LeaseHome& home, Connection& connection, MayBlock may_block)
      : home_(home), connection_(connection), may_block_(may_block) {}
  LeaseCall(Lease& lease, MayBlock may_block)
      : LeaseCall(*lease.home_, *lease.connection_, may_block) {}
  LeaseCall(const LeaseCall&) = delete;
  LeaseCall& operator=(const LeaseCall&) = delete;

  void Send(const Request& request, ReplyConsumer& consumer, TimePoint deadline) {
    consumer_ = &consumer;
    sent_at_ = Clock::now();
    deadline_ = deadline;
    connection_.Send(request, *this, deadline);
  }
  void Forget() { connection_.Forget(*this); }

 private:
  void OnReply(ReplyView reply) override { consumer_->OnReply(reply); }
  void OnEnd(const absl::Status& status) override {
    if (may_block_ == MayBlock::kNo || status.code() != absl::StatusCode::kDeadlineExceeded) {
      home_.Judge(connection_, sent_at_, deadline_, status);
    }
    consumer_->OnEnd(status);
  }

  LeaseHome& home_;
  Connection& connection_;
  const MayBlock may_block_;
  ReplyConsumer* consumer_ = nullptr;
  TimePoint sent_at_;
  TimePoint deadline_;
};

}  // namespace nacre::client

#endif  // NACRE_CLIENT_POOL_LEASE_CALL_H_
