#ifndef NACRE_CHECK_HISTORY_H_
#define NACRE_CHECK_HISTORY_H_

// What a store was asked and what it answered, in the form that every judge reads: transactions in
// the order in which they were written down, each with its session, its times and its operations.
// Made by a HistoryBuilder or by ReadHistory() (nacre/check/format.h); from then on immutable, so
// any number of threads may read it.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/types/span.h"
#include "nacre/check/interner.h"
#include "nacre/check/list_pool.h"

namespace nacre::check {

using SessionId = uint32_t;
using TxnId = uint32_t;

enum class OpKind : uint8_t {
  kAppend,    // Appends `value` to the list at `key`.
  kReadList,  // Read `list()` at `key`; an absent key is an empty list.
  kWrite,     // Sets `key` to `value`.
  kDelete,    // Removes `key`.
  kRead,      // Read `value` at `key`; kNone: the key was absent.
  kScan,  // Read all keys from `key` to `scan_end()`; the next `results()` operations, which are
          // reads, are what it returned.
};

// Sixteen bytes, since a history has many of them.
struct Op {
  OpKind kind = OpKind::kRead;
  bool in_scan = false;  // A read that is a result of the scan before it.
  bool reverse = false;  // Scans: from the end.
  bool limited = false;  // Scans: told to stop after `results()` keys, and had that many.
  KeyId key = 0;
  uint32_t value = kNone;
  uint32_t extra = 0;

  ListRef list() const { return {value, extra}; }
  KeyId scan_end() const { return value; }  // Exclusive; kNone: no end.
  uint32_t results() const { return extra; }
  bool writes() const {
    return kind == OpKind::kAppend || kind == OpKind::kWrite || kind == OpKind::kDelete;
  }
  friend bool operator==(const Op&, const Op&) = default;
};
static_assert(sizeof(Op) == 16);

enum class Outcome : uint8_t {
  kCommitted,
  kAborted,
  kIndeterminate,  // May or may not have happened. Its reads are unknown.
};

inline constexpr uint64_t kAlways = 0;          // invoked: not known, as if since the beginning.
inline constexpr uint64_t kNever = UINT64_MAX;  // completed: never, or not known.

// What is known of a transaction besides its operations.
struct TxnInfo {
  SessionId session = kNone;  // kNone: not known. It is then in the order of no session.
  Outcome outcome = Outcome::kCommitted;
  // Real time, on any clock that never goes backwards: the store was asked to begin after `invoked`
  // and had answered before `completed`.
  uint64_t invoked = kAlways;
  uint64_t completed = kNever;
  // The store's own time. The snapshot contains exactly the commits up to and with
  // `begin_timestamp`. A transaction that wrote nothing needs no commit timestamp.
  std::optional<uint64_t> begin_timestamp = std::nullopt;
  std::optional<uint64_t> commit_timestamp = std::nullopt;
  uint64_t line = 0;    // Where it stands in its file, from 1; 0: in none.
  uint64_t number = 0;  // By which people know it. See History::name().
};

class History {
 public:
  uint32_t size() const { return static_cast<uint32_t>(outcomes_.size()); }
  absl::Span<const Op> ops(TxnId t) const {
    return absl::MakeConstSpan(ops_.data() + first_op_[t], first_op_[t + 1] - first_op_[t]);
  }
  uint64_t operations() const { return ops_.size(); }

  Outcome outcome(TxnId t) const { return outcomes_[t]; }
  bool committed(TxnId t) const { return outcomes_[t] == Outcome::kCommitted; }
  // Transactions of one session ran one after the other, in the order of their ids.
  SessionId session(TxnId t) const { return sessions_of_[t]; }
  uint64_t invoked(TxnId t) const { return invoked_[t]; }
  uint64_t completed(TxnId t) const { return completed_[t]; }
  // Absent: no transaction of the history has one, or this has none.
  std::optional<uint64_t> begin_timestamp(TxnId t) const { return Timestamp(begin_, t); }
  std::optional<uint64_t> commit_timestamp(TxnId t) const { return Timestamp(commit_, t); }
  uint64_t line(TxnId t) const { return lines_[t]; }
  uint64_t number(TxnId t) const { return numbers_[t]; }
  std::string name(TxnId t) const { return "T" + std::to_string(numbers_[t]); }
  TxnInfo info(TxnId t) const;

  const Interner& keys() const { return keys_; }
  const Interner& values() const { return values_; }
  const Interner& sessions() const { return sessions_; }
  const ListPool& lists() const { return lists_; }
  std::string_view key(KeyId id) const { return keys_.text(id); }
  std::string_view value(ValueId id) const { return values_.text(id); }

  // Some transaction has a beginning or an end in real time.
  bool has_real_time() const { return has_real_time_; }
  // Every committed transaction has a begin timestamp, and a commit timestamp if it wrote.
  bool has_timestamps() const { return has_timestamps_; }
  bool has_sessions() const { return sessions_.size() > 0; }
  // What was odd about the recording, in words: judged all the same.
  const std::vector<std::string>& notes() const { return notes_; }
  size_t memory_bytes() const;

 private:
  friend class HistoryBuilder;
  std::optional<uint64_t> Timestamp(const std::vector<uint64_t>& of, TxnId t) const {
    if (t >= of.size() || of[t] == kNever) return std::nullopt;
    return of[t];
  }

  Interner keys_;
  Interner values_;
  Interner sessions_;
  ListPool lists_;
  std::vector<Op> ops_;
  std::vector<uint64_t> first_op_ = {0};
  std::vector<Outcome> outcomes_;
  std::vector<SessionId> sessions_of_;
  std::vector<uint64_t> invoked_;
  std::vector<uint64_t> completed_;
  std::vector<uint64_t> begin_;  // kNever: none. Shorter than the history: none behind its end.
  std::vector<uint64_t> commit_;
  std::vector<uint64_t> lines_;
  std::vector<uint64_t> numbers_;
  std::vector<std::string> notes_;
  bool has_real_time_ = false;
  bool has_timestamps_ = false;
};

// Puts a history together. Not thread-safe. Operations are collected until Add() makes a
// transaction of them:
//
//   HistoryBuilder builder;
//   builder.Append(builder.Key("x"), builder.Value("1"));
//   builder.BeginList(builder.Key("y"));
//   builder.Element("7");
//   builder.EndList();
//   builder.Add({.session = builder.Session("0")});
class HistoryBuilder {
 public:
  KeyId Key(std::string_view text) { return history_.keys_.Intern(text); }
  ValueId Value(std::string_view text) { return history_.values_.Intern(text); }
  SessionId Session(std::string_view text) { return history_.sessions_.Intern(text); }

  void Append(KeyId key, ValueId value) { Push(OpKind::kAppend, key, value); }
  void Write(KeyId key, ValueId value) { Push(OpKind::kWrite, key, value); }
  void Delete(KeyId key) { Push(OpKind::kDelete, key, kNone); }
  void Read(KeyId key, ValueId value) { Push(OpKind::kRead, key, value); }
  void ReadAbsent(KeyId key) { Push(OpKind::kRead, key, kNone); }

  void BeginList(KeyId key);
  void Element(std::string_view text);
  void EndList();
  void ReadList(KeyId key, absl::Span<const ValueId> elements);

  // The reads up to EndScan() are the scan's results. `end` is exclusive; kNone: none.
  void BeginScan(KeyId start, KeyId end, bool reverse, bool limited);
  void EndScan();

  // The operations collected, which are then no longer collected.
  std::vector<Op> Take();
  void Drop() { current_.clear(); }
  size_t collected() const { return current_.size(); }

  // Makes a transaction of what was collected. An indeterminate transaction loses its reads.
  TxnId Add(const TxnInfo& info);
  TxnId Add(const TxnInfo& info, absl::Span<const Op> ops);
  // That an indeterminate transaction did not happen after all.
  void SetAborted(TxnId t) { history_.outcomes_[t] = Outcome::kAborted; }
  void Note(std::string note) { history_.notes_.push_back(std::move(note)); }
  uint32_t transactions() const { return history_.size(); }

  History Finish() &&;

 private:
  void Push(OpKind kind, KeyId key, uint32_t value, uint32_t extra = 0);

  History history_;
  std::vector<Op> current_;
  ListRef list_;
  size_t scan_ = SIZE_MAX;  // Where the open scan stands in current_.
};

}  // namespace nacre::check

#endif  // NACRE_CHECK_HISTORY_H_
