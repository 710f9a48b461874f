#ifndef NACRE_CLIENT_POOL_IO_CONTEXT_WATCH_H_
#define NACRE_CLIENT_POOL_IO_CONTEXT_WATCH_H_

// Tells the clients of an io_context when it is being destroyed, so that they let go of the
// coroutines that wait for them. A coroutine whose frame holds the client, while the client holds
// what resumes the coroutine, would otherwise never be freed.

#include <memory>
#include <vector>

#include "boost/asio/execution_context.hpp"

namespace nacre::client {

class IoContextWatch final : public boost::asio::execution_context::service {
 public:
  class Watcher {
   public:
    // Nothing may be called back any more: let go of it.
    virtual void OnContextGone() = 0;

   protected:
    ~Watcher() = default;
  };

  using key_type = IoContextWatch;
  static boost::asio::execution_context::id id;

  explicit IoContextWatch(boost::asio::execution_context& context) : service(context) {}

  void Add(std::weak_ptr<Watcher> watcher);

 private:
  void shutdown() override;

  std::vector<std::weak_ptr<Watcher>> watchers_;
};

}  // namespace nacre::client

#endif  // NACRE_CLIENT_POOL_IO_CONTEXT_WATCH_H_
