#ifndef NACRE_CLIENT_CLI_ADVICE_H_
#define NACRE_CLIENT_CLI_ADVICE_H_

// What an answer means for a person who did not expect it, and what to do next.

#include <string>
#include <vector>

#include "client/cli/session_state.h"
#include "nacre/client/reply.h"

namespace nacre::cli {

// Empty: the answer speaks for itself. `before`: the state in which the command was given.
std::string AdviceOn(const std::vector<std::string>& words, client::ReplyView reply,
                     TransactionState before);

}  // namespace nacre::cli

#endif  // NACRE_CLIENT_CLI_ADVICE_H_
