// Commands that answer later, replies that nobody wants, and what other threads see of a session.
//
// A command that waits leaves its request where it is. The connection holds back what follows, and
// calls EndWait() when the time has come or somebody ends the wait; no thread is occupied
// meanwhile.

#include <utility>

#include "server/session/session.h"

namespace nacre::server {

void Session::WaitUntil(absl::Time until, std::function<void(ReplyWriter&)> answer) {
  wait_until_ = until;
  wait_answer_ = std::move(answer);
}

void Session::EndWait(WaitEnd how) {
  const size_t mark = out_.Mark();
  const auto answer = std::exchange(wait_answer_, nullptr);
  if (how == WaitEnd::kError) {
    out_.Error("UNBLOCKED client unblocked via CLIENT UNBLOCK");
    CountMistakes();
  } else {
    answer(out_);
  }
  if (replies_ == Replies::kOn) return;
  out_.RollbackTo(mark);
  if (replies_ == Replies::kSkipping) replies_ = Replies::kOn;
}

Session::Outcome Session::RunSilently(Args args, Lane lane) {
  const Replies before = replies_;
  const size_t mark = out_.Mark();
  if (before == Replies::kSkipNext) replies_ = Replies::kSkipping;
  const Outcome outcome = Run(args, lane);
  if (outcome == Outcome::kSlow) {
    replies_ = before;  // It comes again.
    return outcome;
  }
  if (outcome == Outcome::kWaiting) return outcome;  // EndWait() sees to it.
  if (replies_ == Replies::kOn) return outcome;      // The command has turned them on.
  out_.RollbackTo(mark);
  if (replies_ == Replies::kSkipping) replies_ = Replies::kOn;
  return outcome;
}

void Session::Publish() {
  constexpr auto kRelaxed = std::memory_order_relaxed;
  record_.command.store(last_command_, kRelaxed);
  record_.database.store(client_.database, kRelaxed);
  record_.protocol.store(static_cast<uint8_t>(out_.protocol()), kRelaxed);
  const bool queueing = mode_ == Mode::kQueueing;
  record_.queued.store(queueing ? static_cast<int32_t>(queue_.size()) : -1, kRelaxed);
  record_.queued_bytes.store(queueing ? queue_.bytes() : 0, kRelaxed);
  record_.closing.store(closing_, kRelaxed);
  if (!names_changed_) [[likely]]
    return;
  names_changed_ = false;
  record_.set_names({client_.name, client_.library_name, client_.library_version});
}

}  // namespace nacre::server
