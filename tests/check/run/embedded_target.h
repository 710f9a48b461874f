#ifndef NACRE_TESTS_CHECK_RUN_EMBEDDED_TARGET_H_
#define NACRE_TESTS_CHECK_RUN_EMBEDDED_TARGET_H_

#include <memory>

#include "absl/status/statusor.h"
#include "nacre/options.h"
#include "nacre/types.h"
#include "tests/check/run/target.h"

namespace nacre::check::run {

// The library in this process, empty at the start. Lists are values whose elements end with a
// comma.
absl::StatusOr<std::unique_ptr<Target>> OpenEmbeddedTarget(Isolation isolation,
                                                           const Options& options = {});

}  // namespace nacre::check::run

#endif  // NACRE_TESTS_CHECK_RUN_EMBEDDED_TARGET_H_
