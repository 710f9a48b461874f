#ifndef NACRE_CLIENT_TRANSACT_WATCH_SCRIPT_H_
#define NACRE_CLIENT_TRANSACT_WATCH_SCRIPT_H_

#include <cstddef>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "client/transact/transaction_script.h"

namespace nacre::client {

// WATCH ... MULTI ... EXEC. The server keeps the versions of the keys that were read, and this side
// keeps the writes until the end, and answers reads of them itself.
//
//   fn calls                       on the wire, a line for each write to the socket
//   Get(a), Get(b), Set(a)         WATCH a, GET a | WATCH b, GET b | MULTI, SET a, EXEC
//   Get(a)                         WATCH a, GET a | UNWATCH
//   Get(a), Get(b)                 WATCH a, GET a | WATCH b, GET b | MULTI, EXEC
//   Set(a), Set(b)                 MULTI, SET a, SET b, EXEC
//
// A transaction that writes nothing is validated if it has read in more than one step, since the
// steps may have come from different moments.
//
// ALL-OR-NOTHING: EXEC refuses if a command could not be queued. A command that fails only when it
// runs (a wrong type) does not undo the others: that is this server's meaning of EXEC, and the
// status says so, with outcome kExecuted. NO-WRITE-OUTSIDE: MULTI is refused only where the user
// may not use it; waiting for its answer would cost each commit a round trip, so this is noticed
// afterwards, and ends in a status with outcome kUnknown.
class WatchScript final : public TransactionScript {
 public:
  explicit WatchScript(const TransactOptions& options) : TransactionScript(options) {}

  bool is_interactive() const override { return false; }

 private:
  absl::Status StartGet(std::span<const std::string> keys, bool as_array) override;
  absl::Status StartRead(const Request& command, std::span<const std::string> keys) override;
  absl::Status StartExec(const Request& command) override;
  void NoteValue(std::string_view key, const std::string_view* value) override;
  void NoteUnknown(std::string_view key) override;
  void AskNextRead() override;
  void AskNextCommit() override;
  void AskRollback() override;
  void OnOpenReply(ReplyView reply) override;
  void OnWriteReply(ReplyView reply, size_t index) override;
  void OnCommitReply(ReplyView reply) override;
  void OnCloseReply() override { is_watching_ = false; }
  bool is_open() const override { return is_watching_; }

  void OnMultiRefused();
  void OnExecReplies(ReplyView replies);

  // A key that this transaction has written.
  struct Written {
    bool is_known = false;  // Otherwise Write() has named it.
    std::optional<std::string> value = std::nullopt;
  };
  std::map<std::string, Written, std::less<>> written_;

  std::vector<std::string> to_watch_;  // By the read under way.
  std::set<std::string, std::less<>> watched_;
  bool is_watching_ = false;
  size_t steps_ = 0;  // Reads that were asked of the server.

  absl::Status multi_error_;
  absl::Status queue_error_;            // The first.
  bool has_run_without_multi_ = false;  // A command, although MULTI was refused.
};

}  // namespace nacre::client

#endif  // NACRE_CLIENT_TRANSACT_WATCH_SCRIPT_H_
