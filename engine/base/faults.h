#ifndef NACRE_ENGINE_BASE_FAULTS_H_
#define NACRE_ENGINE_BASE_FAULTS_H_

// The engine's side of nacre/testing.h. NACRE_STEP marks a numbered step; NACRE_BUG asks whether a
// bug is planted; NACRE_OWN_SHARE_ENTRIES is what a test has set, or else what is given. Outside
// the NACRE_FAULTS build all vanish at compile time.

#ifdef NACRE_FAULTS

#include "nacre/testing.h"

namespace nacre::base {

void ReachStep(testing::Step step);
bool HasStepHook();
bool BugPlanted(testing::Bug bug);
size_t OwnShareEntries(size_t otherwise);

}  // namespace nacre::base

#define NACRE_STEP(step) ::nacre::base::ReachStep(::nacre::testing::Step::step)
#define NACRE_BUG(bug) ::nacre::base::BugPlanted(::nacre::testing::Bug::bug)
#define NACRE_OWN_SHARE_ENTRIES(otherwise) ::nacre::base::OwnShareEntries(otherwise)

#else

#define NACRE_STEP(step) ((void)0)
#define NACRE_BUG(bug) false
#define NACRE_OWN_SHARE_ENTRIES(otherwise) (otherwise)

#endif

#endif  // NACRE_ENGINE_BASE_FAULTS_H_
