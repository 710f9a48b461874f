#include "client/cli/session_state.h"

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "client/cli/text.h"

namespace nacre::cli {

using client::ReplyKind;
using client::ReplyView;

namespace {

std::optional<int> DatabaseOf(const std::vector<std::string>& words) {
  int database = 0;
  if (words.size() != 2 || !absl::SimpleAtoi(words[1], &database)) return std::nullopt;
  return database;
}

bool HasCode(ReplyView reply, std::string_view code) {
  return reply.is_error() && reply.text().starts_with(code);
}

// What a server says only where it is queueing.
bool ShowsQueueing(ReplyView reply) {
  return reply.kind() == ReplyKind::kSimpleString && reply.text() == "QUEUED";
}

// An error that a server gives only where `state` is not what it is in. (EXEC inside of BEGIN is
// "without MULTI" too, and changes nothing.)
bool Contradicts(ReplyView reply, TransactionState state) {
  if (!reply.is_error()) return false;
  switch (state) {
    case TransactionState::kMulti:
    case TransactionState::kRefused: return reply.text().ends_with(" without MULTI");
    case TransactionState::kOpen:
    case TransactionState::kLost: return reply.text().ends_with(" without BEGIN");
    case TransactionState::kNone: break;
  }
  return false;
}

// Errors that leave a queue as it was.
bool IsAboutTheTransactionItself(std::string_view name) {
  return name == "MULTI" || name == "WATCH" || name == "BEGIN" || name == "COMMIT" ||
         name == "ROLLBACK" || name == "DISCARD";
}

}  // namespace

void SessionState::Observe(const std::vector<std::string>& words, ReplyView reply) {
  if (words.empty()) return;
  const std::string name = Upper(words[0]);
  if (name == "RESET" && !reply.is_error()) {
    EndTransaction();
    database_ = 0;
    protocol_ = 2;
    login_.reset();
    return;
  }
  if (Contradicts(reply, transaction_)) EndTransaction();
  if (transaction_ == TransactionState::kNone && ShowsQueueing(reply)) {
    transaction_ = TransactionState::kMulti;
  }
  if (transaction_ == TransactionState::kMulti || transaction_ == TransactionState::kRefused) {
    ObserveInMulti(name, words, reply);
  } else {
    ObserveAlone(name, words, reply);
  }
}

void SessionState::ObserveInMulti(std::string_view name, const std::vector<std::string>& words,
                                  ReplyView reply) {
  if (name == "EXEC") {
    // Arity and the like are errors that leave the queue; all others end it.
    if (words.size() != 1) {
      transaction_ = TransactionState::kRefused;
      return;
    }
    TakeQueuedSelects(reply);
    EndTransaction();
  } else if (name == "DISCARD" && !reply.is_error()) {
    EndTransaction();
  } else if (reply.is_error() && (!IsAboutTheTransactionItself(name) ||
                                  HasCode(reply, "ERR wrong number of arguments"))) {
    transaction_ = TransactionState::kRefused;
  } else if (ShowsQueueing(reply)) {
    if (name == "SELECT") queued_selects_.push_back({queued_, DatabaseOf(words).value_or(0)});
    ++queued_;
  }
}

// Each SELECT counts that EXEC answered by OK. Places are taken from the end, for the beginning of
// the queue may have been missed.
void SessionState::TakeQueuedSelects(ReplyView replies) {
  if (!replies.is_aggregate() || replies.size() < queued_) return;
  const size_t first = replies.size() - queued_;
  for (const QueuedSelect& select : queued_selects_) {
    if (replies[first + select.place].text() == "OK") database_ = select.database;
  }
}

void SessionState::ObserveAlone(std::string_view name, const std::vector<std::string>& words,
                                ReplyView reply) {
  if (HasCode(reply, "NOTRANSACTION")) {
    if (name == "COMMIT" || name == "ROLLBACK") {
      EndTransaction();
    } else {
      transaction_ = TransactionState::kLost;
    }
    return;
  }
  if (name == "COMMIT" && words.size() == 1) {
    EndTransaction();  // Whatever the answer is.
    return;
  }
  // An EXEC without MULTI forgets what is watched, too; it is an error otherwise.
  if (reply.is_error()) return;
  if (name == "ROLLBACK") {
    EndTransaction();
  } else if (name == "BEGIN") {
    Begin(words);
  } else if (name == "MULTI") {
    transaction_ = TransactionState::kMulti;
  } else if (name == "WATCH") {
    watching_ = true;
  } else if (name == "UNWATCH") {
    watching_ = false;
  } else if (name == "SELECT") {
    database_ = DatabaseOf(words).value_or(database_);
  } else if (name == "AUTH" && words.size() >= 2) {
    login_ = words.size() == 2 ? Login{"", words[1]} : Login{words[1], words[2]};
  } else if (name == "HELLO") {
    ObserveHello(words);
  }
}

void SessionState::ObserveHello(const std::vector<std::string>& words) {
  int protocol = 0;
  if (words.size() > 1 && absl::SimpleAtoi(words[1], &protocol)) protocol_ = protocol;
  for (size_t i = 2; i + 2 < words.size(); ++i) {
    if (EqualsIgnoringCase(words[i], "AUTH")) login_ = Login{words[i + 1], words[i + 2]};
  }
}

void SessionState::Begin(const std::vector<std::string>& words) {
  transaction_ = TransactionState::kOpen;
  level_ = default_level_;
  read_only_ = false;
  for (size_t i = 1; i < words.size(); ++i) {
    if (EqualsIgnoringCase(words[i], "READONLY")) {
      read_only_ = true;
    } else if (EqualsIgnoringCase(words[i], "SNAPSHOT") ||
               EqualsIgnoringCase(words[i], "SERIALIZABLE")) {
      level_ = Lower(words[i]);
    }
  }
}

void SessionState::EndTransaction() {
  transaction_ = TransactionState::kNone;
  watching_ = false;
  queued_ = 0;
  queued_selects_.clear();
}

std::string SessionState::Disconnected(const std::vector<std::string>& pending) {
  connected_ = false;
  const TransactionState before = transaction_;
  const bool was_watching = watching_;
  EndTransaction();
  const std::string name = pending.empty() ? "" : Upper(pending[0]);
  if (before != TransactionState::kNone && (name == "COMMIT" || name == "EXEC")) {
    return absl::StrCat("Whether ", name,
                        " took effect is unknown: look at the data before doing it again.");
  }
  switch (before) {
    case TransactionState::kOpen:
      return "The open transaction was rolled back with the connection; nothing of it was applied.";
    case TransactionState::kMulti:
    case TransactionState::kRefused:
      return "The commands queued by MULTI are gone; none was executed.";
    case TransactionState::kLost:
    case TransactionState::kNone: break;
  }
  if (was_watching) return "The watched keys are forgotten: WATCH and read them again.";
  return "";
}

std::string SessionState::TransactionName() const {
  switch (transaction_) {
    case TransactionState::kMulti: return "multi";
    case TransactionState::kRefused: return "multi, EXEC will fail";
    case TransactionState::kLost: return "tx rolled back, ROLLBACK to go on";
    case TransactionState::kOpen: break;
    case TransactionState::kNone: return watching_ ? "watching" : "";
  }
  const char* const comma = read_only_ && !level_.empty() ? ", " : "";
  return absl::StrCat(level_, comma, read_only_ ? "read-only" : "",
                      level_.empty() && !read_only_ ? "" : " ", "tx");
}

std::string SessionState::Prompt() const {
  if (!connected_) return absl::StrCat(address_, " (not connected)> ");
  const std::string database = database_ == 0 ? "" : absl::StrCat("[", database_, "]");
  const std::string transaction = TransactionName();
  return absl::StrCat(address_, database, transaction.empty() ? "" : " (", transaction,
                      transaction.empty() ? "" : ")", "> ");
}

}  // namespace nacre::cli
