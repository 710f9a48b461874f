#ifndef NACRE_TESTS_CHECK_RUN_WORKLOADS_NUMBERED_KEYS_H_
#define NACRE_TESTS_CHECK_RUN_WORKLOADS_NUMBERED_KEYS_H_

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "tests/check/run/workload.h"

namespace nacre::check::run {

// A workload about a fixed set of keys, each of which holds a number from the start to the end.
class NumberedKeys : public Workload {
 public:
  uint64_t setup_transactions() const override;
  absl::Status SetUp(uint64_t number, RecordedTransaction& txn) const override;

 protected:
  // Keys are called `name` and their number, from 0 up to `keys`.
  NumberedKeys(std::string_view name, uint64_t keys, const WorkloadOptions& options)
      : options_(options), name_(name), keys_(keys), draw_(keys, options.skew) {}

  const WorkloadOptions& options() const { return options_; }
  uint64_t keys() const { return keys_; }
  uint64_t Draw(Random& random) const { return draw_.Draw(random); }
  std::string KeyOf(uint64_t i) const;
  // What it holds at the start.
  virtual int64_t FirstNumber(uint64_t i) const = 0;
  // 0 where there is none. That is a breach only where every snapshot contains what had been
  // committed before, setting up included: at weaker levels, serializability without real time
  // among them, snapshots may be old. A value that nobody wrote is for the judge to find.
  absl::Status ReadNumber(uint64_t i, RecordedTransaction& txn, int64_t& number) const;
  absl::Status WriteNumber(uint64_t i, int64_t number, RecordedTransaction& txn) const;

 private:
  const WorkloadOptions options_;
  const std::string name_;
  const uint64_t keys_;
  const Zipf draw_;
};

}  // namespace nacre::check::run

#endif  // NACRE_TESTS_CHECK_RUN_WORKLOADS_NUMBERED_KEYS_H_
