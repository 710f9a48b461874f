#ifndef NACRE_TESTS_SERVER_MODEL_RUNNER_H_
#define NACRE_TESTS_SERVER_MODEL_RUNNER_H_

#include <optional>
#include <string>

#include "tests/server/model/program.h"

namespace nacre::server::model {

// Runs a program on a fresh server, without sockets, and beside it on the model. Compares each
// reply byte for byte, and at the end everything that is stored. The first difference; nullopt if
// there is none.
std::optional<std::string> FirstDifference(const Program& program, int protocol);

}  // namespace nacre::server::model

#endif  // NACRE_TESTS_SERVER_MODEL_RUNNER_H_
