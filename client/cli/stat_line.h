#ifndef NACRE_CLIENT_CLI_STAT_LINE_H_
#define NACRE_CLIENT_CLI_STAT_LINE_H_

#include <optional>
#include <string>

#include "client/cli/info.h"

namespace nacre::cli {

// The two lines above the figures of --stat.
std::string StatHeader();
// One line of figures; "-" for what the server does not tell. `previous`: null in the first line.
std::string StatLine(const Info& info, const Info* previous);

}  // namespace nacre::cli

#endif  // NACRE_CLIENT_CLI_STAT_LINE_H_
