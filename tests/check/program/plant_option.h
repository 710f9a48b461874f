#ifndef NACRE_TESTS_CHECK_PROGRAM_PLANT_OPTION_H_
#define NACRE_TESTS_CHECK_PROGRAM_PLANT_OPTION_H_

#include <string>

namespace CLI {
class App;
}  // namespace CLI

namespace nacre::check {

// --plant BUG, which breaks the embedded engine in one of the ways of nacre/testing.h, those that
// transactions can notice, as soon as it is read. Does nothing in a build without NACRE_FAULTS: a
// program that users have cannot do this.
void AddPlantOption(CLI::App& command);

// As it was given, to be given again: " --plant BUG"; empty: it was not.
std::string PlantOptionAgain();

}  // namespace nacre::check

#endif  // NACRE_TESTS_CHECK_PROGRAM_PLANT_OPTION_H_
