#include "client/lock/token.h"

#include <cstdint>
#include <random>

namespace nacre::client {

std::string NewToken() {
  constexpr char kDigits[] = "0123456789abcdef";
  std::random_device device;
  std::string token;
  for (int word = 0; word < 4; ++word) {
    uint32_t bits = device();
    for (int digit = 0; digit < 8; ++digit, bits >>= 4) token += kDigits[bits & 15];
  }
  return token;
}

}  // namespace nacre::client
