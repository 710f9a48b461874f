#ifndef NACRE_TESTS_UNIT_API_FIXTURE_H_
#define NACRE_TESTS_UNIT_API_FIXTURE_H_

// What the tests of the public API share: a database that is verified when the test ends, a clock
// that only the test moves, and matchers that read like the header.

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "nacre/database.h"

namespace nacre::api {

inline const absl::Status& StatusOf(const absl::Status& status) { return status; }
template <typename T>
const absl::Status& StatusOf(const absl::StatusOr<T>& result) {
  return result.status();
}

// The status, or the status of a StatusOr, is OK.
MATCHER(IsOk, negation ? "is not OK" : "is OK") {
  *result_listener << "which is " << StatusOf(arg).ToString();
  return StatusOf(arg).ok();
}

MATCHER_P(StatusIs, code, "has status " + absl::StatusCodeToString(code)) {
  *result_listener << "which is " << StatusOf(arg).ToString();
  return StatusOf(arg).code() == code;
}

// The status has this code and its message contains `text`.
MATCHER_P2(StatusIs, code, text,
           "has status " + absl::StatusCodeToString(code) + " mentioning \"" + text + "\"") {
  *result_listener << "which is " << StatusOf(arg).ToString();
  return StatusOf(arg).code() == code && StatusOf(arg).ToString().find(text) != std::string::npos;
}

// A StatusOr<T> that is OK and equals `expected`.
MATCHER_P(Yields, expected, "is OK and yields the expected value") {
  if (!arg.ok()) {
    *result_listener << "which is " << arg.status().ToString();
    return false;
  }
  return testing::ExplainMatchResult(testing::Eq(expected), *arg, result_listener);
}

// A StatusOr<optional<value>> that is OK and holds `expected`.
MATCHER_P(Holds, expected, std::string("holds \"") + std::string(expected) + "\"") {
  if (!arg.ok()) {
    *result_listener << "which is " << arg.status().ToString();
    return false;
  }
  if (!arg->has_value()) {
    *result_listener << "which is absent";
    return false;
  }
  *result_listener << "which holds \"" << std::string(**arg) << "\"";
  return std::string_view(**arg) == std::string_view(expected);
}

// A StatusOr<optional<T>> that is OK and holds nothing.
MATCHER(IsAbsent, "is OK and absent") {
  if (!arg.ok()) {
    *result_listener << "which is " << arg.status().ToString();
    return false;
  }
  return !arg->has_value();
}

#define NACRE_ASSERT_OK(expression) ASSERT_THAT((expression), ::nacre::api::IsOk())
#define NACRE_EXPECT_OK(expression) EXPECT_THAT((expression), ::nacre::api::IsOk())

// Stands still until the test moves it. Thread-safe.
class FakeClock {
 public:
  absl::Time Now() const { return absl::FromUnixMillis(milliseconds_.load()); }
  void Advance(absl::Duration duration) {
    milliseconds_.fetch_add(absl::ToInt64Milliseconds(duration));
  }
  // Time of the database, `milliseconds` from now on.
  absl::Time In(int64_t milliseconds) const { return Now() + absl::Milliseconds(milliseconds); }

 private:
  std::atomic<int64_t> milliseconds_{1'700'000'000'000};
};

// Shorter than what lies between any two looks at the machine's clock: what is to be older than
// this is.
constexpr absl::Duration kInstant = absl::Nanoseconds(1);

using Pair = std::pair<std::string, std::string>;

// A database without a vacuum thread (the tests say when it runs) and with a fake clock.
class DatabaseTest : public testing::Test {
 protected:
  DatabaseTest() { Open(DefaultOptions()); }

  void TearDown() override {
    if (db_ == nullptr) return;
    NACRE_EXPECT_OK(db_->Verify());
  }

  Options DefaultOptions() {
    Options options;
    options.vacuum_thread = false;
    options.time_source = [this] { return clock_.Now(); };
    return options;
  }

  void Open(const Options& options) {
    db_.reset();
    absl::StatusOr<std::unique_ptr<Database>> db = Database::Open(options);
    ASSERT_THAT(db, IsOk());
    db_ = *std::move(db);
  }

  Timestamp Put(std::string_view key, std::string_view value, Keyspace keyspace = Keyspace(),
                const PutOptions& put_options = {}) {
    WriteBatch batch;
    batch.Put(key, value, put_options, keyspace);
    return WriteOrFail(batch);
  }

  Timestamp PutExpiring(std::string_view key, std::string_view value, absl::Time expiry) {
    return Put(key, value, Keyspace(), {.expiry = expiry});
  }

  Timestamp Delete(std::string_view key, Keyspace keyspace = Keyspace()) {
    WriteBatch batch;
    batch.Delete(key, keyspace);
    return WriteOrFail(batch);
  }

  // The newest committed value, by a transaction of its own.
  std::optional<std::string> Latest(std::string_view key, Keyspace keyspace = Keyspace()) {
    Transaction tx = db_->Begin({.read_only = true, .keyspace = keyspace});
    absl::StatusOr<std::optional<std::string_view>> value = tx.Get(key);
    EXPECT_THAT(value, IsOk());
    if (!value.ok() || !value->has_value()) return std::nullopt;
    return std::string(**value);
  }

  Keyspace OpenOrFail(std::string_view name) {
    absl::StatusOr<Keyspace> keyspace = db_->OpenKeyspace(name);
    EXPECT_THAT(keyspace, IsOk());
    return keyspace.ok() ? *keyspace : Keyspace();
  }

  // Everything that a vacuum can do now, freeing included (which lags behind unlinking by an
  // epoch).
  void VacuumAll() {
    for (int pass = 0; pass < 20; ++pass) {
      if (db_->RunVacuumOnce() == 0 && db_->GetStats().objects_retired == 0) return;
    }
    FAIL() << "the vacuum finds work without end; retired objects left: "
           << db_->GetStats().objects_retired;
  }

  // Until the vacuum takes the snapshots that are open for such as last, and moves what they see of
  // the key out of the way.
  void UpdateUntilDisplaced(std::string_view key) {
    Put(key, "newer");
    while (db_->GetStats().versions_displaced == 0) db_->RunVacuumOnce();
  }

  FakeClock clock_;
  std::unique_ptr<Database> db_;

 private:
  Timestamp WriteOrFail(const WriteBatch& batch) {
    absl::StatusOr<Timestamp> timestamp = db_->Write(batch);
    EXPECT_THAT(timestamp, IsOk());
    return timestamp.ok() ? *timestamp : Timestamp{};
  }
};

// What a scan of a transaction visits. Works on anything with Scan(range, visit).
template <typename Reader>
std::vector<Pair> ScanAll(Reader& reader, const Range& range) {
  std::vector<Pair> pairs;
  absl::Status status = reader.Scan(range, [&](std::string_view key, std::string_view value) {
    pairs.emplace_back(key, value);
    return true;
  });
  EXPECT_THAT(status, IsOk());
  return pairs;
}

template <typename Reader>
std::vector<std::string> ScanKeys(Reader& reader, const Range& range) {
  std::vector<std::string> keys;
  for (Pair& pair : ScanAll(reader, range)) keys.push_back(std::move(pair.first));
  return keys;
}

}  // namespace nacre::api

#endif  // NACRE_TESTS_UNIT_API_FIXTURE_H_
