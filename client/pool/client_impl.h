#ifndef NACRE_CLIENT_POOL_CLIENT_IMPL_H_
#define NACRE_CLIENT_POOL_CLIENT_IMPL_H_

// The parts of a client put together, and its one timer: deadlines of those who wait, times to
// connect, times to ask connections how they are.

#include <deque>
#include <memory>

#include "boost/asio/basic_waitable_timer.hpp"
#include "boost/asio/io_context.hpp"
#include "client/pool/connector.h"
#include "client/pool/dispatcher.h"
#include "client/pool/io_context_watch.h"
#include "client/pool/lease_home.h"
#include "client/pool/pool_core.h"
#include "client/pool/started_calls.h"
#include "client/pool/transact_host.h"
#include "nacre/client/client.h"

namespace nacre::client {

class Client::Impl final : public PoolCore,
                           public IoContextWatch::Watcher,
                           public std::enable_shared_from_this<Client::Impl> {
 public:
  Impl(boost::asio::io_context& context_in, ClientOptions options_in);

  Dispatcher& dispatcher() { return dispatcher_; }
  LeaseHome& home() { return home_; }
  StartedCalls& started() { return started_; }
  TransactHost& transact_host() { return transact_host_; }

  ClientStats Stats() const;
  void Close();

  // PoolCore.
  std::shared_ptr<PoolCore> Hold() override { return shared_from_this(); }
  void Arm() override;
  void WatchHealth() override;
  void OpenSoon() override;
  void FailWaitingSoon(absl::Status why) override;
  void Bury(std::unique_ptr<Connection> connection) override;

  // Watcher.
  void OnContextGone() override;

 private:
  // What Transact() sees.
  class Host final : public TransactHost {
   public:
    explicit Host(Impl& impl) : impl_(impl) {}
    boost::asio::io_context& context() override { return impl_.context; }
    const ClientOptions& options() const override { return impl_.options; }
    Awaitable<absl::StatusOr<Lease>> Acquire(CallOptions options) override;
    void OnTransaction() override { impl_.budget.OnRequests(Clock::now(), 1); }
    bool TakeRetry() override;
    Nanoseconds PauseBefore(Backoff& backoff) override;
    void CountCommit() override { ++impl_.stats.transactions; }
    void CountConflict() override { ++impl_.stats.conflicts; }

   private:
    Impl& impl_;
  };

  using Timer = boost::asio::basic_waitable_timer<Clock, boost::asio::wait_traits<Clock>,
                                                  boost::asio::io_context::executor_type>;

  void OnTimer();

  Connector connector_;
  Dispatcher dispatcher_;
  LeaseHome home_;
  StartedCalls started_;
  Host transact_host_{*this};
  Timer timer_;
  TimePoint armed_for_ = TimePoint::max();  // max: the timer is not set.
  TimePoint health_due_ = TimePoint::max();
  bool opening_soon_ = false;
};

}  // namespace nacre::client

#endif  // NACRE_CLIENT_POOL_CLIENT_IMPL_H_
