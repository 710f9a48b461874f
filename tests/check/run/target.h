#ifndef NACRE_TESTS_CHECK_RUN_TARGET_H_
#define NACRE_TESTS_CHECK_RUN_TARGET_H_

// What a run drives: a store, and the sessions that it is used through. Everything that a workload
// may ask for stands here, and nothing that only one store has.

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "nacre/check/level.h"

namespace nacre::check::run {

// How a transaction ended, as far as the one who asked can know.
enum class Ending : uint8_t {
  kCommitted,
  kConflict,  // Refused because of others; nothing was applied. Running it again makes sense.
  kRefused,   // Refused for another reason; nothing was applied.
  kUnknown,   // It was asked to commit and nobody answered.
};

struct CommitResult {
  Ending ending = Ending::kCommitted;
  // In the order of all commits, where the store tells it.
  std::optional<uint64_t> commit_timestamp = std::nullopt;
  std::string why = {};  // Of all but kCommitted.
};

struct KeyRange {
  std::string start;               // Inclusive.
  std::optional<std::string> end;  // Exclusive; none: no end.
  bool reverse = false;
};
using Row = std::pair<std::string, std::string>;

// One user of the store, who runs one transaction after the other. Used by one thread.
//
// A call that fails ends nothing by itself: the transaction is to be rolled back, and has then not
// happened. kAborted says that the store has seen a conflict before the commit. kUnavailable says
// that the session is lost: every further call fails, and the store forgets the transaction, unless
// it was asked to commit.
class Session {
 public:
  virtual ~Session() = default;

  virtual absl::Status Begin(bool read_only) = 0;
  virtual absl::StatusOr<std::optional<std::string>> Read(std::string_view key) = 0;
  // The elements, the oldest first; an absent key is an empty list.
  virtual absl::Status ReadList(std::string_view key, std::vector<std::string>& elements) = 0;
  virtual absl::Status Append(std::string_view key, std::string_view element) = 0;
  virtual absl::Status Write(std::string_view key, std::string_view value) = 0;
  virtual absl::Status Delete(std::string_view key) = 0;
  virtual absl::StatusOr<std::vector<Row>> Scan(const KeyRange& range) = 0;
  virtual CommitResult Commit() = 0;
  virtual void Rollback() = 0;

  // Removes what nobody reads or writes any more, in no transaction. Precondition: none is open. An
  // error: some or all are still there.
  virtual absl::Status Remove(absl::Span<const std::string> keys) = 0;

  // The snapshot of the open transaction contains exactly the commits up to it. None where the
  // store does not tell.
  virtual std::optional<uint64_t> begin_timestamp() const = 0;

  // Goes away in the middle of a transaction, without a word to the store. The session is lost.
  virtual void Drop() = 0;
  // The same, as soon as the store has been asked to commit. None where that cannot be done.
  virtual std::optional<CommitResult> CommitAndDrop() = 0;
  virtual bool lost() const = 0;
};

// Thread-safe.
class Target {
 public:
  virtual ~Target() = default;

  virtual std::string name() const = 0;
  // What all keys of the run begin with in the store, which others may use too.
  virtual std::string key_prefix() const { return ""; }
  // The strongest level that the store promises for what its sessions do.
  virtual Level promises() const = 0;
  // Whether Session::Scan() and deletes are possible; if not, `why` says what is missing.
  virtual bool has_scans(std::string& why) const = 0;
  // Whether the transactions of this target are so short that they hardly ever meet unless they
  // give way to each other now and then.
  virtual bool needs_yields() const = 0;
  // Whether the answer to a commit can be lost on its way, so that nobody knows of it.
  virtual bool can_lose_answers() const = 0;
  virtual absl::StatusOr<std::unique_ptr<Session>> Connect() = 0;
};

}  // namespace nacre::check::run

#endif  // NACRE_TESTS_CHECK_RUN_TARGET_H_
