// For libFuzzer: its bytes make the choices of CommandFuzz, until they run out.

#include <cstdint>
#include <cstdio>
#include <cstdlib>

#include "tests/server/command_fuzz.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t bytes) {
  size_t at = 0;
  const auto choose = [&](size_t bound) {
    size_t choice = 0;
    for (size_t left = bound - 1; left > 0 && at < bytes; left >>= 8) {
      choice = choice << 8 | data[at++];
    }
    return choice % bound;
  };
  nacre::server::CommandFuzz fuzz(choose);
  std::optional<std::string> wrong;
  while (at < bytes && !wrong) wrong = fuzz.RunOneCommand();
  if (!wrong) wrong = fuzz.Finish();
  if (wrong) {
    std::fprintf(stderr, "%s\n", wrong->c_str());
    std::abort();
  }
  return 0;
}
