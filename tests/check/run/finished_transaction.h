#ifndef NACRE_TESTS_CHECK_RUN_FINISHED_TRANSACTION_H_
#define NACRE_TESTS_CHECK_RUN_FINISHED_TRANSACTION_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/types/span.h"
#include "nacre/check/history.h"
#include "nacre/check/online.h"
#include "tests/check/run/target.h"

namespace nacre::check::run {

// The operations of a transaction and their answers, as bytes: a history of millions of
// transactions is kept in little more than what was said. Written by one thread.
class OperationLog {
 public:
  void Clear() {
    bytes_.clear();
    written_keys_.clear();
    has_read_others_ = false;
  }
  void Append(std::string_view key, std::string_view element);
  void Write(std::string_view key, std::string_view value);
  void Delete(std::string_view key);
  void Read(std::string_view key, const std::optional<std::string>& value);
  void ReadList(std::string_view key, absl::Span<const std::string> elements);
  void Scan(const KeyRange& range, absl::Span<const Row> rows);

  const std::string& bytes() const { return bytes_; }
  const std::vector<std::string>& written_keys() const { return written_keys_; }
  // Whether anything was read that was there, and that this transaction has not written.
  bool has_read_others() const { return has_read_others_; }

 private:
  void NoteFound(std::string_view key);
  void Put(OpKind kind);
  void Put(uint64_t number);
  void Put(std::string_view text);

  std::string bytes_;
  std::vector<std::string> written_keys_;
  bool has_read_others_ = false;
};

// Says to `builder` what OperationLog was told. The transaction is still to be added.
void Replay(std::string_view operations, HistoryBuilder& builder);

void Replay(std::string_view operations, OnlineJudge& judge);

// A transaction that has ended, as its session has seen it.
struct FinishedTransaction {
  uint32_t session = 0;  // Who ran it: from 0, one for each thread.
  // By which a history names its session. An answer that never came may still take effect when the
  // session goes on, so there it ends with its connection, and goes on under another number.
  uint32_t process = 0;
  Outcome outcome = Outcome::kCommitted;
  uint64_t invoked = 0;  // Of the steady clock, in ns.
  uint64_t completed = 0;
  std::optional<uint64_t> begin_timestamp = std::nullopt;
  std::optional<uint64_t> commit_timestamp = std::nullopt;
  std::string_view operations = {};
};

// Who is told of each transaction that ends. The transactions of one session come one after the
// other, in their order, by the session's thread; sessions come at the same time. What the views
// look at lives during the call.
class TransactionSink {
 public:
  virtual ~TransactionSink() = default;
  virtual void Take(const FinishedTransaction& txn) = 0;
  // The session will not come again. By its thread.
  virtual void Leave(uint32_t /*session*/) {}
};

}  // namespace nacre::check::run

#endif  // NACRE_TESTS_CHECK_RUN_FINISHED_TRANSACTION_H_
