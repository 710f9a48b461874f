// BEGIN ... COMMIT: a transaction that stays open between commands.

#include "absl/strings/str_cat.h"
#include "server/base/clock.h"
#include "server/base/text.h"
#include "server/session/session.h"

namespace nacre::server {

namespace {
// More than any transaction has that ends on an I/O thread.
constexpr uint64_t kManyWords = 1 << 20;
}  // namespace

void Session::Begin(Isolation isolation, bool read_only, bool tells_timestamp) {
  if (mode_ == Mode::kOpen) {
    out_.Error("ERR BEGIN inside BEGIN is not allowed; COMMIT or ROLLBACK first");
    return;
  }
  if (mode_ == Mode::kQueueing) {
    out_.Error("ERR BEGIN inside MULTI is not allowed");
    return;
  }
  if (mode_ == Mode::kLost) {
    out_.Error(lost_why_);
    return;
  }
  const Keyspace keyspace = server_.keyspace(client_.database);
  Transaction transaction = server_.db().Begin(
      {.isolation = isolation, .read_only = read_only, .keyspace = keyspace, .owner = id_});
  // A transaction that could not begin says so at its first call.
  const absl::Status status = transaction.Use(keyspace);
  if (!status.ok()) {
    WriteStatus(status, out_);
    return;
  }
  transaction_.emplace(std::move(transaction));
  transaction_words_ = 0;
  transaction_argument_bytes_ = 0;
  transaction_began_ = last_active_ = SteadyNow();
  mode_ = Mode::kOpen;
  ServerState::Counters& counters = server_.counters();
  counters.transactions_begun.fetch_add(1, std::memory_order_relaxed);
  counters.transactions_open.fetch_add(1, std::memory_order_relaxed);
  if (tells_timestamp) {
    out_.Integer(static_cast<int64_t>(ToInteger(transaction_->read_timestamp())));
  } else {
    out_.Ok();
  }
}

void Session::RunOpen(const CommandSpec& spec, Args args) {
  if (spec.Has(kWrite) && transaction_->read_only()) {
    out_.Error(absl::StrCat("ERR ", ToAbsl(AsciiUpper(spec.name)),
                            " writes, and this transaction is READONLY"));
    return;
  }
  size_t bytes = 0;
  for (const std::string_view arg : args) bytes += arg.size();
  const size_t bytes_max = server_.options().transaction_bytes_max;
  if (transaction_argument_bytes_ + bytes > bytes_max) {
    out_.Error(absl::StrCat("ERR the commands of this transaction take more than ", bytes_max,
                            " bytes; COMMIT or ROLLBACK"));
    return;
  }
  transaction_argument_bytes_ += bytes;
  // Of a range, nobody knows how many keys it will be.
  transaction_words_ += spec.Has(kRange) ? kManyWords : args.size();

  const size_t mark = out_.Mark();
  DataContext context{*transaction_, args, out_, server_, NowFor(spec)};
  const absl::Status status = RunInside(spec, server_.keyspace(client_.database), context);
  if (!status.ok()) ReplaceByError(mark, status);
}

void Session::Commit() {
  if (mode_ == Mode::kQueueing) {
    out_.Error("ERR COMMIT inside MULTI is not allowed; EXEC or DISCARD");
    return;
  }
  if (mode_ == Mode::kLost) {
    mode_ = Mode::kAlone;
    out_.Error(lost_why_);
    return;
  }
  if (mode_ != Mode::kOpen) {
    out_.Error("ERR COMMIT without BEGIN");
    return;
  }
  const absl::StatusOr<Timestamp> committed = transaction_->Commit();
  CloseTransaction(Mode::kAlone);
  if (committed.ok()) {
    out_.Integer(static_cast<int64_t>(ToInteger(*committed)));
    return;
  }
  if (committed.status().code() == absl::StatusCode::kAborted) {
    server_.counters().transactions_conflicted.fetch_add(1, std::memory_order_relaxed);
  }
  WriteStatus(committed.status(), out_);
}

void Session::Rollback() {
  if (mode_ == Mode::kQueueing) {
    out_.Error("ERR ROLLBACK inside MULTI is not allowed; EXEC or DISCARD");
    return;
  }
  if (mode_ == Mode::kAlone) {
    out_.Error("ERR ROLLBACK without BEGIN");
    return;
  }
  CloseTransaction(Mode::kAlone);
  out_.Ok();
}

void Session::Lose(std::string_view why) {
  CloseTransaction(Mode::kLost);
  lost_why_ =
      absl::StrCat("NOTRANSACTION the transaction timed out and was rolled back: ", ToAbsl(why),
                   "; ROLLBACK, then begin again");
  server_.counters().transactions_timed_out.fetch_add(1, std::memory_order_relaxed);
}

void Session::CloseTransaction(Mode next) {
  mode_ = next;
  if (!transaction_) return;
  transaction_.reset();  // Rolls back what is not committed.
  server_.counters().transactions_open.fetch_sub(1, std::memory_order_relaxed);
}

}  // namespace nacre::server
