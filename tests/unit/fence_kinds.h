#ifndef NACRE_TESTS_UNIT_FENCE_KINDS_H_
#define NACRE_TESTS_UNIT_FENCE_KINDS_H_

#include <string>

#include "engine/base/asymmetric_fence.h"
#include "gtest/gtest.h"

namespace nacre::base {

// Runs a test with each kind of fence. Best in a process of its own, as ctest does: a kind is not
// to be had, and the test is skipped, after one that has relied on the other; and where the kernel,
// a filter or the thread sanitizer, which knows nothing of the system call, does without
// membarrier().
class OfEachFenceKind : public ::testing::TestWithParam<AsymmetricFence::Kind> {
 protected:
  void SetUp() override {
    usual_ = AsymmetricFence::Decide();
    if (!AsymmetricFence::SetKindForTesting(GetParam()))
      GTEST_SKIP() << "not to be had in this process";
  }
  void TearDown() override { AsymmetricFence::SetKindForTesting(usual_); }

 private:
  AsymmetricFence::Kind usual_ = AsymmetricFence::Kind::kByFences;
};

inline auto EachFenceKind() {
  return ::testing::Values(AsymmetricFence::Kind::kByMembarrier, AsymmetricFence::Kind::kByFences);
}

// For INSTANTIATE_TEST_SUITE_P.
inline std::string NameOfFenceKind(const ::testing::TestParamInfo<AsymmetricFence::Kind>& kind) {
  return kind.param == AsymmetricFence::Kind::kByFences ? "Fences" : "Membarrier";
}

}  // namespace nacre::base

#endif  // NACRE_TESTS_UNIT_FENCE_KINDS_H_
