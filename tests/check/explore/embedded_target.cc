#include "tests/check/explore/embedded_target.h"

#include <cstdio>
#include <cstdlib>

namespace nacre::check::explore {
namespace {

std::optional<std::string> Copy(const std::optional<std::string_view>& value) {
  if (!value) return std::nullopt;
  return std::string(*value);
}

class EmbeddedSession : public Session {
 public:
  EmbeddedSession(Database& database, Isolation level) : database_(database), level_(level) {}

  absl::StatusOr<std::string> Execute(const Operation& operation) override {
    if (operation.kind == OperationKind::kBegin) return Begin(operation);
    if (!transaction_) return absl::FailedPreconditionError("no transaction");
    switch (operation.kind) {
      case OperationKind::kCommit: return Commit();
      case OperationKind::kRollback: {
        transaction_->Rollback();
        End();
        return std::string("ok");
      }
      default: return Perform(operation, *access_);
    }
  }

  std::optional<uint64_t> read_timestamp() const override { return read_timestamp_; }

 private:
  absl::StatusOr<std::string> Begin(const Operation& operation) {
    End();
    TransactionOptions options;
    options.isolation = level_;
    options.read_only = operation.read_only;
    transaction_.emplace(database_.Begin(options));
    access_.emplace(*transaction_);
    read_timestamp_ = ToInteger(transaction_->read_timestamp());
    return std::string("ok");
  }

  absl::StatusOr<std::string> Commit() {
    absl::StatusOr<Timestamp> timestamp = transaction_->Commit();
    End();
    if (!timestamp.ok()) return timestamp.status();
    return std::to_string(ToInteger(*timestamp));
  }

  void End() {
    access_.reset();
    transaction_.reset();
  }

  Database& database_;
  const Isolation level_;
  std::optional<Transaction> transaction_;
  std::optional<TransactionAccess> access_;
  std::optional<uint64_t> read_timestamp_;
};

}  // namespace

absl::Time TimeOfSecond(int64_t second) { return absl::FromUnixSeconds(1 + second); }

absl::StatusOr<std::optional<std::string>> TransactionAccess::Get(const std::string& key) {
  absl::StatusOr<std::optional<std::string_view>> value = transaction_.Get(key);
  if (!value.ok()) return value.status();
  return Copy(*value);
}

absl::StatusOr<std::optional<std::string>> TransactionAccess::GetForUpdate(const std::string& key) {
  absl::StatusOr<std::optional<std::string_view>> value = transaction_.GetForUpdate(key);
  if (!value.ok()) return value.status();
  return Copy(*value);
}

absl::StatusOr<bool> TransactionAccess::Exists(const std::string& key) {
  return transaction_.Exists(key);
}

absl::StatusOr<KeyValues> TransactionAccess::Scan(const std::string& start, const std::string& end,
                                                  bool reverse, std::optional<uint64_t> limit) {
  Range range = Range::Between(start, end);
  range.reverse = reverse;
  if (limit) range.limit = *limit;
  KeyValues items;
  absl::Status status = transaction_.Scan(range, [&](std::string_view key, std::string_view value) {
    items.emplace_back(key, value);
    return true;
  });
  if (!status.ok()) return status;
  return items;
}

absl::StatusOr<uint64_t> TransactionAccess::Count(const std::string& start,
                                                  const std::string& end) {
  return transaction_.Count(Range::Between(start, end));
}

absl::Status TransactionAccess::Put(const std::string& key, const std::string& value,
                                    std::optional<int64_t> expires_s) {
  PutOptions options;
  if (expires_s) options.expiry = TimeOfSecond(*expires_s);
  return transaction_.Put(key, value, options);
}

absl::Status TransactionAccess::Delete(const std::string& key) { return transaction_.Delete(key); }

absl::Status TransactionAccess::SetSavepoint() {
  savepoint_ = transaction_.SetSavepoint();
  return absl::OkStatus();
}

absl::Status TransactionAccess::RollbackToSavepoint() {
  return transaction_.RollbackTo(savepoint_);
}

EmbeddedTarget::EmbeddedTarget(const Options& options) {
  absl::StatusOr<std::unique_ptr<Database>> database = Database::Open(options);
  if (!database.ok()) {
    std::fprintf(stderr, "the database does not open: %s\n", database.status().ToString().c_str());
    std::abort();
  }
  database_ = *std::move(database);
}

absl::Status EmbeddedTarget::Reset(const State& state) {
  return database_
      ->Transact([&](Transaction& transaction) -> absl::Status {
        std::vector<std::string> keys;
        absl::Status status = transaction.Scan(Range::All(), [&](std::string_view key, auto) {
          keys.emplace_back(key);
          return true;
        });
        if (!status.ok()) return status;
        for (const std::string& key : keys) {
          if (status = transaction.Delete(key); !status.ok()) return status;
        }
        for (const auto& [key, value] : state) {
          if (status = transaction.Put(key, value); !status.ok()) return status;
        }
        return absl::OkStatus();
      })
      .status();
}

absl::StatusOr<std::unique_ptr<Session>> EmbeddedTarget::Connect(Isolation level) {
  return std::make_unique<EmbeddedSession>(*database_, level);
}

absl::StatusOr<State> EmbeddedTarget::ReadAll() {
  State state;
  absl::Status status = database_->GetSnapshot().Scan(
      Range::All(), [&](std::string_view key, std::string_view value) {
        state.emplace(key, value);
        return true;
      });
  if (!status.ok()) return status;
  return state;
}

absl::Status EmbeddedTarget::Verify() { return database_->Verify(); }

}  // namespace nacre::check::explore
