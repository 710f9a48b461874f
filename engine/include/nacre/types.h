#ifndef NACRE_TYPES_H_
#define NACRE_TYPES_H_

// The small values that every other header of Nacre speaks in.
//
// Errors, in the whole library: the status code says what the caller does next.
//   kAborted             A conflict; nothing was applied. Run the whole transaction again.
//                        The message names the key or range.
//   kFailedPrecondition  The transaction is finished, read-only or otherwise misused.
//                        Do not retry.
//   kInvalidArgument     A key, value or option is out of bounds. Do not retry.
//   kNotFound            The keyspace does not exist (any more).
//   kOutOfRange          The snapshot is too old (Options::max_snapshot_age), or older than
//                        the history that is kept (Options::history_retention). Begin again.
//   kResourceExhausted   A limit of Options on memory, transactions or the write set.
//                        Nothing was applied. One of memory_bytes_max carries
//                        kMemoryLimitPayload, so that it can be told from the others.
//
// An absent key is not an error: reads yield std::nullopt.

#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>

#include "absl/time/time.h"

namespace nacre {

// The type of the (empty) absl::Status payload of an error that memory_bytes_max has caused.
inline constexpr char kMemoryLimitPayload[] = "nacre/memory_bytes_max";

// A position in the one commit order of a database; the id of the transaction that committed there.
// Zero is the empty database.
enum class Timestamp : uint64_t {};

constexpr uint64_t ToInteger(Timestamp timestamp) { return static_cast<uint64_t>(timestamp); }

enum class Isolation : uint8_t {
  // Reads see one snapshot; two transactions that write one key never both commit
  // (first-committer-wins). Write skew is possible: two transactions may each read what the other
  // writes. GetForUpdate() excludes it key by key.
  kSnapshot,
  // As if the transactions ran one after the other, in the order of their commit timestamps.
  kSerializable,
};

// Names one ordered map of a database. A small value, valid as long as its database.
// Keyspace() is the default one, which always exists.
class Keyspace {
 public:
  constexpr Keyspace() = default;
  constexpr explicit Keyspace(uint32_t id) : id_(id) {}
  constexpr uint32_t id() const { return id_; }
  friend constexpr bool operator==(Keyspace a, Keyspace b) { return a.id_ == b.id_; }
  friend constexpr bool operator<(Keyspace a, Keyspace b) { return a.id_ < b.id_; }

 private:
  uint32_t id_ = 0;
};

// One end of a range of keys.
struct Bound {
  enum class Kind : uint8_t { kUnbounded, kInclusive, kExclusive };

  static Bound Unbounded() { return {}; }
  static Bound Inclusive(std::string_view key) { return {Kind::kInclusive, key}; }
  static Bound Exclusive(std::string_view key) { return {Kind::kExclusive, key}; }

  Kind kind = Kind::kUnbounded;
  std::string_view key = {};
};

// A set of keys that lie side by side in byte order, and how to walk them. The views must live as
// long as the call, or the iterator, that is given the range.
struct Range {
  static constexpr uint64_t kNoLimit = std::numeric_limits<uint64_t>::max();

  static Range All() { return {}; }
  // [start, end)
  static Range Between(std::string_view start, std::string_view end) {
    return {.start = Bound::Inclusive(start), .end = Bound::Exclusive(end)};
  }
  static Range Prefix(std::string_view prefix) { return {.prefix = prefix}; }

  Bound start = {};              // The lower end, also when `reverse` is set.
  Bound end = {};                // The upper end.
  std::string_view prefix = {};  // Only keys that begin so; narrows start and end.
  bool reverse = false;          // From the upper end down.
  uint64_t offset = 0;           // Keys passed over first; costs as much as visiting them.
  uint64_t limit = kNoLimit;
};

struct PutOptions {
  // The key is absent for every transaction that begins at this time or later (millisecond
  // precision).
  absl::Time expiry = absl::InfiniteFuture();
  // Takes over the expiry of the value that is replaced, and ignores `expiry`. Reads the key.
  bool keep_expiry = false;
};

// What is known of a key that is present.
struct KeyInfo {
  size_t value_bytes = 0;
  // Of the key, the value and their headers, as counted for Options::memory_bytes_max. The index
  // and older versions come on top.
  size_t memory_bytes = 0;
  absl::Time expiry = absl::InfiniteFuture();
  // The transaction that wrote the value; unset for the transaction's own uncommitted write.
  std::optional<Timestamp> version;
};

// What Database::Modify() does with the key.
struct Modification {
  enum class Kind : uint8_t { kKeep, kPut, kDelete };

  static Modification Keep() { return {}; }
  static Modification Delete() { return {.kind = Kind::kDelete}; }
  static Modification Put(std::string value, PutOptions options = {}) {
    return {.kind = Kind::kPut, .value = std::move(value), .options = options};
  }

  Kind kind = Kind::kKeep;
  std::string value = {};
  PutOptions options = {};
};

// A point inside a transaction that RollbackTo() returns to.
class Savepoint {
 public:
  Savepoint() = default;

 private:
  friend class Transaction;
  explicit Savepoint(uint64_t number) : number_(number) {}
  uint64_t number_ = 0;
};

}  // namespace nacre

#endif  // NACRE_TYPES_H_
