#ifndef NACRE_CLIENT_BLOCKING_CLIENT_IMPL_H_
#define NACRE_CLIENT_BLOCKING_CLIENT_IMPL_H_

#include <atomic>
#include <cstdint>
#include <memory>
#include <vector>

#include "client/blocking/core.h"
#include "client/blocking/wait.h"
#include "nacre/client/blocking.h"

namespace nacre::client {

class BlockingClient::Impl {
 public:
  explicit Impl(ClientOptions options);

  blocking::Core& core() { return *core_; }
  const std::shared_ptr<blocking::Core>& shared_core() const { return core_; }

  // Taken once, so that no call needs a turn of the leader for it.
  const std::shared_ptr<TransactHost>& transact_host() const { return transact_host_; }

  void SetPushHandler(Connection::PushHandler handler);
  bool Poll(absl::Duration timeout);

 private:
  void OnPush(ReplyView push);

  const std::shared_ptr<blocking::Core> core_;
  const std::shared_ptr<TransactHost> transact_host_;
  std::atomic<uint64_t> pushes_ = 0;  // So far. Written by the leader.
  // The leader's own.
  Connection::PushHandler push_handler_;
  std::vector<blocking::Wait*> polls_;
};

}  // namespace nacre::client

#endif  // NACRE_CLIENT_BLOCKING_CLIENT_IMPL_H_
