#ifndef NACRE_ENGINE_MVCC_VERSION_H_
#define NACRE_ENGINE_MVCC_VERSION_H_

#include <atomic>
#include <cstdint>
#include <string_view>

namespace nacre::mvcc {

// Milliseconds since the Unix epoch. kNoExpiry: lives until it is superseded.
using ExpiryMs = int64_t;
inline constexpr ExpiryMs kNoExpiry = INT64_MAX;

enum class Kind : uint8_t { kBytes, kTombstone };

// One committed, or prepared, state of one key. The value's bytes follow the header in the same
// allocation; a version with an expiry has eight more bytes between them. It has a block of its
// own, or is inline: stands in the slot of its record (INLINE in record.h).
//
// Life: made by one transaction, private to it; *prepared*: linked at the head of a chain under the
// latch of its key, with no timestamp yet; *committed*: timestamp known; *superseded*: a newer
// committed version stands before it; *unlinked*: no longer in its chain; freed when the epoch has
// passed, or its slot written over (RESTED in vacuum/promoter.h).
//
// The stamp says which:
//   0                      prepared, leader of its commit; its timestamp is not known yet
//   kFollowerTag | address prepared; the stamp of the leader at that address speaks for this
//   version anything else          the commit timestamp
//
// Invariant LEADER: all versions of one commit become visible by one store, to the stamp of the
// leader (the first version of the commit). A follower's own stamp is set by the committer before
// it releases the follower's latch, and the leader can only be superseded (or moved: mover.h) after
// its own latch was released; the committer releases no latch before every follower is stamped. So
// a leader is unlinked only when no follower names it any more, and a reader that loaded the
// address earlier keeps it readable, and as it was, with its epoch pin.
class Version {
 public:
  static Version* NewBytes(std::string_view value, ExpiryMs expiry);
  static Version* NewTombstone();
  // Made by the vacuum in the place of a value that was committed at `replaced` and whose time
  // `expiry` had come. To a transaction that sees the replaced version and began after its expiry,
  // it changes nothing.
  static Version* NewExpiredTombstone(ExpiryMs expiry, uint64_t replaced);
  // The signature that RetireList wants. Not for inline ones, which Record::FreeSlot() ends.
  static void Free(void* version);

  Version(const Version&) = delete;
  Version& operator=(const Version&) = delete;

  Kind kind() const { return is_tombstone_ ? Kind::kTombstone : Kind::kBytes; }
  bool is_inline() const { return slot_units_ != 0; }
  bool is_tombstone() const { return is_tombstone_; }
  bool is_expired_tombstone() const { return is_tombstone() && has_expiry_; }
  bool expires() const { return has_expiry_; }
  // IsLive() at any time.
  bool is_lasting_value() const { return !is_tombstone_ && !has_expiry_; }
  ExpiryMs expiry() const { return has_expiry_ ? *ExpiryAddress() : kNoExpiry; }
  std::string_view value() const { return {data(), size_}; }
  // Precondition: is_expired_tombstone().
  uint64_t replaced() const;
  // What the allocation asked for; nothing if inline, since a record counts its slot.
  size_t memory_bytes() const { return is_inline() ? 0 : HeaderBytes(has_expiry_) + size_; }
  static size_t MemoryBytes(size_t value_bytes, ExpiryMs expiry) {
    return HeaderBytes(expiry != kNoExpiry) + value_bytes;
  }

  // 0 while the commit that made it has none.
  uint64_t commit_timestamp() const {
    const uint64_t stamp = stamp_.load(std::memory_order_acquire);
    if ((stamp & kFollowerTag) == 0) return stamp;
    return Leader(stamp)->load(std::memory_order_acquire);
  }

  // Steps of a commit, in this order. The caller holds the latch of the key.
  void PrepareAsLeader() { stamp_.store(0, std::memory_order_relaxed); }
  void PrepareAsFollowerOf(const Version& leader) {
    stamp_.store(kFollowerTag | reinterpret_cast<uint64_t>(&leader.stamp_),
                 std::memory_order_relaxed);
  }
  void Stamp(uint64_t timestamp) { stamp_.store(timestamp, std::memory_order_release); }

  // The next older version. Writers hold the latch of the key; readers an epoch pin.
  Version* previous() const { return previous_.load(std::memory_order_acquire); }
  void set_previous(Version* version) { previous_.store(version, std::memory_order_release); }

  // Set under the latch when the version leaves its chain; read by whoever owns its garbage entry.
  bool unlinked() const { return unlinked_.load(std::memory_order_acquire); }
  void set_unlinked() { unlinked_.store(true, std::memory_order_release); }
  // Unlinked because its copy stands in the chain (DISPLACED in vacuum/displacer.h). Asked by
  // whoever owns its garbage entry.
  bool displaced() const { return (slot_state_.load(std::memory_order_relaxed) & kDisplaced) != 0; }

 private:
  friend class Record;  // Which has the slots.

  static constexpr uint64_t kFollowerTag = uint64_t{1} << 63;
  static constexpr uint8_t kDisplaced = 8;  // In slot_state_.

  Version(Kind kind, uint32_t size, bool has_expiry, uint8_t slot_units = 0)
      : size_(size),
        is_tombstone_(kind == Kind::kTombstone),
        has_expiry_(has_expiry),
        slot_units_(slot_units) {}
  ~Version() = default;

  static Version* Allocate(Kind kind, std::string_view value, ExpiryMs expiry);
  // Constructs it in `memory`, which has room for it.
  static Version* Construct(void* memory, Kind kind, std::string_view value, ExpiryMs expiry,
                            uint8_t slot_units);
  // What `value` and `expiry` say takes the place of what was in this one. Who passes by meanwhile
  // finds the stamp and the previous version as they were. Preconditions: as with Construct(), and
  // it expires if this one did.
  void Overwrite(std::string_view value, ExpiryMs expiry);
  void CopyIn(std::string_view value, ExpiryMs expiry);
  static constexpr size_t HeaderBytes(bool has_expiry);
  static const std::atomic<uint64_t>* Leader(uint64_t stamp) {
    return reinterpret_cast<const std::atomic<uint64_t>*>(stamp & ~kFollowerTag);
  }
  const ExpiryMs* ExpiryAddress() const { return reinterpret_cast<const ExpiryMs*>(this + 1); }
  const char* data() const {
    return reinterpret_cast<const char*>(this + 1) + (has_expiry_ ? sizeof(ExpiryMs) : 0);
  }

  std::atomic<uint64_t> stamp_{0};
  std::atomic<Version*> previous_{nullptr};
  uint32_t size_;
  const bool is_tombstone_ : 1;
  const bool has_expiry_ : 1;
  std::atomic<bool> unlinked_{false};
  // Of an inline one: the room behind the header, in units of eight bytes, and what Record notes of
  // its slot. 0 otherwise.
  const uint8_t slot_units_;
  std::atomic<uint8_t> slot_state_{0};
};
static_assert(sizeof(Version) == 24, "one header for each version in memory");
static_assert(alignof(Version) == 8);

constexpr size_t Version::HeaderBytes(bool has_expiry) {
  return sizeof(Version) + (has_expiry ? sizeof(ExpiryMs) : 0);
}

}  // namespace nacre::mvcc

#endif  // NACRE_ENGINE_MVCC_VERSION_H_
