#ifndef NACRE_TESTS_UNIT_FENCE_KINDS_H_
#define NACRE_TESTS_UNIT_FENCE_KINDS_H_

#include <string>

#include "engine/base/asymmetric_fence.h"
#include "gtest/gtest.h"

namespace nacre::base {

// Runs a test with each kind of fence, in a process of its own. It is skipped where one is not to
// be had: the kernel, a filter, the thread sanitizer, which knows nothing of the system call, or a
// test before it in the same process.
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
