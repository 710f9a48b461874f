#ifndef NACRE_ENGINE_TXN_LOCKED_H_
#define NACRE_ENGINE_TXN_LOCKED_H_

#include <cstdint>
#include <memory>
#include <string_view>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "engine/txn/read_view.h"
#include "engine/txn/store.h"
#include "engine/txn/transaction_state.h"

namespace nacre::txn {

struct DeclaredKey {
  uint32_t keyspace = 0;
  std::string_view key;
};

struct WatchedKey {
  uint32_t keyspace = 0;
  std::string_view key;
  const ReadView* since = nullptr;
};

// Runs a lock-first transaction: takes the latches of all keys, draws the read timestamp under
// them, checks the watched keys, calls `run` once, and commits what it has written, with no
// possible conflict.
//
// Why none is possible: a commit to a declared key needs its latch; a change of generations closes
// the commit gate, inside of which this runs. What the latches cover is therefore the newest
// committed state from the read timestamp to the commit, which makes the transaction serializable
// without validation.
//
// `run` gets the state, and gives it back.
absl::StatusOr<uint64_t> RunLocked(
    Store& store, absl::Span<const DeclaredKey> keys, absl::Span<const WatchedKey> watched,
    absl::FunctionRef<absl::Status(std::unique_ptr<TransactionState>& state)> run);

}  // namespace nacre::txn

#endif  // NACRE_ENGINE_TXN_LOCKED_H_
