#ifndef NACRE_SERVER_FLAGS_H_
#define NACRE_SERVER_FLAGS_H_

#include <optional>

#include "server/options.h"

namespace nacre::server {

// Reads the command line. nullopt: there is nothing to run, because it asked for help or has a
// mistake, which has been printed; exit with `exit_code`.
std::optional<ServerOptions> ReadFlags(int argc, char** argv, int& exit_code);

}  // namespace nacre::server

#endif  // NACRE_SERVER_FLAGS_H_
