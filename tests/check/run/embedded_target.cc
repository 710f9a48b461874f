#include "tests/check/run/embedded_target.h"

#include "nacre/database.h"
#include "nacre/write_batch.h"
#include "tests/check/run/list_text.h"

namespace nacre::check::run {
namespace {

// An application also asks whether a key is there and how many a range has, and those answers count
// for conflicts like the others. So half of the keys are asked in that way first.
bool AskedForPresenceFirst(std::string_view key) { return !key.empty() && key.back() % 2 == 0; }

class EmbeddedSession final : public Session {
 public:
  EmbeddedSession(Database& database, Isolation isolation)
      : database_(database), isolation_(isolation) {}

  absl::Status Begin(bool read_only) override {
    TransactionOptions options;
    options.isolation = isolation_;
    options.read_only = read_only;
    transaction_.emplace(database_.Begin(options));
    return absl::OkStatus();
  }

  absl::StatusOr<std::optional<std::string>> Read(std::string_view key) override {
    if (AskedForPresenceFirst(key)) {
      const absl::StatusOr<bool> exists = transaction_->Exists(key);
      if (!exists.ok()) return exists.status();
      if (!*exists) return std::optional<std::string>();
    }
    const absl::StatusOr<std::optional<std::string_view>> value = transaction_->Get(key);
    if (!value.ok()) return value.status();
    if (!*value) return std::optional<std::string>();
    return std::optional<std::string>(**value);
  }

  absl::Status ReadList(std::string_view key, std::vector<std::string>& elements) override {
    const absl::StatusOr<std::optional<std::string_view>> value = transaction_->Get(key);
    if (!value.ok()) return value.status();
    if (*value) SplitList(**value, elements);
    return absl::OkStatus();
  }

  absl::Status Append(std::string_view key, std::string_view element) override {
    const absl::StatusOr<std::optional<std::string_view>> value = transaction_->Get(key);
    if (!value.ok()) return value.status();
    std::string text(value->value_or(std::string_view()));
    text += ListElement(element);
    return transaction_->Put(key, text);
  }

  absl::Status Write(std::string_view key, std::string_view value) override {
    return transaction_->Put(key, value);
  }
  absl::Status Delete(std::string_view key) override { return transaction_->Delete(key); }

  absl::StatusOr<std::vector<Row>> Scan(const KeyRange& range) override {
    Range asked;
    asked.start = Bound::Inclusive(range.start);
    if (range.end) asked.end = Bound::Exclusive(*range.end);
    asked.reverse = range.reverse;
    std::vector<Row> rows;
    if (AskedForPresenceFirst(range.start)) {
      const absl::StatusOr<uint64_t> count = transaction_->Count(asked);
      if (!count.ok()) return count.status();
      if (*count == 0) return rows;
    }
    const absl::Status scanned =
        transaction_->Scan(asked, [&](std::string_view key, std::string_view value) {
          rows.emplace_back(key, value);
          return true;
        });
    if (!scanned.ok()) return scanned;
    return rows;
  }

  CommitResult Commit() override {
    const bool writes = !transaction_->read_only();
    const absl::StatusOr<Timestamp> committed = transaction_->Commit();
    transaction_.reset();
    if (committed.ok()) {
      CommitResult result;
      if (writes) result.commit_timestamp = ToInteger(*committed);
      return result;
    }
    const bool conflict = committed.status().code() == absl::StatusCode::kAborted;
    return {.ending = conflict ? Ending::kConflict : Ending::kRefused,
            .why = std::string(committed.status().message())};
  }
  void Rollback() override {
    transaction_->Rollback();
    transaction_.reset();
  }

  absl::Status Remove(absl::Span<const std::string> keys) override {
    WriteBatch batch;
    for (const std::string& key : keys) batch.Delete(key);
    return database_.Write(batch).status();
  }

  std::optional<uint64_t> begin_timestamp() const override {
    if (!transaction_) return std::nullopt;
    return ToInteger(transaction_->read_timestamp());
  }

  // Nobody calls Rollback() either: the transaction's destruction has to do.
  void Drop() override {
    transaction_.reset();
    lost_ = true;
  }
  std::optional<CommitResult> CommitAndDrop() override { return std::nullopt; }
  bool lost() const override { return lost_; }

 private:
  Database& database_;
  const Isolation isolation_;
  std::optional<Transaction> transaction_;
  bool lost_ = false;
};

class EmbeddedTarget final : public Target {
 public:
  EmbeddedTarget(std::unique_ptr<Database> database, Isolation isolation)
      : database_(std::move(database)), isolation_(isolation) {}

  std::string name() const override { return "libnacre"; }
  Level promises() const override {
    return isolation_ == Isolation::kSnapshot ? Level::kStrongSnapshotIsolation
                                              : Level::kStrictSerializable;
  }
  bool has_scans(std::string&) const override { return true; }
  bool needs_yields() const override { return true; }
  bool can_lose_answers() const override { return false; }
  absl::StatusOr<std::unique_ptr<Session>> Connect() override {
    return std::make_unique<EmbeddedSession>(*database_, isolation_);
  }

 private:
  const std::unique_ptr<Database> database_;
  const Isolation isolation_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<Target>> OpenEmbeddedTarget(Isolation isolation,
                                                           const Options& options) {
  absl::StatusOr<std::unique_ptr<Database>> database = Database::Open(options);
  if (!database.ok()) return database.status();
  return std::make_unique<EmbeddedTarget>(*std::move(database), isolation);
}

}  // namespace nacre::check::run
