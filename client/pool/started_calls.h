#ifndef NACRE_CLIENT_POOL_STARTED_CALLS_H_
#define NACRE_CLIENT_POOL_STARTED_CALLS_H_

// The calls of Client::Start(): who makes them keeps a consumer and knows nothing of calls, so the
// calls are kept here, and used again. Memory stays that of the most that were ever under way.

#include <deque>

#include "client/pool/call.h"
#include "client/pool/dispatcher.h"

namespace nacre::client {

class StartedCalls {
 public:
  StartedCalls() = default;
  StartedCalls(const StartedCalls&) = delete;
  StartedCalls& operator=(const StartedCalls&) = delete;

  void Start(Dispatcher& dispatcher, const Request& request, ReplyConsumer& consumer,
             const CallOptions& options);
  void Forget(Dispatcher& dispatcher, ReplyConsumer& consumer);

 private:
  class Started final : public Call {
   public:
    explicit Started(StartedCalls& home) : home_(home) {}

   private:
    friend class StartedCalls;
    void Ended(const absl::Status& status) override {
      ReplyConsumer& consumer = *caller_;
      home_.Free(*this);
      consumer.OnEnd(status);
    }
    void Abandoned() override { home_.Free(*this); }

    StartedCalls& home_;
    ReplyConsumer* caller_ = nullptr;
    Started* previous_ = nullptr;  // Under way.
    Started* next_ = nullptr;      // Under way, or free.
  };

  Started& Take();
  void Free(Started& call);

  std::deque<Started> calls_;
  Started* free_ = nullptr;
  Started* under_way_ = nullptr;
};

}  // namespace nacre::client

#endif  // NACRE_CLIENT_POOL_STARTED_CALLS_H_
