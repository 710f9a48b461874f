#ifndef NACRE_TESTS_CHECK_RUN_WORKLOADS_WORKLOADS_H_
#define NACRE_TESTS_CHECK_RUN_WORKLOADS_WORKLOADS_H_

#include <memory>

#include "tests/check/run/workload.h"

namespace nacre::check::run {

std::unique_ptr<Workload> MakeListAppend(const WorkloadOptions& options);
std::unique_ptr<Workload> MakeRegister(const WorkloadOptions& options);
std::unique_ptr<Workload> MakeReadModifyWrite(const WorkloadOptions& options);
std::unique_ptr<Workload> MakeBank(const WorkloadOptions& options);
std::unique_ptr<Workload> MakeCycle(const WorkloadOptions& options);
std::unique_ptr<Workload> MakeRange(const WorkloadOptions& options);
std::unique_ptr<Workload> MakeLongFork(const WorkloadOptions& options);

}  // namespace nacre::check::run

#endif  // NACRE_TESTS_CHECK_RUN_WORKLOADS_WORKLOADS_H_
