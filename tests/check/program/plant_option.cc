#include "tests/check/program/plant_option.h"

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <string>

#ifdef NACRE_FAULTS
#include "nacre/testing.h"
#endif

namespace nacre::check {

#ifdef NACRE_FAULTS

namespace {

std::string& Again() {
  static std::string again;
  return again;
}

}  // namespace

std::string PlantOptionAgain() { return Again(); }

void AddPlantOption(CLI::App& command) {
  std::string names;
  for (int i = 0; i < static_cast<int>(testing::Bug::kCount); ++i) {
    names.append(i == 0 ? "" : ", ").append(testing::Name(static_cast<testing::Bug>(i)));
  }
  command
      .add_option_function<std::string>(
          "--plant",
          [names](const std::string& name) {
            for (int i = 0; i < static_cast<int>(testing::Bug::kCount); ++i) {
              const auto bug = static_cast<testing::Bug>(i);
              if (name != testing::Name(bug)) continue;
              Again().append(" --plant ").append(name);
              return testing::PlantBug(bug, true);
            }
            throw CLI::ValidationError("--plant",
                                       "there is no bug '" + name + "'; there are " + names);
          },
          "Breaks the embedded engine first: " + names)
      ->type_name("BUG")
      ->group("Faults");
}

#else

void AddPlantOption(CLI::App&) {}

std::string PlantOptionAgain() { return ""; }

#endif

}  // namespace nacre::check
