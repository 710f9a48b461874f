#ifndef NACRE_TESTS_CHECK_RUN_TEST_FAILING_TARGET_H_
#define NACRE_TESTS_CHECK_RUN_TEST_FAILING_TARGET_H_

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "tests/check/run/embedded_target.h"
#include "tests/check/run/target.h"

namespace nacre::check::run {

// What fails of the store, and what is left in it.
struct Failure {
  bool refuses_writes = false;
  std::atomic<bool> is_dead = false;  // No session answers any more, and nobody can connect.
  std::atomic<uint64_t> commits = 0;
  std::function<void()> committed = [] {};  // Called by each.
  std::mutex mutex;
  std::set<std::string> written;  // By whomever; guarded by `mutex`.
  std::set<std::string> removed;
  size_t removed_last = 0;
  uint64_t removals_asked = 0;
  uint64_t removals_refused = 0;  // The next so many.
  std::atomic<uint64_t> connections = 0;
};

// The library, as far as it does not fail. `failure` outlives it.
class FailingSession final : public Session {
 public:
  FailingSession(std::unique_ptr<Session> inner, Failure& failure)
      : inner_(std::move(inner)), failure_(failure) {}

  absl::Status Begin(bool read_only) override { return inner_->Begin(read_only); }
  absl::StatusOr<std::optional<std::string>> Read(std::string_view key) override {
    if (lost()) return Gone();
    return inner_->Read(key);
  }
  absl::Status ReadList(std::string_view key, std::vector<std::string>& elements) override {
    return lost() ? Gone() : inner_->ReadList(key, elements);
  }
  absl::Status Append(std::string_view key, std::string_view element) override {
    return CanWrite(key) ? inner_->Append(key, element) : Gone();
  }
  absl::Status Write(std::string_view key, std::string_view value) override {
    return CanWrite(key) ? inner_->Write(key, value) : Gone();
  }
  absl::Status Delete(std::string_view key) override {
    return CanWrite(key) ? inner_->Delete(key) : Gone();
  }
  absl::StatusOr<std::vector<Row>> Scan(const KeyRange& range) override {
    if (lost()) return Gone();
    return inner_->Scan(range);
  }
  CommitResult Commit() override {
    if (lost()) return {.ending = Ending::kUnknown, .why = "the store is gone"};
    const CommitResult result = inner_->Commit();
    if (result.ending == Ending::kCommitted) {
      ++failure_.commits;
      failure_.committed();
    }
    return result;
  }
  void Rollback() override { inner_->Rollback(); }
  absl::Status Remove(absl::Span<const std::string> keys) override {
    const std::lock_guard lock(failure_.mutex);
    ++failure_.removals_asked;
    if (lost() || failure_.removals_refused > 0) {
      if (failure_.removals_refused > 0) --failure_.removals_refused;
      return Gone();
    }
    failure_.removed.insert(keys.begin(), keys.end());
    failure_.removed_last = keys.size();
    return inner_->Remove(keys);
  }
  std::optional<uint64_t> begin_timestamp() const override { return inner_->begin_timestamp(); }
  void Drop() override { inner_->Drop(); }
  std::optional<CommitResult> CommitAndDrop() override { return inner_->CommitAndDrop(); }
  bool lost() const override { return failure_.is_dead || inner_->lost(); }

 private:
  bool CanWrite(std::string_view key) const {
    if (lost() || failure_.refuses_writes) return false;
    const std::lock_guard lock(failure_.mutex);
    failure_.written.emplace(key);
    return true;
  }
  absl::Status Gone() const {
    return absl::UnavailableError(lost() ? "the store is gone" : "the store is full");
  }

  const std::unique_ptr<Session> inner_;
  Failure& failure_;
};

class FailingTarget final : public Target {
 public:
  explicit FailingTarget(Failure& failure)
      : inner_(OpenEmbeddedTarget(Isolation::kSerializable).value()), failure_(failure) {}

  std::string name() const override { return "a failing store"; }
  Level promises() const override { return inner_->promises(); }
  bool has_scans(std::string& why) const override { return inner_->has_scans(why); }
  bool needs_yields() const override { return false; }
  bool can_lose_answers() const override { return false; }
  absl::StatusOr<std::unique_ptr<Session>> Connect() override {
    if (failure_.is_dead) return absl::UnavailableError("nobody listens");
    ++failure_.connections;
    absl::StatusOr<std::unique_ptr<Session>> session = inner_->Connect();
    if (!session.ok()) return session;
    return std::make_unique<FailingSession>(*std::move(session), failure_);
  }

 private:
  const std::unique_ptr<Target> inner_;
  Failure& failure_;
};

}  // namespace nacre::check::run

#endif  // NACRE_TESTS_CHECK_RUN_TEST_FAILING_TARGET_H_
