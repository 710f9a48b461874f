#ifndef NACRE_TESTS_CHECK_EXPLORE_MODEL_H_
#define NACRE_TESTS_CHECK_EXPLORE_MODEL_H_

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "tests/check/explore/operation.h"

namespace nacre::check::explore {

using WriteSet = std::map<std::string, std::optional<std::string>>;  // nullopt: deleted.

// Every state that a database went through, by timestamp.
class Timeline {
 public:
  Timeline(const State& initial, uint64_t timestamp);

  // Precondition: `timestamp` is above all that were applied.
  void Apply(uint64_t timestamp, const WriteSet& writes);

  std::optional<std::string> Get(const std::string& key, uint64_t at) const;
  KeyValues Range(const std::string& start, const std::string& end, uint64_t at) const;
  State StateAt(uint64_t at) const;
  // The timestamp of a write of `key` in (after, up_to], if there is one.
  std::optional<uint64_t> WrittenIn(const std::string& key, uint64_t after, uint64_t up_to) const;
  // Whether any key in [start, end) was written in (after, up_to].
  bool RangeWrittenIn(const std::string& start, const std::string& end, uint64_t after,
                      uint64_t up_to) const;

 private:
  struct Change {
    uint64_t timestamp;
    std::optional<std::string> value;
  };
  std::map<std::string, std::vector<Change>> changes_;  // Oldest first.
};

// A transaction on the state of a timeline at one timestamp. Cannot fail.
class ModelTransaction : public Access {
 public:
  ModelTransaction(const Timeline& timeline, uint64_t at) : timeline_(timeline), at_(at) {}

  absl::StatusOr<std::optional<std::string>> Get(const std::string& key) override;
  absl::StatusOr<std::optional<std::string>> GetForUpdate(const std::string& key) override;
  absl::StatusOr<bool> Exists(const std::string& key) override;
  absl::StatusOr<KeyValues> Scan(const std::string& start, const std::string& end, bool reverse,
                                 std::optional<uint64_t> limit) override;
  absl::StatusOr<uint64_t> Count(const std::string& start, const std::string& end) override;
  absl::Status Put(const std::string& key, const std::string& value) override;
  absl::Status Delete(const std::string& key) override;
  absl::Status SetSavepoint() override;
  absl::Status RollbackToSavepoint() override;

  const WriteSet& writes() const { return writes_; }
  const std::set<std::string>& locked() const { return locked_; }  // By GETFORUPDATE.

 private:
  KeyValues Visible(const std::string& start, const std::string& end) const;

  const Timeline& timeline_;
  const uint64_t at_;
  WriteSet writes_;
  WriteSet savepoint_;
  std::set<std::string> locked_;
};

}  // namespace nacre::check::explore

#endif  // NACRE_TESTS_CHECK_EXPLORE_MODEL_H_
