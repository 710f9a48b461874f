#ifndef NACRE_CLIENT_LOCK_TOKEN_H_
#define NACRE_CLIENT_LOCK_TOKEN_H_

#include <string>

namespace nacre::client {

// 128 random bits of the system's, as 32 hexadecimal digits.
std::string NewToken();

}  // namespace nacre::client

#endif  // NACRE_CLIENT_LOCK_TOKEN_H_
