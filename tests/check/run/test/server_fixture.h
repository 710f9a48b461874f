#ifndef NACRE_TESTS_CHECK_RUN_TEST_SERVER_FIXTURE_H_
#define NACRE_TESTS_CHECK_RUN_TEST_SERVER_FIXTURE_H_

#include <memory>
#include <string>

#include "gtest/gtest.h"
#include "tests/check/run/resp_target.h"
#include "tests/check/run/test/run_for_test.h"
#include "tests/client/support/server_under_test.h"

namespace nacre::check::run {

// A server for a test, and runs against it.
class ServerFixture {
 public:
  explicit ServerFixture(client::support::ServerKind kind) {
    auto server = client::support::ServerUnderTest::Start(kind);
    if (!server.ok()) {
      ADD_FAILURE() << server.status();
      return;
    }
    server_ = *std::move(server);
    options_.endpoint.port = server_->port();
  }

  RespOptions& options() { return options_; }
  // It runs no instruction from now on, but its kernel still takes connections and bytes.
  void Pause() { server_->Pause(); }
  absl::StatusOr<RunResult> Try(std::string_view workload, const RunOptions& run) {
    OneTarget source = Source(run);
    return Run(source, WorkloadNamed(workload), run);
  }
  Judged RunAndJudge(std::string_view workload, const RunOptions& run) {
    OneTarget source = Source(run);
    return run::RunAndJudge(source, workload, run);
  }

 private:
  OneTarget Source(const RunOptions& run) const {
    const StopEvent& interrupt = run.interrupt != nullptr ? *run.interrupt : never_;
    return OneTarget([this, &interrupt] { return OpenRespTarget(options_, interrupt); });
  }

  const StopEvent never_;
  std::unique_ptr<client::support::ServerUnderTest> server_;
  RespOptions options_;
};

}  // namespace nacre::check::run

#endif  // NACRE_TESTS_CHECK_RUN_TEST_SERVER_FIXTURE_H_
