#ifndef NACRE_TESTS_SERVER_MODEL_STRING_COMMANDS_H_
#define NACRE_TESTS_SERVER_MODEL_STRING_COMMANDS_H_

// The parts of the string group that have files of their own.

#include "tests/server/model/model.h"

namespace nacre::server::model {

// set_commands.cc
void RunSet(Context& context);
void RunSetNx(Context& context);
void RunSetEx(Context& context);
void RunPsetEx(Context& context);
void RunGetEx(Context& context);
Words SetArguments(RandomWords& random);
Words SetExArguments(RandomWords& random);
Words PsetExArguments(RandomWords& random);
Words GetExArguments(RandomWords& random);

// lcs_command.cc
void RunLcs(Context& context);
Words LcsArguments(RandomWords& random);

}  // namespace nacre::server::model

#endif  // NACRE_TESTS_SERVER_MODEL_STRING_COMMANDS_H_
