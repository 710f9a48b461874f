#include "client/pool/started_calls.h"

namespace nacre::client {

void StartedCalls::Start(Dispatcher& dispatcher, const Request& request, ReplyConsumer& consumer,
                         const CallOptions& options) {
  Started& call = Take();
  call.caller_ = &consumer;
  call.Prepare(request, consumer);
  dispatcher.Start(call, options);
}

void StartedCalls::Forget(Dispatcher& dispatcher, ReplyConsumer& consumer) {
  for (Started* call = under_way_; call != nullptr; call = call->next_) {
    if (call->caller_ != &consumer) continue;
    dispatcher.Forget(*call);
    Free(*call);
    dispatcher.Pump();
    return;
  }
}

StartedCalls::Started& StartedCalls::Take() {
  if (free_ == nullptr) {
    calls_.emplace_back(*this);
    free_ = &calls_.back();
  }
  Started& call = *free_;
  free_ = call.next_;
  call.previous_ = nullptr;
  call.next_ = under_way_;
  if (under_way_ != nullptr) under_way_->previous_ = &call;
  under_way_ = &call;
  return call;
}

void StartedCalls::Free(Started& call) {
  (call.previous_ != nullptr ? call.previous_->next_ : under_way_) = call.next_;
  if (call.next_ != nullptr) call.next_->previous_ = call.previous_;
  call.next_ = free_;
  free_ = &call;
}

}  // namespace nacre::client
