#ifndef NACRE_TESTS_CHECK_RUN_TEST_RUN_FOR_TEST_H_
#define NACRE_TESTS_CHECK_RUN_TEST_RUN_FOR_TEST_H_

#include <functional>
#include <memory>
#include <string>
#include <utility>

#include "gtest/gtest.h"
#include "tests/check/run/run.h"

namespace nacre::check::run {

// One target, made by the test.
class OneTarget final : public TargetSource {
 public:
  using Maker = std::function<absl::StatusOr<std::unique_ptr<Target>>()>;
  explicit OneTarget(Maker make) : make_(std::move(make)) {}
  absl::StatusOr<std::unique_ptr<Target>> Open(const StopEvent&) override { return make_(); }

 private:
  const Maker make_;
};

// Ends by the number of its transactions, never by time.
inline RunOptions OptionsForTest(uint64_t transactions) {
  RunOptions options;
  options.seed = 42;
  options.sessions = 4;
  options.transactions = transactions;
  options.duration = absl::InfiniteDuration();
  options.disturbance.yield_share = 0.02;
  return options;
}

inline const WorkloadKind& WorkloadNamed(std::string_view name) {
  const WorkloadKind* kind = FindWorkload(name);
  EXPECT_NE(kind, nullptr) << "no workload " << name;
  return *kind;
}

struct Judged {
  RunResult result;
  Verdict verdict;
};

inline Judged RunAndJudge(TargetSource& source, std::string_view workload,
                          const RunOptions& options) {
  absl::StatusOr<RunResult> result = Run(source, WorkloadNamed(workload), options);
  if (!result.ok()) {
    ADD_FAILURE() << result.status();
    return {};
  }
  Verdict verdict = JudgeRun(*result, {}).verdict;
  return {*std::move(result), std::move(verdict)};
}

}  // namespace nacre::check::run

#endif  // NACRE_TESTS_CHECK_RUN_TEST_RUN_FOR_TEST_H_
