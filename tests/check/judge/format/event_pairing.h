#ifndef NACRE_TESTS_CHECK_JUDGE_FORMAT_EVENT_PAIRING_H_
#define NACRE_TESTS_CHECK_JUDGE_FORMAT_EVENT_PAIRING_H_

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "nacre/check/history.h"

namespace nacre::check::judge {

// A line of a Jepsen history.
struct Event {
  enum class Type : uint8_t { kInvoke, kOk, kFail, kInfo };
  Type type = Type::kInvoke;
  SessionId process = kNone;  // kNone: the event does not tell.
  std::vector<Op> ops;
  std::optional<uint64_t> index;
  uint64_t line = 0;
};

// Makes transactions of invocations and completions.
//
// CONSERVATIVE-TIME. What is not known never becomes an order: a completion without an invocation
// began at the beginning; and where processes are not told, one of several open invocations that
// look the same is not chosen: the completion gets the time of the oldest of them. A process does
// one thing after another, so what it left behind lends its time to the first completion alone that
// looks alike, the time of that invocation goes to the second, and so on. What a process left
// behind stays indeterminate where it stands unless a late :fail says that it failed.
class EventPairing {
 public:
  explicit EventPairing(HistoryBuilder& builder) : builder_(builder) {}

  // False: an :ok for an invocation that its process had left behind. A process does one thing
  // after another, so what it saw then has no place.
  [[nodiscard]] bool Take(Event event);
  // Whatever was invoked and never completed may have happened.
  void Finish();

 private:
  struct Open {
    std::vector<Op> ops;
    uint64_t invoked = 0;
    uint64_t line = 0;
    uint64_t number = 0;
    SessionId process = kNone;
  };
  // Invocations that look alike and were added as indeterminate when their process invoked the
  // next.
  struct LeftBehind {
    TxnId txn = kNone;                  // The first of them.
    std::deque<uint64_t> invoked = {};  // Of as many as are not completed; the oldest first.
    bool alike = false;                 // Another of the process than `txn` may be meant as well.
  };
  using ProcessShape = std::pair<SessionId, std::string>;

  std::optional<Open> Close(const Event& event);
  // `number`, unless it is taken: indices may be those of several recordings.
  uint64_t NameOf(uint64_t number);
  TxnId AddDangling(const Open& open);
  void LeaveBehind(const Open& open);
  std::optional<LeftBehind> CloseLeftBehind(const Event& event);

  HistoryBuilder& builder_;
  uint64_t clock_ = 0;  // Counts events.
  absl::flat_hash_map<SessionId, Open> by_process_;
  absl::flat_hash_map<std::string, std::vector<Open>>
      by_shape_;  // Without a process; oldest first.
  absl::flat_hash_map<ProcessShape, LeftBehind> left_behind_;
  absl::flat_hash_set<uint64_t> names_;
  uint64_t next_name_ = 0;
  uint64_t dangling_ = 0;
  uint64_t without_invocation_ = 0;
  uint64_t without_process_ = 0;
};

}  // namespace nacre::check::judge

#endif  // NACRE_TESTS_CHECK_JUDGE_FORMAT_EVENT_PAIRING_H_
