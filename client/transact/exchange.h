#ifndef NACRE_CLIENT_TRANSACT_EXCHANGE_H_
#define NACRE_CLIENT_TRANSACT_EXCHANGE_H_

#include <cstddef>
#include <cstdint>
#include <vector>

#include "nacre/client/request.h"

namespace nacre::client {

// One request of several commands, and what the reply to each of them is about.
//
// Thread rule: a value.
class Exchange {
 public:
  enum class Role : uint8_t {
    kOpen,    // BEGIN, WATCH or MULTI: whether there is a transaction.
    kWrite,   // A write, or that it has been queued.
    kRead,    // What fn asks for.
    kCommit,  // COMMIT or EXEC.
    kClose,   // ROLLBACK or UNWATCH.
  };
  struct Expected {
    Role role;
    size_t index;  // Among the commands that were asked for together.
  };

  // Appends commands.
  void Ask(Role role, const Request& commands) {
    request_.Add(commands);
    for (size_t i = 0; i < commands.commands(); ++i) expected_.push_back({role, i});
  }
  const Request& request() const { return request_; }
  bool empty() const { return request_.empty(); }

  bool has_next_reply() const { return answered_ < expected_.size(); }
  // What the next reply is about; steps on.
  Expected NextReply() { return expected_[answered_++]; }

  void Clear() {
    request_.Clear();
    expected_.clear();
    answered_ = 0;
  }

 private:
  Request request_;
  std::vector<Expected> expected_;
  size_t answered_ = 0;
};

}  // namespace nacre::client

#endif  // NACRE_CLIENT_TRANSACT_EXCHANGE_H_
