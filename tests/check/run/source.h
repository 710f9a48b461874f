#ifndef NACRE_TESTS_CHECK_RUN_SOURCE_H_
#define NACRE_TESTS_CHECK_RUN_SOURCE_H_

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "nacre/types.h"
#include "tests/check/run/resp_target.h"
#include "tests/check/run/run.h"

namespace nacre::check::run {

inline constexpr std::string_view kEmbedded = "embedded";

// Which target a run has, as a person says it.
struct TargetOptions {
  std::string address{kEmbedded};  // Or what ParseEndpoint() takes.
  // If not empty: started by the run, with {port} in place of a port, in place of `address`.
  std::string spawn;
  RespOptions resp;  // Of a server; but `isolation` is of the embedded library too.
};

// kInvalidArgument: there is no such target, and why.
absl::StatusOr<std::unique_ptr<TargetSource>> MakeSource(const TargetOptions& options);

}  // namespace nacre::check::run

#endif  // NACRE_TESTS_CHECK_RUN_SOURCE_H_
