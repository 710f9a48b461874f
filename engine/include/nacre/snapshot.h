#ifndef NACRE_SNAPSHOT_H_
#define NACRE_SNAPSHOT_H_

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "nacre/iterator.h"
#include "nacre/types.h"

namespace nacre {

class Database;

// The committed state at one timestamp, readable for as long as the object lives.
//
// Thread-safe for reading. Copies are cheap and share one registration. A snapshot holds the
// versions that it can see (at most one a key), and nothing that was made and superseded after it;
// it blocks no writer. Must not outlive its database.
//
// Reads fail only with kOutOfRange (too old, if Options::max_snapshot_age is set) or kNotFound (no
// such keyspace at this timestamp).
class Snapshot {
 public:
  class Shared;  // Internal.

  Snapshot(const Snapshot&);
  Snapshot& operator=(const Snapshot&);
  Snapshot(Snapshot&&) noexcept;
  Snapshot& operator=(Snapshot&&) noexcept;
  ~Snapshot();

  // Sees exactly the commits at or below it.
  Timestamp read_timestamp() const;
  // Time since it was taken.
  absl::Duration age() const;

  // A copy of the value.
  absl::StatusOr<std::optional<std::string>> Get(std::string_view key,
                                                 Keyspace keyspace = Keyspace()) const;
  // Calls `visit` once with the value if the key is present, without copying. The view lives during
  // the call; `visit` should be short, since it delays the freeing of memory. Returns whether
  // present.
  absl::StatusOr<bool> Read(std::string_view key,
                            absl::FunctionRef<void(std::string_view value)> visit,
                            Keyspace keyspace = Keyspace()) const;
  absl::StatusOr<std::optional<KeyInfo>> GetInfo(std::string_view key,
                                                 Keyspace keyspace = Keyspace()) const;
  // Visits a range in key order until `visit` returns false. The views live during the call.
  absl::Status Scan(const Range& range,
                    absl::FunctionRef<bool(std::string_view key, std::string_view value)> visit,
                    Keyspace keyspace = Keyspace()) const;
  absl::StatusOr<uint64_t> Count(const Range& range, Keyspace keyspace = Keyspace()) const;
  // Bounded by start, end and prefix of `range`; its other fields are ignored.
  Iterator NewIterator(const Range& range = {}, Keyspace keyspace = Keyspace()) const;

 private:
  friend class Database;
  friend class Transaction;
  explicit Snapshot(std::shared_ptr<Shared> shared);
  std::shared_ptr<Shared> shared_;
};

}  // namespace nacre

#endif  // NACRE_SNAPSHOT_H_
