#include "tests/check/program/plant_option.h"

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <map>
#include <string>

#ifdef NACRE_FAULTS
#include "nacre/testing.h"
#endif

namespace nacre::check {

#ifdef NACRE_FAULTS

namespace {

std::map<std::string, testing::Bug> Bugs() {
  std::map<std::string, testing::Bug> bugs;
  for (int i = 0; i < static_cast<int>(testing::Bug::kCount); ++i) {
    const auto bug = static_cast<testing::Bug>(i);
    // Only who reads without a snapshot notices it, as no transaction does.
    if (bug != testing::Bug::kSkipRest) bugs.emplace(testing::Name(bug), bug);
  }
  return bugs;
}

std::string& Again() {
  static std::string again;
  return again;
}

}  // namespace

std::string PlantOptionAgain() { return Again(); }

void AddPlantOption(CLI::App& command) {
  const std::map<std::string, testing::Bug> bugs = Bugs();
  std::string names;
  for (const auto& [name, bug] : bugs) names.append(names.empty() ? "" : ", ").append(name);
  command
      .add_option_function<std::string>(
          "--plant",
          [bugs, names](const std::string& name) {
            const auto bug = bugs.find(name);
            if (bug == bugs.end()) {
              throw CLI::ValidationError("--plant",
                                         "there is no bug '" + name + "'; there are " + names);
            }
            Again().append(" --plant ").append(name);
            testing::PlantBug(bug->second, true);
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
