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

// What a key holds until it is written again.
struct Written {
  std::optional<std::string> value;  // nullopt: deleted.
  std::optional<int64_t> expires_s;  // It is absent from then on.

  std::optional<std::string> At(int64_t now_s) const {
    return expires_s && *expires_s <= now_s ? std::nullopt : value;
  }
};
using WriteSet = std::map<std::string, Written>;

// Every state that a database went through, by timestamp. What is seen of it depends on the time
// too, since values expire; times are seconds since the run began.
class Timeline {
 public:
  Timeline(const State& initial, uint64_t timestamp, const Expiries& expiries = {});

  // Precondition: `timestamp` is above all that were applied.
  void Apply(uint64_t timestamp, const WriteSet& writes);

  std::optional<std::string> Get(const std::string& key, uint64_t at, int64_t now_s) const;
  KeyValues Range(const std::string& start, const std::string& end, uint64_t at,
                  int64_t now_s) const;
  State StateAt(uint64_t at, int64_t now_s) const;
  // The timestamp of a write of `key` in (after, up_to], if there is one.
  std::optional<uint64_t> WrittenIn(const std::string& key, uint64_t after, uint64_t up_to) const;
  // Whether any key in [start, end) was written in (after, up_to].
  bool RangeWrittenIn(const std::string& start, const std::string& end, uint64_t after,
                      uint64_t up_to) const;

 private:
  struct Change {
    uint64_t timestamp;
    Written written;
  };
  std::map<std::string, std::vector<Change>> changes_;  // Oldest first.
};

// A transaction on the state of a timeline at one timestamp. Cannot fail.
class ModelTransaction : public Access {
 public:
  ModelTransaction(const Timeline& timeline, uint64_t at, int64_t now_s = 0)
      : timeline_(timeline), at_(at), now_s_(now_s) {}

  absl::StatusOr<std::optional<std::string>> Get(const std::string& key) override;
  absl::StatusOr<std::optional<std::string>> GetForUpdate(const std::string& key) override;
  absl::StatusOr<bool> Exists(const std::string& key) override;
  absl::StatusOr<KeyValues> Scan(const std::string& start, const std::string& end, bool reverse,
                                 std::optional<uint64_t> limit) override;
  absl::StatusOr<uint64_t> Count(const std::string& start, const std::string& end) override;
  absl::Status Put(const std::string& key, const std::string& value,
                   std::optional<int64_t> expires_s) override;
  absl::Status Delete(const std::string& key) override;
  absl::Status SetSavepoint() override;
  absl::Status RollbackToSavepoint() override;

  const WriteSet& writes() const { return writes_; }
  const std::set<std::string>& locked() const { return locked_; }  // By GETFORUPDATE.

 private:
  KeyValues Visible(const std::string& start, const std::string& end) const;

  const Timeline& timeline_;
  const uint64_t at_;
  const int64_t now_s_;
  WriteSet writes_;
  WriteSet savepoint_;
  std::set<std::string> locked_;
};

}  // namespace nacre::check::explore

#endif  // NACRE_TESTS_CHECK_EXPLORE_MODEL_H_
