#ifndef NACRE_SERVER_NET_TURN_H_
#define NACRE_SERVER_NET_TURN_H_

#include <cstdint>

#include "absl/time/time.h"
#include "server/base/clock.h"

namespace nacre::server {

// How long one client may keep the others of its thread waiting.
class Turn {
 public:
  // `commands` more have run. Reads the clock only now and then.
  bool IsOver(uint64_t commands) {
    commands_ += commands;
    if (commands_ < kCommandsBetweenLooks) return false;
    commands_ = 0;
    const absl::Time now = SteadyNow();
    if (ends_ == absl::InfiniteFuture()) ends_ = now + kTurn;
    return now >= ends_;
  }

 private:
  static constexpr uint64_t kCommandsBetweenLooks = 8;
  static constexpr absl::Duration kTurn = absl::Milliseconds(1);

  uint64_t commands_ = 0;
  absl::Time ends_ = absl::InfiniteFuture();
};

}  // namespace nacre::server

#endif  // NACRE_SERVER_NET_TURN_H_
