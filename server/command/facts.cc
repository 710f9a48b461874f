#include "server/command/facts.h"

namespace nacre::server {

const CommandFacts* FindFacts(std::string_view name) {
  for (const auto& facts : {DataFacts(), ServerFacts()}) {
    for (const CommandFacts& known : facts) {
      if (known.name == name) return &known;
    }
  }
  return nullptr;
}

}  // namespace nacre::server
