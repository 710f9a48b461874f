#ifndef NACRE_ENGINE_BASE_HASH_H_
#define NACRE_ENGINE_BASE_HASH_H_

#include <cstdint>
#include <string_view>

namespace nacre::base {

// XXH3 of the bytes. Stable within a process only.
uint64_t Hash(std::string_view bytes, uint64_t seed);

}  // namespace nacre::base

#endif  // NACRE_ENGINE_BASE_HASH_H_
