#ifndef NACRE_CLIENT_BLOCKING_LEASE_IMPL_H_
#define NACRE_CLIENT_BLOCKING_LEASE_IMPL_H_

#include <cstddef>
#include <deque>
#include <memory>
#include <vector>

#include "client/blocking/core.h"
#include "client/blocking/wait.h"
#include "nacre/client/blocking.h"

namespace nacre::client {

// Thread rule: made by the leader, destroyed by its holder; of the members, the mailbox and the
// lease are the leader's.
class BlockingLease::Impl {
 public:
  Impl(std::shared_ptr<blocking::Core> core, Lease lease);
  ~Impl();

  absl::StatusOr<std::vector<Reply>> ExecAll(const Request& request, const CallOptions& options);
  absl::Status Send(const Request& request);
  absl::StatusOr<Reply> Receive(absl::Duration timeout) { return mailbox_.Receive(timeout); }
  const ServerInfo& server() const { return server_; }
  bool is_open();
  absl::Duration quiet_for();
  void Close();
  void DoNotReuse();

 private:
  void OnPush(ReplyView push);

  // Keeps what comes until it is received: replies to Send(), and push messages. What comes while
  // its holder is elsewhere, another thread that drives the client puts here.
  class Mailbox final : public ReplyConsumer {
   public:
    Mailbox(blocking::Core& core, size_t bytes_max)
        : bytes_max_(bytes_max), arrival_(core.driver(), core.context()) {}

    void OnReply(ReplyView reply) override { Keep(reply); }
    void OnEnd(const absl::Status& status) override;
    void Keep(ReplyView reply);
    // Always for one message. If not, nothing more comes.
    bool HasRoomFor(ReplyView push);
    void OnClose(const absl::Status& why);

    // Hands this consumer to the connection. Its answer, if that is known at once.
    absl::Status Send(Connection& connection, const Request& request);
    absl::StatusOr<Reply> Receive(absl::Duration timeout);

   private:
    void Deliver();

    const size_t bytes_max_;
    std::deque<Reply> replies_;
    size_t bytes_ = 0;  // Of replies_.
    absl::Status end_;  // Why nothing more will come; OK: it may.
    bool is_sending_ = false;
    absl::Status refusal_;  // Of the Send() under way.
    blocking::Wait arrival_;
    absl::StatusOr<Reply>* receiver_ = nullptr;  // Valid while somebody waits for arrival_.
  };

  const std::shared_ptr<blocking::Core> core_;
  const ServerInfo server_;
  Mailbox mailbox_;
  Lease lease_;
};

}  // namespace nacre::client

#endif  // NACRE_CLIENT_BLOCKING_LEASE_IMPL_H_
