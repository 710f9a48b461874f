// For libFuzzer: the first byte chooses the format. What can be read must survive being written.

#include <cstdint>
#include <cstdlib>
#include <sstream>
#include <string>

#include "nacre/check/format.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t bytes) {
  using nacre::check::Format;
  if (bytes < 1) return 0;
  std::istringstream in(std::string(reinterpret_cast<const char*>(data) + 1, bytes - 1));
  const auto history = nacre::check::ReadHistory(in, static_cast<Format>(data[0] % 4));
  if (!history.ok()) return 0;
  std::ostringstream first;
  if (!nacre::check::WriteHistory(*history, Format::kNative, first).ok()) std::abort();
  std::istringstream again(first.str());
  const auto reread = nacre::check::ReadHistory(again, Format::kNative);
  if (!reread.ok()) std::abort();
  std::ostringstream second;
  if (!nacre::check::WriteHistory(*reread, Format::kNative, second).ok()) std::abort();
  if (first.str() != second.str()) std::abort();
  return 0;
}
